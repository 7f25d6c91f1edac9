// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_xml.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "motet/score/utf8.h"

namespace motet::musicxml {

namespace {

/// Whether XML may hold the text as it is, as it may hold nearly all.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c >= 0x20 && c < 0x7F && c != '&' && c != '<' && c != '>' && c != '"';
  });
}

}  // namespace

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
  if (is_plain(text)) return std::string(text);
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

void Xml::end_line(std::string_view end) {
  constexpr size_t kPiece = size_t{1} << 16;
  text_ += end;
  text_ += '\n';
  if (text_.size() >= kPiece) finish();
}

void Xml::finish() {
  sink_(text_);
  text_.clear();
}

void Xml::line(std::string_view text) { end_line(text); }

void Xml::begin_tag(std::string_view name, const Attributes& attributes) {
  text_.append(open_.size(), ' ');
  text_ += '<';
  text_ += name;
  for (const auto& [key, value] : attributes) {
    text_ += ' ';
    text_ += key;
    text_ += "=\"";
    text_ += escaped(value);
    text_ += '"';
  }
}

void Xml::open(std::string_view name, const Attributes& attributes) {
  begin_tag(name, attributes);
  end_line(">");
  open_.emplace_back(name);
}

void Xml::close() {
  assert(!open_.empty());
  text_.append(open_.size() - 1, ' ');
  text_ += "</";
  text_ += open_.back();
  open_.pop_back();
  end_line(">");
}

void Xml::empty(std::string_view name, const Attributes& attributes) {
  begin_tag(name, attributes);
  end_line("/>");
}

void Xml::leaf(std::string_view name, std::string_view text, const Attributes& attributes) {
  begin_tag(name, attributes);
  text_ += '>';
  text_ += escaped(text);
  text_ += "</";
  text_ += name;
  end_line(">");
}

}  // namespace motet::musicxml
