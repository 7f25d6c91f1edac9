// SPDX-License-Identifier: Apache-2.0
#include "motet/event_tokens.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/base/json.h"
#include "motet/base/threads.h"
#include "motet/score/midi.h"
#include "motet/score_file.h"
#include "motet/terminal.h"
#include "motet/tokens/event_tokenizer.h"

namespace motet::program {
namespace {

namespace fs = std::filesystem;

bool is_midi(ByteView bytes) {
  constexpr std::string_view kMagic = "MThd";
  return bytes.size() >= kMagic.size() &&
         std::equal(kMagic.begin(), kMagic.end(), bytes.begin(),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

std::string text_of(const tokens::EventTokenizer& tokenizer, const EventTokensRequest& request,
                    const std::string& path) {
  tokens::TrackScore score = read_tracks(path, request.tune);
  if (tokenizer.is_trained() && !request.base && !request.names) {
    const auto ids = tokenizer.encode_learned(std::move(score));
    return tokens::tokens_to_json(tokenizer, ids, tokens::EventIds::kLearned).dump() + "\n";
  }
  const auto ids = tokenizer.encode(std::move(score));
  if (!request.names) return tokens::tokens_to_json(tokenizer, ids).dump() + "\n";
  std::string text;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) text += "\n";  // an empty line between tracks
    for (const std::string& name : tokenizer.names(ids[i])) text += name + "\n";
  }
  return text;
}

/// A file to read, and where its tokens go below the output folder.
struct Job {
  std::string input;
  fs::path output;
};

std::vector<Job> jobs_of(const EventTokensRequest& request) {
  std::vector<Job> jobs;
  const char* const extension = request.names ? ".txt" : ".json";
  const auto add = [&](const fs::path& file, const fs::path& relative) {
    jobs.push_back({file.string(), fs::path(relative).replace_extension(extension)});
  };
  for (const std::string& input : request.inputs) {
    if (!fs::is_directory(input)) {
      add(input, fs::path(input).filename());
      continue;
    }
    for (const fs::path file : midi_files_below(input)) add(file, fs::relative(file, input));
  }
  std::ranges::sort(jobs, {}, &Job::input);
  return jobs;
}

void tokenize_many(const EventTokensRequest& request, const tokens::EventTokenizer& tokenizer) {
  const std::vector<Job> jobs = jobs_of(request);
  if (request.output.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "several files need a folder: --output FOLDER");
  }
  std::atomic<size_t> written = 0;
  std::vector<std::string> refused(jobs.size());
  ThreadPool pool(request.threads == 0 ? hardware_threads() : request.threads);
  pool.run(jobs.size(), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const fs::path target = fs::path(request.output) / jobs[i].output;
      try {
        const std::string text = text_of(tokenizer, request, jobs[i].input);
        fs::create_directories(target.parent_path());
        write_file(target, std::string_view(text));
        ++written;
      } catch (const Error& error) {
        refused[i] = error.what();
      }
    }
  });
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (refused[i].empty()) continue;
    std::fprintf(stderr, "motet: %s: %s\n", jobs[i].input.c_str(), refused[i].c_str());
  }
  say(request.output + "  " + std::to_string(written) + " of " + std::to_string(jobs.size()) +
      " files");
  if (written == 0) throw Error(ErrorCode::kInvalidFile, "no file could be tokenized");
}

}  // namespace

tokens::TrackScore read_tracks(const std::string& path, int tune) {
  const Bytes bytes = read_file(path);
  if (is_midi(bytes)) return tokens::read_track_score(bytes);
  return tokens::to_track_score(read_score_file(path, tune).reading.score);
}

std::vector<std::string> midi_files_below(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path& file = entry.path();
    if (file.extension() == ".mid" || file.extension() == ".midi") files.push_back(file.string());
  }
  if (files.empty()) {
    throw Error(ErrorCode::kInvalidFile, folder + ": no .mid or .midi file here");
  }
  std::ranges::sort(files);
  return files;
}

void tokenize_events(const EventTokensRequest& request) {
  const auto tokenizer = tokens::load_event_tokenizer(request.tokenizer);
  const bool is_one = request.inputs.size() == 1 && !fs::is_directory(request.inputs.front());
  if (!is_one) return tokenize_many(request, *tokenizer);
  if (!request.output.empty()) require_writable(request.output);
  const std::string text = text_of(*tokenizer, request, request.inputs.front());
  if (request.output.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    write_file(request.output, std::string_view(text));
  }
}

void detokenize_events(const std::string& input, const std::string& tokenizer_path,
                       const std::string& output) {
  const auto tokenizer = tokens::load_event_tokenizer(tokenizer_path);
  require_writable(output);
  const Json json = parse_json(read_text(input), input);
  const Score score = tokenizer->decode(tokens::tokens_from_json(*tokenizer, json, input));
  write_file(output, ByteView(write_midi(score)));
  say(output + "  " + std::to_string(count_notes(score)) + " notes");
}

}  // namespace motet::program
