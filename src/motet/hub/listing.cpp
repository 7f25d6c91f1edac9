// SPDX-License-Identifier: Apache-2.0
#include "motet/hub/listing.h"

#include <algorithm>
#include <array>
#include <set>

#include "motet/base/error.h"
#include "motet/base/json.h"

namespace motet::hub {
namespace {

constexpr size_t kMostFiles = 100'000;

[[noreturn]] void refuse_listing(const std::string& place, const std::string& sentence) {
  throw Error(ErrorCode::kInvalidFile, place + ": " + sentence);
}

bool is_hex(const std::string& text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string text_of(const Json& object, const char* field) {
  if (!object.is_object()) return "";
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string printable(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text.substr(0, 200);
}

/// One text, or a list of them.
std::string texts_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string all;
  if (!value.is_array()) return all;
  for (const Json& each : value) {
    if (each.is_string()) all += (all.empty() ? "" : ", ") + each.get<std::string>();
  }
  return all;
}

/// cardData.license, with the name that "other" goes by; else the tag "license:...".
std::string licence_of(const Json& json) {
  std::string licence;
  const auto card = json.find("cardData");
  if (card != json.end() && card->is_object() && card->contains("license")) {
    licence = texts_of((*card)["license"]);
    const std::string name = text_of(*card, "license_name");
    if (licence == "other" && !name.empty()) licence += ", " + name;
  }
  const auto tags = json.find("tags");
  if (licence.empty() && tags != json.end() && tags->is_array()) {
    constexpr std::string_view kTag = "license:";
    for (const Json& tag : *tags) {
      const std::string text = tag.is_string() ? tag.get<std::string>() : "";
      if (text.starts_with(kTag)) licence = text.substr(kTag.size());
    }
  }
  return printable(licence);
}

std::optional<int64_t> size_in(const Json& object) {
  const auto found = object.find("size");
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto size = found->get<uint64_t>();
  if (size > uint64_t{1} << 50) return std::nullopt;
  return static_cast<int64_t>(size);
}

ListedFile file_of(const Json& sibling, const std::string& place) {
  ListedFile file;
  file.name = text_of(sibling, "rfilename");
  if (file.name.empty()) refuse_listing(place, "\"siblings\" has a file without \"rfilename\"");
  require_inside(file.name, place);
  file.size = size_in(sibling);
  file.blob = text_of(sibling, "blobId");
  if (!is_hex(file.blob, 40)) file.blob.clear();
  const auto lfs = sibling.find("lfs");
  if (lfs != sibling.end() && lfs->is_object()) {
    file.sha256 = text_of(*lfs, "sha256");
    if (!is_hex(file.sha256, 64)) refuse_listing(place, file.name + ": \"sha256\" is no SHA-256");
    if (const auto size = size_in(*lfs)) file.size = size;
    file.blob.clear();  // that of the pointer, not of the file
  }
  return file;
}

template <size_t N>
bool ends_with_one(std::string_view name, const std::array<std::string_view, N>& endings) {
  return std::ranges::any_of(endings, [&](std::string_view end) { return name.ends_with(end); });
}

bool is_weights(std::string_view name) {
  return name.ends_with(".safetensors") || name.ends_with(".gguf");
}

bool is_pickle(std::string_view name) {
  constexpr std::array<std::string_view, 6> kEndings{".bin",  ".pth", ".pt",
                                                     ".ckpt", ".pkl", ".pickle"};
  return ends_with_one(name, kEndings);
}

/// Configs, tokenizers, cards and licences.
bool is_beside_weights(std::string_view name) {
  constexpr std::array<std::string_view, 5> kEndings{".json", ".txt", ".model", ".md", ".yaml"};
  constexpr std::array<std::string_view, 4> kBeginnings{"LICENSE", "LICENCE", "NOTICE", "README"};
  return ends_with_one(name, kEndings) ||
         std::ranges::any_of(kBeginnings, [&](std::string_view b) { return name.starts_with(b); });
}

}  // namespace

void require_inside(const std::string& name, const std::string& place) {
  const auto refuse = [&](const char* why) {
    refuse_listing(place,
                   "the file name \"" + printable(name) + "\" " + why + "; nothing was fetched");
  };
  if (name.size() > 1024) refuse("is too long");
  if (name.find_first_of("\\:") != std::string::npos) refuse("has a backslash or a colon");
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F)
      refuse("has a character that is not printable");
  }
  if (name.ends_with(".part")) refuse("ends in .part, as what is not whole yet");
  size_t begin = 0;
  while (begin <= name.size()) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") refuse("leads out of the folder");
    if (part.size() > 200) refuse("is too long");
    begin = end + 1;
  }
}

Listing read_listing(std::string_view text, const std::string& place) {
  const Json json = parse_json(text, place);
  if (!json.is_object()) refuse_listing(place, "expected an object");
  Listing listing;
  listing.commit = text_of(json, "sha");
  if (!is_hex(listing.commit, 40)) refuse_listing(place, "\"sha\" is no commit of 40 digits");
  listing.licence = licence_of(json);
  const auto siblings = json.find("siblings");
  if (siblings == json.end() || !siblings->is_array()) {
    refuse_listing(place, "\"siblings\" is not a list");
  }
  if (siblings->size() > kMostFiles) refuse_listing(place, "\"siblings\" lists over 100000 files");
  std::set<std::string> names;
  for (const Json& sibling : *siblings) {
    if (!sibling.is_object()) refuse_listing(place, "\"siblings\" has what is no object");
    listing.files.push_back(file_of(sibling, place));
    if (!names.insert(listing.files.back().name).second) {
      refuse_listing(place, listing.files.back().name + " is listed twice");
    }
  }
  return listing;
}

std::vector<ListedFile> needed_files(const std::vector<ListedFile>& files) {
  const auto is_top = [](const ListedFile& file) {
    return file.name.find('/') == std::string::npos && !file.name.starts_with('.');
  };
  const bool has_safetensors = std::ranges::any_of(files, [&](const ListedFile& file) {
    return is_top(file) && file.name.ends_with(".safetensors");
  });
  std::vector<ListedFile> needed;
  for (const ListedFile& file : files) {
    if (!is_top(file)) continue;
    const bool weights =
        is_weights(file.name) && !(has_safetensors && file.name.ends_with(".gguf"));
    if (weights || is_beside_weights(file.name)) needed.push_back(file);
  }
  return needed;
}

bool has_only_pickles(const std::vector<ListedFile>& files) {
  const auto any = [&](bool (*is)(std::string_view)) {
    return std::ranges::any_of(files, [&](const ListedFile& file) { return is(file.name); });
  };
  return any(is_pickle) && !any(is_weights);
}

std::string escaped(std::string_view text, bool keep_slashes) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos || (keep_slashes && c == '/')) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace motet::hub
