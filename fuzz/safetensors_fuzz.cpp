// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "fuzz/scratch_file.h"
#include "motet/base/error.h"
#include "motet/nn/safetensors.h"

/// Every tensor of an accepted file lies within it and has as many bytes as its shape says.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const motet::fuzz::ScratchFile scratch("fuzz.safetensors");
  scratch.fill({data, size});
  try {
    const motet::nn::SafetensorsFile file(scratch.path());
    for (const std::string& name : file.names()) {
      const motet::nn::HostTensor& tensor = file.at(name);
      const auto count = static_cast<size_t>(motet::nn::count_of(tensor.shape));
      motet::fuzz::require(tensor.bytes.size() == count * motet::nn::size_of(tensor.type));
      unsigned sum = 0;
      for (const uint8_t byte : tensor.bytes) sum += byte;
      static_cast<void>(sum);
    }
  } catch (const motet::Error&) {
  }
  return 0;
}
