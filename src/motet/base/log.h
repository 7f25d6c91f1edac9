// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace motet {

enum class LogLevel { kInfo, kWarning };

using LogSink = std::function<void(LogLevel, const std::string&)>;

/// Where the library's messages go. Silent until a program sets a sink, once, at its start.
void set_log_sink(LogSink sink);

void log_info(const std::string& message);
void log_warning(const std::string& message);

}  // namespace motet
