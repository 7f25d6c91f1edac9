// SPDX-License-Identifier: Apache-2.0
#include "fuzz/require.h"
#include "fuzz/scratch_file.h"
#include "motet/base/error.h"
#include "motet/models/bundle.h"
#include "motet/models/checkpoint_config.h"

namespace {

template <typename Read>
void try_read(const Read& read) {
  try {
    read();
  } catch (const motet::Error&) {
  }
}

}  // namespace

/// A config.json that is accepted describes a network that could be, of a bundle of Motet and of a
/// public checkpoint alike.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const motet::fuzz::ScratchFile file("config.json");
  file.fill({data, size});
  try_read([] { motet::models::read_decoder_config(file.folder()).validate(); });
  try_read([] { motet::models::holds_integers(file.folder()); });
  try_read([] { motet::models::family_of(file.folder()); });
  try_read([] { motet::models::read_checkpoint_config(file.folder()).body.validate(); });
  return 0;
}
