// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "motet/base/progress.h"

namespace motet::program {

/// What long work reports to: a bar on standard error where that is a terminal, nothing elsewhere.
/// While it lives, Ctrl-C asks the work to stop; a second Ctrl-C ends the program at once.
class TerminalProgress {
 public:
  TerminalProgress();
  ~TerminalProgress();
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;

  Progress& progress() noexcept;
  /// Wipes the bar, so that lines printed next stand alone.
  void clear();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether standard output is a terminal that wants colours (NO_COLOR is respected).
bool wants_colour();

/// What main returns when nothing went wrong: 0, or 130 after mark_interrupted(), as shells have
/// it.
int exit_code() noexcept;
void mark_interrupted() noexcept;
/// From now on exit_code() is 1, unless the work was interrupted.
void mark_failed() noexcept;

/// A number as printf prints it.
std::string decimal(const char* format, double value);

/// Prints a line to standard output.
void say(const std::string& line);

}  // namespace motet::program
