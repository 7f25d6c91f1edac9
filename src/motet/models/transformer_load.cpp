// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "motet/base/error.h"
#include "motet/models/transformer.h"

namespace motet::models {
namespace {

/// "h.%.ln_1" and 3: "h.3.ln_1".
std::string numbered(const std::string& pattern, int64_t block) {
  const size_t at = pattern.find('%');
  if (at == std::string::npos) return pattern;
  return pattern.substr(0, at) + std::to_string(block) + pattern.substr(at + 1);
}

nn::HostTensor view_of(const std::vector<float>& floats, nn::Shape shape) {
  return {
      .type = nn::DType::kF32,
      .shape = std::move(shape),
      .bytes = {reinterpret_cast<const uint8_t*>(floats.data()), floats.size() * sizeof(float)}};
}

/// x [rows, columns] as [columns, rows].
std::vector<float> transposed(const std::vector<float>& x, int64_t rows, int64_t columns) {
  std::vector<float> y(x.size());
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      y[static_cast<size_t>(c * rows + r)] = x[static_cast<size_t>(r * columns + c)];
    }
  }
  return y;
}

/// Rows of heads whose pairs lie side by side, as rows of heads whose pairs are half a head apart.
std::vector<float> unpaired(const std::vector<float>& x, int64_t rows, int64_t head_size) {
  std::vector<float> y(x.size());
  const auto width = static_cast<std::ptrdiff_t>(x.size() / static_cast<size_t>(rows));
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t j = r % head_size;
    const int64_t from = r - j + (j < head_size / 2 ? 2 * j : 2 * (j - head_size / 2) + 1);
    std::copy_n(x.begin() + from * width, width, y.begin() + r * width);
  }
  return y;
}

/// Reads the tensors of one config under one family's names.
class Loader {
 public:
  Loader(const nn::TensorSource& source, const TransformerConfig& config, const TensorNames& names,
         nn::Backend& on)
      : source_(source), config_(config), names_(names), on_(on) {}

  TransformerWeights load() {
    TransformerWeights weights;
    const int64_t D = config_.hidden_size;
    if (!names_.embed.empty()) weights.embed = whole(names_.embed, {config_.vocab_size, D});
    if (config_.position == PositionKind::kLearned) {
      weights.positions = whole(names_.positions, {config_.positions, D});
    }
    for (int64_t i = 0; i < config_.layers; ++i) weights.blocks.push_back(block(i));
    weights.norm = norm(names_.norm);
    if (!names_.head.empty()) weights.head = whole(names_.head, {config_.vocab_size, D});
    return weights;
  }

 private:
  nn::Tensor whole(const std::string& name, const nn::Shape& shape) {
    return on_.parameter(nn::load_checked(source_, name + ".weight", shape).view);
  }

  Affine norm(const std::string& name) {
    Affine norm{.weight = whole(name, {config_.hidden_size}), .bias = {}};
    if (config_.norm == NormKind::kLayer) {
      norm.bias =
          on_.parameter(nn::load_checked(source_, name + ".bias", {config_.hidden_size}).view);
    }
    return norm;
  }

  /// The bias of a matrix, or rows first .. first+rows-1 of it; empty where the file has none.
  nn::Tensor bias(const std::string& name, int64_t all, int64_t first, int64_t rows) {
    if (!source_.contains(name + ".bias")) return {};
    const std::vector<float> floats =
        nn::to_floats(nn::load_checked(source_, name + ".bias", {all}).view);
    const std::vector<float> part(floats.begin() + first, floats.begin() + first + rows);
    return on_.parameter(view_of(part, {rows}));
  }

  /// A matrix [N, M] with its bias.
  Affine matrix(const std::string& name, int64_t N, int64_t M) {
    if (!names_.inputs_first) return {whole(name, {N, M}), bias(name, N, 0, N)};
    const std::vector<float> floats =
        nn::to_floats(nn::load_checked(source_, name + ".weight", {M, N}).view);
    return {on_.parameter(view_of(transposed(floats, M, N), {N, M})), bias(name, N, 0, N)};
  }

  Affine turned(const std::string& name, int64_t N, int64_t M) {
    if (!names_.interleaved_rope) return matrix(name, N, M);
    const std::vector<float> floats =
        nn::to_floats(nn::load_checked(source_, name + ".weight", {N, M}).view);
    Affine map{on_.parameter(view_of(unpaired(floats, N, config_.head_size), {N, M})), {}};
    if (source_.contains(name + ".bias")) {
      const std::vector<float> paired =
          nn::to_floats(nn::load_checked(source_, name + ".bias", {N}).view);
      map.bias = on_.parameter(view_of(unpaired(paired, N, config_.head_size), {N}));
    }
    return map;
  }

  /// One matrix [q; k; v] as three.
  void split(const std::string& name, TransformerBlock& block) {
    const int64_t D = config_.hidden_size;
    const int64_t Q = config_.heads * config_.head_size;
    const int64_t K = config_.kv_heads * config_.head_size;
    const int64_t all = Q + 2 * K;
    const nn::Shape shape = names_.inputs_first ? nn::Shape{D, all} : nn::Shape{all, D};
    std::vector<float> floats =
        nn::to_floats(nn::load_checked(source_, name + ".weight", shape).view);
    if (names_.inputs_first) floats = transposed(floats, D, all);
    int64_t first = 0;
    for (const auto& [map, rows] : {std::pair{&block.q, Q}, {&block.k, K}, {&block.v, K}}) {
      const std::vector<float> part(floats.begin() + first * D,
                                    floats.begin() + (first + rows) * D);
      *map = {on_.parameter(view_of(part, {rows, D})), bias(name, all, first, rows)};
      first += rows;
    }
  }

  TransformerBlock block(int64_t i) {
    const auto name = [&](const std::string& pattern) { return numbered(pattern, i); };
    const int64_t D = config_.hidden_size;
    const int64_t F = config_.intermediate_size;
    const int64_t Q = config_.heads * config_.head_size;
    const int64_t K = config_.kv_heads * config_.head_size;
    TransformerBlock block;
    block.attention_norm = norm(name(names_.attention_norm));
    if (names_.qkv.empty()) {
      block.q = turned(name(names_.q), Q, D);
      block.k = turned(name(names_.k), K, D);
      block.v = matrix(name(names_.v), K, D);
    } else {
      split(name(names_.qkv), block);
    }
    block.o = matrix(name(names_.o), D, Q);
    block.mlp_norm = norm(name(names_.mlp_norm));
    if (config_.mlp == MlpKind::kSwiglu) block.gate = matrix(name(names_.gate), F, D);
    block.up = matrix(name(names_.up), F, D);
    block.down = matrix(name(names_.down), D, F);
    return block;
  }

  const nn::TensorSource& source_;
  const TransformerConfig& config_;
  const TensorNames& names_;
  nn::Backend& on_;
};

}  // namespace

std::shared_ptr<const Transformer> load_transformer(const nn::TensorSource& source,
                                                    const TransformerConfig& config,
                                                    const TensorNames& names, nn::Backend& on) {
  config.validate();
  return std::make_shared<const Transformer>(config, Loader(source, config, names, on).load());
}

}  // namespace motet::models
