// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include "motet/base/error.h"
#include "motet/commands.h"
#include "motet/terminal.h"
#include "motet/trust/provenance.h"

namespace motet::program {
namespace {

constexpr int kFailed = 1;     // the world outside: a file, a flag's value, a model
constexpr int kUsage = 2;      // no such command or flag
constexpr int kOurFault = 70;  // EX_SOFTWARE of sysexits.h

int run(int argc, char** argv) {
  CLI::App app("Motet composes: a sentence goes in, a piece that can be heard comes out.");
  app.set_version_flag("--version", "motet " + std::string(trust::engine_version()));
  app.require_subcommand(1);
  add_analyse(app);
  add_compose(app);
  add_convert(app);
  add_render(app);
  add_info(app);
  add_tokenize(app);
  add_tokenizer(app);
  add_detokenize(app);
  add_data(app);
  add_evaluate(app);
  add_pull(app);
  add_quantize(app);
#ifdef MOTET_WITH_TRAINER
  add_train(app);
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "motet: %s\nmotet --help lists the commands and flags\n", error.what());
    return kUsage;
  }
  return exit_code();
}

}  // namespace
}  // namespace motet::program

int main(int argc, char** argv) {
  try {
    return motet::program::run(argc, argv);
  } catch (const motet::Error& error) {
    std::fprintf(stderr, "motet: %s\n", error.what());
    return motet::program::kFailed;
  } catch (const std::filesystem::filesystem_error& error) {
    // A folder that may not be looked into, links that go round, a name that is too long.
    std::fprintf(stderr, "motet: %s: %s\n", error.path1().c_str(), error.code().message().c_str());
    return motet::program::kFailed;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "motet: this machine has too little memory for that\n");
    return motet::program::kFailed;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "motet: this is our mistake, please report it: %s\n", error.what());
    return motet::program::kOurFault;
  }
}
