// SPDX-License-Identifier: Apache-2.0
#include "motet/models/quantize.h"

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "motet/commands.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

struct QuantizeOptions {
  std::string bundle;
  std::string to = "int8";
  std::string output;
};

const std::map<std::string, models::QuantizeType> kTypes{
    {"int8", models::QuantizeType::kInt8},
    {"int8-block", models::QuantizeType::kInt8Block},
    {"int4", models::QuantizeType::kInt4}};

void run_quantize(const QuantizeOptions& options) {
  const models::QuantizeReport report =
      models::quantize_bundle(options.bundle, options.output, kTypes.at(options.to));
  char line[128];
  std::snprintf(line, sizeof line, "%lld matrices, %.1f MB before, %.1f MB after",
                static_cast<long long>(report.matrices),
                static_cast<double>(report.bytes_before) / 1e6,
                static_cast<double>(report.bytes_after) / 1e6);
  say(line);
  say("The bundle is in " + options.output + "; motet evaluate says what it lost");
}

}  // namespace

void add_quantize(CLI::App& app) {
  auto options = std::make_shared<QuantizeOptions>();
  CLI::App* command =
      app.add_subcommand("quantize", "Make a bundle's matrices small: less to read a token");
  command->add_option("bundle", options->bundle, "A bundle's folder")->required();
  command
      ->add_option("--to", options->to,
                   "int8: a scale a row; int8-block and int4: a scale for 32 elements")
      ->check(CLI::IsMember(kTypes))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "The folder of the new bundle")->required();
  command->callback([options] { run_quantize(*options); });
}

}  // namespace motet::program
