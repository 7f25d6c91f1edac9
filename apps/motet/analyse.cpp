// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "motet/base/json.h"
#include "motet/commands.h"
#include "motet/score_file.h"
#include "motet/terminal.h"
#include "motet/theory/features.h"
#include "motet/theory/form.h"
#include "motet/theory/metre.h"
#include "motet/theory/phrase.h"
#include "motet/theory/roman.h"
#include "motet/theory/voice_leading.h"

namespace motet::program {
namespace {

struct AnalyseOptions {
  std::string input;
  int tune = 0;
  bool json = false;
  bool romantext = false;
};

// Places of the score as people say them: bar 1 is the first whole bar.
class Places {
 public:
  explicit Places(const Score& score)
      : bars_(bars_of(score)), ticks_per_quarter_(score.ticks_per_quarter) {
    upbeat_ = bars_.size() > 1 && bars_[0].length < bars_[1].length ? 1 : 0;
  }

  int bar(Ticks at) const { return static_cast<int>(index(at)) + 1 - upbeat_; }

  double beat(Ticks at) const {
    if (bars_.empty()) return 1.0;
    const Bar& bar = bars_[index(at)];
    const double length = 4.0 * ticks_per_quarter_ / bar.denominator;
    return 1.0 + static_cast<double>((at - bar.begin).value) / length;
  }

  std::string text(Ticks at) const {
    return "m" + std::to_string(bar(at)) + " b" + decimal("%.4g", beat(at));
  }

 private:
  size_t index(Ticks at) const {
    const auto after = std::upper_bound(bars_.begin(), bars_.end(), at,
                                        [](Ticks t, const Bar& bar) { return t < bar.begin; });
    return after == bars_.begin() ? 0 : static_cast<size_t>(after - bars_.begin()) - 1;
  }

  std::vector<Bar> bars_;
  int ticks_per_quarter_;
  int upbeat_ = 0;
};

struct Analysis {
  KeyEstimate key;
  std::vector<RomanNumeral> numerals;
  std::vector<Cadence> cadences;
  std::vector<Phrase> phrases;
  std::vector<FormSection> form;
  MetreGuess metre;
  std::vector<VoiceLeadingFinding> findings;
};

Analysis analyse(const Score& score) {
  Analysis out;
  out.metre = infer_metre(score);  // first: it refuses music of more than six hours
  out.key = find_key(score, {.use_signature = true});
  out.numerals = roman_numerals(score);
  out.cadences = find_cadences(score, out.numerals);
  out.phrases = find_phrases(score);
  out.form = find_form(score);
  out.findings = check_voice_leading(score);
  return out;
}

std::string part_name(const Score& score, size_t part) {
  const std::string& name = score.parts[part].name;
  return name.empty() ? "part " + std::to_string(part + 1) : name;
}

std::string signature_text(int numerator, int denominator) {
  return std::to_string(numerator) + "/" + std::to_string(denominator);
}

Json at_json(const Places& places, Ticks at) {
  return {{"bar", places.bar(at)}, {"beat", places.beat(at)}, {"tick", at.value}};
}

Json harmony_json(const Analysis& analysis, const Places& places) {
  Json out = Json::array();
  for (const RomanNumeral& numeral : analysis.numerals) {
    Json entry = at_json(places, numeral.begin);
    entry["end_tick"] = numeral.end.value;
    entry["key"] = name_of(numeral.key);
    entry["figure"] = figure_of(numeral);
    entry["degree"] = numeral.degree;
    entry["inversion"] = numeral.inversion;
    if (numeral.applied_to > 0) entry["applied_to"] = target_of(numeral);
    if (const auto chord = chord_of(numeral)) entry["chord"] = name_of(*chord);
    out.push_back(std::move(entry));
  }
  return out;
}

bool has_key(const Analysis& analysis) { return analysis.key.correlation != 0.0; }

std::string heard_metre(const Analysis& analysis) {
  return signature_text(analysis.metre.numerator, analysis.metre.denominator);
}

Json json_of(const Score& score, const Analysis& analysis) {
  const Places places(score);
  Json out;
  out["ticks_per_quarter"] = score.ticks_per_quarter;
  out["key"] = {{"name", has_key(analysis) ? Json(name_of(analysis.key.key)) : Json()},
                {"correlation", analysis.key.correlation}};
  out["local_keys"] = Json::array();
  for (const KeySpan& span : keys_of(analysis.numerals)) {
    Json entry = at_json(places, span.begin);
    entry["key"] = name_of(span.key);
    out["local_keys"].push_back(std::move(entry));
  }
  out["harmony"] = harmony_json(analysis, places);
  out["cadences"] = Json::array();
  for (const Cadence& cadence : analysis.cadences) {
    Json entry = at_json(places, cadence.at);
    entry["kind"] = name_of(cadence.kind);
    entry["key"] = name_of(cadence.key);
    out["cadences"].push_back(std::move(entry));
  }
  out["phrases"] = Json::array();
  for (const Phrase& phrase : analysis.phrases) {
    out["phrases"].push_back(at_json(places, phrase.begin));
  }
  out["form"] = Json::array();
  for (const FormSection& section : analysis.form) {
    out["form"].push_back(
        {{"label", section.label}, {"first_bar", section.begin}, {"end_bar", section.end}});
  }
  out["metre"] = {{"heard", analysis.metre.beats.empty() ? Json() : Json(heard_metre(analysis))},
                  {"confidence", analysis.metre.confidence}};
  out["voice_leading"] = Json::array();
  for (const VoiceLeadingFinding& finding : analysis.findings) {
    Json entry = {{"fault", name_of(finding.fault)}, {"bar", finding.bar}, {"beat", finding.beat}};
    entry["parts"] = finding.parts;
    entry["notes"] = Json::array();
    for (const NoteId note : finding.notes) entry["notes"].push_back(note.value);
    out["voice_leading"].push_back(std::move(entry));
  }
  return out;
}

void heading(const std::string& text) { say("\n" + text); }

void print_findings(const Score& score, const Analysis& analysis) {
  constexpr size_t kMost = 40;
  heading("voice leading: " + std::to_string(analysis.findings.size()) + " findings");
  for (size_t i = 0; i < std::min(kMost, analysis.findings.size()); ++i) {
    const VoiceLeadingFinding& finding = analysis.findings[i];
    std::string text = "  m" + std::to_string(finding.bar) + " b" + decimal("%.4g", finding.beat) +
                       "  " + name_of(finding.fault) + ": ";
    for (size_t p = 0; p < finding.parts.size(); ++p) {
      text += (p > 0 ? " and " : "") + part_name(score, finding.parts[p]);
    }
    say(text);
  }
  if (analysis.findings.size() > kMost) {
    say("  ... and " + std::to_string(analysis.findings.size() - kMost) + " more; see --json");
  }
}

void print_analysis(const Score& score, const Analysis& analysis) {
  const Places places(score);
  say(has_key(analysis) ? "key         " + name_of(analysis.key.key) + " (correlation " +
                              decimal("%.2f", analysis.key.correlation) + ")"
                        : "key         none: no pitch stands out");
  const MetreChange metre = main_metre(score);
  const std::string written =
      score.metres.empty() ? "none" : signature_text(metre.numerator, metre.denominator);
  const std::string heard = analysis.metre.beats.empty()
                                ? "none to be heard"
                                : heard_metre(analysis) + " as it sounds (confidence " +
                                      decimal("%.2f", analysis.metre.confidence) + ")";
  say("metre       " + written + " written, " + heard);
  say("form        " + form_text(analysis.form));
  heading("local keys");
  for (const KeySpan& span : keys_of(analysis.numerals)) {
    say("  " + places.text(span.begin) + "  " + name_of(span.key));
  }
  heading("sections, by bars from the beginning");
  for (const FormSection& section : analysis.form) {
    say("  " + std::to_string(section.begin + 1) + "-" + std::to_string(section.end) + "  " +
        section.label);
  }
  std::string begins;
  for (const Phrase& phrase : analysis.phrases) begins += "  " + places.text(phrase.begin);
  heading("phrases begin at");
  say(begins);
  heading("cadences");
  for (const Cadence& cadence : analysis.cadences) {
    say("  " + places.text(cadence.at) + "  " + std::string(name_of(cadence.kind)) + " in " +
        name_of(cadence.key));
  }
  print_findings(score, analysis);
  heading("harmony, as RomanText");
  say(write_romantext(score, analysis.numerals));
}

void run_analyse(const AnalyseOptions& options) {
  // The page is analysed, not a performance of it: bars have the numbers that people see.
  Score score = read_score_file(options.input, options.tune, Repeats::kWritten).reading.score;
  name_notes(score);
  if (options.romantext) return say(write_romantext(score, roman_numerals(score)));
  const Analysis analysis = analyse(score);
  if (options.json) return say(to_text(json_of(score, analysis)));
  print_analysis(score, analysis);
}

}  // namespace

void add_analyse(CLI::App& app) {
  auto options = std::make_shared<AnalyseOptions>();
  CLI::App* command = app.add_subcommand(
      "analyse", "Say keys, harmony, cadences, phrases, form, metre and voice leading of a file");
  command->alias("analyze");
  command->add_option("input", options->input, "A file of notes")->required();
  command->add_option("--tune", options->tune, "The X: number of a tune of an ABC file");
  CLI::Option* json = command->add_flag("--json", options->json, "Print everything as JSON");
  command->add_flag("--romantext", options->romantext, "Print the Roman numerals as RomanText only")
      ->excludes(json);
  command->callback([options] { about_file(options->input, [&] { run_analyse(*options); }); });
}

}  // namespace motet::program
