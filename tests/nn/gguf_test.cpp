// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/gguf.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <functional>

#include "motet/base/error.h"
#include "tests/support/made_gguf.h"

namespace motet::nn {
namespace {

using test::bytes_of_number;
using test::gguf_text;
using test::MadeGguf;

class Gguf : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("motet_gguf_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path path() const { return folder_ / "model.gguf"; }

  /// What opening these bytes says, and loading every tensor.
  std::string refusal(const std::string& bytes) const {
    write_file(path(), bytes);
    try {
      const GgufFile file(path());
      for (const std::string& name : file.names()) load_checked(file, name, file.shape_of(name));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
      EXPECT_NE(std::string(error.what()).find("model.gguf: "), std::string::npos);
      return error.what();
    }
    return "none";
  }

  std::filesystem::path folder_;
};

/// Two tensors of 8 and 4 floats and three keys.
MadeGguf good_gguf() {
  MadeGguf file;
  file.text("general.architecture", "llama");
  file.whole("llama.block_count", 2);
  file.key("tokens", 9,
           bytes_of_number(uint32_t{8}) + bytes_of_number(uint64_t{2}) + gguf_text("a") +
               gguf_text("bc"));
  file.floats("first.weight", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  file.floats("second.weight", {4}, {9, 10, 11, 12});
  return file;
}

/// The file is that of ggml's own package: tests/golden/README.md.
TEST_F(Gguf, BlocksAreTheNumbersThatGgmlsPackageReads) {
  const GgufFile file(std::filesystem::path(MOTET_GOLDEN_DIR) / "gguf" / "blocks.gguf");
  for (const std::string name : {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"}) {
    EXPECT_EQ(file.shape_of(name), (Shape{2, 256})) << name;
    const std::vector<float> found = to_floats(file.load(name).view);
    const std::vector<float> wanted = to_floats(file.load(name + ".floats").view);
    ASSERT_EQ(found.size(), wanted.size()) << name;
    for (size_t i = 0; i < found.size(); ++i) {  // a fused multiply-add may change the last bit
      ASSERT_NEAR(found[i], wanted[i], 1e-5F * (1.0F + std::abs(wanted[i]))) << name << " " << i;
    }
  }
  EXPECT_EQ(file.load("F16").view.type, DType::kF16);
  EXPECT_EQ(file.shape_of("F16"), (Shape{2, 32}));
}

TEST_F(Gguf, MetadataOfEveryTypeAreRead) {
  const GgufFile file(std::filesystem::path(MOTET_GOLDEN_DIR) / "gguf" / "blocks.gguf");
  const auto whole = [&](const char* key) { return std::get<int64_t>(*file.find(key)); };
  EXPECT_EQ(whole("a.u8"), 200);
  EXPECT_EQ(whole("a.i8"), -100);
  EXPECT_EQ(whole("a.u16"), 60'000);
  EXPECT_EQ(whole("a.i16"), -30'000);
  EXPECT_EQ(whole("a.u32"), 4'000'000'000);
  EXPECT_EQ(whole("a.i32"), -2'000'000'000);
  EXPECT_EQ(std::get<uint64_t>(*file.find("a.u64")), UINT64_MAX);
  EXPECT_EQ(whole("a.i64"), -(int64_t{1} << 62));
  EXPECT_EQ(std::get<double>(*file.find("a.f32")), 0.5);
  EXPECT_EQ(std::get<double>(*file.find("a.f64")), 0.1);
  EXPECT_TRUE(std::get<bool>(*file.find("a.bool")));
  EXPECT_EQ(std::get<std::string_view>(*file.find("a.text")), "Grüße");
  EXPECT_EQ(std::get<GgufArray>(*file.find("a.texts")).count, 3U);
  EXPECT_EQ(std::get<GgufArray>(*file.find("a.texts")).element_type, 8U);
  EXPECT_EQ(std::get<GgufArray>(*file.find("a.numbers")).bytes.size(), 12U);
  EXPECT_EQ(file.find("a.none"), nullptr);
}

TEST_F(Gguf, TensorsComeOutermostDimensionFirst) {
  for (const uint32_t version : {2U, 3U}) {
    MadeGguf made = good_gguf();
    made.version = version;
    write_file(path(), made.file());
    const GgufFile file(path());
    EXPECT_EQ(file.names(), (std::vector<std::string>{"first.weight", "second.weight"}));
    EXPECT_EQ(file.shape_of("first.weight"), (Shape{2, 4}));
    EXPECT_EQ(to_floats(file.load("second.weight").view), (std::vector<float>{9, 10, 11, 12}));
    EXPECT_FALSE(file.contains("third.weight"));
  }
}

TEST_F(Gguf, EveryTruncationIsRefused) {
  const std::string whole = good_gguf().file();
  ASSERT_EQ(refusal(whole), "none");
  // The last tensor ends 16 bytes before the end; padding may be missing.
  for (size_t n = 0; n < whole.size() - 16; ++n) {
    EXPECT_NE(refusal(whole.substr(0, n)), "none") << n << " bytes";
  }
}

struct Lie {
  const char* what;
  std::function<void(MadeGguf&)> tell;
  const char* answer;
};

std::string list_of(uint32_t type, uint64_t count, const std::string& elements) {
  return bytes_of_number(type) + bytes_of_number(count) + elements;
}

std::string deep_list(int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) bytes += list_of(9, 1, "");
  return bytes + list_of(4, 0, "");
}

const std::vector<Lie> kLies{
    {"version 1", [](auto& f) { f.version = 1; }, "version 2 or 3, found 1"},
    {"big-endian", [](auto& f) { f.version = 0x0300'0000; }, "big-endian"},
    {"2^60 tensors", [](auto& f) { f.tensor_count = uint64_t{1} << 60; },
     "claims 1152921504606846976 tensors"},
    {"2^60 keys", [](auto& f) { f.key_count = uint64_t{1} << 60; },
     "claims 1152921504606846976 metadata keys"},
    {"more keys than there are", [](auto& f) { f.key_count = 60'000; }, "metadata key "},
    {"more tensors than there are", [](auto& f) { f.tensor_count = 60'000; }, "tensor "},
    {"a text of 2^63 bytes", [](auto& f) { f.key("long", 8, bytes_of_number(uint64_t{1} << 63)); },
     "metadata long: expected 9223372036854775808 bytes"},
    {"a key of 2^63 bytes",
     [](auto& f) {
       f.keys += bytes_of_number(uint64_t{1} << 63);
       ++f.key_count;
     },
     "metadata key 3: a text of 9223372036854775808 bytes"},
    {"a tensor's name of 2^63 bytes",
     [](auto& f) {
       f.tensors += bytes_of_number(uint64_t{1} << 63);
       ++f.tensor_count;
     },
     "the name of tensor 2: a text of 9223372036854775808 bytes"},
    {"a list of 2^60 numbers", [](auto& f) { f.key("l", 9, list_of(0, uint64_t{1} << 60, "")); },
     "metadata l: a list claims 1152921504606846976 elements"},
    {"a list of 2^61 eight-byte numbers",
     [](auto& f) { f.key("l", 9, list_of(10, uint64_t{1} << 61, "")); },
     "metadata l: a list claims 2305843009213693952"},
    {"a list of 2^60 lists", [](auto& f) { f.key("l", 9, list_of(9, uint64_t{1} << 60, "")); },
     "metadata l: a list claims"},
    {"a text in a list of 2^63 bytes",
     [](auto& f) { f.key("l", 9, list_of(8, 1, bytes_of_number(uint64_t{1} << 63))); },
     "metadata l: expected 9223372036854775808 bytes"},
    {"deep lists", [](auto& f) { f.key("l", 9, deep_list(100'000)); },
     "metadata l: expected lists at most 4 deep"},
    {"an unknown type", [](auto& f) { f.key("k", 13, ""); }, "metadata k: type 13"},
    {"an unknown type in a list", [](auto& f) { f.key("k", 9, list_of(99, 0, "")); },
     "metadata k: type 99"},
    {"neither true nor false", [](auto& f) { f.key("k", 7, "\x02"); },
     "metadata k: expected 0 or 1"},
    {"a key twice", [](auto& f) { f.whole("llama.block_count", 2); },
     "metadata llama.block_count comes twice"},
    {"an unprintable key", [](auto& f) { f.key("k\x1b[2J", 13, ""); }, "metadata k?[2J: type"},
    {"alignment 0", [](auto& f) { f.whole("general.alignment", 0); }, "metadata general.alignment"},
    {"alignment 48", [](auto& f) { f.whole("general.alignment", 48); },
     "metadata general.alignment: expected a power of two"},
    {"alignment 2^31", [](auto& f) { f.whole("general.alignment", int64_t{1} << 31); },
     "metadata general.alignment"},
    {"alignment as a text", [](auto& f) { f.text("general.alignment", "32"); },
     "metadata general.alignment: expected a whole number"},
    {"a part of three", [](auto& f) { f.whole("split.count", 3); }, "metadata split.count"},
    {"a tensor twice", [](auto& f) { f.entry("first.weight", {4}, 0, 64); },
     "tensor first.weight comes twice"},
    {"an offset beyond the end", [](auto& f) { f.entry("t", {4}, 0, 1 << 20); },
     "tensor t: offset 1048576"},
    {"an offset near 2^64", [](auto& f) { f.entry("t", {4}, 0, UINT64_MAX - 31); },
     "tensor t: offset 18446744073709551584"},
    {"data beyond the end", [](auto& f) { f.entry("t", {32}, 0, 64); },
     "tensor t: data end at 192"},
    {"a misaligned offset", [](auto& f) { f.entry("t", {2}, 0, 36); },
     "tensor t: offset 36 is no multiple of the alignment, 32"},
    {"overlapping tensors", [](auto& f) { f.entry("t", {16}, 0, 0); }, "overlaps"},
    {"a gap",
     [](auto& f) {
       f.data.resize(256);
       f.entry("t", {2}, 0, 128);
     },
     "tensor t: a gap"},
    {"bytes that belong to nothing", [](auto& f) { f.data.resize(256); },
     "bytes after the last tensor belong to nothing"},
    {"no dimension", [](auto& f) { f.entry("t", {}, 0, 64); }, "tensor t: expected 1 to 4 dim"},
    {"five dimensions",
     [](auto& f) {
       f.entry("t", {1, 1, 1, 1, 1}, 0, 64);
     },
     "tensor t: expected 1 to 4 dimensions, found 5"},
    {"2^32 dimensions",
     [](auto& f) {
       f.tensors += gguf_text("t") + bytes_of_number(UINT32_MAX);
       ++f.tensor_count;
     },
     "tensor t: expected 1 to 4 dimensions, found 4294967295"},
    {"a dimension of nothing", [](auto& f) { f.entry("t", {0}, 0, 64); },
     "tensor t: dimension 0 is 0"},
    {"a shape whose product overflows",
     [](auto& f) {
       f.entry("t", {uint64_t{1} << 33, uint64_t{1} << 33}, 0, 64);
     },
     "tensor t: dimension 1"},
    {"a shape whose product is 2^64",
     [](auto& f) {
       f.entry("t", {1U << 31, 1U << 31, 4}, 0, 64);
     },
     "tensor t: dimension 1"},
    {"more elements than bytes", [](auto& f) { f.entry("t", {uint64_t{1} << 47}, 0, 64); },
     "tensor t: offset 64 and 562949953421312 bytes"},
    {"a type that ggml lacks", [](auto& f) { f.entry("t", {32}, 77, 64); },
     "tensor t: type 77 is none of ggml's"},
    {"a type that ggml took back", [](auto& f) { f.entry("t", {32}, 4, 64); }, "tensor t: type 4"},
    {"half a block", [](auto& f) { f.entry("t", {48}, 8, 64); },
     "tensor t: rows of 48 elements are no whole number of blocks of Q8_0, 32"},
    {"a type that is not read",
     [](auto& f) {
       f.entry("t", {8}, 24, 64);
       f.data += std::string(32, '\1');
     },
     "tensor t: Motet does not read I8"},
    {"not a number",
     [](auto& f) {
       f.floats("t", {2}, {1.0F, NAN});
     },
     "tensor t: element 1 is not a number"},
    {"infinite",
     [](auto& f) {
       f.floats("t", {2}, {-INFINITY, 1.0F});
     },
     "tensor t: element 0 is infinite"},
    {"a scale that is not a number",
     [](auto& f) {
       f.entry("t", {32}, 8, 64);
       f.data += "\xff\x7e" + std::string(62, '\1');
     },
     "tensor t: element 0 is not a number"},
};

TEST_F(Gguf, LiesAreRefusedByName) {
  for (const Lie& lie : kLies) {
    MadeGguf file = good_gguf();
    lie.tell(file);
    const std::string found = refusal(file.file());
    EXPECT_NE(found.find(lie.answer), std::string::npos) << lie.what << ": " << found;
  }
  std::string bytes = good_gguf().file();
  bytes[3] = 'X';
  EXPECT_NE(refusal(bytes).find("the magic \"GGUF\""), std::string::npos);
}

}  // namespace
}  // namespace motet::nn
