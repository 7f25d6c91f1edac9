// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace motet::test {

/// How often operator new was called in this program, on any thread. Whoever includes this links
/// count_allocations.cpp, which replaces it.
long count_allocations();

}  // namespace motet::test
