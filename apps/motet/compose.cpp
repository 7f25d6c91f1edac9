// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/compose.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "motet/audio/files.h"
#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/threads.h"
#include "motet/commands.h"
#include "motet/model_folder.h"
#include "motet/piano_roll.h"
#include "motet/request_table.h"
#include "motet/score/midi.h"
#include "motet/score/musicxml.h"
#include "motet/score_file.h"
#include "motet/synth/render.h"
#include "motet/synth/soundfont.h"
#include "motet/tasks/nearest.h"
#include "motet/tasks/public_compose.h"
#include "motet/tasks/public_request.h"
#include "motet/tasks/understand.h"
#include "motet/terminal.h"
#include "motet/theory/features.h"
#include "motet/theory/key.h"
#include "motet/trust/hash.h"
#include "motet/trust/provenance.h"

namespace motet::program {
namespace {

namespace fs = std::filesystem;
using tasks::Request;

struct ComposeOptions {
  std::vector<std::string> words;
  std::map<std::string, std::string> fields;  // what flags say, by field
  std::string request_file;
  std::string continued;
  std::string model;
  std::string output = "piece";
  std::string soundfont;
  bool no_audio = false;
  size_t threads = 0;  // 0: as many as the machine has
};

struct Wish {
  Request request;
  std::map<std::string, std::string> origin;  // field to where it comes from
};

/// Lays a request over a wish; `origin_of` says where a field of it comes from.
template <typename OriginOf>
void lay_over(Wish& wish, const Request& over, OriginOf&& origin_of) {
  wish.request = tasks::merged(wish.request, over);
  const Json json = tasks::to_json(over);
  for (const auto& [field, value] : json.items()) wish.origin[field] = origin_of(field);
}

/// What a public model makes of words: it reads them itself, or nobody does.
void give_words(const std::string& sentence, const tasks::ModelKind& kind, Wish& wish) {
  if (!tasks::reads_text(kind)) {
    throw Error(ErrorCode::kInvalidArgument,
                std::string(models::name_of(kind.family)) + " reads no words, found \"" + sentence +
                    "\"; it can be asked for " + tasks::joined_by_or(tasks::obeyed_fields(kind)));
  }
  Request prompt;
  tasks::set_field(prompt, "prompt", sentence, "the words");
  lay_over(wish, prompt, [](const std::string&) { return "the words, as they are"; });
}

void understand_words(const std::string& sentence, Wish& wish) {
  const tasks::Understanding understanding = tasks::understand(sentence);
  if (understanding.understood.empty()) {
    say("Nothing musical was understood from \"" + sentence + "\": composing with defaults.");
  } else {
    say("Understood from the words:");
  }
  for (const tasks::Understood& each : understanding.understood) {
    say("  " + each.field + std::string(13 - each.field.size(), ' ') + each.value + "  from \"" +
        each.words + "\"");
  }
  for (const std::string& note : understanding.notes) say("  note: " + note);
  lay_over(wish, understanding.request, [](const std::string&) { return "from the words"; });
}

/// A request, or the record of an earlier piece, whose request it holds.
Request read_request_file(const std::string& path) {
  Json json = parse_json(read_text(path), path);
  if (json.is_object() && json.contains("request") && json.contains("bundle")) {
    json = Json(json["request"]);
  }
  return tasks::request_from(json, path);
}

/// kind  of a public model; nothing for a bundle
Wish read_wish(const ComposeOptions& options, std::optional<tasks::ModelKind> kind) {
  Wish wish;
  std::string sentence;
  for (const std::string& word : options.words) sentence += (sentence.empty() ? "" : " ") + word;
  const bool is_understood = !kind || tasks::composes_as_bundle(*kind);
  if (!sentence.empty() && is_understood) understand_words(sentence, wish);
  if (!sentence.empty() && !is_understood) give_words(sentence, *kind, wish);
  if (!options.request_file.empty()) {
    lay_over(wish, read_request_file(options.request_file),
             [&](const std::string&) { return "from " + options.request_file; });
  }
  Request flags;
  std::map<std::string, std::string> names;
  for (const auto& [field, text] : options.fields) {
    names[field] = "--" + field;
    std::replace(names[field].begin(), names[field].end(), '_', '-');
    tasks::set_field(flags, field, text, names[field]);
  }
  lay_over(wish, flags, [&](const std::string& field) { return names[field]; });
  if (!wish.request.seed) {
    wish.request.seed = std::random_device{}();
    wish.origin["seed"] = "drawn; give --seed to repeat it";
  }
  return wish;
}

/// What is continued decides what the request cannot: the players, the metre, the tempo.
void follow_piece(const Score& piece, Wish& wish) {
  Request from;
  if (!piece.title.empty()) from.title = piece.title;
  const MetreChange metre = main_metre(piece);
  from.metre = tokens::Metre{metre.numerator, metre.denominator};
  from.tempo = main_tempo(piece);
  for (const Part& part : piece.parts) {
    if (part.notes.empty()) continue;
    from.instruments.push_back({part.is_drums ? uint8_t{0} : part.program, part.is_drums});
  }
  const KeyEstimate estimate = estimate_key(piece);
  if (!wish.request.key && estimate.correlation > 0.0) from.key = estimate.key;
  lay_over(wish, from, [](const std::string&) { return "as the piece has it"; });
}

struct Outputs {
  fs::path midi, musicxml, abc, sound, record;
};

/// STEM.mid and so on; a STEM that ends in one of these loses its ending.
Outputs outputs_of(const std::string& stem) {
  fs::path path = stem;
  for (const char* ending : {".mid", ".midi", ".musicxml", ".xml", ".abc", ".wav", ".json"}) {
    if (path.extension() == ending) {
      path.replace_extension();
      break;
    }
  }
  if (path.filename().empty() || path.filename() == "." || path.filename() == "..") {
    throw Error(ErrorCode::kInvalidArgument,
                "--output: expected a path that files can be named after, found " + stem);
  }
  const std::string base = path.string();
  return {base + ".mid", base + ".musicxml", base + ".abc", base + ".wav", base + ".json"};
}

/// Nothing when there is no soundfont and none was asked for; `hint` then says why.
std::optional<fs::path> choose_soundfont(const ComposeOptions& options, std::string& hint) {
  if (options.no_audio) return std::nullopt;
  try {
    return synth::find_soundfont(options.soundfont);
  } catch (const Error& error) {
    if (!options.soundfont.empty()) throw;
    hint = std::string("No sound was written: ") + error.what();
    return std::nullopt;
  }
}

class Writer {
 public:
  void write(const fs::path& path, ByteView bytes) {
    write_file(path, bytes);
    outputs_.push_back(trust::record_of(path, bytes));
    say("  " + path.string());
  }
  void write(const fs::path& path, std::string_view text) {
    write(path, ByteView(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  }
  const std::vector<trust::OutputRecord>& outputs() const { return outputs_; }

 private:
  std::vector<trust::OutputRecord> outputs_;
};

Json record_of(const Request& request, const fs::path& bundle, const ComposeOptions& options,
               bool stopped, const std::vector<trust::OutputRecord>& outputs) {
  Json json = trust::to_json({.engine_version = std::string(trust::engine_version()),
                              .bundle_name = fs::weakly_canonical(bundle).filename().string(),
                              .bundle_hash = trust::model_hash(bundle),
                              .training_data_licence = trust::training_data_licence(bundle),
                              .seed = *request.seed,
                              .request = tasks::to_json(request),
                              .outputs = outputs});
  if (!options.continued.empty()) {
    json["continues"] = {{"name", fs::path(options.continued).filename().string()},
                         {"sha256", trust::sha256_of_file(options.continued)}};
  }
  if (stopped) json["stopped"] = true;  // the piece is shorter than was asked for
  return json;
}

void write_sound(const fs::path& path, const Score& score, const fs::path& soundfont,
                 TerminalProgress& terminal, Writer& writer) {
  const audio::Waveform sound = synth::render(score, soundfont, terminal.progress());
  terminal.clear();
  if (terminal.progress().stop_requested()) {
    mark_interrupted();
    return;
  }
  writer.write(path, ByteView(audio::encode_wav(sound)));
}

/// The model of a request: a bundle of Motet, or a public checkpoint.
class Composer {
 public:
  Composer(const fs::path& path, size_t threads)
      : path_(path), pool_(threads == 0 ? hardware_threads() : threads) {
    if (tasks::is_public_model(path)) public_.emplace(path, pool_);
  }

  const fs::path& path() const { return path_; }
  std::optional<tasks::ModelKind> kind() const {
    return public_ ? std::optional(public_->kind()) : std::nullopt;
  }

  /// Whether it composes as a bundle of Motet does.
  bool is_of_bars() const { return !public_ || tasks::composes_as_bundle(public_->kind()); }
  std::vector<std::string> usable_fields() const {
    return tasks::obeyed_fields(kind().value_or(models::Family::kLlama));
  }

  Request resolved(const Request& wish) const {
    if (!public_) {
      tasks::require_own(wish);
      return tasks::resolve(wish);
    }
    tasks::require_obeyed(public_->kind(), wish);
    return tasks::resolve_for(public_->kind(), wish);
  }

  tasks::Composition compose(const Request& request, const Score* piece, const Progress& progress) {
    if (public_) return tasks::compose_public(request, piece, *public_, progress);
    const tasks::Engine engine(path_, pool_);
    return piece != nullptr ? tasks::continue_piece(*piece, request, engine, progress)
                            : tasks::compose(request, engine, progress);
  }

 private:
  fs::path path_;
  ThreadPool pool_;
  std::optional<tasks::PublicModel> public_;
};

void write_composition(const tasks::Composition& composition, const Outputs& outputs,
                       const std::optional<fs::path>& soundfont, TerminalProgress& terminal,
                       Writer& writer) {
  writer.write(outputs.midi, ByteView(write_midi(composition.score)));
  writer.write(outputs.musicxml, write_musicxml(composition.score));
  if (!composition.abc.empty()) writer.write(outputs.abc, composition.abc);
  if (soundfont && !composition.stopped) {
    write_sound(outputs.sound, composition.score, *soundfont, terminal, writer);
  }
}

void run_compose(const ComposeOptions& options) {
  Composer composer(find_model(options.model), options.threads);
  Wish wish = read_wish(options, composer.kind());
  std::optional<ScoreFile> piece;
  if (!options.continued.empty()) {
    piece = read_score_file(options.continued, 0);
    if (composer.is_of_bars()) follow_piece(piece->reading.score, wish);
  }
  const Request request = composer.resolved(wish.request);
  const Outputs outputs = outputs_of(options.output);
  for (const fs::path& path : {outputs.midi, outputs.musicxml, outputs.record}) {
    require_writable(path);
  }
  if (!options.no_audio) require_writable(outputs.sound);
  if (composer.kind() && composer.kind()->family == models::Family::kNotaGen)
    require_writable(outputs.abc);
  std::string hint;
  const std::optional<fs::path> soundfont = choose_soundfont(options, hint);
  say("The request:");
  print_request(request, wish.origin, composer.usable_fields());

  TerminalProgress terminal;
  const tasks::Composition composition =
      composer.compose(request, piece ? &piece->reading.score : nullptr, terminal.progress());
  terminal.clear();
  if (composition.stopped) {
    mark_interrupted();
    say("Stopped: what was written until then is kept.");
  }
  say("Written:");
  Writer writer;
  write_composition(composition, outputs, soundfont, terminal, writer);
  const Json record =
      record_of(request, composer.path(), options, composition.stopped, writer.outputs());
  writer.write(outputs.record, to_text(record));
  say("");
  say(piano_roll(composition.score, wants_colour()));
  if (!hint.empty()) say(hint);
}

void add_fields(CLI::App& command, ComposeOptions& options) {
  Request any;
  tasks::each_field(any, [&](const tasks::FieldInfo& info, auto&) {
    const std::string field = info.name;
    std::string flag = "--" + field;
    std::replace(flag.begin(), flag.end(), '_', '-');
    command.add_option_function<std::string>(
        flag, [&options, field](const std::string& text) { options.fields[field] = text; },
        info.help);
  });
}

}  // namespace

void add_compose(CLI::App& app) {
  auto options = std::make_shared<ComposeOptions>();
  CLI::App* command = app.add_subcommand("compose", "Write a piece from a sentence");
  command->add_option(
      "words", options->words,
      "A wish, such as \"a calm waltz for piano in A minor\", or what a public model reads");
  command
      ->add_option("-o,--output", options->output,
                   "Files are named OUTPUT.mid, .musicxml, .wav and .json")
      ->capture_default_str();
  add_fields(*command, *options);
  command->add_option("--request", options->request_file,
                      "A request as JSON, or the .json of an earlier piece; flags win over it");
  command->add_option(
      "--continue", options->continued,
      "Go on from a file of notes: --bars more bars, or --seconds of a public model");
  command->add_option("--model", options->model, "A bundle folder, or a public checkpoint");
  command->add_option("--threads", options->threads, "0: as many as this machine has")
      ->check(CLI::Range(0, 256));
  command->add_option("--soundfont", options->soundfont, "An .sf2 or .sf3 file");
  command->add_flag("--no-audio", options->no_audio, "Write no sound");
  command->callback([options] { run_compose(*options); });
}

}  // namespace motet::program
