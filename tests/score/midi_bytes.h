// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "motet/base/file.h"

namespace motet::test {

inline void append_big_endian(Bytes& out, uint32_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

/// A Standard MIDI File around tracks that are given byte by byte.
inline Bytes midi_file(int format, int division, const std::vector<Bytes>& tracks) {
  Bytes out = {'M', 'T', 'h', 'd'};
  append_big_endian(out, 6, 4);
  append_big_endian(out, static_cast<uint32_t>(format), 2);
  append_big_endian(out, static_cast<uint32_t>(tracks.size()), 2);
  append_big_endian(out, static_cast<uint32_t>(division), 2);
  for (const Bytes& track : tracks) {
    out.insert(out.end(), {'M', 'T', 'r', 'k'});
    append_big_endian(out, static_cast<uint32_t>(track.size()), 4);
    out.insert(out.end(), track.begin(), track.end());
  }
  return out;
}

/// A delta time of 0 and a channel event with two data bytes.
inline Bytes channel_event(uint8_t status, uint8_t first, uint8_t second) {
  return {0, status, first, second};
}

}  // namespace motet::test
