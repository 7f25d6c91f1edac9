// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include "motet/base/file.h"

namespace motet::test {

/// Bytes of a RIFF file, little-endian.
class RiffBytes {
 public:
  RiffBytes& text(std::string_view text, size_t size) {
    for (size_t i = 0; i < size; ++i) bytes_.push_back(i < text.size() ? uint8_t(text[i]) : 0);
    return *this;
  }
  RiffBytes& number(uint32_t value, size_t size) {
    for (size_t i = 0; i < size; ++i, value >>= 8) bytes_.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  RiffBytes& append(const RiffBytes& other) {
    bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
    return *this;
  }
  RiffBytes& chunk(std::string_view name, const RiffBytes& content) {
    text(name, 4).number(static_cast<uint32_t>(content.bytes_.size()), 4).append(content);
    return text("", content.bytes_.size() % 2);
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// A soundfont of two sounds that last as long as they are held: every program of `sine_programs`
/// is a sine, 440 Hz at key 69; those of `square_programs` and the drum kit are square waves.
/// source  SoundFont Technical Specification 2.04, Creative Technology, 2006, sections 5 to 8
inline Bytes tiny_soundfont(const std::vector<uint32_t>& sine_programs,
                            const std::vector<uint32_t>& square_programs) {
  constexpr uint32_t kRate = 44'000;  // so that a period of 440 Hz is 100 samples
  constexpr uint32_t kPeriod = 100;
  constexpr uint32_t kLength = 20 * kPeriod;
  constexpr uint32_t kGap = 46;         // zeros that must follow a sample
  constexpr uint32_t kInstrument = 41;  // generators, section 8.1.2
  constexpr uint32_t kSampleId = 53;
  constexpr uint32_t kSampleModes = 54;
  constexpr uint32_t kDrumBank = 128;

  RiffBytes sounds;
  RiffBytes headers;
  for (uint32_t sound = 0; sound < 2; ++sound) {
    for (uint32_t i = 0; i < kLength + kGap; ++i) {
      const double sine = std::sin(2.0 * std::numbers::pi * i / kPeriod);
      const double value = sound == 0 ? sine : sine < 0 ? -0.5 : 0.5;
      const auto sample = static_cast<int16_t>(i < kLength ? std::lround(20'000 * value) : 0);
      sounds.number(static_cast<uint16_t>(sample), 2);
    }
    const uint32_t start = sound * (kLength + kGap);
    headers.text("sound", 20).number(start, 4).number(start + kLength, 4);
    headers.number(start + kPeriod, 4).number(start + kLength - kPeriod, 4).number(kRate, 4);
    headers.number(69, 1).number(0, 1).number(0, 2).number(1, 2);
  }
  headers.text("EOS", 46);

  RiffBytes presets;
  RiffBytes preset_bags;
  RiffBytes preset_generators;
  const auto add_preset = [&](uint32_t index, uint32_t program, uint32_t bank, uint32_t sound) {
    presets.text("preset", 20).number(program, 2).number(bank, 2).number(index, 2).number(0, 12);
    preset_bags.number(index, 2).number(0, 2);
    preset_generators.number(kInstrument, 2).number(sound, 2);
  };
  uint32_t count = 0;
  for (const uint32_t program : sine_programs) add_preset(count++, program, 0, 0);
  for (const uint32_t program : square_programs) add_preset(count++, program, 0, 1);
  add_preset(count++, 0, kDrumBank, 1);
  presets.text("EOP", 20).number(0, 4).number(count, 2).number(0, 12);
  preset_bags.number(count, 2).number(0, 2);
  preset_generators.number(0, 4);

  RiffBytes instruments;
  RiffBytes bags;
  RiffBytes generators;
  for (uint32_t sound = 0; sound < 2; ++sound) {
    instruments.text("instrument", 20).number(sound, 2);
    bags.number(2 * sound, 2).number(0, 2);
    generators.number(kSampleModes, 2).number(1, 2).number(kSampleId, 2).number(sound, 2);
  }
  instruments.text("EOI", 20).number(2, 2);
  bags.number(4, 2).number(0, 2);
  generators.number(0, 4);

  const RiffBytes no_modulators = RiffBytes().number(0, 10);
  RiffBytes info;
  info.text("INFO", 4).chunk("ifil", RiffBytes().number(2, 2).number(4, 2));
  info.chunk("isng", RiffBytes().text("EMU8000", 8)).chunk("INAM", RiffBytes().text("tiny", 6));
  RiffBytes tables;
  tables.text("pdta", 4).chunk("phdr", presets).chunk("pbag", preset_bags);
  tables.chunk("pmod", no_modulators).chunk("pgen", preset_generators).chunk("inst", instruments);
  tables.chunk("ibag", bags).chunk("imod", no_modulators).chunk("igen", generators);
  tables.chunk("shdr", headers);
  RiffBytes data;
  data.text("sdta", 4).chunk("smpl", sounds);
  RiffBytes content;
  content.text("sfbk", 4).chunk("LIST", info).chunk("LIST", data).chunk("LIST", tables);
  return RiffBytes().chunk("RIFF", content).bytes();
}

}  // namespace motet::test
