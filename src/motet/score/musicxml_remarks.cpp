// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_remarks.h"

namespace motet::musicxml {

void Remarks::add(std::string_view what, const std::string& place) {
  constexpr size_t kMostKinds = 1000;  // a file of invented names must not fill the memory
  auto found = index_.find(what);
  if (found == index_.end()) {
    if (kinds_.size() >= kMostKinds) return;
    found = index_.emplace(what, kinds_.size()).first;
    kinds_.push_back({std::string(what), place, 0});
  }
  ++kinds_[found->second].count;
}

std::vector<std::string> Remarks::sentences() const {
  std::vector<std::string> sentences;
  for (const Kind& kind : kinds_) {
    std::string& text = sentences.emplace_back("MusicXML: ");
    if (!kind.place.empty()) text += kind.place + ": ";
    text += kind.what;
    if (kind.count > 1) text += " (" + std::to_string(kind.count) + " times; this is the first)";
  }
  return sentences;
}

}  // namespace motet::musicxml
