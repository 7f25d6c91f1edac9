// SPDX-License-Identifier: Apache-2.0
#include "motet/base/log.h"

#include <mutex>
#include <utility>

namespace motet {
namespace {

std::mutex& sink_mutex() {
  static std::mutex mutex;
  return mutex;
}

LogSink& sink() {
  static LogSink value;
  return value;
}

void send(LogLevel level, const std::string& message) {
  const std::lock_guard lock(sink_mutex());
  if (sink()) sink()(level, message);
}

}  // namespace

void set_log_sink(LogSink new_sink) {
  const std::lock_guard lock(sink_mutex());
  sink() = std::move(new_sink);
}

void log_info(const std::string& message) { send(LogLevel::kInfo, message); }

void log_warning(const std::string& message) { send(LogLevel::kWarning, message); }

}  // namespace motet
