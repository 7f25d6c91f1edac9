// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "motet/models/decoder.h"
#include "motet/nn/backend.h"

namespace motet::generate {

/// A sequence of ids that a decoder of any family reads, each id once.
class IdReader {
 public:
  virtual ~IdReader() = default;

  /// Appends ids, one at least; returns the logits [V] of what comes next.
  virtual std::vector<float> read(std::span<const int32_t> ids) = 0;
  /// Forgets all that was read.
  virtual void restart() = 0;
  /// How many ids were read since the beginning or the last restart.
  virtual int64_t length() const = 0;
  /// How many the network was made for.
  virtual int64_t limit() const = 0;
};

/// Both must outlive the reader.
std::unique_ptr<IdReader> make_reader(const models::Decoder& decoder, nn::Backend& on);

}  // namespace motet::generate
