// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "motet/tasks/request.h"

namespace motet::program {

/// Prints each field of a resolved request with its value and where it comes from: the words, a
/// flag, a file, the usual, or the model's choice.
///
/// origin  field to its origin, for those that were asked for
void print_request(const tasks::Request& resolved,
                   const std::map<std::string, std::string>& origin);

}  // namespace motet::program
