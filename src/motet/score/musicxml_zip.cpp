// SPDX-License-Identifier: Apache-2.0
#include "motet/score/musicxml_zip.h"

#include <zip.h>

#include <algorithm>
#include <memory>
#include <pugixml.hpp>

#include "motet/base/error.h"

namespace motet::musicxml {
namespace {

constexpr std::string_view kContainer = "META-INF/container.xml";
constexpr std::string_view kMediaType = "application/vnd.recordare.musicxml";
constexpr std::string_view kScoreName = "score.musicxml";
constexpr size_t kMostContainerBytes = 1'000'000;
constexpr zip_int64_t kMostEntries = 10'000;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidFile, "MusicXML: archive: " + what);
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using Source = std::unique_ptr<zip_source_t, Discard>;

std::string message_of(zip_error_t& error) {
  std::string message = zip_error_strerror(&error);
  zip_error_fini(&error);
  return message;
}

Archive open_archive(ByteView bytes) {
  zip_error_t error;
  zip_error_init(&error);
  Source source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error));
  Archive archive;
  if (source) archive.reset(zip_open_from_source(source.get(), ZIP_RDONLY, &error));
  if (!archive) refuse("expected a whole zip file, found: " + message_of(error));
  (void)source.release();  // the archive owns it now
  if (zip_get_num_entries(archive.get(), 0) > kMostEntries) {
    refuse("expected at most " + std::to_string(kMostEntries) + " entries, found more");
  }
  return archive;
}

std::string name_at(const Archive& archive, zip_uint64_t index) {
  const char* const name = zip_get_name(archive.get(), index, 0);
  return name == nullptr ? "" : name;
}

/// Inflates one entry. What it claims is checked before a byte of it is read.
Bytes inflate(const Archive& archive, zip_uint64_t index, size_t most) {
  const std::string name = name_at(archive, index);
  zip_stat_t stat;
  if (zip_stat_index(archive.get(), index, 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0) {
    refuse("expected the size of \"" + name + "\", found none");
  }
  if (stat.size > most) {
    refuse("expected at most " + std::to_string(most) + " bytes in \"" + name + "\", found " +
           std::to_string(stat.size));
  }
  const std::unique_ptr<zip_file_t, Discard> file(zip_fopen_index(archive.get(), index, 0));
  if (!file) {
    refuse("cannot open \"" + name + "\": " + zip_strerror(archive.get()) +
           "; pack it again, deflated and without a password");
  }
  Bytes bytes(static_cast<size_t>(stat.size) + 1);  // a byte more, to see whether the claim is true
  size_t size = 0;
  while (size < bytes.size()) {
    const zip_int64_t got = zip_fread(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0) refuse("\"" + name + "\" is damaged: " + zip_file_strerror(file.get()));
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size != stat.size) {
    refuse("expected " + std::to_string(stat.size) + " bytes in \"" + name +
           "\" as it claims, found " + (size > stat.size ? "more" : std::to_string(size)));
  }
  bytes.resize(size);
  return bytes;
}

/// The first rootfile of the container that is said to be MusicXML, or else the first of all; ""
/// where there is no container.
std::string rootfile_of(const Archive& archive) {
  const zip_int64_t index = zip_name_locate(archive.get(), kContainer.data(), ZIP_FL_ENC_GUESS);
  if (index < 0) return "";
  const Bytes bytes = inflate(archive, static_cast<zip_uint64_t>(index), kMostContainerBytes);
  pugi::xml_document document;
  if (!document.load_buffer(bytes.data(), bytes.size())) return "";
  const pugi::xml_node rootfiles = document.child("container").child("rootfiles");
  for (const pugi::xml_node file : rootfiles.children("rootfile")) {
    const std::string_view type = file.attribute("media-type").value();
    if (type.find("musicxml") != std::string_view::npos) return file.attribute("full-path").value();
  }
  return rootfiles.child("rootfile").attribute("full-path").value();
}

bool looks_like_score(const std::string& name) {
  return !name.starts_with("META-INF/") && (name.ends_with(".xml") || name.ends_with(".musicxml"));
}

zip_uint64_t score_index(const Archive& archive) {
  const std::string rootfile = rootfile_of(archive);
  if (!rootfile.empty()) {
    const zip_int64_t index = zip_name_locate(archive.get(), rootfile.c_str(), ZIP_FL_ENC_GUESS);
    if (index >= 0) return static_cast<zip_uint64_t>(index);
  }
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    if (looks_like_score(name_at(archive, index))) return index;
  }
  if (!rootfile.empty()) refuse("expected \"" + rootfile + "\" as its container says, found none");
  refuse("expected a score, a file that ends in .xml or .musicxml, found none");
}

void add_entry(zip_t* archive, std::string_view name, std::string_view content, int method) {
  constexpr zip_uint16_t kNoTime = 0;
  constexpr zip_uint16_t kFirstDosDate = (0 << 9) | (1 << 5) | 1;  // 1 January 1980
  constexpr zip_uint32_t kBestCompression = 9;
  zip_source_t* const source = zip_source_buffer(archive, content.data(), content.size(), 0);
  const zip_int64_t index =
      source == nullptr ? -1 : zip_file_add(archive, name.data(), source, ZIP_FL_ENC_UTF_8);
  const auto entry = static_cast<zip_uint64_t>(index);
  if (index < 0 || zip_set_file_compression(archive, entry, method, kBestCompression) != 0 ||
      zip_file_set_dostime(archive, entry, kNoTime, kFirstDosDate, 0) != 0) {
    refuse(std::string("cannot write: ") + zip_strerror(archive));
  }
}

Bytes content_of(zip_source_t* source) {
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_source_open(source) != 0) refuse("cannot read what was written");
  zip_source_stat(source, &stat);
  Bytes bytes(static_cast<size_t>(stat.size));
  const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (got != static_cast<zip_int64_t>(bytes.size())) refuse("cannot read what was written");
  return bytes;
}

}  // namespace

bool is_zip(ByteView bytes) {
  return bytes.size() >= 4 && bytes[0] == 'P' && bytes[1] == 'K' &&
         ((bytes[2] == 3 && bytes[3] == 4) || (bytes[2] == 5 && bytes[3] == 6));
}

Bytes unzip_score(ByteView bytes) {
  const Archive archive = open_archive(bytes);
  return inflate(archive, score_index(archive), kMostBytes);
}

Bytes zip_score(std::string_view xml) {
  const std::string container = R"(<?xml version="1.0" encoding="UTF-8"?>)"
                                "\n<container>\n <rootfiles>\n  <rootfile full-path=\"" +
                                std::string(kScoreName) +
                                "\" media-type=\"application/vnd.recordare.musicxml+xml\"/>\n" +
                                " </rootfiles>\n</container>\n";
  zip_error_t error;
  zip_error_init(&error);
  const Source source(zip_source_buffer_create(nullptr, 0, 0, &error));
  Archive archive;
  if (source) archive.reset(zip_open_from_source(source.get(), ZIP_TRUNCATE, &error));
  if (!archive) refuse("cannot write: " + message_of(error));
  zip_source_keep(source.get());  // one hold for the archive, one for us
  add_entry(archive.get(), "mimetype", kMediaType, ZIP_CM_STORE);
  add_entry(archive.get(), kContainer, container, ZIP_CM_DEFLATE);
  add_entry(archive.get(), kScoreName, xml, ZIP_CM_DEFLATE);
  if (zip_close(archive.get()) != 0) {
    refuse(std::string("cannot write: ") + zip_strerror(archive.get()));
  }
  (void)archive.release();
  return content_of(source.get());
}

}  // namespace motet::musicxml
