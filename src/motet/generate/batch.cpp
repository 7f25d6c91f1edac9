// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/batch.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "motet/base/error.h"
#include "motet/base/random.h"

namespace motet::generate {

Choose choose_by_sampling(const SamplingConfig& config, uint64_t seed, uint64_t stream) {
  config.validate();
  return [config, random = Random(seed, stream), heirs = std::vector<int32_t>()](
             std::span<float> logits, uint64_t step) mutable {
    if (heirs.size() != logits.size()) {  // every id may come
      heirs.resize(logits.size());
      std::iota(heirs.begin(), heirs.end(), 0);
    }
    return sample(logits, heirs, config, random.uniform(step));
  };
}

Batch::Batch(const models::Decoder& decoder, nn::Backend& on, const BatchConfig& config)
    : decoder_(decoder), on_(on), config_(config) {
  if (config.chunk < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "batch: chunk: expected 1 or more, found " + std::to_string(config.chunk));
  }
}

std::vector<Batch::Id> Batch::add(BatchRequest request) {
  if (request.prompt.empty() || request.writers.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "batch: expected a prompt of one id at least and one writer at least");
  }
  const int64_t vocabulary = decoder_.config().vocab_size;
  for (const int32_t id : request.prompt) {
    if (id < 0 || id >= vocabulary) {
      throw Error(ErrorCode::kInvalidArgument, "batch: token id " + std::to_string(id) +
                                                   " is outside the vocabulary, 0.." +
                                                   std::to_string(vocabulary - 1));
    }
  }
  Sequence sequence(decoder_.new_cache(config_.window));
  sequence.unread = std::move(request.prompt);
  sequence.most = request.most_ids;
  sequence.written.reserve(sequence.most);
  sequence.last_ids = std::move(request.last_ids);
  std::vector<Id> ids;
  for (Choose& writer : request.writers) {
    ids.push_back(next_++);
    if (ids.size() == 1) {
      sequence.writer = std::move(writer);
    } else {
      sequence.waiting.emplace_back(ids.back(), std::move(writer));
    }
  }
  sequence.is_finished = sequence.most == 0;
  unfinished_ += sequence.is_finished ? 0 : 1;
  for (const auto& [id, writer] : sequence.waiting) {
    Sequence empty(nn::KvCache(0));  // its place, until the prompt is read
    empty.is_finished = sequence.is_finished;
    sequences_.emplace(id, std::move(empty));
  }
  sequences_.emplace(ids.front(), std::move(sequence));
  return ids;
}

Batch::Id Batch::fork(Id id, Choose writer) {
  Sequence copy = at(id);
  for (auto& [other, each] : sequences_) {  // it waits for another's prompt: so does the copy
    const auto waits = [id](const auto& waiting) { return waiting.first == id; };
    if (std::ranges::none_of(each.waiting, waits)) continue;
    each.waiting.emplace_back(next_, std::move(writer));
    sequences_.emplace(next_, std::move(copy));
    return next_++;
  }
  copy.waiting.clear();
  copy.writer = std::move(writer);
  unfinished_ += copy.is_finished ? 0 : 1;
  sequences_.emplace(next_, std::move(copy));
  return next_++;
}

const Batch::Sequence& Batch::at(Id id) const {
  const auto found = sequences_.find(id);
  if (found == sequences_.end()) {
    throw Error(ErrorCode::kNotFound,
                "batch: there is no sequence " + std::to_string(id) + ", or it was taken");
  }
  return found->second;
}

bool Batch::finished(Id id) const { return at(id).is_finished; }

std::span<const int32_t> Batch::written(Id id) const { return at(id).written; }

std::vector<int32_t> Batch::take(Id id) {
  std::vector<int32_t> result = at(id).written;
  const auto found = sequences_.find(id);
  Sequence& sequence = found->second;
  if (!sequence.waiting.empty()) {  // one that waits for the prompt takes over
    const auto [heir, writer] = std::move(sequence.waiting.front());
    sequence.waiting.erase(sequence.waiting.begin());
    sequence.writer = writer;
    sequences_.at(heir) = std::move(sequence);
  } else if (!sequence.is_finished && !sequence.cache.layers.empty()) {
    --unfinished_;
  }
  for (auto& [other, each] : sequences_) {  // it may itself wait for another's prompt
    std::erase_if(each.waiting, [&](const auto& waiting) { return waiting.first == id; });
  }
  sequences_.erase(found);
  return result;
}

void Batch::choose(Sequence& sequence, std::span<float> logits) {
  const int32_t id = sequence.writer(logits, sequence.written.size());
  sequence.written.push_back(id);
  sequence.unread.assign(1, id);
  sequence.read = 0;
  sequence.is_finished = sequence.written.size() >= sequence.most ||
                         std::ranges::find(sequence.last_ids, id) != sequence.last_ids.end();
  if (sequence.is_finished) {
    --unfinished_;
    sequence.cache = nn::KvCache(0);  // its pages are free at once
  }
}

/// The prompt is read: whoever waited for it gets a copy, and chooses from the same logits.
void Batch::release_waiting(Sequence& sequence, std::span<const float> logits) {
  auto waiting = std::exchange(sequence.waiting, {});
  for (auto& [id, writer] : waiting) {
    Sequence& copy = sequences_.at(id);
    copy = sequence;
    copy.writer = std::move(writer);
    ++unfinished_;
    std::vector<float> own(logits.begin(), logits.end());  // a writer may change them
    choose(copy, own);
  }
}

void Batch::read_chunk(Sequence& sequence) {
  const size_t count =
      std::min(static_cast<size_t>(config_.chunk), sequence.unread.size() - sequence.read);
  const auto ids = std::span(sequence.unread).subspan(sequence.read, count);
  const nn::Tensor logits =
      decoder_.forward_last(on_, on_.indices(ids, 1, static_cast<int64_t>(count)), &sequence.cache);
  sequence.read += count;
  if (sequence.read < sequence.unread.size()) return;
  logits_.resize(static_cast<size_t>(decoder_.config().vocab_size));
  on_.copy_to_host(logits, logits_);
  release_waiting(sequence, logits_);
  choose(sequence, logits_);
}

void Batch::read_together() {
  ids_.clear();
  caches_.clear();
  for (Sequence* sequence : ready_) {
    ids_.push_back(sequence->unread.front());
    caches_.push_back(&sequence->cache);
  }
  const nn::Tensor ids = on_.indices(ids_, static_cast<int64_t>(ids_.size()), 1);
  const nn::Tensor logits = decoder_.forward_batch(on_, ids, caches_);
  const auto width = static_cast<size_t>(decoder_.config().vocab_size);
  logits_.resize(width * ready_.size());
  on_.copy_to_host(logits, logits_);
  for (size_t i = 0; i < ready_.size(); ++i) {
    choose(*ready_[i], std::span(logits_).subspan(i * width, width));
  }
}

size_t Batch::step() {
  ready_.clear();
  for (auto& [id, sequence] : sequences_) {
    const bool takes_part = !sequence.is_finished && !sequence.unread.empty();
    if (takes_part && sequence.unread.size() == 1 && sequence.waiting.empty()) {
      ready_.push_back(&sequence);
    }
  }
  for (auto& [id, sequence] : sequences_) {
    const bool is_ready = std::ranges::find(ready_, &sequence) != ready_.end();
    const bool is_new = !sequence.written.empty();  // it has chosen in this very step
    if (!sequence.is_finished && !is_ready && !is_new && !sequence.unread.empty()) {
      read_chunk(sequence);
    }
  }
  if (!ready_.empty()) read_together();
  return unfinished_;
}

}  // namespace motet::generate
