// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/safetensors_header.h"

#include <array>
#include <set>
#include <utility>

#include "motet/base/error.h"
#include "motet/base/json.h"
#include "motet/nn/shown.h"

namespace motet::nn {
namespace {

constexpr uint64_t kLargestNumber = uint64_t{1} << 48;  // so that sums and shapes fit 64 bits
constexpr size_t kMostTensors = size_t{1} << 18;        // many times those of the largest models
constexpr size_t kMostNotes = size_t{1} << 16;          // texts of __metadata__

std::optional<DType> dtype_of(const std::string& name) {
  for (const DType type : {DType::kF32, DType::kBF16, DType::kF16, DType::kI8}) {
    if (name == name_of(type)) return type;
  }
  return std::nullopt;
}

/// Bytes an element of the types that safetensors knows and Motet does not read: masks and counters
/// that PyTorch modules carry beside their weights.
std::optional<size_t> size_of_foreign(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, size_t>, 11> kSizes{{{"BOOL", 1},
                                                                        {"U8", 1},
                                                                        {"F8_E5M2", 1},
                                                                        {"F8_E4M3", 1},
                                                                        {"I16", 2},
                                                                        {"U16", 2},
                                                                        {"I32", 4},
                                                                        {"U32", 4},
                                                                        {"I64", 8},
                                                                        {"U64", 8},
                                                                        {"F64", 8}}};
  for (const auto& [known, size] : kSizes) {
    if (name == known) return size;
  }
  return std::nullopt;
}

/// Hears the header as the parser reads it: {"name": {"dtype": .., "shape": [..],
/// "data_offsets": [..]}, .., "__metadata__": {..}}. Unknown fields are passed over.
class HeaderListener : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderListener(const std::string& file) : file_(file) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool key(std::string& name) override {
    if (ignored_depth_ > 0) return true;
    if (place_ == Place::kTop) {
      tensor_ = name;
    } else {
      field_ = name;
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (ignores_nested()) return true;
    switch (place_) {
      case Place::kOutside:
        place_ = Place::kTop;
        break;
      case Place::kTop:
        begin_entry();
        break;
      default:
        refuse_value();
    }
    return true;
  }

  bool end_object() override {
    if (leaves_ignored()) return true;
    if (place_ == Place::kTensor) end_entry();
    place_ = Place::kTop;
    return true;
  }

  bool start_array(std::size_t) override {
    if (ignores_nested()) return true;
    if (place_ == Place::kOutside) fail("the safetensors header is not an object");
    if (place_ == Place::kTensor && field_ == "shape") {
      place_ = Place::kShape;
      has_shape_ = true;
      entry_.shape = {};
    } else if (place_ == Place::kTensor && field_ == "data_offsets") {
      place_ = Place::kOffsets;
      offsets_.clear();
    } else {
      refuse_value();
    }
    return true;
  }

  bool end_array() override {
    if (leaves_ignored()) return true;
    if (place_ == Place::kOffsets && offsets_.size() != 2)
      fail_tensor("data_offsets is not a pair");
    place_ = Place::kTensor;
    return true;
  }

  bool number_unsigned(std::uint64_t value) override {
    if (ignores_scalar()) return true;
    if (place_ != Place::kShape && place_ != Place::kOffsets) refuse_value();
    if (value > kLargestNumber) refuse_number();
    if (place_ == Place::kOffsets) {
      if (offsets_.size() == 2) fail_tensor("data_offsets is not a pair");
      offsets_.push_back(value);
    } else {
      if (entry_.shape.size() == Shape::kMost) {
        fail_tensor("expected at most 8 dimensions, found more");
      }
      entry_.shape.push_back(static_cast<int64_t>(value));
    }
    return true;
  }

  bool string(std::string& value) override {
    if (place_ == Place::kMetadata) {
      header_.metadata[field_] = value;
      if (header_.metadata.size() > kMostNotes) {
        fail("__metadata__: expected at most " + std::to_string(kMostNotes) + " texts, found more");
      }
    } else if (place_ == Place::kTensor && field_ == "dtype" && ignored_depth_ == 0) {
      type_ = value;
    } else {
      refuse_scalar();
    }
    return true;
  }

  bool null() override { return refuse_scalar(); }
  bool boolean(bool) override { return refuse_scalar(); }
  bool number_integer(std::int64_t) override { return refuse_scalar(); }
  bool number_float(double, const std::string&) override { return refuse_scalar(); }
  bool binary(binary_t&) override { return refuse_scalar(); }

  bool parse_error(std::size_t, const std::string&, const Json::exception& error) override {
    const std::string what = error.what();
    const size_t reason = what.find("parse error");
    fail("the safetensors header is no JSON: " +
         shown(reason == std::string::npos ? what : what.substr(reason)));
  }

 private:
  enum class Place : uint8_t { kOutside, kTop, kMetadata, kTensor, kShape, kOffsets };

  [[noreturn]] void fail(const std::string& sentence) const {
    throw Error(ErrorCode::kInvalidFile, file_ + ": " + sentence);
  }
  [[noreturn]] void fail_tensor(const std::string& sentence) const {
    fail("tensor " + shown(tensor_) + ": " + sentence);
  }
  [[noreturn]] void refuse_number() const {
    fail_tensor("expected sizes and offsets from 0 to 2^48");
  }

  bool is_known_field() const {
    return field_ == "dtype" || field_ == "shape" || field_ == "data_offsets";
  }
  bool ignores_scalar() const {
    return ignored_depth_ > 0 || (place_ == Place::kTensor && !is_known_field());
  }
  bool ignores_nested() {
    if (!ignores_scalar()) return false;
    ++ignored_depth_;
    return true;
  }
  bool leaves_ignored() {
    if (ignored_depth_ == 0) return false;
    --ignored_depth_;
    return true;
  }

  /// Returns true when the value is of no interest; throws when it is of the wrong kind.
  bool refuse_scalar() const {
    if (!ignores_scalar()) refuse_value();
    return true;
  }

  [[noreturn]] void refuse_value() const {
    switch (place_) {
      case Place::kOutside:
        fail("the safetensors header is not an object");
      case Place::kTop:
        if (tensor_ == "__metadata__") fail("__metadata__ is not an object");
        fail_tensor("expected an object");
      case Place::kMetadata:
        fail("__metadata__: \"" + shown(field_) + "\" is not a string");
      case Place::kTensor:
        if (field_ == "dtype") fail_tensor("dtype is not a string");
        fail_tensor(field_ == "shape" ? "shape is not a list" : "data_offsets is not a pair");
      case Place::kShape:
      case Place::kOffsets:
        break;
    }
    refuse_number();
  }

  void begin_entry() {
    place_ = tensor_ == "__metadata__" ? Place::kMetadata : Place::kTensor;
    if (place_ == Place::kMetadata) return;
    if (!names_.insert(tensor_).second) fail_tensor("comes twice");
    if (names_.size() > kMostTensors) {
      fail("expected at most " + std::to_string(kMostTensors) + " tensors, found more");
    }
    entry_ = {};
    type_.reset();
    offsets_.clear();
    has_shape_ = false;
  }

  void end_entry() {
    if (!type_) fail_tensor("\"dtype\" is missing");
    if (!has_shape_) fail_tensor("\"shape\" is missing");
    if (offsets_.empty()) fail_tensor("\"data_offsets\" is missing");
    entry_.name = tensor_;
    entry_.type = dtype_of(*type_);
    const auto size = entry_.type ? size_of(*entry_.type) : size_of_foreign(*type_);
    if (!size) fail_tensor("dtype " + shown(*type_) + " is none of the safetensors format");
    if (!entry_.type) entry_.foreign = *type_;
    entry_.begin = offsets_[0];
    entry_.end = offsets_[1];
    if (entry_.end < entry_.begin) fail_tensor("data_offsets run backwards");
    const uint64_t bytes = bytes_of_shape(*size);
    if (entry_.end - entry_.begin != bytes) {
      fail_tensor("shape " + to_string(entry_.shape) + " of " + *type_ + " needs " +
                  std::to_string(bytes) + " bytes, data_offsets give " +
                  std::to_string(entry_.end - entry_.begin));
    }
    header_.entries.push_back(std::move(entry_));
  }

  uint64_t bytes_of_shape(uint64_t element) const {
    uint64_t bytes = element;
    for (const int64_t n : entry_.shape) {
      if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(n), &bytes)) {
        fail_tensor("the shape is too large");
      }
    }
    return bytes;
  }

  const std::string& file_;
  SafetensorsHeader header_;
  std::set<std::string> names_;
  Place place_ = Place::kOutside;
  std::string tensor_;
  std::string field_;
  SafetensorsEntry entry_;
  std::optional<std::string> type_;
  std::vector<uint64_t> offsets_;
  bool has_shape_ = false;
  int64_t ignored_depth_ = 0;
};

}  // namespace

SafetensorsHeader read_safetensors_header(std::string_view text, const std::string& file) {
  HeaderListener listener(file);
  Json::sax_parse(text, &listener);
  return listener.take();
}

}  // namespace motet::nn
