// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_tree.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "motet/base/error.h"
#include "motet/score/musicxml_xml.h"
#include "motet/score/musicxml_zip.h"
#include "motet/score/utf8.h"

namespace motet::musicxml {
namespace {

/// Each costs the parser 64 bytes. A long symphony has half a million elements.
constexpr std::ptrdiff_t kMostNodes = 4'000'000;
constexpr int kDeepest = 64;  // a score is about ten deep

std::string from_utf16(ByteView bytes, bool is_big_endian, Remarks& remarks) {
  constexpr uint32_t kMark = 0xFEFF;
  std::string text;
  text.reserve(bytes.size());
  for (size_t i = 0; i + 1 < bytes.size();) {
    const Utf16Letter letter = utf16_letter(bytes, i, is_big_endian);
    if (letter.is_half) {
      remarks.add("half a UTF-16 character was replaced", "byte " + std::to_string(i));
    }
    if (letter.code != kMark) append_utf8(text, letter.code);
    i += letter.bytes;
  }
  if (bytes.size() % 2 == 1) remarks.add("half a UTF-16 character was left out", "the last byte");
  return text;
}

bool says_latin1(ByteView bytes) {
  constexpr size_t kDeclaration = 200;
  std::string head(reinterpret_cast<const char*>(bytes.data()),
                   std::min(bytes.size(), kDeclaration));
  std::ranges::transform(head, head.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  head.resize(std::min(head.find("?>"), head.size()));
  return head.find("8859-1") != std::string::npos || head.find("1252") != std::string::npos ||
         head.find("latin") != std::string::npos;
}

std::string decoded(ByteView bytes, Remarks& remarks) {
  const auto begins = [&](std::initializer_list<uint8_t> mark) {
    return bytes.size() >= mark.size() && std::equal(mark.begin(), mark.end(), bytes.begin());
  };
  if (begins({0xFF, 0xFE}) || begins({'<', 0})) return from_utf16(bytes, false, remarks);
  if (begins({0xFE, 0xFF}) || begins({0, '<'})) return from_utf16(bytes, true, remarks);
  if (begins({0xEF, 0xBB, 0xBF})) bytes = bytes.subspan(3);
  if (!is_utf8(bytes) && !says_latin1(bytes)) {
    remarks.add("the text is not UTF-8 as it should be and was read as Latin-1", "");
  }
  return to_utf8(bytes);
}

[[noreturn]] void refuse_at(std::string_view text, std::ptrdiff_t offset, const std::string& what) {
  const auto at = std::clamp<std::ptrdiff_t>(offset, 0, static_cast<std::ptrdiff_t>(text.size()));
  const auto line = 1 + std::count(text.begin(), text.begin() + at, '\n');
  throw Error(ErrorCode::kInvalidFile, "MusicXML: line " + std::to_string(line) + " (byte " +
                                           std::to_string(at) + "): " + what);
}

/// Entities are macros: a few lines of them stand for gigabytes, or for another file.
void refuse_entities(std::string_view text) {
  const size_t root = text.find("<score-");
  const size_t entity = text.substr(0, root).find("<!ENTITY");
  if (entity == std::string_view::npos) return;
  refuse_at(text, static_cast<std::ptrdiff_t>(entity),
            "expected a score, found an entity declaration, which is not read");
}

void refuse_too_many(std::string_view text) {
  if (text.size() > kMostBytes) {
    throw Error(ErrorCode::kInvalidFile, "MusicXML: expected at most " +
                                             std::to_string(kMostBytes) + " bytes of text, found " +
                                             std::to_string(text.size()));
  }
  const auto nodes =
      std::count_if(text.begin(), text.end(), [](char c) { return c == '<' || c == '='; });
  if (nodes / 2 <= kMostNodes) return;
  throw Error(ErrorCode::kInvalidFile,
              "MusicXML: expected at most " + std::to_string(kMostNodes) + " elements, found more");
}

void refuse_too_deep(pugi::xml_node root) {
  int depth = 0;
  for (pugi::xml_node node = root; node;) {
    if (depth > kDeepest) {
      throw Error(ErrorCode::kInvalidFile, "MusicXML: byte " + std::to_string(node.offset_debug()) +
                                               ": expected at most " + std::to_string(kDeepest) +
                                               " elements inside one another, found more");
    }
    if (node.first_child()) {
      node = node.first_child();
      ++depth;
      continue;
    }
    while (node != root && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node == root) return;
    node = node.next_sibling();
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

Tree::Tree(ByteView bytes, Remarks& remarks) {
  if (bytes.size() > 2 * kMostBytes) {
    throw Error(ErrorCode::kInvalidFile, "MusicXML: expected at most " +
                                             std::to_string(kMostBytes) + " bytes, found " +
                                             std::to_string(bytes.size()));
  }
  const std::string text = decoded(bytes, remarks);
  refuse_entities(text);
  refuse_too_many(text);
  constexpr unsigned kOptions = pugi::parse_default | pugi::parse_embed_pcdata;
  const pugi::xml_parse_result result =
      document_.load_buffer(text.data(), text.size(), kOptions, pugi::encoding_utf8);
  if (!result)
    refuse_at(text, result.offset, std::string("expected XML, found: ") + result.description());
  const std::string_view name = root().name();
  if (name != "score-partwise" && name != "score-timewise") {
    refuse_at(text, root().offset_debug(),
              "expected <score-partwise> or <score-timewise>, found <" + std::string(name) + ">");
  }
  refuse_too_deep(root());
}

bool Tree::is_timewise() const { return std::string_view(root().name()) == "score-timewise"; }

std::string text_of(pugi::xml_node node) { return printable(node.child_value()); }

std::optional<double> number_of(std::string_view text) {
  constexpr double kMost = 1e12;
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || std::abs(value) > kMost) return std::nullopt;
  return value;
}

std::optional<int> integer_of(std::string_view text) {
  constexpr double kMost = 1e9;
  const auto value = number_of(text);
  if (!value || std::abs(*value) > kMost || *value != std::floor(*value)) return std::nullopt;
  return static_cast<int>(*value);
}

}  // namespace motet::musicxml
