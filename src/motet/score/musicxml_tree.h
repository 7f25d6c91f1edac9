// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <pugixml.hpp>
#include <string>

#include "motet/base/file.h"
#include "motet/score/musicxml_remarks.h"

namespace motet::musicxml {

/// A parsed MusicXML text with a root that may hold a score, partwise or timewise.
class Tree {
 public:
  /// The bytes are UTF-8, UTF-16 or Latin-1, with or without saying so. Entities are refused, as is
  /// nesting beyond any score.
  ///
  /// throws  Error(kInvalidFile) "MusicXML: line N (byte M): expected ..., found ..."
  Tree(ByteView bytes, Remarks& remarks);
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  pugi::xml_node root() const { return document_.document_element(); }
  bool is_timewise() const;

 private:
  pugi::xml_document document_;
};

/// The text of an element as a score keeps it: UTF-8 without what XML cannot hold.
std::string text_of(pugi::xml_node node);

/// The text of an element or attribute as a number; nothing where it is none.
std::optional<double> number_of(std::string_view text);
std::optional<int> integer_of(std::string_view text);
inline std::optional<double> number_of(pugi::xml_node node) {
  return number_of(std::string_view(node.child_value()));
}
inline std::optional<int> integer_of(pugi::xml_node node) {
  return integer_of(std::string_view(node.child_value()));
}

}  // namespace motet::musicxml
