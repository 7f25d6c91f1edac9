#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Roman numerals and local keys against human analyses, motet beside music21.

    measure_roman.py PROGRAM [open|held] [--errors] [--no-peer] [--only TEXT]

PROGRAM is motet. The analyses are those that music21 ships with their scores: 20 chorales (Andrew
Jones) and 48 madrigals of Monteverdi (Dmitri Tymoczko's group), as RomanText. Every second one is
`open`: errors may be looked for in it. The others are `held`: nothing was tuned on them.

A piece is left out, and named, where less than 60 % of the sounding notes are in the analyst's chords:
its score is of another key or edition than the analysis. Shares of the time that has an analysis, every sixteenth note counted: the local key; of the chord
its root, its quality (sevenths count) and its inversion; the degree in the analyst's key, with what
it is applied to; and all of it at once. Cad64 counts as I64. The peer is music21's own: its floating
key (KeyAnalyzer, a window of 8 bars), chordify and romanNumeralFromChord.
"""
import argparse
import bisect
import json
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import music21
from music21 import corpus, roman

warnings.filterwarnings("ignore")
STEP = 0.25  # quarters
LEAST_FIT = 0.6  # below it, analysis and score are of different editions or keys
MEASURES = ("key", "root", "quality", "inversion", "degree", "all")


def pieces():
    """(name, score, analysis): paths."""
    folder = Path(corpus.__file__).parent
    chorales = corpus.chorales.Iterator(1, 20, numberingSystem="riemenschneider",
                                        returnType="filename")
    for number, name in enumerate(chorales, 1):
        yield (f"chorale {number}", folder / f"{name}.mxl",
               folder / f"bach/choraleAnalyses/riemenschneider{number:03}.rntxt")
    for analysis in sorted((folder / "monteverdi").glob("*.rntxt")):
        yield f"monteverdi {analysis.stem[9:]}", analysis.with_suffix(".mxl"), analysis


def quality_of(numeral):
    """Pitch classes above the root: what the chord is, in whatever octave and spelling."""
    root = numeral.root().pitchClass
    return frozenset((pitch.pitchClass - root) % 12 for pitch in numeral.pitches)


def described(numeral):
    """key, root, quality, inversion, degree of a music21 RomanNumeral."""
    key = numeral.key
    secondary = numeral.secondaryRomanNumeral
    while secondary is not None and secondary.secondaryRomanNumeral is not None:
        secondary = secondary.secondaryRomanNumeral
    target = secondary.scaleDegree if secondary is not None else None
    alteration = numeral.frontAlterationAccidental
    degree = (numeral.scaleDegree, alteration.alter if alteration is not None else 0, target)
    return {"key": (key.tonic.pitchClass, key.mode), "root": numeral.root().pitchClass,
            "quality": quality_of(numeral), "inversion": numeral.inversion(), "degree": degree,
            "figure": f"{key.tonicPitchNameWithCase}: {numeral.figure}"}


class Timeline:
    def __init__(self, entries, end):
        self.entries = sorted(entries, key=lambda entry: entry[0])
        self.starts = [entry[0] for entry in self.entries]
        self.end = end

    def at(self, time):
        index = bisect.bisect_right(self.starts, time + 1e-6) - 1
        return self.entries[index][1] if index >= 0 and time < self.end else None


def bars_of(stream):
    part = stream.parts[0] if stream.parts else stream
    return list(part.getElementsByClass("Measure"))


def sounding(score):
    """(time, pitch classes) of each sixteenth."""
    heard = {}
    for note in score.flatten().notes:
        begin, end = float(note.offset), float(note.offset + note.quarterLength)
        for step in range(int(begin / STEP), max(int(begin / STEP) + 1, int(end / STEP))):
            heard.setdefault(step * STEP, []).extend(pitch.pitchClass for pitch in note.pitches)
    return heard


def fit(timeline, heard):
    """The share of sounding notes that are in the chord the analysis has there."""
    inside = count = 0
    for time, pitches in heard.items():
        chord = timeline.at(time)
        if chord is None:
            continue
        count += len(pitches)
        inside += sum((pitch - chord["root"]) % 12 in chord["quality"] for pitch in pitches)
    return inside / max(1, count)


def human(analysis, score):
    """(fit, the analysis laid on the score): by the numbers of bars or by their order or as its
    offsets are, whichever the notes bear out."""
    stream = corpus.parse(str(analysis), format="romantext")
    numbers, places = {}, []
    for bar in bars_of(score):
        numbers.setdefault(bar.number, float(bar.offset))
        places.append(float(bar.offset))
    layings = {"number": [], "order": [], "offset": []}
    for index, bar in enumerate(bars_of(stream)):
        for numeral in bar.getElementsByClass("RomanNumeral"):
            if not numeral.pitches:
                continue
            found, inside = described(numeral), float(numeral.offset)
            layings["offset"].append((float(bar.offset) + inside, found))
            if bar.number in numbers:
                layings["number"].append((numbers[bar.number] + inside, found))
            if index < len(places):
                layings["order"].append((places[index] + inside, found))
    heard = sounding(score)
    timelines = [Timeline(entries, float(score.highestTime)) for entries in layings.values()]
    return max(((fit(timeline, heard), timeline) for timeline in timelines), key=lambda x: x[0])


def motet(program, path, score):
    done = subprocess.run([program, "analyse", "--json", str(path)], capture_output=True, text=True,
                          check=True)
    result = json.loads(done.stdout)
    quarter = result["ticks_per_quarter"]
    entries = []
    for entry in result["harmony"]:
        tonic, mode = entry["key"].replace("-flat", "-").replace("-sharp", "#").split()
        key = music21.key.Key(tonic if mode == "major" else tonic.lower(), mode)
        figure = entry["figure"].replace("Cad64", "I64" if mode == "major" else "i64")
        if "applied_to" in entry and "/" not in figure:
            figure += "/" + entry["applied_to"]
        entries.append((entry["tick"] / quarter, described(roman.RomanNumeral(figure, key))))
    return Timeline(entries, float(score.highestTime))


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


def compare(truth, found, right, errors):
    count = 0
    for step in range(int(truth.end / STEP)):
        expected = truth.at(step * STEP)
        if expected is None:
            continue
        count += 1
        heard = found.at(step * STEP)
        if heard is None:
            continue
        same = {name: heard[name] == expected[name] for name in MEASURES[:-1]}
        same["all"] = all(same.values())
        for name in MEASURES:
            right[name] += same[name]
        if not same["all"]:
            errors[expected["figure"], heard["figure"]] += 1
    return count


def show(name, count, right):
    print(f"{name:28} {count:7} " + " ".join(f"{100 * right[m] / count:9.1f}%" for m in MEASURES),
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("half", nargs="?", default="held", choices=["open", "held"])
    parser.add_argument("--errors", action="store_true", help="say what is mistaken for what")
    parser.add_argument("--no-peer", action="store_true", help="leave music21 out")
    parser.add_argument("--only", default="", help="pieces whose name holds this")
    options = parser.parse_args()
    if options.errors and options.half == "held":
        sys.exit("the held half is not looked into")
    totals = {}
    errors = Counter()
    chosen = list(pieces())[options.half == "held"::2]
    for name, path, analysis in chosen:
        if options.only not in name:
            continue
        score = corpus.parse(str(path))
        agreement, truth = human(analysis, score)
        if agreement < LEAST_FIT:
            print(f"{name}: left out, {100 * agreement:.0f}% of its notes are in its chords")
            continue
        methods = {"motet": motet(options.program, path, score)}
        if not options.no_peer:
            methods["music21"] = peer(score)
        for method, found in methods.items():
            right = Counter()
            count = compare(truth, found, right, errors if method == "motet" else Counter())
            if options.errors:
                show(f"{name} {method}", count, right)
            for group in (name.split()[0], "together"):
                total = totals.setdefault((group, method), [0, Counter()])
                total[0] += count
                total[1] += right
    print(f"{options.half} half, music21 {music21.__version__}; sixteenths, shares of them right")
    print(f"{'':28} {'':7} " + " ".join(f"{m:>10}" for m in MEASURES))
    for (group, method), (count, right) in sorted(totals.items()):
        show(f"{group} {method}", count, right)
    for (expected, heard), count in errors.most_common(40) if options.errors else []:
        print(f"{count:6}  {expected:20} heard as {heard}")


if __name__ == "__main__":
    main()
