// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <utility>

#include "motet/base/error.h"
#include "motet/models/decoder.h"
#include "motet/nn/int4.h"
#include "motet/nn/int8_block.h"

namespace motet::models {
namespace {

/// Numbers as a checkpoint has them, or laid anew: `view` looks into the file or at what stands
/// here.
struct Numbers {
  std::vector<uint8_t> bytes = {};
  std::vector<float> floats = {};
  std::vector<float> scales = {};
  nn::HostTensor view = {};
};

/// The rows of a tensor that a place stands for, where they lie.
nn::HostTensor rows_at(const TensorPlace& place, const nn::HostTensor& all) {
  const auto first = static_cast<size_t>(place.first_row);
  const auto count = static_cast<size_t>(place.shape[0]);
  const auto rows = static_cast<size_t>(all.shape[0]);
  const size_t width = all.bytes.size() / rows;
  const size_t scales = all.row_scales.size() / rows;
  return {.type = all.type,
          .shape = place.shape,
          .bytes = all.bytes.subspan(first * width, count * width),
          .row_scales = all.row_scales.subspan(first * scales, count * scales)};
}

/// Of a matrix [M, all], the columns that a place stands for, as rows [N, M].
Numbers columns_at(const TensorPlace& place, const nn::HostTensor& all) {
  const auto N = static_cast<size_t>(place.shape[0]);
  const auto M = static_cast<size_t>(place.shape[1]);
  const size_t size = nn::size_of(all.type);
  Numbers numbers{.bytes = std::vector<uint8_t>(N * M * size)};
  for (size_t m = 0; m < M; ++m) {
    const uint8_t* from = all.bytes.data() + m * static_cast<size_t>(all.shape[1]) * size +
                          static_cast<size_t>(place.first_row) * size;
    for (size_t n = 0; n < N; ++n) {
      std::memcpy(&numbers.bytes[(n * M + m) * size], from + n * size, size);
    }
  }
  numbers.view = {.type = all.type, .shape = place.shape, .bytes = numbers.bytes};
  return numbers;
}

/// Rows of heads whose pairs lie side by side, as rows of heads whose pairs are half a head apart.
Numbers unpaired(const nn::HostTensor& x, size_t head_size) {
  const auto rows = static_cast<size_t>(x.shape[0]);
  const size_t width = x.bytes.size() / rows;
  const size_t scales = x.row_scales.size() / rows;
  Numbers numbers;
  for (size_t r = 0; r < rows; ++r) {
    const size_t j = r % head_size;
    const size_t half = head_size / 2;
    const size_t from = r - j + (j < half ? 2 * j : 2 * (j - half) + 1);
    const auto bytes = x.bytes.subspan(from * width, width);
    const auto scale = x.row_scales.subspan(from * scales, scales);
    numbers.bytes.insert(numbers.bytes.end(), bytes.begin(), bytes.end());
    numbers.scales.insert(numbers.scales.end(), scale.begin(), scale.end());
  }
  numbers.view = x;
  numbers.view.bytes = numbers.bytes;
  numbers.view.row_scales = numbers.scales;
  return numbers;
}

/// Reads the tensors of a decoder from one source.
class Loader {
 public:
  Loader(const nn::TensorSource& source, int64_t head_size, nn::Backend& on)
      : source_(source), head_size_(head_size), on_(on) {}

  nn::Tensor load(const TensorPlace& place) const {
    const bool is_packed = source_.contains(place.name + "_packed");
    if (place.optional && !is_packed && !source_.contains(place.name)) return {};
    Numbers numbers = is_packed ? int4(place) : plain(place);
    if (place.inputs_first) {
      numbers = columns_at(place, numbers.view);
    } else {
      numbers.view = rows_at(place, numbers.view);
    }
    if (place.interleaved) numbers = unpaired(numbers.view, static_cast<size_t>(head_size_));
    nn::Tensor tensor = on_.parameter(numbers.view);
    source_.let_go(is_packed ? place.name + "_packed" : place.name);
    return tensor;
  }

 private:
  [[noreturn]] void fail(const std::string& name, const std::string& sentence) const {
    throw Error(ErrorCode::kInvalidFile, source_.place() + ": tensor " + name + ": " + sentence);
  }

  /// The shape that the file's tensor has.
  static nn::Shape shape_of(const TensorPlace& place) {
    nn::Shape shape = place.shape;
    if (place.all_rows != 0) shape[0] = place.all_rows;
    if (place.inputs_first) std::swap(shape[0], shape[1]);
    return shape;
  }

  Numbers plain(const TensorPlace& place) const {
    const nn::Shape shape = shape_of(place);
    nn::LoadedTensor loaded = nn::load_checked(source_, place.name, shape);
    Numbers numbers{.floats = std::move(loaded.floats), .view = loaded.view};
    if (loaded.view.type != nn::DType::kI8) return numbers;
    if (shape.size() != 2 || place.inputs_first) fail(place.name, "I8 is for matrices only");
    const nn::Shape blocks{shape[0], shape[1] / nn::kInt8Block};
    const bool is_blocked = shape[1] % nn::kInt8Block == 0 && blocks[1] > 1 &&
                            source_.shape_of(place.name + "_scale") == blocks;
    if (!is_blocked) return with_scales(place.name, std::move(numbers), {shape[0], 1});
    numbers = with_scales(place.name, std::move(numbers), blocks);
    nn::Int8BlockMatrix joined =
        nn::join_int8_blocks(shape, numbers.view.bytes, numbers.view.row_scales);
    const nn::HostTensor view = joined.view();  // of bytes that do not move
    return {.bytes = std::move(joined.bytes), .view = view};
  }

  /// "<name>_packed", [N, M/2], and a scale for each 32 elements: see quantize.h.
  Numbers int4(const TensorPlace& place) const {
    const std::string name = place.name + "_packed";
    const nn::Shape shape = shape_of(place);
    if (shape.size() != 2 || shape[1] % nn::kInt4Block != 0 || place.inputs_first) {
      fail(name, "int4 is for matrices whose rows are multiples of 32");
    }
    Numbers numbers{.view = nn::load_checked(source_, name, {shape[0], shape[1] / 2}).view};
    if (numbers.view.type != nn::DType::kI8) fail(name, "expected I8");
    numbers.view.type = nn::DType::kI4;
    numbers.view.shape = shape;
    return with_scales(place.name, std::move(numbers), {shape[0], shape[1] / nn::kInt4Block});
  }

  /// "<name>_scale", as compressed-tensors writes the scales of int8 and int4.
  Numbers with_scales(const std::string& name, Numbers numbers, const nn::Shape& shape) const {
    numbers.scales = nn::to_floats(nn::load_checked(source_, name + "_scale", shape).view);
    numbers.view.row_scales = numbers.scales;
    return numbers;
  }

  const nn::TensorSource& source_;
  int64_t head_size_;
  nn::Backend& on_;
};

}  // namespace

std::shared_ptr<const Decoder> load_decoder(const nn::TensorSource& source,
                                            const DecoderConfig& config, const TensorNames& names,
                                            nn::Backend& on) {
  config.validate();
  const Loader loader(source, config.head_size(), on);
  DecoderWeights weights;
  weights.blocks.resize(static_cast<size_t>(config.num_hidden_layers));
  each_tensor(config, names, weights,
              [&](const TensorPlace& place, nn::Tensor& tensor) { tensor = loader.load(place); });
  return std::make_shared<const Decoder>(config, std::move(weights));
}

}  // namespace motet::models
