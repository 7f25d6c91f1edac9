// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/public_abc.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <sstream>
#include <utility>

#include "motet/base/error.h"
#include "motet/generate/abc_session.h"
#include "motet/score/abc.h"
#include "motet/score/abc_write.h"
#include "motet/score/abc_write_voice.h"
#include "motet/score/engrave.h"
#include "motet/tokens/abc_patch.h"

namespace motet::tasks {
namespace {

constexpr int kUsualLines = 512;  // bars that a piece may count, where none are asked for
constexpr int kUsualBars = 16;    // behind a given piece
constexpr int kResolutionOfAbc = 480;
constexpr int kFinestResolutionOfAbc = 32'767;
constexpr size_t kPromptParts = 3;

std::string without_blanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\n");
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1));
}

/// "Romantic/Chopin, Frederic/Keyboard" as NotaGen's three lines.
std::string metadata_of(const std::string& prompt) {
  std::string lines;
  size_t parts = 0;
  std::istringstream rest(prompt);
  for (std::string part; std::getline(rest, part, '/'); ++parts) {
    part = without_blanks(part);
    if (!part.empty()) lines += "%" + part + "\n";
  }
  const bool is_ascii = std::ranges::all_of(prompt, [](char c) { return c >= ' ' && c < 127; });
  if (parts > kPromptParts || !is_ascii) {
    throw Error(ErrorCode::kInvalidArgument,
                "prompt: expected period/composer/instrumentation in ASCII, such as "
                "\"Romantic/Chopin, Frederic/Keyboard\", found \"" +
                    prompt + "\"");
  }
  return lines;
}

/// The fields of a header by their letter, and the voices.
struct Fields {
  std::string length = "1/8";
  std::string tempo, metre, key = "C";
  std::vector<std::string> voices;  ///< "1 treble nm=\"Piano\""
};

Fields fields_of(const std::string& header) {
  Fields fields;
  std::istringstream lines(header);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() < 2 || line[1] != ':') continue;
    const std::string value = line.substr(2);
    if (line[0] == 'L') fields.length = value;
    if (line[0] == 'Q') fields.tempo = value;
    if (line[0] == 'M') fields.metre = value;
    if (line[0] == 'K') fields.key = value;
    if (line[0] == 'V') fields.voices.push_back(value);
  }
  return fields;
}

/// A header as ABC's standard wants it: the key last.
std::string tune_header(const Fields& fields) {
  std::string text = "X:1\n";
  if (!fields.metre.empty()) text += "M:" + fields.metre + "\n";
  text += "L:" + fields.length + "\n";
  if (!fields.tempo.empty()) text += "Q:" + fields.tempo + "\n";
  for (const std::string& voice : fields.voices) text += "V:" + voice + "\n";
  return text + "K:" + fields.key + "\n";
}

using Quarters = std::pair<int64_t, int64_t>;  // a fraction

/// How long a voice's music lasts; next to nothing where there is none.
Quarters length_of(const std::string& music, const std::string& unit) {
  // The second voice is there because a tune must have a note.
  const AbcFile file =
      read_abc("X:1\nM:none\nL:" + unit + "\nV:1\nV:2\nK:C\n[V:1]" + music + "|\n[V:2]C/64|\n",
               Repeats::kWritten);
  if (file.tunes.empty()) return {0, 1};
  const Score& score = file.tunes.front().reading.score;
  const int64_t ticks = end_of_page(score).value;
  const int64_t common = std::gcd(ticks, int64_t{score.ticks_per_quarter});
  return {ticks / common, score.ticks_per_quarter / common};
}

bool is_shorter(const Quarters& a, const Quarters& b) {
  return a.first * b.second < b.first * a.second;
}

/// An invisible rest of b - a, in lengths of the unit "1/8".
std::string rest_between(const Quarters& a, const Quarters& b, const std::string& unit) {
  const int64_t unit_quarters = std::stoll(unit.substr(unit.find('/') + 1));
  int64_t numerator = (b.first * a.second - a.first * b.second) * unit_quarters;
  int64_t denominator = a.second * b.second * 4;
  const int64_t common = std::gcd(numerator, denominator);
  numerator /= common;
  denominator /= common;
  return "x" + std::to_string(numerator) +
         (denominator == 1 ? "" : "/" + std::to_string(denominator));
}

/// A voice's bar: its music, its bar line, and how long it lasts.
struct VoiceBar {
  std::string music;
  std::string line = "|";
  Quarters length{0, 1};
};

VoiceBar bar_of(const std::string& text, const std::string& unit) {
  size_t begin = text.size();
  if (begin > 1 && text[begin - 1] >= '0' && text[begin - 1] <= '9' && text[begin - 2] == '|') {
    --begin;  // an ending's number
  }
  for (const std::string_view sign : {"::", "||", "|]", "|:", ":|", "|"}) {
    if (std::string_view(text).substr(0, begin).ends_with(sign)) {
      begin -= sign.size();
      break;
    }
  }
  VoiceBar bar{.music = text.substr(0, begin), .line = text.substr(begin)};
  bar.length = length_of(bar.music, unit);
  return bar;
}

/// "[V:1]G2 B2|[V:2]G,4|\n" as a bar for each voice, all of one length.
std::string evened(const std::string& line, size_t voices, const std::string& unit) {
  std::vector<VoiceBar> bars(voices);
  for (size_t at = line.find("[V:"); at != line.npos;) {
    const size_t next = line.find("[V:", at + 1);
    const size_t end = line.find(']', at);
    const auto voice = static_cast<size_t>(std::stoul(line.substr(at + 3, end - at - 3)));
    const size_t last = next == line.npos ? line.find_last_not_of('\n') + 1 : next;
    if (voice >= 1 && voice <= voices) {
      bars[voice - 1] = bar_of(line.substr(end + 1, last - end - 1), unit);
    }
    at = next;
  }
  const VoiceBar longest =
      *std::ranges::max_element(bars, is_shorter, [](const VoiceBar& bar) { return bar.length; });
  std::string text;
  for (size_t voice = 0; voice < voices; ++voice) {
    VoiceBar& bar = bars[voice];
    if (bar.music.empty()) bar.line = longest.line;
    if (is_shorter(bar.length, longest.length)) {
      bar.music += rest_between(bar.length, longest.length, unit);
    }
    text += "[V:" + std::to_string(voice + 1) + "]" + bar.music + bar.line;
  }
  return text + "\n";
}

/// The tune that reads: repeats played, or as written where that is too long, or fewer bars of it.
Score read_tune(const std::string& header, std::span<const std::string> lines) {
  for (size_t kept = lines.size(); kept > 0; kept /= 2) {
    std::string text = header;
    for (const std::string& line : lines.first(kept)) text += line;
    for (const Repeats repeats : {Repeats::kPlayed, Repeats::kWritten}) {
      AbcFile file = read_abc(text, repeats);
      if (!file.tunes.empty()) return std::move(file.tunes.front().reading.score);
    }
  }
  throw Error(ErrorCode::kInvalidFile, "what the model wrote holds no tune that can be read");
}

void follow_names(Score& score) {
  for (Part& part : score.parts) {
    const auto player = find_instrument(part.name);
    if (!player) continue;
    part.program = player->program;
    part.is_drums = player->is_drums;
  }
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const size_t at = text.find(what);
  return at == text.npos ? text : text.replace(at, what.size(), by);
}

/// A piece in NotaGen's spelling: the fields it knows, then lines of a bar in which every voice
/// says it.
struct Interleaved {
  Fields fields;
  std::vector<std::string> lines;
};

Interleaved interleaved_of(const Score& piece) {
  Score plain = piece;
  plain.markers.clear();
  std::istringstream text(tokens::interleave_abc(write_abc(plain)).text);
  std::string header;
  Interleaved result;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("[V:")) {
      result.lines.push_back(line + "\n");
    } else {
      header += line + "\n";
    }
  }
  result.fields = fields_of(header);
  for (std::string& voice : result.fields.voices) {
    voice = replaced(replaced(voice, " clef=", " "), " name=", " nm=");
  }
  return result;
}

/// In the order of NotaGen's tunes.
std::string notagen_header(const Fields& fields) {
  std::string text = "L:" + fields.length + "\n";
  if (!fields.tempo.empty()) text += "Q:" + fields.tempo + "\n";
  if (!fields.metre.empty()) text += "M:" + fields.metre + "\n";
  text += "K:" + fields.key + "\n";
  for (const std::string& voice : fields.voices) text += "V:" + voice + "\n";
  return text;
}

/// The part of each voice that write_abc makes: one for every staff with something on it.
std::vector<size_t> part_of_voice(const Score& piece) {
  const Score page = with_page(piece);
  std::vector<size_t> parts;
  for (size_t i = 0; i < page.parts.size(); ++i) {
    if (page.parts[i].notes.empty()) continue;
    std::set<uint8_t> staves;
    for (const Written& head : page.parts[i].written) staves.insert(head.staff);
    parts.insert(parts.end(), staves.size(), i);
  }
  return parts;
}

/// Puts the notes of a tune whose parts are a piece's voices behind the piece, from a bar line on.
Score put_behind(const Score& piece, const Score& tail) {
  const int fine = std::lcm(piece.ticks_per_quarter, tail.ticks_per_quarter);
  Score score = with_resolution(piece, fine <= kFinestResolutionOfAbc ? fine : kResolutionOfAbc);
  const Score more = with_resolution(tail, score.ticks_per_quarter);
  const std::vector<size_t> parts = part_of_voice(piece);
  const Bar last = bars_of(score).back();
  for (size_t voice = 0; voice < std::min(parts.size(), more.parts.size()); ++voice) {
    Part& part = score.parts[parts[voice]];
    for (Note note : more.parts[voice].notes) {
      note.onset += last.begin + last.length;
      note.id = {};
      note.voice = 0;
      part.notes.push_back(note);
    }
  }
  sort_events(score);
  name_notes(score);
  return score;
}

/// The fields that hold at the end of a piece.
Fields fields_at_end(const Score& piece, Fields fields) {
  if (!piece.keys.empty()) fields.key = abc::key_text(piece.keys.back());
  for (const MetreChange& metre : piece.metres) {
    if (metre.is_hidden) continue;
    fields.metre = std::to_string(metre.numerator) + "/" + std::to_string(metre.denominator);
  }
  return fields;
}

}  // namespace

Composition compose_abc(const Request& request, const Score* piece, const PublicModel& model,
                        const generate::SamplingConfig& sampling, const Progress& progress) {
  generate::AbcPlan plan;
  plan.metadata = metadata_of(request.prompt.value_or(""));
  plan.most_tokens = *request.tokens;
  plan.is_exact = request.bars.has_value();
  plan.most_lines = request.bars.value_or(kUsualLines);
  Interleaved given;
  if (piece != nullptr) {
    given = interleaved_of(*piece);
    plan.header = notagen_header(given.fields);
    plan.voices = static_cast<int>(given.fields.voices.size());
    plan.most_lines = request.bars.value_or(kUsualBars);
    plan.first_line = static_cast<int>(given.lines.size());
    const int total = plan.first_line + plan.most_lines;
    for (int i = 0; i < plan.first_line; ++i) {
      plan.given += "[r:" + std::to_string(i) + "/" + std::to_string(total - 1 - i) + "]" +
                    given.lines[static_cast<size_t>(i)];
    }
  }
  const generate::AbcResult written = generate::write_abc_patches(
      plan, model.checkpoint(), model.backend(), sampling, *request.seed, progress);
  Fields fields = piece != nullptr ? given.fields : fields_of(written.header);
  std::vector<std::string> lines;
  for (const std::string& line : written.lines) {
    lines.push_back(evened(line, fields.voices.size(), fields.length));
  }
  Composition result;
  result.stopped = written.stopped;
  result.tokens = written.tokens;
  if (piece != nullptr) {
    const Score tail = read_tune(tune_header(fields_at_end(*piece, fields)), lines);
    result.score = put_behind(*piece, tail);
  } else {
    result.score = read_tune(tune_header(fields), lines);
    follow_names(result.score);
  }
  result.abc = plan.metadata + tune_header(fields);
  for (const std::string& line : given.lines) result.abc += line;
  for (const std::string& line : lines) result.abc += line;
  return result;
}

}  // namespace motet::tasks
