// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "motet/base/file.h"
#include "motet/score/midi.h"
#include "tests/support/random_score.h"

namespace motet::test {

/// A folder that is there for one test.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("motet-" + name + "-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string metadata_line(const std::string& file, const std::string& source,
                                 const std::string& license, const std::string& split) {
  return R"({"file":")" + file + R"(","source":")" + source + R"(","license":")" + license +
         R"(","title":"Waltz","composer":"Nobody","split":")" + split + "\"}\n";
}

/// Eight small pieces with papers, one whose licence forbids training, one that is no music.
inline void make_corpus(const std::filesystem::path& folder) {
  std::string metadata;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const std::string file = "piece" + std::to_string(seed) + ".mid";
    write_file(folder / file, ByteView(write_midi(RandomScore(seed).make())));
    metadata += metadata_line(file, "nifc-chopin", "CC-BY-4.0 NIFC chopinscores.org",
                              seed < 6 ? "train" : "valid");
  }
  write_file(folder / "shut.mid", ByteView(write_midi(RandomScore(9).make())));
  metadata += metadata_line("shut.mid", "shut", "CC-BY-NC-SA-4.0 somebody", "train");
  write_file(folder / "noise.mid", std::string_view("no music at all"));
  metadata += metadata_line("noise.mid", "nifc-chopin", "CC0-1.0 OpenScore", "train");
  write_file(folder / "metadata.jsonl", metadata);
}

}  // namespace motet::test
