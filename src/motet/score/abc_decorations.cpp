// SPDX-License-Identifier: Apache-2.0
#include "motet/score/abc_decorations.h"

#include <algorithm>

namespace motet::abc {
namespace {

using Kind = Decoration::Kind;

constexpr Decoration mark(std::string_view name, uint32_t bits) {
  return {name, Kind::kMark, bits, DirectionKind::kWords, BarlineKind::kSegno, {}};
}
constexpr Decoration direction(std::string_view name, DirectionKind kind, std::string_view text) {
  return {name, Kind::kDirection, 0, kind, BarlineKind::kSegno, text};
}
constexpr Decoration sign(std::string_view name, BarlineKind kind, std::string_view text) {
  return {name, Kind::kSign, 0, DirectionKind::kWords, kind, text};
}

/// The first name of a mark is the one that is written. Source: ABC standard 2.1, section 4.14.
constexpr Decoration kDecorations[] = {
    mark("staccato", kStaccato),
    mark("wedge", kStaccatissimo),
    mark("tenuto", kTenuto),
    mark("accent", kAccent),
    mark(">", kAccent),
    mark("emphasis", kAccent),
    mark("marcato", kMarcato),
    mark("^", kMarcato),
    mark("fermata", kFermata),
    mark("invertedfermata", kFermata),
    mark("trill", kTrill),
    mark("turn", kTurn),
    mark("roll", kTurn),
    mark("lowermordent", kMordent),
    mark("mordent", kMordent),
    mark("uppermordent", kInvertedMordent),
    mark("pralltriller", kInvertedMordent),
    mark("arpeggio", kArpeggio),
    mark("upbow", kUpBow),
    mark("downbow", kDownBow),
    mark("/", kTremolo),
    mark("//", kTremolo),
    mark("///", kTremolo),
    mark("breath", kBreath),
    mark("~(", kGlissandoBegin),
    mark("~)", kGlissandoEnd),
    direction("pppp", DirectionKind::kDynamic, "pppp"),
    direction("ppp", DirectionKind::kDynamic, "ppp"),
    direction("pp", DirectionKind::kDynamic, "pp"),
    direction("p", DirectionKind::kDynamic, "p"),
    direction("mp", DirectionKind::kDynamic, "mp"),
    direction("mf", DirectionKind::kDynamic, "mf"),
    direction("f", DirectionKind::kDynamic, "f"),
    direction("ff", DirectionKind::kDynamic, "ff"),
    direction("fff", DirectionKind::kDynamic, "fff"),
    direction("ffff", DirectionKind::kDynamic, "ffff"),
    direction("sf", DirectionKind::kDynamic, "sf"),
    direction("sfz", DirectionKind::kDynamic, "sfz"),
    direction("fp", DirectionKind::kDynamic, "fp"),
    direction("crescendo(", DirectionKind::kCrescendo, ""),
    direction("<(", DirectionKind::kCrescendo, ""),
    direction("diminuendo(", DirectionKind::kDiminuendo, ""),
    direction(">(", DirectionKind::kDiminuendo, ""),
    direction("crescendo)", DirectionKind::kWedgeEnd, ""),
    direction("<)", DirectionKind::kWedgeEnd, ""),
    direction("diminuendo)", DirectionKind::kWedgeEnd, ""),
    direction(">)", DirectionKind::kWedgeEnd, ""),
    direction("ped", DirectionKind::kPedalDown, ""),
    direction("ped-up", DirectionKind::kPedalUp, ""),
    direction("8va(", DirectionKind::kOctaveUp, ""),
    direction("8va)", DirectionKind::kOctaveEnd, ""),
    direction("8vb(", DirectionKind::kOctaveDown, ""),
    direction("8vb)", DirectionKind::kOctaveEnd, ""),
    sign("segno", BarlineKind::kSegno, ""),
    sign("coda", BarlineKind::kCoda, ""),
    sign("dacoda", BarlineKind::kToCoda, "To Coda"),
    sign("fine", BarlineKind::kFine, "Fine"),
    sign("D.C.", BarlineKind::kDaCapo, "D.C."),
    sign("dacapo", BarlineKind::kDaCapo, "D.C."),
    sign("D.C.alfine", BarlineKind::kDaCapo, "D.C. al Fine"),
    sign("D.C.alcoda", BarlineKind::kDaCapo, "D.C. al Coda"),
    sign("D.S.", BarlineKind::kDalSegno, "D.S."),
    sign("D.S.alfine", BarlineKind::kDalSegno, "D.S. al Fine"),
    sign("D.S.alcoda", BarlineKind::kDalSegno, "D.S. al Coda"),
};

struct Letter {
  char letter;
  std::string_view name;
};

/// Source: ABC standard 2.1, sections 4.14 and 4.16.
constexpr Letter kLetterSigns[] = {{'.', "staccato"},     {'~', "roll"},         {'H', "fermata"},
                                   {'L', "accent"},       {'M', "lowermordent"}, {'O', "coda"},
                                   {'P', "uppermordent"}, {'S', "segno"},        {'T', "trill"},
                                   {'u', "upbow"},        {'v', "downbow"}};

struct Dynamic {
  std::string_view name;
  uint8_t velocity;
};
constexpr Dynamic kDynamics[] = {{"pppp", 20}, {"ppp", 30},  {"pp", 45}, {"p", 60},
                                 {"mp", 70},   {"mf", 80},   {"f", 95},  {"ff", 110},
                                 {"fff", 120}, {"ffff", 127}};

}  // namespace

const Decoration* find_decoration(std::string_view name) {
  const auto* const found = std::ranges::find(kDecorations, name, &Decoration::name);
  return found == std::ranges::end(kDecorations) ? nullptr : found;
}

std::string_view decoration_of_letter(char letter) {
  const auto* const found = std::ranges::find(kLetterSigns, letter, &Letter::letter);
  return found == std::ranges::end(kLetterSigns) ? std::string_view() : found->name;
}

std::string_view decoration_of_mark(Mark mark) {
  const auto* const found = std::ranges::find(kDecorations, uint32_t{mark}, &Decoration::mark);
  return found == std::ranges::end(kDecorations) ? std::string_view() : found->name;
}

std::optional<uint8_t> velocity_of(std::string_view dynamic) {
  const auto* const found = std::ranges::find(kDynamics, dynamic, &Dynamic::name);
  if (found == std::ranges::end(kDynamics)) return std::nullopt;
  return found->velocity;
}

}  // namespace motet::abc
