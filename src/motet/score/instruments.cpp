// SPDX-License-Identifier: Apache-2.0
#include "motet/score/instruments.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

namespace motet {
namespace {

struct Row {
  std::string_view name;     ///< the usual name
  std::string_view gm_name;  ///< General MIDI 1, lower case, no brackets
  uint8_t low = 0;
  uint8_t high = 127;
};

/// By program. Names: General MIDI System Level 1, MIDI Manufacturers Association, 1991. Ranges:
/// as range_of says; bowed and wind ranges are those of professional players, sounding.
constexpr std::array<Row, 128> kRows = {{
    {"piano", "acoustic grand piano", 21, 108},
    {"bright piano", "bright acoustic piano", 21, 108},
    {"electric grand piano", "electric grand piano", 21, 108},
    {"honky tonk piano", "honky tonk piano", 21, 108},
    {"electric piano", "electric piano 1", 21, 108},
    {"electric piano 2", "electric piano 2", 21, 108},
    {"harpsichord", "harpsichord", 29, 89},
    {"clavinet", "clavi"},
    {"celesta", "celesta", 60, 108},
    {"glockenspiel", "glockenspiel", 79, 108},
    {"music box", "music box"},
    {"vibraphone", "vibraphone", 53, 89},
    {"marimba", "marimba", 36, 96},
    {"xylophone", "xylophone", 65, 108},
    {"tubular bells", "tubular bells", 60, 77},
    {"dulcimer", "dulcimer"},
    {"drawbar organ", "drawbar organ"},
    {"percussive organ", "percussive organ"},
    {"rock organ", "rock organ"},
    {"organ", "church organ", 24, 108},
    {"reed organ", "reed organ", 36, 96},
    {"accordion", "accordion"},
    {"harmonica", "harmonica", 60, 96},
    {"bandoneon", "tango accordion"},
    {"guitar", "acoustic guitar nylon", 40, 88},
    {"steel guitar", "acoustic guitar steel", 40, 88},
    {"jazz guitar", "electric guitar jazz", 40, 88},
    {"electric guitar", "electric guitar clean", 40, 88},
    {"muted guitar", "electric guitar muted", 40, 88},
    {"overdriven guitar", "overdriven guitar", 40, 88},
    {"distortion guitar", "distortion guitar", 40, 88},
    {"guitar harmonics", "guitar harmonics"},
    {"acoustic bass", "acoustic bass", 28, 67},
    {"electric bass", "electric bass finger", 28, 67},
    {"picked bass", "electric bass pick", 28, 67},
    {"fretless bass", "fretless bass", 28, 67},
    {"slap bass", "slap bass 1", 28, 67},
    {"slap bass 2", "slap bass 2", 28, 67},
    {"synth bass", "synth bass 1"},
    {"synth bass 2", "synth bass 2"},
    {"violin", "violin", 55, 103},
    {"viola", "viola", 48, 91},
    {"cello", "cello", 36, 84},
    {"contrabass", "contrabass", 24, 67},
    {"tremolo strings", "tremolo strings", 24, 103},
    {"pizzicato strings", "pizzicato strings", 24, 103},
    {"harp", "orchestral harp", 23, 104},
    {"timpani", "timpani", 36, 60},
    {"string ensemble", "string ensemble 1", 24, 103},
    {"string ensemble 2", "string ensemble 2", 24, 103},
    {"synth strings", "synthstrings 1"},
    {"synth strings 2", "synthstrings 2"},
    {"choir", "choir aahs", 40, 84},
    {"voice oohs", "voice oohs", 40, 84},
    {"synth voice", "synth voice"},
    {"orchestra hit", "orchestra hit"},
    {"trumpet", "trumpet", 52, 84},
    {"trombone", "trombone", 40, 77},
    {"tuba", "tuba", 26, 65},
    {"muted trumpet", "muted trumpet", 52, 84},
    {"french horn", "french horn", 35, 77},
    {"brass section", "brass section", 26, 84},
    {"synth brass", "synthbrass 1"},
    {"synth brass 2", "synthbrass 2"},
    {"soprano sax", "soprano sax", 56, 88},
    {"alto sax", "alto sax", 49, 81},
    {"tenor sax", "tenor sax", 44, 76},
    {"baritone sax", "baritone sax", 36, 69},
    {"oboe", "oboe", 58, 93},
    {"english horn", "english horn", 52, 81},
    {"bassoon", "bassoon", 34, 75},
    {"clarinet", "clarinet", 50, 94},
    {"piccolo", "piccolo", 74, 108},
    {"flute", "flute", 59, 98},
    {"recorder", "recorder"},
    {"pan flute", "pan flute"},
    {"blown bottle", "blown bottle"},
    {"shakuhachi", "shakuhachi"},
    {"whistle", "whistle"},
    {"ocarina", "ocarina"},
    {"square lead", "lead 1 square"},
    {"sawtooth lead", "lead 2 sawtooth"},
    {"calliope lead", "lead 3 calliope"},
    {"chiff lead", "lead 4 chiff"},
    {"charang lead", "lead 5 charang"},
    {"voice lead", "lead 6 voice"},
    {"fifths lead", "lead 7 fifths"},
    {"bass and lead", "lead 8 bass + lead"},
    {"new age pad", "pad 1 new age"},
    {"warm pad", "pad 2 warm"},
    {"polysynth", "pad 3 polysynth"},
    {"choir pad", "pad 4 choir"},
    {"bowed pad", "pad 5 bowed"},
    {"metallic pad", "pad 6 metallic"},
    {"halo pad", "pad 7 halo"},
    {"sweep pad", "pad 8 sweep"},
    {"rain", "fx 1 rain"},
    {"soundtrack", "fx 2 soundtrack"},
    {"crystal", "fx 3 crystal"},
    {"atmosphere", "fx 4 atmosphere"},
    {"brightness", "fx 5 brightness"},
    {"goblins", "fx 6 goblins"},
    {"echoes", "fx 7 echoes"},
    {"sci fi", "fx 8 sci fi"},
    {"sitar", "sitar"},
    {"banjo", "banjo"},
    {"shamisen", "shamisen"},
    {"koto", "koto"},
    {"kalimba", "kalimba"},
    {"bagpipe", "bag pipe"},
    {"fiddle", "fiddle", 55, 103},
    {"shanai", "shanai"},
    {"tinkle bell", "tinkle bell"},
    {"agogo", "agogo"},
    {"steel drums", "steel drums"},
    {"woodblock", "woodblock"},
    {"taiko", "taiko drum"},
    {"melodic tom", "melodic tom"},
    {"synth drum", "synth drum"},
    {"reverse cymbal", "reverse cymbal"},
    {"guitar fret noise", "guitar fret noise"},
    {"breath noise", "breath noise"},
    {"seashore", "seashore"},
    {"bird tweet", "bird tweet"},
    {"telephone ring", "telephone ring"},
    {"helicopter", "helicopter"},
    {"applause", "applause"},
    {"gunshot", "gunshot"},
}};

struct Alias {
  std::string_view name;
  uint8_t program;
};

constexpr Alias kAliases[] = {
    {"grand piano", 0},
    {"acoustic piano", 0},
    {"pianoforte", 0},
    {"keyboard", 0},
    {"klavier", 0},
    {"upright piano", 0},
    {"honky tonk", 3},
    {"e piano", 4},
    {"epiano", 4},
    {"rhodes", 4},
    {"fender rhodes", 4},
    {"cembalo", 6},
    {"clavichord", 7},
    {"clavi", 7},
    {"celeste", 8},
    {"glock", 9},
    {"vibes", 11},
    {"bells", 14},
    {"chimes", 14},
    {"hammond", 16},
    {"hammond organ", 16},
    {"electric organ", 16},
    {"pipe organ", 19},
    {"harmonium", 20},
    {"acoustic guitar", 24},
    {"classical guitar", 24},
    {"nylon guitar", 24},
    {"spanish guitar", 24},
    {"folk guitar", 25},
    {"steel string guitar", 25},
    {"clean guitar", 27},
    {"distorted guitar", 30},
    {"rock guitar", 30},
    {"bass", 33},
    {"bass guitar", 33},
    {"upright bass", 32},
    {"finger bass", 33},
    {"violoncello", 42},
    {"double bass", 43},
    {"string bass", 43},
    {"kontrabass", 43},
    {"tremolo", 44},
    {"pizzicato", 45},
    {"kettledrum", 47},
    {"strings", 48},
    {"string section", 48},
    {"string orchestra", 48},
    {"string quartet", 48},
    {"slow strings", 49},
    {"vocals", 52},
    {"vocal", 52},
    {"chorus", 52},
    {"singer", 52},
    {"voice", 52},
    {"choir aah", 52},
    {"soprano", 52},
    {"alto", 52},
    {"tenor", 52},
    {"horn", 60},
    {"brass", 61},
    {"sax", 65},
    {"saxophone", 65},
    {"alto saxophone", 65},
    {"soprano saxophone", 64},
    {"tenor saxophone", 66},
    {"baritone saxophone", 67},
    {"bari sax", 67},
    {"cor anglais", 69},
    {"fagott", 70},
    {"piccolo flute", 72},
    {"blockflute", 74},
    {"panpipe", 75},
    {"pan pipe", 75},
    {"bottle", 76},
    {"tin whistle", 78},
    {"penny whistle", 78},
    {"lead", 80},
    {"synth lead", 80},
    {"square wave", 80},
    {"saw lead", 81},
    {"synth", 81},
    {"synthesizer", 81},
    {"synthesiser", 81},
    {"pad", 89},
    {"synth pad", 89},
    {"mbira", 108},
    {"thumb piano", 108},
    {"bagpipes", 109},
    {"steel pan", 114},
    {"steelpan", 114},
    {"taiko drum", 116},
};

constexpr std::string_view kDrumName = "drums";
constexpr std::string_view kDrumAliases[] = {"drum",         "drum kit", "drum set",
                                             "drumkit",      "drumset",  "percussion",
                                             "standard kit", "kit",      "drum machine"};

/// Lower case, one blank between words, '-' '_' as blanks, brackets dropped.
std::string normalised(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '(' || c == ')') continue;
    const bool blank = c == ' ' || c == '-' || c == '_' || c == '\t';
    if (blank && (result.empty() || result.back() == ' ')) continue;
    result += blank ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

std::optional<Instrument> find_exact(std::string_view name) {
  for (size_t program = 0; program < kRows.size(); ++program) {
    if (name == kRows[program].name) return Instrument{static_cast<uint8_t>(program), false};
  }
  for (const Alias& alias : kAliases) {
    if (name == alias.name) return Instrument{alias.program, false};
  }
  for (size_t program = 0; program < kRows.size(); ++program) {
    if (name == kRows[program].gm_name) return Instrument{static_cast<uint8_t>(program), false};
  }
  const bool is_drums =
      name == kDrumName || std::ranges::find(kDrumAliases, name) != std::ranges::end(kDrumAliases);
  if (is_drums) return Instrument{0, true};
  return std::nullopt;
}

std::optional<Instrument> find_number(std::string_view name) {
  const bool digits = !name.empty() && name.size() <= 3 &&
                      std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  const int program = std::stoi(std::string(name));
  if (program > 127) return std::nullopt;
  return Instrument{static_cast<uint8_t>(program), false};
}

/// Levenshtein's distance, two rows at a time.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> above(b.size() + 1);
  std::iota(above.begin(), above.end(), size_t{0});
  std::vector<size_t> row(b.size() + 1);
  for (size_t i = 0; i < a.size(); ++i) {
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = above[j] + (a[i] == b[j] ? 0 : 1);
      row[j + 1] = std::min({above[j + 1] + 1, row[j] + 1, changed});
    }
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string_view name_of(Instrument instrument) {
  return instrument.is_drums ? kDrumName : kRows[instrument.program & 127].name;
}

std::optional<Instrument> find_instrument(std::string_view name) {
  const std::string wanted = normalised(name);
  if (const auto number = find_number(wanted)) return number;
  if (const auto exact = find_exact(wanted)) return exact;
  for (const std::string_view ending : {"s", "es"}) {
    if (wanted.size() <= ending.size() + 1 || !wanted.ends_with(ending)) continue;
    const auto single = std::string_view(wanted).substr(0, wanted.size() - ending.size());
    if (const auto found = find_exact(single)) return found;
  }
  return std::nullopt;
}

std::vector<std::string> nearest_instruments(std::string_view name, size_t count) {
  const std::string wanted = normalised(name);
  struct Candidate {
    size_t distance;
    std::string_view known;
  };
  std::vector<Candidate> candidates;
  const auto consider = [&](std::string_view known) {
    candidates.push_back({edit_distance(wanted, known), known});
  };
  for (const Row& row : kRows) consider(row.name);
  for (const Alias& alias : kAliases) consider(alias.name);
  consider(kDrumName);
  std::ranges::stable_sort(candidates, {}, &Candidate::distance);
  std::vector<std::string> nearest;
  for (size_t i = 0; i < std::min(count, candidates.size()); ++i) {
    nearest.emplace_back(candidates[i].known);
  }
  return nearest;
}

PitchRange range_of(Instrument instrument) {
  if (instrument.is_drums) return {};
  const Row& row = kRows[instrument.program & 127];
  return {row.low, row.high};
}

bool is_keyboard(Instrument instrument) {
  constexpr uint8_t kLastChromaticKeyboard = 8;  // pianos, harpsichord, clavinet, celesta
  constexpr uint8_t kFirstOrgan = 16;
  constexpr uint8_t kLastOrgan = 21;  // with the accordion
  const uint8_t program = instrument.program;
  return !instrument.is_drums &&
         (program <= kLastChromaticKeyboard || (program >= kFirstOrgan && program <= kLastOrgan));
}

}  // namespace motet
