// SPDX-License-Identifier: Apache-2.0
#include "motet/hub/client.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "motet/base/error.h"
#include "motet/hub/listing.h"

namespace motet::hub {
namespace {

constexpr int kMostRedirects = 5;
constexpr double kLongestWait = 8.0;         // seconds, of our own choice
constexpr double kLongestRetryAfter = 60.0;  // seconds, of the server's

[[noreturn]] void refuse_request(const std::string& sentence) {
  throw Error(ErrorCode::kInvalidArgument, "pull: " + sentence);
}

bool is_web(const std::string& url) {
  return url.starts_with("https://") || url.starts_with("http://");
}

/// "https://host:port" of a URL.
std::string origin_of(const std::string& url) {
  return url.substr(0, url.find('/', url.find("://") + 3));
}

/// Where a Location leads, seen from `url`; empty where it is nowhere on the web.
std::string resolved(const std::string& location, const std::string& url) {
  if (is_web(location)) return location;
  if (location.starts_with("//")) return url.substr(0, url.find("//")) + location;
  if (location.starts_with("/")) return origin_of(url) + location;
  return "";
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// "owner/name", each of letters, digits, "-", "_" and ".".
bool is_repository(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return false;
  for (const std::string& part : {text.substr(0, slash), text.substr(slash + 1)}) {
    if (part.empty() || part[0] == '.' || part.size() > 100) return false;
    if (escaped(part, false) != part || part.find('~') != std::string::npos) return false;
  }
  return true;
}

std::string checked_endpoint(std::string endpoint) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const bool plain =
      std::ranges::all_of(endpoint, [](char c) { return c > ' ' && c <= '~' && c != '@'; });
  if (!is_web(endpoint) || !plain) {
    refuse_request("expected an endpoint such as " + std::string(kPublicHub) + ", found \"" +
                   endpoint + "\"");
  }
  return endpoint;
}

}  // namespace

std::string HttpAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Client::Client(const PullRequest& request, Http& http, const Progress& progress)
    : request_(request),
      http_(http),
      progress_(progress),
      endpoint_(checked_endpoint(request.endpoint)) {
  if (!is_repository(request.repository)) {
    refuse_request("expected OWNER/NAME, found \"" + request.repository + "\"");
  }
  if (request.revision.empty() || request.revision.size() > 200) {
    refuse_request("expected a branch, a tag or a commit as revision");
  }
  const auto is_plain = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::ranges::all_of(request.token, is_plain)) {
    refuse_request("the token (HF_TOKEN) has blanks or unprintable characters in it");
  }
}

std::string Client::listing_url() const {
  return endpoint_ + "/api/models/" + request_.repository + "/revision/" +
         escaped(request_.revision, false) + "?blobs=true";
}

std::string Client::file_url(const std::string& commit, const std::string& name) const {
  return endpoint_ + "/" + request_.repository + "/resolve/" + commit + "/" + escaped(name, true);
}

HttpAnswer Client::ask(const std::string& url, Http::Headers headers, const Http::Sink& sink) {
  const Http::Sink bodies = [&](const HttpAnswer& head, ByteView piece) {
    if (head.status == 200 || head.status == 206) sink(head, piece);
  };
  std::string at = url;
  Http::Headers kept;
  for (int i = 0; i <= kMostRedirects; ++i) {
    Http::Headers sent = headers;
    if (!request_.token.empty() && origin_of(at) == origin_of(endpoint_)) {
      sent["Authorization"] = "Bearer " + request_.token;
    }
    HttpAnswer answer = http_.get(at, sent, bodies);
    for (const char* name : {"x-linked-etag", "x-linked-size", "x-repo-commit"}) {
      if (answer.headers.contains(name)) kept.emplace(name, answer.headers[name]);
    }
    answer.headers.insert(kept.begin(), kept.end());
    if (!answer.failure.empty() || !is_redirect(answer.status)) return answer;
    const std::string next = resolved(answer.header("location"), at);
    if (next.empty() || (at.starts_with("https:") && !next.starts_with("https:"))) {
      return {.status = 0, .headers = {}, .failure = "a redirect leads nowhere that is safe"};
    }
    at = next;
  }
  return {.status = 0, .headers = {}, .failure = "too many redirects"};
}

bool Client::is_passing(const HttpAnswer& answer) {
  return !answer.failure.empty() || answer.status == 408 || answer.status == 429 ||
         answer.status >= 500;
}

void Client::wait(int number, const HttpAnswer& answer) const {
  double seconds = request_.first_wait_seconds;
  for (int i = 1; i < number; ++i) seconds = std::min(2.0 * seconds, kLongestWait);
  const double asked = std::strtod(answer.header("retry-after").c_str(), nullptr);
  if (asked > seconds) seconds = std::min(asked, kLongestRetryAfter);
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!stopped() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void Client::refuse(const HttpAnswer& answer, const std::string& what) const {
  const std::string why = answer.header("x-error-code");
  const std::string page = endpoint_ + "/" + request_.repository;
  if (!answer.failure.empty()) {
    throw Error(ErrorCode::kUnavailable, what + ": cannot be fetched: " + answer.failure +
                                             "; the same command goes on where it stopped");
  }
  if ((answer.status == 401 || answer.status == 403) && why != "RepoNotFound") {
    const std::string way =
        request_.token.empty()
            ? "ask for access on " + page + ", then set HF_TOKEN to a token of that account"
            : "the token in HF_TOKEN has no access; ask for it on " + page;
    throw Error(ErrorCode::kUnavailable, what + ": gated or private: " + way);
  }
  if (answer.status == 404 || why == "RepoNotFound") {
    const std::string hint =
        why == "RevisionNotFound"
            ? "it has no revision \"" + request_.revision + "\""
            : "there is none at " + endpoint_ +
                  (why == "RepoNotFound" ? ", or it is private (HF_TOKEN)" : "");
    throw Error(ErrorCode::kNotFound, what + ": " + hint);
  }
  throw Error(ErrorCode::kUnavailable,
              what + ": " + endpoint_ + " answers " + std::to_string(answer.status));
}

}  // namespace motet::hub
