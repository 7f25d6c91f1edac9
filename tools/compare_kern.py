#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many notes of kern files music21 and Motet read alike: pitch, onset and duration.

    compare_kern.py KERN_NOTES DATA [--files 150] [--seed 1] [--largest BYTES] [--list N]

KERN_NOTES is the program of that name from the build, DATA the folder with scores/. Ties are joined on
both sides and grace notes left out. music21 lengthens a bar to its longest voice, so where a rest or
note lasts over a bar line everything after it comes later there than the file says: each bar of ours
is therefore compared at the one shift that fits it best, and shifts are counted. Files are drawn at
random among those of at most BYTES (music21 needs minutes for the others).
"""
import argparse
import bisect
import collections
import pathlib
import random
import subprocess
from fractions import Fraction

import music21

TOLERANCE = Fraction(1, 96)


def ours(program, file):
    """([(onset, pitch, duration)], [bar], refused)"""
    notes, bars, refused = [], [Fraction(0)], None
    out = subprocess.run([program, str(file)], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        if line.startswith("refused "):
            refused = line[8:]
        elif line.startswith("bars "):
            bars = [Fraction(bar) for bar in line.split()[1:]] or bars
        elif line[0].isdigit():
            pitch, onset, duration, _, moved = line.split()
            notes.append((Fraction(onset), int(pitch), Fraction(duration), int(moved)))
    return sorted(notes), bars, refused


def theirs(file):
    score = music21.converter.parse(str(file), format="humdrum", forceSource=True)
    notes = []
    for part in score.parts:
        part = part.stripTies()
        for element in part.flatten().notes:
            if element.duration.isGrace or isinstance(element, music21.harmony.ChordSymbol):
                continue
            onset = Fraction(element.offset).limit_denominator(10000)
            length = Fraction(element.duration.quarterLength).limit_denominator(10000)
            for pitch in element.pitches:
                notes.append((onset, pitch.midi, length))
    return sorted(notes)


def matched(bar, by_pitch, used, shift):
    """Pairs (ours, index of theirs) with the same pitch near the shifted onset; best lengths first."""
    pairs, taken = [], set()
    for note in bar:
        onset, pitch, duration = note[0] + shift, note[1], note[2]
        list_of = by_pitch.get(pitch, [])
        best = None
        for k in range(bisect.bisect_left(list_of, (onset - TOLERANCE,)), len(list_of)):
            if list_of[k][0] > onset + TOLERANCE:
                break
            if (pitch, k) in used or (pitch, k) in taken:
                continue
            error = abs(list_of[k][1] - duration)
            if best is None or error < best[0]:
                best = (error, k)
        if best is not None:
            taken.add((pitch, best[1]))
            pairs.append((note, (pitch, best[1]), best[0]))
    return pairs


def compare(notes, bars, others):
    by_pitch = collections.defaultdict(list)
    for onset, pitch, duration in others:
        by_pitch[pitch].append((onset, duration))
    used, shift, shifts = set(), Fraction(0), 0
    same_onset = same_all = 0
    apart = []
    begin = 0
    for number, bar_begin in enumerate(bars):
        after = bars[number + 1] if number + 1 < len(bars) else None
        end = len(notes) if after is None else bisect.bisect_left(notes, (after,))
        bar, begin = notes[begin:end], end
        best = matched(bar, by_pitch, used, shift)
        if len(best) < len(bar) * 0.8:
            candidates = collections.Counter()
            for note in bar[:12]:
                for onset, _ in by_pitch.get(note[1], []):
                    if -2 <= onset - note[0] - shift <= 64:
                        candidates[onset - note[0]] += 1
            for candidate, _ in candidates.most_common(8):
                pairs = matched(bar, by_pitch, used, candidate)
                if len(pairs) > len(best) + 1:
                    best, shift, shifts = pairs, candidate, shifts + 1
        used.update(pair[1] for pair in best)
        same_onset += len(best)
        same_all += sum(pair[2] <= TOLERANCE for pair in best)
        found = {id(pair[0]) for pair in best if pair[2] <= TOLERANCE}
        apart += [(number + 1, note) for note in bar if id(note) not in found]
    return same_onset, same_all, shifts, apart


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=int, default=60_000)
    parser.add_argument("--list", type=int, default=40)
    arguments = parser.parse_args()
    files = sorted((arguments.data / "scores").glob("nifc-*/*.krn"))
    random.Random(arguments.seed).shuffle(files)
    files = [file for file in files if file.stat().st_size <= arguments.largest]
    total = collections.Counter()
    rows = []
    for file in files:
        if total["files"] == arguments.files:
            break
        notes, bars, refused = ours(arguments.program, file)
        if refused:
            total["refused here"] += 1
            continue
        try:
            others = theirs(file)
        except Exception as error:  # noqa: BLE001: whatever music21 stumbles over
            total["refused by music21"] += 1
            rows.append((0, file.stem, f"music21 {music21.__version__}: {type(error).__name__}: {error}"[:150]))
            continue
        same_onset, same_all, shifts, apart = compare(notes, bars, others)
        if len(apart) > len(notes) / 20 and any(note[3] for note in notes):
            heard = sorted((o, p + moved, d, moved) for o, p, d, moved in notes)
            if compare(heard, bars, others)[1] > same_all:
                same_onset, same_all, shifts, apart = compare(heard, bars, others)
                total["files where music21 moves parts under *ITr"] += 1
        total["files"] += 1
        total["notes here"] += len(notes)
        total["notes there"] += len(others)
        total["same pitch and onset"] += same_onset
        total["same duration too"] += same_all
        total["files with shifted bars"] += shifts > 0
        if apart or len(notes) != len(others):
            first = f"bar {apart[0][0]}, {apart[0][1]}" if apart else "extra notes there"
            rows.append((max(len(apart), abs(len(notes) - len(others))), file.stem,
                         f"{len(notes)} here, {len(others)} there, {same_all} alike; first {first}"))
    for name, count in total.items():
        print(f"{name}: {count}")
    most = max(total["notes here"], total["notes there"], 1)
    print(f"agree: {100 * total['same pitch and onset'] / most:.3f} % in pitch and onset, "
          f"{100 * total['same duration too'] / most:.3f} % in duration too")
    for row in sorted(rows, reverse=True)[:arguments.list]:
        print(*row)


if __name__ == "__main__":
    main()
