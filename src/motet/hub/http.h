// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "motet/base/file.h"
#include "motet/base/progress.h"

namespace motet::hub {

/// The head of an answer, or why there is none.
struct HttpAnswer {
  int status = 0;                              ///< 200, 206, 302, 404, ...; 0 when nobody answered
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string failure;  ///< empty, or why the answer did not come, or not to its end

  /// Empty when it is not there.
  std::string header(const std::string& name) const;
};

/// One GET at a time, no redirect followed.
class Http {
 public:
  /// Receives a piece of the body, after the head. What it throws ends the transfer and is thrown
  /// again by get().
  using Sink = std::function<void(const HttpAnswer& head, ByteView piece)>;
  using Headers = std::map<std::string, std::string>;

  virtual ~Http() = default;

  /// url is http or https. Never throws for what the network does: see `failure`.
  virtual HttpAnswer get(const std::string& url, const Headers& headers, const Sink& sink) = 0;
};

/// libcurl. A transfer fails when no byte comes for `stall_seconds`, and ends at once when
/// `progress` is asked to stop. Throws Error(kUnavailable) in a build without libcurl.
std::unique_ptr<Http> open_http(double stall_seconds, const Progress& progress);

}  // namespace motet::hub
