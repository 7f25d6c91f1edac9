// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace motet::abc {

/// "m: ~G2 = {A}G{F}G" stands for itself; "m: ~n2 = {o}n{m}n" stands for every pitch in the place
/// of its n, and the letters h to z of its music for the steps around that pitch (ABC 2.1, 9.2).
class Macros {
 public:
  /// Takes the value of an m: field; false where it defines nothing.
  bool define(std::string_view value);
  bool empty() const { return macros_.empty(); }
  /// The line with every macro written out, in the order of their definitions.
  std::string expanded(std::string_view line) const;

 private:
  struct Macro {
    std::string name;
    std::string music;
    bool is_transposing = false;
  };
  std::vector<Macro> macros_;
};

}  // namespace motet::abc
