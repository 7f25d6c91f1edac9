// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "fuzz/scratch_file.h"
#include "motet/base/error.h"
#include "motet/models/gguf_config.h"
#include "motet/nn/int8_block.h"

namespace {

size_t bytes_of(motet::nn::DType type, size_t count) {
  if (type != motet::nn::DType::kI8Block) return count * motet::nn::size_of(type);
  return count / motet::nn::kInt8Block * motet::nn::kInt8BlockBytes;
}

/// A tensor of a type that is not read is refused; of any other there are as many elements as its
/// shape says.
void load_one(const motet::nn::GgufFile& file, const std::string& name) {
  try {
    const motet::nn::LoadedTensor tensor = file.load(name);
    const auto count = static_cast<size_t>(motet::nn::count_of(file.shape_of(name)));
    motet::fuzz::require(motet::nn::to_floats(tensor.view).size() == count);
    motet::fuzz::require(tensor.view.bytes.size() == bytes_of(tensor.view.type, count));
  } catch (const motet::Error&) {
  }
}

}  // namespace

/// Every tensor of an accepted file can be loaded, and its metadata make a config or an error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const motet::fuzz::ScratchFile scratch("fuzz.gguf");
  scratch.fill({data, size});
  try {
    const motet::nn::GgufFile file(scratch.path());
    for (const std::string& name : file.names()) load_one(file, name);
    motet::models::gguf_config(file);
  } catch (const motet::Error&) {
  }
  return 0;
}
