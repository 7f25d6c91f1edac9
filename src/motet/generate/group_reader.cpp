// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/group_reader.h"

#include <utility>

namespace motet::generate {

GroupReader::GroupReader(const models::Checkpoint& model, nn::Backend& on)
    : model_(model),
      on_(on),
      width_(static_cast<size_t>(models::group_width(model.family))),
      cache_(model.body->new_cache()),
      inner_(model, on) {}

void GroupReader::restart(std::vector<int32_t> groups) {
  cache_ = model_.body->new_cache();
  unread_ = std::move(groups);
  within_.clear();
  inner_has_begun_ = false;
}

void GroupReader::end_group() {
  within_.resize(width_, 0);
  unread_.insert(unread_.end(), within_.begin(), within_.end());
  within_.clear();
  inner_has_begun_ = false;
}

int64_t GroupReader::length() const {
  return cache_.length + static_cast<int64_t>(unread_.size() / width_);
}

std::vector<float> GroupReader::logits() {
  std::vector<float> logits;
  if (!inner_has_begun_) {
    const nn::Tensor x = models::embed_groups(model_, on_, unread_, static_cast<int64_t>(width_));
    const nn::Tensor hidden = model_.body->last_hidden(on_, x, &cache_);
    unread_.clear();
    logits = inner_.begin(hidden);
    inner_has_begun_ = true;
    read_within_ = 0;
  }
  for (; read_within_ < within_.size(); ++read_within_) {
    logits = inner_.next(within_[read_within_]);
  }
  return logits;
}

}  // namespace motet::generate
