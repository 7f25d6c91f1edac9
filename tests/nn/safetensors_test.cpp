// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "motet/base/error.h"
#include "tests/support/random_floats.h"

namespace motet::nn {
namespace {

class Safetensors : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("motet_safetensors_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path path() const { return folder_ / "model.safetensors"; }

  /// A file with this header and so many bytes of data.
  void write_raw(const std::string& header, size_t data_bytes) const {
    write_claiming(header.size(), header + std::string(data_bytes, '\0'));
  }
  void write_claiming(uint64_t length, const std::string& rest) const {
    std::string file;
    for (size_t i = 0; i < 8; ++i) file += static_cast<char>(length >> (8 * i));
    write_file(path(), file + rest);
  }

  /// What opening the file says.
  std::string refusal() const {
    try {
      const SafetensorsFile file(path());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
      EXPECT_NE(std::string(error.what()).find("model.safetensors"), std::string::npos)
          << error.what();
      return error.what();
    }
    return "none";
  }

  void expect_refused(const std::string& header, size_t data_bytes, const std::string& why) const {
    write_raw(header, data_bytes);
    EXPECT_NE(refusal().find(why), std::string::npos) << refusal();
  }

  std::filesystem::path folder_;
};

ByteView bytes_of(const std::vector<float>& floats) {
  return {reinterpret_cast<const uint8_t*>(floats.data()), floats.size() * sizeof(float)};
}

TEST_F(Safetensors, WhatIsWrittenIsRead) {
  const auto a = test::random_floats(6, 1);
  const std::vector<uint8_t> b{0x80, 0x3F};
  write_safetensors(path(),
                    {{"b.weight", {.type = DType::kBF16, .shape = {1}, .bytes = b}},
                     {"a.weight", {.type = DType::kF32, .shape = {2, 3}, .bytes = bytes_of(a)}},
                     {"empty", {.type = DType::kF32, .shape = {0, 4}, .bytes = {}}}},
                    {{"format", "pt"}, {"note", "a \"quote\"\nand \\ more, é"}});
  const SafetensorsFile file(path());
  EXPECT_EQ(file.names(), (std::vector<std::string>{"b.weight", "a.weight", "empty"}));
  EXPECT_EQ(to_floats(file.at("a.weight", {2, 3})), a);
  EXPECT_EQ(to_floats(file.at("b.weight")), std::vector<float>{1.0F});
  EXPECT_EQ(file.at("empty").shape, (Shape{0, 4}));
  EXPECT_EQ(file.metadata().at("note"), "a \"quote\"\nand \\ more, é");
  EXPECT_TRUE(file.contains("empty"));
  EXPECT_FALSE(file.contains("a"));
}

TEST_F(Safetensors, DataBeginOnEightBytes) {
  for (const std::string name : {"a", "ab", "abc", "abcdefgh"}) {
    write_safetensors(path(), {{name, {.type = DType::kF32, .shape = {0}, .bytes = {}}}}, {});
    EXPECT_EQ(std::filesystem::file_size(path()) % 8, 0U);
    EXPECT_TRUE(SafetensorsFile(path()).contains(name));
  }
}

TEST_F(Safetensors, MissingTensorAndWrongShapeAreNamed) {
  const std::vector<float> a(6);
  write_safetensors(path(), {{"a", {.type = DType::kF32, .shape = {2, 3}, .bytes = bytes_of(a)}}},
                    {});
  const SafetensorsFile file(path());
  try {
    file.at("b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("tensor b is missing"), std::string::npos);
  }
  try {
    file.at("a", {3, 2});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("expected shape [3, 2], found [2, 3]"),
              std::string::npos);
  }
}

TEST_F(Safetensors, EveryTruncationIsRefused) {
  const auto a = test::random_floats(4, 2);
  write_safetensors(path(), {{"a", {.type = DType::kF32, .shape = {4}, .bytes = bytes_of(a)}}}, {});
  const Bytes whole = read_file(path());
  for (size_t n = 0; n < whole.size(); ++n) {
    write_file(path(), ByteView(whole).first(n));
    EXPECT_NE(refusal(), "none") << n << " bytes";
  }
}

TEST_F(Safetensors, HugeHeaderIsRefusedBeforeItIsRead) {
  write_claiming(UINT64_MAX, "{}");
  EXPECT_NE(refusal().find("claims 18446744073709551615 bytes"), std::string::npos);
  write_claiming(200'000'000, "{}");
  EXPECT_NE(refusal().find("claims 200000000 bytes"), std::string::npos);
}

TEST_F(Safetensors, LyingOffsetsAreRefused) {
  const std::string f32 = R"({"dtype":"F32","shape":[1],"data_offsets":)";
  expect_refused(R"({"a":)" + f32 + "[0,4]}}", 2, "tensor a: data end at 4");
  expect_refused(R"({"a":)" + f32 + R"([0,4]},"b":)" + f32 + "[2,6]}}", 6, "tensor b: overlaps");
  expect_refused(R"({"a":)" + f32 + R"([0,4]},"b":)" + f32 + "[0,4]}}", 4, "tensor b: overlaps");
  expect_refused(R"({"a":)" + f32 + R"([0,4]},"b":)" + f32 + "[6,10]}}", 10,
                 "tensor b: a gap of 2 bytes");
  expect_refused(R"({"a":)" + f32 + "[0,4]}}", 9, "5 bytes after the last tensor");
  expect_refused(R"({"a":)" + f32 + "[0,8]}}", 8, "tensor a: shape [1] of F32 needs 4 bytes");
  expect_refused(R"({"a":)" + f32 + "[4,0]}}", 4, "run backwards");
  expect_refused(R"({"a":)" + f32 + "[-4,0]}}", 4, "from 0 to 2^48");
  expect_refused(R"({"a":)" + f32 + "[0]}}", 4, "not a pair");
}

TEST_F(Safetensors, BadHeadersAreRefused) {
  expect_refused("[]", 0, "not an object");
  expect_refused("{", 0, "line 1");
  expect_refused(R"({"a":1})", 0, "tensor a: expected an object");
  expect_refused(R"({"a":{}})", 0, "\"dtype\" is missing");
  expect_refused(R"({"a":{"dtype":"I65","shape":[1],"data_offsets":[0,8]}})", 8,
                 "tensor a: dtype I65");
  expect_refused(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "2^48");
  expect_refused(R"({"a":{"dtype":"F32","shape":[65536,4294967296,65536],"data_offsets":[0,4]}})",
                 4, "too large");
  expect_refused(R"({"__metadata__":{"a":1}})", 0, "__metadata__");
}

/// A header is read value by value: what is deep, long or said twice is refused where it stands.
TEST_F(Safetensors, HostileHeadersAreRefused) {
  const std::string a = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  expect_refused("{" + a + "," + a + "}", 4, "tensor a: comes twice");
  expect_refused("{" + a + R"(,"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8,
                 "tensor a: comes twice");
  const std::string deep(100'000, '[');
  expect_refused(deep, 0, "not an object");
  expect_refused(R"({"a":)" + deep, 0, "tensor a: expected an object");
  expect_refused(R"({"a":{"shape":)" + deep, 0, "tensor a: expected sizes");
  expect_refused(R"({"a":{"shape":[1,1,1,1,1,1,1,1,1)", 0, "tensor a: expected at most 8");
  expect_refused(R"({"a":{"data_offsets":[0,1,2)", 0, "tensor a: data_offsets is not a pair");
  expect_refused(R"({"a":{"data_offsets":{}}})", 0, "tensor a: data_offsets is not a pair");
  expect_refused(R"({"a":{"dtype":["F32"]}})", 0, "tensor a: dtype is not a string");
  expect_refused(R"({"a":{"shape":7}})", 0, "tensor a: shape is not a list");
  expect_refused(R"({"a":{"shape":[1.5]}})", 0, "tensor a: expected sizes and offsets");
  expect_refused(R"({"a":{"shape":[1e999]}})", 0, "no JSON");
  expect_refused(R"({"a":{"shape":[1152921504606846976]}})", 0, "from 0 to 2^48");
  expect_refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1152921504606846976]}})", 4,
                 "tensor a: expected sizes and offsets from 0 to 2^48");
  expect_refused(R"({"\u001b[2J":1})", 0, "tensor ?[2J: expected an object");
  expect_refused(R"({"__metadata__":[]})", 0, "__metadata__ is not an object");
  expect_refused("{\"\xff\":1}", 0, "no JSON");
}

TEST_F(Safetensors, UnknownFieldsArePassedOver) {
  write_raw(R"({"a":{"note":{"dtype":[1,{"shape":2}]},"dtype":"F32","more":[[]],"shape":[1],)"
            R"("none":null,"data_offsets":[0,4]}})",
            4);
  EXPECT_EQ(to_floats(SafetensorsFile(path()).at("a")), std::vector<float>{0.0F});
}

/// Masks and counters of PyTorch modules lie beside the weights; they are passed over.
TEST_F(Safetensors, TypesThatAreNotReadDoNotSpoilTheRest) {
  const std::string header = R"({"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},)"
                             R"("a":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}})";
  write_claiming(header.size(), header + std::string(7, '\0'));
  const SafetensorsFile file(path());
  EXPECT_EQ(file.names(), std::vector<std::string>{"a"});
  EXPECT_EQ(to_floats(file.at("a")), std::vector<float>{0.0F});
  try {
    file.at("mask");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("tensor mask: dtype BOOL"), std::string::npos);
  }
}

TEST_F(Safetensors, PicklesAreRefusedWithTheWayToConvertThem) {
  for (const char* name : {"model.bin", "model.pt", "model.ckpt"}) {
    const auto pickle = folder_ / name;
    write_file(pickle, std::string_view("PK"));
    try {
      const SafetensorsFile file(pickle);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("save_file"), std::string::npos) << error.what();
    }
  }
}

TEST_F(Safetensors, WriterRefusesBadNamesAndSizes) {
  const std::vector<float> a(1);
  const HostTensor one{.type = DType::kF32, .shape = {1}, .bytes = bytes_of(a)};
  const HostTensor two{.type = DType::kF32, .shape = {2}, .bytes = bytes_of(a)};
  EXPECT_THROW(write_safetensors(path(), {{"a\"b", one}}, {}), Error);
  EXPECT_THROW(write_safetensors(path(), {{"a", one}, {"a", one}}, {}), Error);
  EXPECT_THROW(write_safetensors(path(), {{"a", two}}, {}), Error);
}

}  // namespace
}  // namespace motet::nn
