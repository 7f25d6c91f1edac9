#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what Motet and music21 read from the same MusicXML files, head by head.

    tools/compare_musicxml.py build/release/bin/list_heads build/data/scores --sample 150

Every head of every part is (bar, onset in it, pitch, duration, tie), in quarters; grace notes have
no duration. "From the beginning" is the onset from the first bar on, which differs wherever an
earlier bar was taken to be longer. Prints one line a file that differs, with the first differing
heads, and the totals. Needs music21; the figures in docs/formats.md are of 10.5.1.
"""

import argparse
import collections
import pathlib
import random
import re
import subprocess
import sys

DIGITS = 4  # of a quarter: both readers keep exact fractions, so that only printing rounds


def read_ours(lister, path):
    """Heads by part index."""
    parts = collections.defaultdict(list)
    output = subprocess.run([lister, str(path)], capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        if line.startswith("!"):
            raise ValueError(line)
        if line.startswith("#"):
            continue
        _, part, onset, length, pitch, tie, grace, _, _, _, bar, in_bar = line.split("\t")
        if pitch == "-":
            continue
        length = "grace" if grace == "1" else round(float(length), DIGITS)
        parts[int(part)].append((int(bar), round(float(in_bar), DIGITS), int(pitch), length, tie,
                                 round(float(onset), DIGITS)))
    return parts


def read_theirs(path, music21):
    """Heads by part index; the staves of one part are joined again."""
    score = music21.converter.parse(str(path), forceSource=True)
    names = []
    parts = collections.defaultdict(list)
    for part in score.parts:
        name = re.sub(r"-Staff\d+$", "", str(part.id))
        if name not in names:
            names.append(name)
        instrument = part.getInstrument()
        shift = instrument.transposition.semitones if instrument.transposition else 0
        for bar, measure in enumerate(part.getElementsByClass(music21.stream.Measure)):
            for element in measure.recurse().notes:
                if isinstance(element, music21.harmony.Harmony):
                    continue
                in_bar = round(float(element.getOffsetInHierarchy(measure)), DIGITS)
                onset = round(float(element.getOffsetInHierarchy(part)), DIGITS)
                length = "grace" if element.duration.isGrace else round(
                    float(element.duration.quarterLength), DIGITS)
                notes = element.notes if isinstance(element, music21.chord.ChordBase) else [element]
                for note in notes:
                    if hasattr(note, "pitch"):
                        tie = note.tie.type if note.tie else "-"
                        parts[names.index(name)].append(
                            (bar, in_bar, int(note.pitch.midi + shift), length, tie, onset))
    return parts


def count_common(ours, theirs, fields):
    """How many heads agree in these fields."""
    a = collections.Counter(tuple(head[i] for i in fields) for head in ours)
    b = collections.Counter(tuple(head[i] for i in fields) for head in theirs)
    return sum((a & b).values())


FIELDS = {"same bar, onset and pitch": (0, 1, 2), "and duration": (0, 1, 2, 3),
          "and tie": (0, 1, 2, 3, 4), "same onset from the beginning": (2, 3, 5)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lister")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    import music21

    paths = sorted(arguments.folder.rglob("*.mxl"))
    paths = random.Random(arguments.seed).sample(paths, min(arguments.sample, len(paths)))
    totals = collections.Counter()
    for path in paths:
        try:
            theirs = read_theirs(path, music21)
        except Exception as error:  # a file that music21 cannot read says nothing about ours
            print(f"{path.name}: music21 refuses it: {type(error).__name__}: {error}", flush=True)
            totals["refused by music21"] += 1
            continue
        ours = read_ours(arguments.lister, path)
        totals["files"] += 1
        for part in sorted(set(ours) | set(theirs)):
            a, b = ours[part], theirs[part]
            totals["heads here"] += len(a)
            totals["heads there"] += len(b)
            for name, fields in FIELDS.items():
                totals[name] += count_common(a, b, fields)
            left = sorted((collections.Counter(a) - collections.Counter(b)).elements(), key=str)
            right = sorted((collections.Counter(b) - collections.Counter(a)).elements(), key=str)
            if left or right:
                print(f"{path.name} part {part}: only here {len(left)} {left[:3]}, "
                      f"only there {len(right)} {right[:3]}", flush=True)
    most = max(totals["heads here"], totals["heads there"], 1)
    for name, count in totals.items():
        share = f"  {100 * count / most:.3f} %" if name in FIELDS else ""
        print(f"{name}: {count}{share}")
    return 0 if totals["and duration"] >= 0.995 * most else 1


if __name__ == "__main__":
    sys.exit(main())
