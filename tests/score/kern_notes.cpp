// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <numeric>
#include <string>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/kern.h"

/// Prints what read_kern makes of each file, for tools/compare_kern.py: "file PATH", then a line
/// "PITCH ONSET DURATION PART MOVED" a note with times in quarters as fractions and the semitones
/// by which *ITr moves its part, "bars ONSET...", "mended SENTENCE", or "refused REASON".
int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::cout << "file " << argv[i] << "\n";
    try {
      const motet::Reading reading = motet::read_kern(motet::read_file(argv[i]));
      const int64_t quarter = reading.score.ticks_per_quarter;
      const auto quarters = [&](motet::Ticks at) {
        const int64_t common = std::max<int64_t>(1, std::gcd(at.value, quarter));
        return std::to_string(at.value / common) + "/" + std::to_string(quarter / common);
      };
      for (size_t p = 0; p < reading.score.parts.size(); ++p) {
        for (const motet::Note& note : reading.score.parts[p].notes) {
          std::cout << int{note.pitch} << " " << quarters(note.onset) << " "
                    << quarters(note.duration) << " " << p << " "
                    << int{reading.score.parts[p].transposition.chromatic} << "\n";
        }
      }
      std::cout << "bars";
      for (const motet::Bar& bar : motet::bars_of(reading.score))
        std::cout << " " << quarters(bar.begin);
      std::cout << "\n";
      for (const std::string& sentence : reading.mended) std::cout << "mended " << sentence << "\n";
    } catch (const motet::Error& error) {
      std::cout << "refused " << error.what() << "\n";
    }
  }
  return 0;
}
