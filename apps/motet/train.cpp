// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>

#include "motet/base/file.h"
#include "motet/commands.h"
#include "motet/data/sampler.h"
#include "motet/terminal.h"
#include "motet/tokens/vocabulary.h"
#include "motet/train/export.h"
#include "motet/train/trainer.h"

namespace motet::program {
namespace {

struct TrainOptions {
  std::string data;
  std::string output;
  std::string start_from;
  std::string opt_outs;
  bool no_augment = false;
  uint64_t curriculum_steps = 0;
  models::DecoderConfig decoder;
  train::TrainerConfig trainer;
};

/// A flag a field: --learning-rate for learning_rate.
template <typename Config>
void add_flags(CLI::App& command, Config& config, const std::string& group) {
  each_field(config, [&](const char* name, auto& field, const char* help) {
    std::string flag = std::string("--") + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    if (flag == "--vocab-size") return;  // the tokenizer decides it
    command.add_option(flag, field, help)->capture_default_str()->group(group);
  });
}

void run_train(TrainOptions& options) {
  options.decoder.vocab_size = tokens::vocabulary_size();
  options.trainer.validate();
  const std::filesystem::path folder = options.output;
  std::filesystem::create_directories(folder);
  require_writable(folder / "config.json");
  const data::Sampler sampler(options.data, {.rows = options.trainer.rows,
                                             .length = options.trainer.length,
                                             .seed = options.trainer.seed,
                                             .augment = !options.no_augment,
                                             .opt_outs = options.opt_outs,
                                             .curriculum_steps = options.curriculum_steps});
  train::Trainer trainer(options.decoder, options.trainer,
                         [&](uint64_t step) { return sampler.batch(step); });
  if (!options.start_from.empty()) {
    trainer.start_from(train::read_bundle_weights(options.start_from, options.decoder));
  }
  TerminalProgress terminal;
  const train::RunReport report = train::run(trainer, folder / "run", terminal.progress());
  terminal.clear();
  if (report.stopped) {
    mark_interrupted();
    say("Stopped after step " + std::to_string(trainer.steps_done()) +
        ": a checkpoint is kept; the same command goes on from it.");
    return;
  }
  train::export_bundle(folder, trainer.decoder_config(), trainer.weights(),
                       {.bos_token_id = tokens::token(tokens::Kind::kBegin),
                        .eos_token_id = tokens::token(tokens::Kind::kEnd)});
  write_file(folder / "tokenizer.json", std::string_view(tokens::vocabulary_json()));
  say("The bundle is in " + folder.string());
}

}  // namespace

void add_train(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = app.add_subcommand("train", "Learn from shards, and write a bundle");
  command->add_option("data", options->data, "What `motet data prepare` wrote")->required();
  command
      ->add_option("-o,--output", options->output,
                   "The bundle's folder; run/ in it keeps the "
                   "checkpoints and the log")
      ->required();
  command->add_option("--start-from", options->start_from,
                      "A bundle of the same shape: learn on from its weights, as in fine-tuning");
  command->add_option(
      "--opt-outs", options->opt_outs,
      "Pieces that must not be in the shards: sha256:..., fingerprint:... or a score "
      "a line");
  command->add_flag("--no-augment", options->no_augment, "Do not transpose or make gaps");
  command
      ->add_option("--curriculum-steps", options->curriculum_steps,
                   "Begin with the first tenth of each shard, and open the rest over so many steps")
      ->capture_default_str();
  add_flags(*command, options->decoder, "The model");
  add_flags(*command, options->trainer, "The training");
  command->callback([options] { run_train(*options); });
}

}  // namespace motet::program
