// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

#include <chrono>
#include <exception>
#include <new>

#include "motet/base/error.h"
#include "motet/hub/http.h"

namespace motet::hub {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kLongestHeaders = 65'536;  // bytes of all header lines of an answer

/// What one transfer hears and keeps.
struct Transfer {
  const Http::Sink& sink;
  const Progress& progress;
  double stall_seconds;
  CURL* handle;
  HttpAnswer answer = {};
  size_t header_bytes = 0;
  curl_off_t heard = 0;
  Clock::time_point heard_at = Clock::now();
  bool stalled = false;
  std::exception_ptr thrown = nullptr;
};

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

/// One header line, "Name: value". A status line begins anew: what came before was "100 Continue".
size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  transfer.header_bytes += line.size();
  if (transfer.header_bytes > kLongestHeaders) return 0;
  if (line.starts_with("HTTP/")) transfer.answer.headers.clear();
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  transfer.answer.headers[name] = trimmed(line.substr(colon + 1));
  return line.size();
}

size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  long status = 0;
  curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
  transfer.answer.status = static_cast<int>(status);
  try {
    transfer.sink(transfer.answer, {reinterpret_cast<const uint8_t*>(data), size * count});
  } catch (...) {  // may not pass through C
    transfer.thrown = std::current_exception();
    return 0;
  }
  return size * count;
}

/// Called at least once a second, whatever comes. Not 0 ends the transfer.
int on_tick(void* user, curl_off_t, curl_off_t downloaded, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.progress.stop_requested()) return 1;
  const auto now = Clock::now();
  const auto heard = downloaded + static_cast<curl_off_t>(transfer.header_bytes);
  if (heard != transfer.heard) {
    transfer.heard = heard;
    transfer.heard_at = now;
  }
  const double silent = std::chrono::duration<double>(now - transfer.heard_at).count();
  transfer.stalled = silent > transfer.stall_seconds;
  return transfer.stalled ? 1 : 0;
}

class CurlHttp final : public Http {
 public:
  CurlHttp(double stall_seconds, const Progress& progress)
      : stall_seconds_(stall_seconds), progress_(progress), handle_(curl_easy_init()) {
    if (handle_ == nullptr) throw std::bad_alloc();
  }
  ~CurlHttp() override { curl_easy_cleanup(handle_); }
  CurlHttp(const CurlHttp&) = delete;
  CurlHttp& operator=(const CurlHttp&) = delete;

  HttpAnswer get(const std::string& url, const Headers& headers, const Sink& sink) override {
    Transfer transfer{
        .sink = sink, .progress = progress_, .stall_seconds = stall_seconds_, .handle = handle_};
    curl_slist* lines = nullptr;
    for (const auto& [name, value] : headers) {
      lines = curl_slist_append(lines, (name + ": " + value).c_str());
    }
    prepare(url, lines, transfer);
    const CURLcode code = curl_easy_perform(handle_);
    curl_slist_free_all(lines);
    if (transfer.thrown != nullptr) std::rethrow_exception(transfer.thrown);
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    transfer.answer.status = static_cast<int>(status);
    if (code != CURLE_OK) transfer.answer.failure = reason_of_failure(code, transfer);
    return std::move(transfer.answer);
  }

 private:
  void prepare(const std::string& url, curl_slist* lines, Transfer& transfer) {
    curl_easy_reset(handle_);  // keeps the connection
    curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle_, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_USERAGENT, "motet");
    curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(stall_seconds_ * 1e3));
    curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, words_);
    curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle_, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(handle_, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle_, CURLOPT_XFERINFOFUNCTION, on_tick);
    curl_easy_setopt(handle_, CURLOPT_XFERINFODATA, &transfer);
    words_[0] = '\0';
  }

  std::string reason_of_failure(CURLcode code, const Transfer& transfer) const {
    if (progress_.stop_requested()) return "stopped";
    if (transfer.stalled) return "the server fell silent";
    return words_[0] != '\0' ? words_ : curl_easy_strerror(code);
  }

  double stall_seconds_;
  const Progress& progress_;
  CURL* handle_;
  char words_[CURL_ERROR_SIZE] = {};
};

}  // namespace

std::unique_ptr<Http> open_http(double stall_seconds, const Progress& progress) {
  static const CURLcode begun = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (begun != CURLE_OK) throw Error(ErrorCode::kUnavailable, "libcurl does not start");
  return std::make_unique<CurlHttp>(stall_seconds, progress);
}

}  // namespace motet::hub
