// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "motet/nn/tensor.h"

namespace motet::nn {

/// Uninitialised floats, aligned to a cache line.
struct Floats final : Storage {
  explicit Floats(size_t count);

  struct Free {
    void operator()(float* p) const noexcept { std::free(p); }
  };
  std::unique_ptr<float[], Free> data;
};

struct Indices final : Storage {
  std::vector<int32_t> ids;
};

/// What stands behind tensors that come and go. A buffer that nobody else holds any more is used
/// again, so that decoding, which makes the same tensors token after token, allocates nothing.
class Buffers {
 public:
  std::shared_ptr<Floats> floats(size_t count);
  std::shared_ptr<Indices> indices();

 private:
  static constexpr size_t kSizes = 21;  // powers of two up to 4 MB; larger ones are not kept
  std::array<std::vector<std::shared_ptr<Floats>>, kSizes> floats_;
  std::vector<std::shared_ptr<Indices>> indices_;
};

}  // namespace motet::nn
