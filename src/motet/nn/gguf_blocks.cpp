// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/gguf_blocks.h"

#include <array>
#include <cassert>
#include <utility>

#include "motet/nn/tensor.h"

namespace motet::nn {
namespace {

constexpr size_t kSmall = 32;   // elements of a block of Q4_0 .. Q8_0
constexpr size_t kSuper = 256;  // elements of a block of the K types: 8 or 16 parts
constexpr size_t kPartScales = 12;

struct Layout {
  uint32_t number;
  GgmlLayout layout;
};

constexpr std::array kLayouts{
    Layout{0, {"F32", 1, 4, true}},          Layout{1, {"F16", 1, 2, true}},
    Layout{2, {"Q4_0", 32, 18, true}},       Layout{3, {"Q4_1", 32, 20, true}},
    Layout{6, {"Q5_0", 32, 22, true}},       Layout{7, {"Q5_1", 32, 24, true}},
    Layout{8, {"Q8_0", 32, 34, true}},       Layout{9, {"Q8_1", 32, 40, false}},
    Layout{10, {"Q2_K", 256, 84, false}},    Layout{11, {"Q3_K", 256, 110, false}},
    Layout{12, {"Q4_K", 256, 144, true}},    Layout{13, {"Q5_K", 256, 176, true}},
    Layout{14, {"Q6_K", 256, 210, true}},    Layout{15, {"Q8_K", 256, 292, false}},
    Layout{16, {"IQ2_XXS", 256, 66, false}}, Layout{17, {"IQ2_XS", 256, 74, false}},
    Layout{18, {"IQ3_XXS", 256, 98, false}}, Layout{19, {"IQ1_S", 256, 50, false}},
    Layout{20, {"IQ4_NL", 32, 18, false}},   Layout{21, {"IQ3_S", 256, 110, false}},
    Layout{22, {"IQ2_S", 256, 82, false}},   Layout{23, {"IQ4_XS", 256, 136, false}},
    Layout{24, {"I8", 1, 1, false}},         Layout{25, {"I16", 1, 2, false}},
    Layout{26, {"I32", 1, 4, false}},        Layout{27, {"I64", 1, 8, false}},
    Layout{28, {"F64", 1, 8, false}},        Layout{29, {"IQ1_M", 256, 56, false}},
    Layout{30, {"BF16", 1, 2, true}},        Layout{34, {"TQ1_0", 256, 54, false}},
    Layout{35, {"TQ2_0", 256, 66, false}},   Layout{39, {"MXFP4", 32, 17, false}},
};

float half_of(const uint8_t* at) { return from_f16(static_cast<uint16_t>(at[0] | at[1] << 8)); }

/// Of 32 elements in 16 bytes: the first half lies in the low nibbles, the second in the high.
int nibble_of(const uint8_t* bytes, size_t i) {
  return i < kSmall / 2 ? bytes[i] & 0xF : bytes[i - kSmall / 2] >> 4;
}

/// The fifth bit of each of 32 elements, element i in bit i.
int fifth_bit_of(const uint8_t* bits, size_t i) { return (bits[i / 8] >> (i % 8) & 1) << 4; }

void expand_q8_0(const uint8_t* block, float* out) {  // scale, 32 signed bytes
  const float scale = half_of(block);
  for (size_t i = 0; i < kSmall; ++i) {
    out[i] = scale * static_cast<float>(static_cast<int8_t>(block[2 + i]));
  }
}

void expand_q4_0(const uint8_t* block, float* out) {  // scale, nibbles
  const float scale = half_of(block);
  for (size_t i = 0; i < kSmall; ++i) {
    out[i] = scale * static_cast<float>(nibble_of(block + 2, i) - 8);
  }
}

void expand_q4_1(const uint8_t* block, float* out) {  // scale, least, nibbles
  const float scale = half_of(block);
  const float least = half_of(block + 2);
  for (size_t i = 0; i < kSmall; ++i) {
    out[i] = scale * static_cast<float>(nibble_of(block + 4, i)) + least;
  }
}

void expand_q5_0(const uint8_t* block, float* out) {  // scale, fifth bits, nibbles
  const float scale = half_of(block);
  for (size_t i = 0; i < kSmall; ++i) {
    const int level = nibble_of(block + 6, i) | fifth_bit_of(block + 2, i);
    out[i] = scale * static_cast<float>(level - 16);
  }
}

void expand_q5_1(const uint8_t* block, float* out) {  // scale, least, fifth bits, nibbles
  const float scale = half_of(block);
  const float least = half_of(block + 2);
  for (size_t i = 0; i < kSmall; ++i) {
    const int level = nibble_of(block + 8, i) | fifth_bit_of(block + 4, i);
    out[i] = scale * static_cast<float>(level) + least;
  }
}

/// Scale and least of part 0..7, six bits each, packed into 12 bytes: those of the first four parts
/// in the low bits of bytes 0..3 and 4..7; of the others, four bits in bytes 8..11 and the upper
/// two in what bytes 0..7 have left.
std::pair<int, int> part_of(const uint8_t* packed, size_t part) {
  if (part < 4) return {packed[part] & 63, packed[part + 4] & 63};
  return {(packed[part + 4] & 0xF) | packed[part - 4] >> 6 << 4,
          packed[part + 4] >> 4 | packed[part] >> 6 << 4};
}

/// Q4_K, and Q5_K where `fifths` has a byte for each element of a part, bit p for part p. Parts 2j
/// and 2j+1 are the low and the high nibbles of the same 32 bytes.
void expand_parts(const uint8_t* block, const uint8_t* fifths, const uint8_t* nibbles, float* out) {
  const float scale = half_of(block);
  const float least = half_of(block + 2);
  for (size_t part = 0; part < kSuper / kSmall; ++part) {
    const std::pair<int, int> packed = part_of(block + 4, part);
    const float part_scale = scale * static_cast<float>(packed.first);
    const float part_least = least * static_cast<float>(packed.second);
    for (size_t i = 0; i < kSmall; ++i) {
      const uint8_t byte = nibbles[part / 2 * kSmall + i];
      int level = part % 2 == 0 ? byte & 0xF : byte >> 4;
      if (fifths != nullptr) level |= (fifths[i] >> part & 1) << 4;
      out[part * kSmall + i] = part_scale * static_cast<float>(level) - part_least;
    }
  }
}

void expand_q4_k(const uint8_t* block, float* out) {
  expand_parts(block, nullptr, block + 4 + kPartScales, out);
}

void expand_q5_k(const uint8_t* block, float* out) {
  const uint8_t* fifths = block + 4 + kPartScales;
  expand_parts(block, fifths, fifths + kSmall, out);
}

/// Four low bits [128], two high bits [64], signed scales of 16 parts, scale. Each half of the
/// block is four rows of 32: their low bits are the nibbles of 64 bytes, their high bits pairs of
/// one byte.
void expand_q6_k(const uint8_t* block, float* out) {
  const uint8_t* scales = block + 192;
  const float scale = half_of(block + 208);
  for (size_t i = 0; i < kSuper; ++i) {
    const size_t half = i / 128;
    const size_t row = i / kSmall % 4;
    const size_t column = i % kSmall;
    const uint8_t low = block[half * 64 + row % 2 * kSmall + column];
    const uint8_t high = block[128 + half * kSmall + column];
    const int level = (row < 2 ? low & 0xF : low >> 4) | (high >> (2 * row) & 3) << 4;
    const auto part = static_cast<float>(static_cast<int8_t>(scales[i / 16]));
    out[i] = scale * part * static_cast<float>(level - 32);
  }
}

using Expand = void (*)(const uint8_t*, float*);

Expand expander_of(GgmlType type) {
  switch (type) {
    case GgmlType::kQ4_0:
      return expand_q4_0;
    case GgmlType::kQ4_1:
      return expand_q4_1;
    case GgmlType::kQ5_0:
      return expand_q5_0;
    case GgmlType::kQ5_1:
      return expand_q5_1;
    case GgmlType::kQ8_0:
      return expand_q8_0;
    case GgmlType::kQ4_K:
      return expand_q4_k;
    case GgmlType::kQ5_K:
      return expand_q5_k;
    case GgmlType::kQ6_K:
      return expand_q6_k;
    case GgmlType::kF32:
    case GgmlType::kF16:
    case GgmlType::kBF16:
      break;
  }
  return nullptr;
}

}  // namespace

std::optional<GgmlLayout> layout_of(GgmlType type) {
  for (const Layout& each : kLayouts) {
    if (each.number == static_cast<uint32_t>(type)) return each.layout;
  }
  return std::nullopt;
}

std::vector<float> dequantize(GgmlType type, ByteView bytes) {
  const Expand expand = expander_of(type);
  const std::optional<GgmlLayout> layout = layout_of(type);
  assert(expand != nullptr && layout && bytes.size() % layout->bytes == 0);
  const size_t blocks = bytes.size() / layout->bytes;
  std::vector<float> floats(blocks * layout->elements);
  for (size_t i = 0; i < blocks; ++i) {
    expand(bytes.data() + i * layout->bytes, floats.data() + i * layout->elements);
  }
  return floats;
}

}  // namespace motet::nn
