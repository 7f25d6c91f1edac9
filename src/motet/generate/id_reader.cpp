// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/id_reader.h"

namespace motet::generate {
namespace {

class DecoderReader final : public IdReader {
 public:
  DecoderReader(const models::Decoder& decoder, nn::Backend& on)
      : decoder_(decoder), on_(on), cache_(decoder.weights().blocks.size()) {}

  std::vector<float> read(std::span<const int32_t> ids) override {
    const nn::Tensor input = on_.indices(ids, 1, static_cast<int64_t>(ids.size()));
    return on_.to_host(decoder_.forward_last(on_, input, &cache_));
  }
  void restart() override { cache_ = nn::KvCache(decoder_.weights().blocks.size()); }
  int64_t length() const override { return cache_.length; }
  int64_t limit() const override { return decoder_.config().max_position_embeddings; }

 private:
  const models::Decoder& decoder_;
  nn::Backend& on_;
  nn::KvCache cache_;
};

class TransformerReader final : public IdReader {
 public:
  TransformerReader(const models::Transformer& network, nn::Backend& on)
      : network_(network), on_(on), cache_(network.new_cache()) {}

  std::vector<float> read(std::span<const int32_t> ids) override {
    const nn::Tensor input = on_.indices(ids, 1, static_cast<int64_t>(ids.size()));
    const nn::Tensor hidden = network_.hidden(on_, network_.embed(on_, input), &cache_);
    return on_.to_host(network_.logits(on_, on_.last(hidden)));
  }
  void restart() override { cache_ = network_.new_cache(); }
  int64_t length() const override { return cache_.length; }
  int64_t limit() const override { return network_.config().positions; }

 private:
  const models::Transformer& network_;
  nn::Backend& on_;
  nn::KvCache cache_;
};

}  // namespace

std::unique_ptr<IdReader> make_reader(const models::Decoder& decoder, nn::Backend& on) {
  return std::make_unique<DecoderReader>(decoder, on);
}

std::unique_ptr<IdReader> make_reader(const models::Transformer& network, nn::Backend& on) {
  return std::make_unique<TransformerReader>(network, on);
}

}  // namespace motet::generate
