// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "motet/generate/sampler.h"
#include "motet/models/decoder.h"
#include "motet/nn/backend.h"

namespace motet::generate {

/// The next id of a sequence, from the logits [V] of what it has read; the logits may be changed in
/// place. step counts the sequence's own choices from 0.
using Choose = std::function<int32_t(std::span<float> logits, uint64_t step)>;

/// Draws with a stream of chance of its own, a function of (seed, stream, step).
/// throws  Error(kInvalidArgument) as SamplingConfig::validate does
Choose choose_by_sampling(const SamplingConfig& config, uint64_t seed, uint64_t stream);

struct BatchRequest {
  std::vector<int32_t> prompt = {};    ///< one id at least
  std::vector<Choose> writers = {};    ///< a sequence for each; all share the prompt
  size_t most_ids = 256;               ///< to write
  std::vector<int32_t> last_ids = {};  ///< a sequence ends with the first of these that it writes
};

struct BatchConfig {
  int64_t chunk = 256;       ///< ids of a prompt that a step reads of a sequence
  nn::KvWindow window = {};  ///< of every sequence
};

/// Sequences that are decoded together: each weight is read once for all of them. They join and
/// leave between steps, and each writes the ids that it would have written alone, whatever else is
/// in the batch.
class Batch {
 public:
  using Id = int64_t;

  /// Both must outlive the batch. Throws Error(kInvalidArgument) when config.chunk is below 1.
  Batch(const models::Decoder& decoder, nn::Backend& on, const BatchConfig& config = {});

  /// Joins at the next step; one id for each writer.
  /// throws  Error(kInvalidArgument) for an empty prompt or an id outside the vocabulary
  std::vector<Id> add(BatchRequest request);
  /// A copy of a sequence as it is now, which goes on with its own writer. What both have read is
  /// kept once.
  /// throws  Error(kNotFound) when there is no such sequence, or it was taken
  Id fork(Id id, Choose writer);

  /// One step of every unfinished sequence: a chunk of its prompt, or one id. Returns how many are
  /// unfinished after it.
  size_t step();

  bool finished(Id id) const;
  /// What a sequence has written until now. Throws as fork does.
  std::span<const int32_t> written(Id id) const;
  /// The same, and the sequence leaves, finished or not.
  std::vector<int32_t> take(Id id);

 private:
  struct Sequence {
    explicit Sequence(nn::KvCache empty) : cache(std::move(empty)) {}

    nn::KvCache cache;
    std::vector<int32_t> unread;
    size_t read = 0;  // of unread
    std::vector<int32_t> written;
    size_t most = 0;
    std::vector<int32_t> last_ids;
    Choose writer;
    std::vector<std::pair<Id, Choose>> waiting;  // that share the prompt, until it is read
    bool is_finished = false;
  };

  const Sequence& at(Id id) const;
  void read_chunk(Sequence& sequence);
  void read_together();
  void choose(Sequence& sequence, std::span<float> logits);
  void release_waiting(Sequence& sequence, std::span<const float> logits);

  const models::Decoder& decoder_;
  nn::Backend& on_;
  BatchConfig config_;
  Id next_ = 0;
  std::map<Id, Sequence> sequences_;
  size_t unfinished_ = 0;

  // Of one step; members so that the next one finds the memory.
  std::vector<Sequence*> ready_;
  std::vector<int32_t> ids_;
  std::vector<nn::KvCache*> caches_;
  std::vector<float> logits_;
};

}  // namespace motet::generate
