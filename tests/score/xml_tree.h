// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace motet::test {

/// An element of XML, enough of it to look at what a writer wrote.
struct XmlNode {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;
  std::vector<XmlNode> children;

  const XmlNode* first(std::string_view wanted) const {
    for (const XmlNode& child : children) {
      if (child.name == wanted) return &child;
    }
    return nullptr;
  }
  bool has(std::string_view wanted) const { return first(wanted) != nullptr; }
  std::string value(std::string_view wanted) const {
    const XmlNode* const found = first(wanted);
    return found != nullptr ? found->text : "";
  }
  std::vector<const XmlNode*> all(std::string_view wanted) const {
    std::vector<const XmlNode*> found;
    for (const XmlNode& child : children) {
      if (child.name == wanted) found.push_back(&child);
    }
    return found;
  }
  std::string attribute(const std::string& wanted) const {
    const auto found = attributes.find(wanted);
    return found != attributes.end() ? found->second : "";
  }
};

/// Reads elements, attributes and text; throws where tags do not match. Escapes stay as they are.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  XmlNode read() {
    while (text_.substr(at_).starts_with("<?") || text_.substr(at_).starts_with("<!")) {
      at_ = text_.find('\n', at_) + 1;
    }
    XmlNode root = read_element();
    skip_blanks();
    if (at_ != text_.size()) throw std::runtime_error("text after the root element");
    return root;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  std::string until(std::string_view ends) {
    const size_t end = text_.find_first_of(ends, at_);
    if (end == std::string_view::npos) throw std::runtime_error("the XML breaks off");
    const std::string taken(text_.substr(at_, end - at_));
    at_ = end;
    return taken;
  }

  XmlNode read_element() {
    skip_blanks();
    if (text_[at_] != '<') throw std::runtime_error("expected an element");
    ++at_;
    XmlNode node;
    node.name = until(" />");
    skip_blanks();
    while (text_[at_] != '>' && text_[at_] != '/') {
      const std::string key = until("=");
      at_ += 2;
      node.attributes[key] = until("\"");
      ++at_;
      skip_blanks();
    }
    if (text_[at_] == '/') {
      at_ += 2;
      return node;
    }
    ++at_;
    node.text = until("<");
    while (!text_.substr(at_).starts_with("</")) {
      node.children.push_back(read_element());
      skip_blanks();
    }
    at_ += 2;
    if (until(">") != node.name) throw std::runtime_error("tags of " + node.name + " do not match");
    ++at_;
    return node;
  }

  std::string_view text_;
  size_t at_ = 0;
};

inline XmlNode parse_xml(const std::string& text) { return XmlReader(text).read(); }

}  // namespace motet::test
