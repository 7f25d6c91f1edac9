#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Roman numerals and local keys against human analyses, motet beside music21.

    measure_roman.py PROGRAM [open|held|all] [--corpus KIND=FOLDER] [--errors] [--peer]
                     [--only TEXT] [--every N] [--jobs N]

PROGRAM is motet. The analyses, unless --corpus names others, are those that music21 ships with
their scores: 20 chorales and 48 madrigals of Monteverdi (Dmitri Tymoczko's group), as RomanText. Every second piece is `open`: errors may be looked for in it. The others are `held`.
KIND is `rome` (a checkout of When-in-Rome), `dcml` (of one of DCML's corpora) or `haydn` (op. 20:
the two folders When-in-Rome and haydn_op20_harm with a comma between).

A piece is left out, and named, where less than 60 % of the sounding notes are in the analyst's
chords: its score is of another key or edition than the analysis. Shares of the time that has an
analysis, every sixteenth note counted: the local key; of the chord its root, its quality (sevenths
count) and its inversion; the degree in the analyst's key, with what it is applied to; and all of it
at once. Cad64, and DCML's V(64), count as I64. The peer is music21's own: its floating key
(KeyAnalyzer, a window of 8 bars), chordify and romanNumeralFromChord.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import music21
from music21 import roman

import roman_corpora
from roman_corpora import STEP, Timeline, described, described_figure

warnings.filterwarnings("ignore")
MEASURES = ("key", "root", "quality", "inversion", "degree", "all")
CACHE = Path(tempfile.gettempdir()) / "motet-roman"  # what was read once


def pieces(kind, folders):
    cache = CACHE / (kind + "-" + "-".join(Path(folder).name for folder in folders))
    cache.mkdir(parents=True, exist_ok=True)
    folders = [Path(folder) for folder in folders]
    readers = {"music21": roman_corpora.music21_pieces, "rome": roman_corpora.when_in_rome_pieces,
               "dcml": roman_corpora.dcml_pieces, "haydn": roman_corpora.haydn_pieces}
    return readers[kind](*folders, cache)


def analysed(program, piece):
    done = subprocess.run([program, "analyse", "--json", str(piece.path)], capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout)


def motet(result, end):
    quarter = result["ticks_per_quarter"]
    entries = []
    for entry in result["harmony"]:
        tonic, mode = entry["key"].replace("-flat", "-").replace("-sharp", "#").split()
        figure = entry["figure"]
        if "applied_to" in entry and "/" not in figure:
            figure += "/" + entry["applied_to"]
        entries.append((entry["tick"] / quarter, described_figure(figure, tonic, mode)))
    return Timeline(entries, end)


def peer(score):
    analyzer = music21.analysis.floatingKey.KeyAnalyzer(score)
    analyzer.windowSize = 8
    keys = analyzer.run()
    entries = []
    for index, bar in enumerate(score.chordify().getElementsByClass("Measure")):
        key = keys[min(index, len(keys) - 1)]
        for chord in bar.getElementsByClass("Chord"):
            try:
                found = described(roman.romanNumeralFromChord(chord, key))
            except Exception:  # music21 has no figure for some clusters
                continue
            entries.append((float(bar.offset + chord.offset), found))
    return Timeline(entries, float(score.highestTime))


def key_relation(expected, heard):
    """How a key that was heard lies to the right one."""
    if expected == heard:
        return "right"
    up = (heard[0] - expected[0]) % 12
    same = expected[1] == heard[1]
    if same:
        return {7: "dominant", 5: "subdominant"}.get(up, "other")
    if up == 0:
        return "parallel"
    if up == (9 if expected[1] == "major" else 3):
        return "relative"
    return "other"


class Tally:
    def __init__(self):
        self.count, self.right = 0, Counter()
        self.errors, self.keys, self.roots = Counter(), Counter(), Counter()

    def compare(self, truth, found):
        for step in range(int(truth.end / STEP)):
            expected = truth.at(step * STEP)
            if expected is None:
                continue
            self.count += 1
            heard = found.at(step * STEP)
            if heard is None:
                continue
            same = {name: heard[name] == expected[name] for name in MEASURES[:-1]}
            same["all"] = all(same.values())
            for name in MEASURES:
                self.right[name] += same[name]
            if not same["all"]:
                self.errors[expected["figure"], heard["figure"]] += 1
            self.keys[expected["key"][1], key_relation(expected["key"], heard["key"])] += 1
            if not same["root"]:
                self.roots[(heard["root"] - expected["root"]) % 12] += 1

    def add(self, other):
        self.count += other.count
        for mine, theirs in ((self.right, other.right), (self.errors, other.errors),
                             (self.keys, other.keys), (self.roots, other.roots)):
            mine.update(theirs)

    def row(self, name):
        shares = (100 * self.right[m] / max(1, self.count) for m in MEASURES)
        return f"{name:36} {self.count:7} " + " ".join(f"{share:9.1f}%" for share in shares)

    def explained(self):
        lines = ["local keys, share of the time by the right mode:"]
        for mode in ("major", "minor"):
            of_mode = {k: n for (m, k), n in self.keys.items() if m == mode}
            total = max(1, sum(of_mode.values()))
            shares = sorted(of_mode.items(), key=lambda item: -item[1])
            lines.append(f"  {mode} {total}: " +
                         ", ".join(f"{k} {100 * n / total:.1f}%" for k, n in shares))
        lines.append("wrong roots, semitones above the right one: " +
                     ", ".join(f"{k}: {100 * n / max(1, self.count):.1f}%"
                               for k, n in self.roots.most_common()))
        lines += [f"{count:6}  {expected:28} heard as {heard}"
                  for (expected, heard), count in self.errors.most_common(60)]
        return "\n".join(lines)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("half", nargs="?", default="held", choices=["open", "held", "all"])
    parser.add_argument("--corpus", default="music21=", help="KIND=FOLDER")
    parser.add_argument("--errors", action="store_true", help="say what is mistaken for what")
    parser.add_argument("--peer", action="store_true", help="music21 beside motet")
    parser.add_argument("--only", default="", help="pieces whose name holds this")
    parser.add_argument("--every", type=int, default=1, help="every N-th piece")
    parser.add_argument("--jobs", type=int, default=1)
    return parser.parse_args()


def main():
    options = parse_options()
    if options.errors and options.half == "held":
        sys.exit("the held half is not looked into")
    kind, _, folders = options.corpus.partition("=")
    chosen = [piece for piece in pieces(kind, [f for f in folders.split(",") if f])
              if options.only in piece.name]
    if options.half != "all":
        chosen = chosen[options.half == "held"::2]
    chosen = chosen[::options.every]
    for piece in chosen:
        if piece.problem:
            print(f"{piece.name}: left out, {piece.problem}")
    chosen = [piece for piece in chosen if not piece.problem]
    totals = {}
    with ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda piece: analysed(options.program, piece), chosen)
        for piece, result in zip(chosen, results):
            methods = {"motet": motet(result, piece.timeline.end)}
            if options.peer:
                methods["music21"] = peer(piece.score)
            for method, found in methods.items():
                tally = Tally()
                tally.compare(piece.timeline, found)
                if options.errors:
                    print(tally.row(f"{piece.name} {method}"[-36:]))
                for group in (piece.name.split()[0].split("/")[0], "together"):
                    totals.setdefault((group, method), Tally()).add(tally)
    print(f"{options.half}, {len(chosen)} pieces; sixteenths, shares of them right")
    print(f"{'':36} {'':7} " + " ".join(f"{m:>10}" for m in MEASURES))
    if kind == "dcml":
        totals = {key: tally for key, tally in totals.items() if key[0] == "together"}
    for (group, method), tally in sorted(totals.items()):
        print(tally.row(f"{group} {method}"), flush=True)
    if options.errors:
        print(totals["together", "motet"].explained())


if __name__ == "__main__":
    main()
