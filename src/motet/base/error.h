// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace motet {

/// What kind of thing went wrong; each maps once to an exit code, an HTTP status and a C status.
enum class ErrorCode {
  kInvalidArgument,  ///< a value that the caller chose: a flag, a field, a parameter
  kInvalidFile,      ///< bytes that are not what they claim to be
  kNotFound,         ///< a file, bundle, tensor or name that is not there
  kUnavailable,      ///< a resource that this machine or build does not offer now
};

/// Everything that the outside world can cause to go wrong. The message says where, what was
/// expected, what was found and the way out: "MIDI: byte 22: expected ..., found ...".
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace motet
