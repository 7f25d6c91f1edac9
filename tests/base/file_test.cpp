// SPDX-License-Identifier: Apache-2.0
#include "motet/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "motet/base/error.h"

namespace motet {
namespace {

namespace fs = std::filesystem;

/// A folder of our own that goes away with the test.
class File : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              ("motet-file-" + std::to_string(::getpid()) + "-" + info->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  size_t files_in_folder() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

ErrorCode code_of(const std::function<void()>& action, std::string* message = nullptr) {
  try {
    action();
  } catch (const Error& e) {
    if (message != nullptr) *message = e.what();
    return e.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kUnavailable;
}

TEST_F(File, KeepsEveryByte) {
  Bytes bytes(200'000);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7);
  write_file(folder_ / "a", bytes);
  EXPECT_EQ(read_file(folder_ / "a"), bytes);
}

TEST_F(File, ReadsAnEmptyFileAsEmpty) {
  write_file(folder_ / "a", std::string_view());
  EXPECT_TRUE(read_file(folder_ / "a").empty());
  EXPECT_TRUE(MappedFile(folder_ / "a").bytes().empty());
}

TEST_F(File, ReplacesAndLeavesNothingBeside) {
  write_file(folder_ / "a", std::string_view("old and longer"));
  write_file(folder_ / "a", std::string_view("new"));
  EXPECT_EQ(read_text(folder_ / "a"), "new");
  EXPECT_EQ(files_in_folder(), 1U);
}

TEST_F(File, WritesThroughALink) {
  write_file(folder_ / "a", std::string_view("old"));
  fs::create_symlink(folder_ / "a", folder_ / "link");
  write_file(folder_ / "link", std::string_view("new"));
  EXPECT_EQ(read_text(folder_ / "a"), "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
}

TEST_F(File, RefusesWhatIsTooLongForMemoryBeforeItIsRead) {
  write_file(folder_ / "a.mid", std::string_view());
  fs::resize_file(folder_ / "a.mid", uintmax_t{1} << 40);  // a hole: it takes no room
  std::string message;
  EXPECT_EQ(code_of([&] { read_file(folder_ / "a.mid"); }, &message), ErrorCode::kInvalidArgument);
  EXPECT_NE(message.find("a.mid: expected at most 1073741824 bytes"), std::string::npos) << message;
}

TEST_F(File, DoesNotWaitForAPipeThatShouldBeMapped) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_of([&] { MappedFile(folder_ / "pipe"); }), ErrorCode::kInvalidArgument);
}

TEST_F(File, NamesWhatIsMissing) {
  std::string message;
  EXPECT_EQ(code_of([&] { read_file(folder_ / "nowhere.mid"); }, &message), ErrorCode::kNotFound);
  EXPECT_NE(message.find("nowhere.mid"), std::string::npos) << message;
  EXPECT_EQ(code_of([&] { MappedFile{folder_ / "nowhere"}; }), ErrorCode::kNotFound);
}

TEST_F(File, RefusesAFolder) {
  EXPECT_EQ(code_of([&] { read_file(folder_); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { write_file(folder_, std::string_view("x")); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { MappedFile{folder_}; }), ErrorCode::kInvalidArgument);
}

TEST_F(File, AsksForAWritablePlaceWithoutLeavingATrace) {
  require_writable(folder_ / "a");
  EXPECT_EQ(files_in_folder(), 0U);
  write_file(folder_ / "a", std::string_view("kept"));
  require_writable(folder_ / "a");
  EXPECT_EQ(read_text(folder_ / "a"), "kept");
  EXPECT_EQ(code_of([&] { require_writable(folder_ / "no" / "folder" / "a"); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { require_writable(folder_); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { require_writable(""); }), ErrorCode::kInvalidArgument);
}

TEST_F(File, RefusesToWriteIntoAMissingFolder) {
  std::string message;
  const auto write = [&] { write_file(folder_ / "no" / "a", std::string_view("x")); };
  EXPECT_EQ(code_of(write, &message), ErrorCode::kInvalidArgument);
  EXPECT_NE(message.find("No such file"), std::string::npos) << message;
}

TEST_F(File, ReadsAPipe) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  if (const pid_t child = ::fork(); child == 0) {
    std::ofstream(pipe) << std::string(100'000, 'x');
    ::_exit(0);
  }
  EXPECT_EQ(read_text(pipe).size(), 100'000U);
}

TEST_F(File, MapsWhatWasWritten) {
  write_file(folder_ / "a", std::string_view("mapped"));
  MappedFile first(folder_ / "a");
  const MappedFile second = std::move(first);
  EXPECT_TRUE(std::ranges::equal(second.bytes(), std::string_view("mapped")));
  EXPECT_TRUE(first.bytes().empty());  // NOLINT: a moved-from file is an empty one
}

/// Pages of mapped files that this process holds in memory, in kB.
size_t mapped_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stoul(line.substr(8));
  }
  return 0;
}

TEST_F(File, LetsGoOfMappedPagesAndReadsThemAgain) {
  constexpr size_t kMegabyte = 1 << 20;
  std::string text(16 * kMegabyte, 'a');
  for (size_t i = 0; i < text.size(); i += 1000) text[i] = static_cast<char>(i / 1000 % 100);
  write_file(folder_ / "a", text);
  const MappedFile file(folder_ / "a");
  ASSERT_TRUE(std::ranges::equal(file.bytes(), text));
  const size_t before = mapped_kilobytes();
  file.let_go(file.bytes().subspan(1, 12 * kMegabyte));  // neither end lies on a page
  EXPECT_LT(mapped_kilobytes() + 11 * 1024, before);
  EXPECT_TRUE(std::ranges::equal(file.bytes(), text));
}

}  // namespace
}  // namespace motet
