// SPDX-License-Identifier: Apache-2.0
#include "motet/synth/render.h"

#include <memory>
#include <string>

#include "motet/audio/files.h"
#include "motet/base/file.h"
#include "motet/commands.h"
#include "motet/score_file.h"
#include "motet/synth/soundfont.h"
#include "motet/terminal.h"

namespace motet::program {
namespace {

struct RenderOptions {
  std::string input;
  std::string output;
  std::string soundfont;
  int tune = 0;
};

void run_render(const RenderOptions& options) {
  std::filesystem::path output = options.output;
  if (output.empty()) output = std::filesystem::path(options.input).replace_extension(".wav");
  const ScoreFile file = read_score_file(options.input, options.tune);
  const std::filesystem::path soundfont = synth::find_soundfont(options.soundfont);
  require_writable(output);
  TerminalProgress terminal;
  const audio::Waveform sound = synth::render(file.reading.score, soundfont, terminal.progress());
  audio::write_wav(output, sound);
  terminal.clear();
  if (terminal.progress().stop_requested()) mark_interrupted();
  char length[32];
  std::snprintf(length, sizeof length, "%.1f s", sound.length_seconds());
  say(output.string() + "  " + length + ", 44.1 kHz stereo");
}

}  // namespace

void add_render(CLI::App& app) {
  auto options = std::make_shared<RenderOptions>();
  CLI::App* command = app.add_subcommand("render", "Turn a file of notes into sound");
  command->add_option("input", options->input, "A MIDI, MusicXML, ABC or kern file")->required();
  command->add_option("-o,--output", options->output, "The WAV file; INPUT.wav by default");
  command->add_option("--soundfont", options->soundfont, "An .sf2 or .sf3 file");
  command->add_option("--tune", options->tune, "The X: number of a tune of an ABC file");
  command->callback([options] { run_render(*options); });
}

}  // namespace motet::program
