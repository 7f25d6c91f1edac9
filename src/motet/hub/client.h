// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "motet/hub/http.h"
#include "motet/hub/pull.h"

namespace motet::hub {

/// Asks one repository's endpoint: follows redirects, keeps the token to the endpoint, waits
/// between tries, and puts refusals into words.
class Client {
 public:
  Client(const PullRequest& request, Http& http, const Progress& progress);

  /// "<endpoint>/api/models/owner/name/revision/main?blobs=true".
  std::string listing_url() const;
  std::string file_url(const std::string& commit, const std::string& name) const;

  /// One try. The sink gets bodies of 200 and 206 alone. The hub's own x-linked-etag, x-linked-size
  /// and x-repo-commit come with the first answer, and are kept through redirects.
  HttpAnswer ask(const std::string& url, Http::Headers headers, const Http::Sink& sink);

  /// A fault that another try may mend.
  static bool is_passing(const HttpAnswer& answer);
  /// Waits before try `number` (from 1), or until asked to stop.
  void wait(int number, const HttpAnswer& answer) const;
  bool stopped() const { return progress_.stop_requested(); }

  /// Says why `what` ("owner/name", or a file of it) cannot be had.
  [[noreturn]] void refuse(const HttpAnswer& answer, const std::string& what) const;

 private:
  const PullRequest& request_;
  Http& http_;
  const Progress& progress_;
  std::string endpoint_;
};

}  // namespace motet::hub
