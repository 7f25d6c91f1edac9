#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the weights of infer_metre and writes src/motet/theory/metre_weights.cpp.

    measure_metre build/data/midi 20 3 > LINES       # and 20 13 > ...
    fit_metre.py LINES... [--write FILE]

Each line is a way to bar a piece: its features, and how right it is (class, bar, downbeats). Worth
is linear in the features; a piece's ways compete by softmax, and the fit brings their shares near
to exp(rightness / 0.08), where rightness is 0.2 of the class, 0.4 of the bar's length and 0.4 of
the F of downbeats. That is convex: there is one best table. Pieces whose split is not `train`, and
every fifth of the others, are held out of the fit.
"""
import argparse
import sys

import numpy as np

COMMON = [
    "weight on beats", "lengths on beats", "bass moves on beats", "simple places",
    "thirds or halves, as the beat has it", "onsets in a beat, octaves", "... squared",
    "beat beside 0.5 s, octaves", "... squared", "pulse beside the strongest",
    "downbeats: weight", "downbeats: length", "downbeats: wait", "downbeats: depth",
    "downbeats: new harmony", "downbeats: bass moves", "downbeats: bass drum, not snare",
    "half bars of four", "rhythm again after a bar", "pitches again after a bar",
    "rhythm again after two", "pitches again after two", "rhythm again after half a bar",
    "pitches again after half a bar", "last onset on a downbeat", "last onset on a half bar",
    "first onset on a downbeat", "whole bars from first to last", "whole fours of bars",
    "six eighths grouped so", "bar beside 2 s, octaves", "... squared"]
WRITTEN = [f"{n} {unit}" for unit in ("eighths", "quarters", "halves", "wholes") for n in (2, 3, 4)]
WRITTEN += ["3/8", "6/8", "9/8", "12/8"]
PLAYED = ["2 simple", "3 simple", "4 simple", "1 compound", "2 compound", "3 compound",
          "4 compound"] + ["unused"] * 9
RIGHTNESS = np.array([0.2, 0.4, 0.4])
SPREAD = 0.08
L2 = 0.001  # on features of spread 1


class Pieces:
    """Hypotheses of many pieces, sorted by piece."""

    def __init__(self, rows):
        names = [row[0] for row in rows]
        values = np.array([row[3:] for row in rows], dtype=np.float32)
        self.rights, self.features = values[:, :3], values[:, 3:]
        self.starts = np.array([i for i, n in enumerate(names) if i == 0 or n != names[i - 1]])
        self.counts = np.diff(np.append(self.starts, len(rows)))
        self.wanted = self.softmax(self.rights @ RIGHTNESS / SPREAD)

    def softmax(self, worth):
        powers = np.exp(worth - np.repeat(np.maximum.reduceat(worth, self.starts), self.counts))
        return powers / np.repeat(np.add.reduceat(powers, self.starts), self.counts)

    def rightness(self, weights):
        worth = self.features @ weights
        chosen = [s + int(np.argmax(worth[s:s + c])) for s, c in zip(self.starts, self.counts)]
        return self.rights[chosen].mean(axis=0)


def fit(pieces, steps=500):
    """Adam on features of one spread; what never varies has no weight."""
    spread = pieces.features.std(axis=0)
    varies = spread > 1e-6
    scale = np.where(varies, spread, 1.0).astype(np.float32)
    features = pieces.features / scale
    weights = np.zeros(features.shape[1], np.float32)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        wrong = pieces.softmax(features @ weights) - pieces.wanted
        slope = features.T @ wrong / len(pieces.starts) + L2 * weights
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope ** 2
        rate = 0.06 * (1.0 - 0.9 * step / steps)
        weights -= rate * (first / (1 - 0.9 ** step)) / (np.sqrt(second / (1 - 0.999 ** step)) + 1e-8)
    return np.where(varies, weights / scale, 0.0)


def read(paths):
    written, played = [], []
    for path in paths:
        for line in open(path):
            row = line.split()
            (written if row[2] == "1" else played).append(row)
    return written, played


def held(row):
    return row[1] != "train" or int(row[0].split("-")[0]) // 10 % 5 == 0


def table(name, weights, kinds):
    lines = [f"constexpr MetreFeatures {name} = {{"]
    for value, what in zip(weights, COMMON + kinds + ["... onsets, " + kind for kind in kinds]):
        lines.append(f"    {value:.3f},  // {what}")
    return "\n".join(lines + ["};"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lines", nargs="+")
    parser.add_argument("--write")
    options = parser.parse_args()
    tables = []
    for name, kinds, rows in zip(("kWritten", "kPlayed"), (WRITTEN, PLAYED), read(options.lines)):
        train, test = Pieces([r for r in rows if not held(r)]), Pieces([r for r in rows if held(r)])
        weights = fit(train)
        for part, pieces in (("fitted", train), ("held out", test)):
            rights = pieces.rightness(weights)
            print(f"{name} {part:9} {len(pieces.starts):5} pieces: class {rights[0]:.3f} "
                  f"bar {rights[1]:.3f} downbeat {rights[2]:.3f}")
        tables.append(table(name, weights, kinds))
    if options.write:
        with open(options.write, "w") as out:
            out.write(HEAD + "\n\n".join(tables) + TAIL)
    return 0


HEAD = """// SPDX-License-Identifier: Apache-2.0
// Written by tools/fit_metre.py; docs/evaluation.md says of what.
#include "motet/theory/metre_hypotheses.h"

namespace motet::theory {
namespace {

"""
TAIL = """

}  // namespace

double worth_of(const MetreFeatures& features, bool is_written) {
  const MetreFeatures& weights = is_written ? kWritten : kPlayed;
  double sum = 0.0;
  for (size_t i = 0; i < kMetreFeatures; ++i) sum += weights[i] * features[i];
  return sum;
}

}  // namespace motet::theory
"""

if __name__ == "__main__":
    sys.exit(main())
