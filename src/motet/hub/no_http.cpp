// SPDX-License-Identifier: Apache-2.0
#include "motet/base/error.h"
#include "motet/hub/http.h"

namespace motet::hub {

std::unique_ptr<Http> open_http(double, const Progress&) {
  throw Error(ErrorCode::kUnavailable,
              "this build of Motet has no libcurl, so it cannot fetch; install libcurl's headers "
              "(Debian: libcurl4-openssl-dev), configure and build again");
}

}  // namespace motet::hub
