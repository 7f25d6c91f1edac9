// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "motet/tasks/request.h"

namespace motet::program {

/// Prints each field of a resolved request with its value and where it comes from: the words, a
/// flag, a file, the usual, or the model's choice.
///
/// origin  field to its origin, for those that were asked for
/// usable  fields that the model can be asked for; of others, those that are set
void print_request(const tasks::Request& resolved, const std::map<std::string, std::string>& origin,
                   const std::vector<std::string>& usable);

}  // namespace motet::program
