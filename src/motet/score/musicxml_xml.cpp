// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_xml.h"

#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "motet/score/utf8.h"

namespace motet::musicxml {

std::string printable(std::string_view text) {
  const std::string utf8 = to_utf8({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  std::string result;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<uint8_t>(utf8[i]);
    const std::string_view rest = std::string_view(utf8).substr(i);
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
      i += 2;  // U+FFFE and U+FFFF are no characters
    } else if (byte >= 0x20 || byte == '\t' || byte == '\n') {
      result += utf8[i];
    }
  }
  return result;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : printable(text)) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else {
      result += c;
    }
  }
  return result;
}

std::string number_text(double value) {
  char text[48];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string result = text;
  while (result.back() == '0') result.pop_back();
  if (result.back() == '.') result.pop_back();
  return result;
}

std::string exact_text(double value) {
  char text[32];
  const std::to_chars_result result = std::to_chars(text, text + sizeof text, value);
  return {text, result.ptr};
}

void Xml::line(std::string_view text) {
  text_ += text;
  text_ += '\n';
}

void Xml::begin_tag(std::string_view name, const Attributes& attributes) {
  text_.append(open_.size(), ' ');
  text_ += '<';
  text_ += name;
  for (const auto& [key, value] : attributes) {
    text_ += ' ';
    text_ += key;
    text_ += "=\"" + escaped(value) + "\"";
  }
}

void Xml::open(std::string_view name, const Attributes& attributes) {
  begin_tag(name, attributes);
  text_ += ">\n";
  open_.emplace_back(name);
}

void Xml::close() {
  assert(!open_.empty());
  const std::string name = open_.back();
  open_.pop_back();
  text_.append(open_.size(), ' ');
  text_ += "</" + name + ">\n";
}

void Xml::empty(std::string_view name, const Attributes& attributes) {
  begin_tag(name, attributes);
  text_ += "/>\n";
}

void Xml::leaf(std::string_view name, std::string_view text, const Attributes& attributes) {
  begin_tag(name, attributes);
  text_ += ">" + escaped(text) + "</";
  text_ += name;
  text_ += ">\n";
}

}  // namespace motet::musicxml
