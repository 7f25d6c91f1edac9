// SPDX-License-Identifier: Apache-2.0
#include "motet/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace motet::program {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr int kDefaultColumns = 80;
constexpr int kInterrupted = 130;

std::atomic<Progress*> interruptible{nullptr};
std::atomic<int> code{0};

void on_interrupt(int /*signal*/) {
  Progress* const progress = interruptible.load();
  if (progress != nullptr) progress->request_stop();
}

int terminal_columns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kDefaultColumns;
}

}  // namespace

struct TerminalProgress::State {
  State() : progress([this](const ProgressEvent& event) { show(event); }) {}

  void show(const ProgressEvent& event) {
    if (!is_terminal) return;
    const auto now = Clock::now();
    if (event.stage != stage) {
      stage = event.stage;
      begin = now;
    } else if (now - drawn < kRedraw && event.done != event.total) {
      return;
    }
    drawn = now;
    const double elapsed = std::chrono::duration<double>(now - begin).count();
    std::fprintf(stderr, "\r\033[K%s",
                 progress_line(event, elapsed, terminal_columns() - 1).c_str());
    std::fflush(stderr);
  }

  Progress progress;
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  std::string stage;
  Clock::time_point begin;
  Clock::time_point drawn;
};

TerminalProgress::TerminalProgress() : state_(std::make_unique<State>()) {
  interruptible.store(&state_->progress);
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
}

TerminalProgress::~TerminalProgress() {
  clear();
  std::signal(SIGINT, SIG_DFL);
  interruptible.store(nullptr);
}

Progress& TerminalProgress::progress() noexcept { return state_->progress; }

void TerminalProgress::clear() {
  if (!state_->is_terminal) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

int exit_code() noexcept { return code.load(); }
void mark_interrupted() noexcept { code.store(kInterrupted); }
void mark_failed() noexcept {
  if (code.load() == 0) code.store(1);
}

std::string decimal(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

void say(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

}  // namespace motet::program
