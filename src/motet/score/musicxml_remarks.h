// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace motet::musicxml {

/// Gathers what a reader mends or leaves out: one sentence a kind, with its count and first place.
class Remarks {
 public:
  /// `what` is a clause in the past tense: "a note without a length was left out". `place` says
  /// where: "measure 3 of part P1"; empty where the whole file is meant.
  void add(std::string_view what, const std::string& place);

  /// In the order of their first occurrence: "MusicXML: measure 3 of part P1: ... (12 times)".
  std::vector<std::string> sentences() const;

 private:
  struct Kind {
    std::string what;
    std::string place;
    size_t count = 0;
  };
  std::vector<Kind> kinds_;
  std::map<std::string, size_t, std::less<>> index_;
};

}  // namespace motet::musicxml
