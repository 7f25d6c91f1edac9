// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "motet/models/checkpoint.h"

namespace motet::generate {

/// A checkpoint of two networks, reading: the body reads groups (events, patches), the inner one
/// the ids within the next group. Both are asked only when logits are wanted.
class GroupReader {
 public:
  /// Both must outlive the reader.
  GroupReader(const models::Checkpoint& model, nn::Backend& on);

  /// Forgets all, and will read these groups first: group_width ids each.
  void restart(std::vector<int32_t> groups);
  /// Appends an id to the group that is being written.
  void push(int32_t id) { within_.push_back(id); }
  /// Ends that group, filled up with zeros.
  void end_group();
  /// The logits [V] of the next id within the group.
  std::vector<float> logits();

  /// Groups read or waiting to be, and how many the body was made for.
  int64_t length() const;
  int64_t limit() const { return model_.body->config().max_position_embeddings; }

 private:
  const models::Checkpoint& model_;
  nn::Backend& on_;
  size_t width_;
  nn::KvCache cache_;
  std::vector<int32_t> unread_;  // groups that the body has not read
  std::vector<int32_t> within_;  // ids of the group that is being written
  size_t read_within_ = 0;       // of them, by the inner network
  models::InnerReader inner_;
  bool inner_has_begun_ = false;
};

}  // namespace motet::generate
