// SPDX-License-Identifier: Apache-2.0
//
// Trains a decoder from a folder of shards, on a machine with nothing but LibTorch:
//
//     motet_train --shards DIR --run DIR --out DIR [--hidden_size 256 ... --steps 1000 ...]
//
// The shards must have passed the gate where they were made: checked.txt beside them, which `motet
// data prepare` and `motet data check` write, says so.
// Every field of models::DecoderConfig and train::TrainerConfig is a flag of its name. Started
// again with the same --run it goes on where it was. Ctrl-C keeps a checkpoint.
// On a busy machine set OMP_WAIT_POLICY=passive: threads that spin at barriers cost half the speed.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/progress.h"
#include "motet/data/checked.h"
#include "motet/data/sampler.h"
#include "motet/tokens/tokenizer.h"
#include "motet/train/export.h"
#include "motet/train/trainer.h"

namespace {

using motet::Error;
using motet::ErrorCode;
using Clock = std::chrono::steady_clock;
using Flags = std::map<std::string, std::string>;
using motet::tokens::Kind;
using motet::tokens::token;

constexpr int kColumns = 100;
motet::Progress* running = nullptr;  // what Ctrl-C stops

struct Options {
  std::string shards;
  std::string run;
  std::string out;
  std::string start_from;
  std::string type = "bf16";
  motet::models::DecoderConfig decoder;
  motet::train::TrainerConfig trainer;
};

template <typename Visit>
void each_option(Options& options, const Visit& visit) {
  visit("shards", options.shards, "folder of *.shard files");
  visit("run", options.run, "folder of checkpoints and log.jsonl");
  visit("out", options.out, "folder of the bundle to write");
  visit("start_from", options.start_from, "folder of a bundle whose weights to begin with");
  visit("type", options.type, "of the bundle's numbers: bf16 or f32");
  motet::models::each_field(options.decoder, visit);
  motet::train::each_field(options.trainer, visit);
}

template <typename Field>
void take(const Flags& flags, const std::string& name, Field& field) {
  const auto found = flags.find(name);
  if (found == flags.end()) return;
  std::istringstream in(found->second);
  in >> std::boolalpha >> field;
  if (!in || in.peek() != std::istringstream::traits_type::eof()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--" + name + ": \"" + found->second + "\" is not such a value");
  }
}

Flags read_flags(int count, char** words) {
  Flags flags;
  for (int i = 1; i < count; i += 2) {
    const std::string name = words[i];
    if (!name.starts_with("--") || i + 1 == count) {
      throw Error(ErrorCode::kInvalidArgument, "expected --name value, found \"" + name + "\"");
    }
    flags[name.substr(2)] = words[i + 1];
  }
  return flags;
}

Options read_options(int count, char** words) {
  Flags flags = read_flags(count, words);
  Options options;
  each_option(options, [&](const char* name, auto& field, const char*) {
    take(flags, name, field);
    flags.erase(name);
  });
  if (!flags.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "there is no flag --" + flags.begin()->first);
  }
  for (const std::string* path : {&options.shards, &options.run, &options.out}) {
    if (path->empty()) {
      throw Error(ErrorCode::kInvalidArgument, "--shards, --run and --out are needed");
    }
  }
  if (options.type != "bf16" && options.type != "f32") {
    throw Error(ErrorCode::kInvalidArgument, "--type: expected bf16 or f32");
  }
  return options;
}

void print_help() {
  Options options;
  std::printf("motet_train --shards DIR --run DIR --out DIR [--name value ...]\n\n");
  each_option(options, [](const char* name, const auto& field, const char* help) {
    std::ostringstream value;
    value << std::boolalpha << field;
    std::printf("  --%-24s %s [%s]\n", name, help, value.str().c_str());
  });
}

void show(const motet::ProgressEvent& event, Clock::time_point start) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const bool is_terminal = isatty(STDERR_FILENO) != 0;
  if (!is_terminal) return;  // log.jsonl tells the rest
  std::fprintf(stderr, "\r%s", motet::progress_line(event, seconds, kColumns).c_str());
  if (event.done == event.total) std::fputc('\n', stderr);
}

void train(Options options) {
  std::vector<motet::data::Shard> shards = motet::data::open_shards(options.shards, "train");
  motet::data::require_checked(options.shards, shards);
  const motet::data::Sampler sampler(std::move(shards), {.rows = options.trainer.rows,
                                                         .length = options.trainer.length,
                                                         .seed = options.trainer.seed});
  options.decoder.vocab_size = sampler.vocab_size();
  std::printf("%lld pieces, %lld weights\n", static_cast<long long>(sampler.pieces()),
              static_cast<long long>(motet::models::count_parameters(options.decoder)));
  std::fflush(stdout);
  motet::train::Trainer trainer(options.decoder, options.trainer,
                                [&](uint64_t step) { return sampler.batch(step); });
  if (!options.start_from.empty()) {
    trainer.start_from(motet::train::read_bundle_weights(options.start_from, options.decoder));
  }
  const auto start = Clock::now();
  motet::Progress progress([&](const motet::ProgressEvent& event) { show(event, start); });
  running = &progress;
  std::signal(SIGINT, [](int) { running->request_stop(); });
  std::signal(SIGTERM, [](int) { running->request_stop(); });
  const motet::train::RunReport report = motet::train::run(trainer, options.run, progress);
  const auto type = options.type == "f32" ? motet::nn::DType::kF32 : motet::nn::DType::kBF16;
  motet::train::export_bundle(
      options.out, options.decoder, trainer.weights(),
      {.type = type, .bos_token_id = token(Kind::kBegin), .eos_token_id = token(Kind::kEnd)});
  motet::write_file(std::filesystem::path(options.out) / "tokenizer.json",
                    motet::tokens::vocabulary_json());
  std::printf("%s at step %lld, loss %.4f\n", report.stopped ? "stopped" : "done",
              static_cast<long long>(report.last.step), report.last.loss);
}

}  // namespace

int main(int count, char** words) {
  try {
    if (count < 2 || std::string(words[1]) == "--help") {
      print_help();
      return 0;
    }
    train(read_options(count, words));
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "motet_train: %s\n", error.what());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "motet_train: %s\n", error.what());
    return 70;
  }
}
