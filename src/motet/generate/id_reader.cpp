// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/id_reader.h"

namespace motet::generate {
namespace {

class DecoderReader final : public IdReader {
 public:
  DecoderReader(const models::Decoder& decoder, nn::Backend& on)
      : decoder_(decoder), on_(on), cache_(decoder.new_cache()) {}

  std::vector<float> read(std::span<const int32_t> ids) override {
    const nn::Tensor input = on_.indices(ids, 1, static_cast<int64_t>(ids.size()));
    return on_.to_host(decoder_.forward_last(on_, input, &cache_));
  }
  void restart() override { cache_ = decoder_.new_cache(); }
  int64_t length() const override { return cache_.length; }
  int64_t limit() const override { return decoder_.config().max_position_embeddings; }

 private:
  const models::Decoder& decoder_;
  nn::Backend& on_;
  nn::KvCache cache_;
};

}  // namespace

std::unique_ptr<IdReader> make_reader(const models::Decoder& decoder, nn::Backend& on) {
  return std::make_unique<DecoderReader>(decoder, on);
}

}  // namespace motet::generate
