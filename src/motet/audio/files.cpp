// SPDX-License-Identifier: Apache-2.0
#include "motet/audio/files.h"

#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include "motet/base/error.h"

namespace motet::audio {
namespace {

constexpr size_t kBlockFrames = 4096;
constexpr float kFullScale = 32'768.0F;

/// Bytes in memory that libsndfile takes for a file; one of the two is used.
struct MemoryFile {
  Bytes written;
  ByteView read;
  sf_count_t at = 0;
  bool writing = false;

  sf_count_t size() const {
    return static_cast<sf_count_t>(writing ? written.size() : read.size());
  }
};

MemoryFile& file_of(void* user) { return *static_cast<MemoryFile*>(user); }

sf_count_t length(void* user) { return file_of(user).size(); }

sf_count_t seek(sf_count_t offset, int whence, void* user) {
  MemoryFile& file = file_of(user);
  const sf_count_t from = whence == SEEK_CUR ? file.at : whence == SEEK_END ? file.size() : 0;
  const sf_count_t to = from + offset;
  if (to < 0) return -1;
  file.at = to;
  return to;
}

sf_count_t read_bytes(void* into, sf_count_t count, void* user) {
  MemoryFile& file = file_of(user);
  const sf_count_t rest = std::max<sf_count_t>(file.size() - file.at, 0);
  const sf_count_t taken = std::clamp<sf_count_t>(count, 0, rest);
  if (taken > 0) std::memcpy(into, file.read.data() + file.at, static_cast<size_t>(taken));
  file.at += taken;
  return taken;
}

sf_count_t write_bytes(const void* from, sf_count_t count, void* user) {
  MemoryFile& file = file_of(user);
  const auto end = static_cast<size_t>(file.at + count);
  if (file.written.size() < end) file.written.resize(end);
  std::memcpy(file.written.data() + file.at, from, static_cast<size_t>(count));
  file.at += count;
  return count;
}

sf_count_t tell(void* user) { return file_of(user).at; }

struct Close {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using SoundFile = std::unique_ptr<SNDFILE, Close>;

SoundFile open(MemoryFile& file, int mode, SF_INFO& info) {
  SF_VIRTUAL_IO io{length, seek, read_bytes, write_bytes, tell};
  file.writing = mode == SFM_WRITE;
  return SoundFile(sf_open_virtual(&io, mode, &info, &file));
}

short to_integer(float sample) {
  const float scaled = std::nearbyint(sample * kFullScale);
  return static_cast<short>(std::clamp(scaled, -kFullScale, kFullScale - 1.0F));
}

}  // namespace

Bytes encode_wav(const Waveform& sound) {
  SF_INFO info{};
  info.samplerate = sound.sample_rate_hz;
  info.channels = sound.channels;
  info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  MemoryFile memory;
  SoundFile file = open(memory, SFM_WRITE, info);
  if (file == nullptr) {
    throw Error(ErrorCode::kInvalidArgument,
                std::string("WAV: cannot write this sound: ") + sf_strerror(nullptr));
  }
  std::vector<short> block;
  const size_t step = kBlockFrames * static_cast<size_t>(sound.channels);
  for (size_t begin = 0; begin < sound.samples.size(); begin += step) {
    const size_t count = std::min(step, sound.samples.size() - begin);
    block.resize(count);
    std::transform(sound.samples.begin() + static_cast<std::ptrdiff_t>(begin),
                   sound.samples.begin() + static_cast<std::ptrdiff_t>(begin + count),
                   block.begin(), to_integer);
    sf_write_short(file.get(), block.data(), static_cast<sf_count_t>(count));
  }
  file.reset();
  return std::move(memory.written);
}

void write_wav(const std::filesystem::path& path, const Waveform& sound) {
  write_file(path, ByteView(encode_wav(sound)));
}

Waveform decode_sound(ByteView bytes, const std::string& name) {
  SF_INFO info{};
  MemoryFile memory;
  memory.read = bytes;
  const SoundFile file = open(memory, SFM_READ, info);
  if (file == nullptr) {
    throw Error(ErrorCode::kInvalidFile, name + ": expected a sound file (WAV, FLAC, Ogg, ...), " +
                                             "found " + sf_strerror(nullptr));
  }
  Waveform sound{.sample_rate_hz = info.samplerate, .channels = info.channels, .samples = {}};
  // The header may claim any length, so what is really there is read block by block.
  std::vector<float> block(kBlockFrames * static_cast<size_t>(info.channels));
  for (;;) {
    const sf_count_t frames = sf_readf_float(file.get(), block.data(), kBlockFrames);
    if (frames <= 0) return sound;
    sound.samples.insert(sound.samples.end(), block.begin(),
                         block.begin() + static_cast<std::ptrdiff_t>(frames) * info.channels);
  }
}

Waveform read_wav(const std::filesystem::path& path) {
  const Bytes bytes = read_file(path);
  return decode_sound(bytes, path.string());
}

}  // namespace motet::audio
