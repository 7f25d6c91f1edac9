// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace motet::bench {

/// The best rate at which oneDNN multiplies unsigned by signed bytes on so many threads, in
/// operations a second; 0 where this was built without it.
double dnnl_int8_rate(size_t threads);

}  // namespace motet::bench
