// SPDX-License-Identifier: Apache-2.0
#include "motet/abc_patches.h"

#include <cstdio>
#include <filesystem>
#include <sstream>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/formats.h"
#include "motet/terminal.h"
#include "motet/tokens/abc_patch.h"

namespace motet::program {
namespace {

std::string abc_of(const std::string& path) {
  const Bytes bytes = read_file(path);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const Book book = read_any(ByteView(bytes), path, Repeats::kWritten);
  if (book.format == Format::kAbc) return std::string(text);
  if (book.pieces.empty()) throw Error(ErrorCode::kInvalidFile, path + ": holds no piece");
  const Bytes written = write_any(book.pieces.front().reading.score, Format::kAbc);
  return {written.begin(), written.end()};
}

tokens::AbcPatches patches_of(const std::string& text, const std::string& layout) {
  constexpr size_t kFramedSize = 64;
  if (layout == "stream") return tokens::encode_abc(text, {});
  if (layout == "framed") {
    return tokens::encode_abc(text, {.layout = tokens::AbcLayout::kFramed, .size = kFramedSize});
  }
  if (layout != "notagen") {
    throw Error(ErrorCode::kInvalidArgument,
                "--patches: expected stream, framed or notagen, found \"" + layout + "\"");
  }
  const tokens::InterleavedAbc interleaved = tokens::interleave_abc(text);
  if (interleaved.lines_left_out > 0) {
    std::fprintf(stderr, "motet: %zu lines of lyrics, comments or fields have no room there\n",
                 interleaved.lines_left_out);
  }
  return tokens::encode_abc(tokens::number_abc_lines(interleaved.text), {});
}

tokens::AbcPatches read_patches(const std::string& path) {
  constexpr int kLargest = 255;
  std::istringstream lines(read_text(path));
  tokens::AbcPatches patches;
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    const std::string where = path + ": line " + std::to_string(number);
    std::istringstream words(line);
    size_t size = 0;
    for (int symbol = 0; words >> symbol; ++size) {
      if (symbol < 0 || symbol > kLargest) {
        throw Error(ErrorCode::kInvalidFile,
                    where + ": expected numbers from 0 to 255, found " + std::to_string(symbol));
      }
      patches.symbols.push_back(static_cast<uint8_t>(symbol));
    }
    if (!words.eof()) throw Error(ErrorCode::kInvalidFile, where + ": expected numbers");
    if (size == 0) continue;
    if (patches.size == 0) patches.size = size;
    if (patches.size != size) {
      throw Error(ErrorCode::kInvalidFile, where + ": expected " + std::to_string(patches.size) +
                                               " numbers as before, found " + std::to_string(size));
    }
  }
  return patches;
}

}  // namespace

void tokenize_patches(const AbcPatchesRequest& request) {
  if (!request.output.empty()) require_writable(request.output);
  const tokens::AbcPatches patches = patches_of(abc_of(request.input), request.layout);
  std::string text;
  for (size_t i = 0; i < patches.count(); ++i) {
    for (const uint8_t symbol : patches.patch(i)) {
      text += std::to_string(symbol);
      text += ' ';
    }
    text.back() = '\n';
  }
  if (request.output.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    write_file(request.output, std::string_view(text));
  }
}

void detokenize_patches(const std::string& input, const std::string& output) {
  const std::string text =
      tokens::without_abc_line_numbers(tokens::decode_abc(read_patches(input)));
  require_writable(output);
  const auto format = format_of_extension(std::filesystem::path(output).extension().string());
  if (!format) throw Error(ErrorCode::kInvalidArgument, output + ": unknown extension");
  if (*format == Format::kAbc) {
    write_file(output, std::string_view(text));
  } else {
    const ByteView bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    const Book book = read_any(bytes, "patches.abc", Repeats::kPlayed);
    if (book.pieces.empty()) throw Error(ErrorCode::kInvalidFile, input + ": holds no tune");
    write_file(output, ByteView(write_any(book.pieces.front().reading.score, *format)));
  }
  say(output);
}

}  // namespace motet::program
