#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many notes of kern files music21 and Motet read alike: pitch, onset and duration.

    compare_kern.py KERN_NOTES DATA [--files 150] [--seed 1] [--largest BYTES] [--keep FOLDER] [--judge [--table FILE]] [--list N]

KERN_NOTES is the program of that name from the build, DATA the folder with scores/. Ties are joined on
both sides and grace notes left out. music21 lengthens a bar to its longest voice, so where a rest or
note lasts over a bar line everything after it comes later there than the file says: each bar of ours
is therefore compared at the one shift that fits it best, and shifts are counted. Files are drawn at
random among those of at most BYTES (music21 needs minutes for the others). With --judge, Verovio (the
pip package `verovio`, whose Humdrum reader is humlib) reads them as a third party, and --table writes
where music21 differs and what Verovio has there, a row for each stretch of bars.
"""
import argparse
import bisect
import collections
import pathlib
import pickle
import random
import re
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


def joined(heads):
    """[(onset, pitch, length)] of heads that say besides whether a tie ends and begins there."""
    notes, open_ties = [], {}
    for onset, pitch, length, ends, begins in sorted(heads):
        waiting = open_ties.get((onset, pitch))
        if ends and waiting:
            k = waiting.pop()
            notes[k] = (notes[k][0], pitch, notes[k][2] + length)
        else:
            k = len(notes)
            notes.append((onset, pitch, length))
        if begins:
            open_ties.setdefault((onset + length, pitch), []).append(k)
    return sorted(notes)


def midi_of(token):
    letters = re.search(r"[a-gA-G]+", token).group()
    step = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}[letters[0].lower()]
    octave = 4 + len(letters) if letters[0].islower() else 5 - len(letters)
    return 12 * octave + step + token.count("#") - token.count("-")


def of_verovio(file):
    """Verovio names a note by its line and field, so its pitch and ties are read from the file."""
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    text = file.read_bytes().decode("utf-8", "replace")
    toolkit = verovio.toolkit()
    toolkit.setOptions({"inputFrom": "humdrum", "expandNever": True})
    if not toolkit.loadData(text):
        raise ValueError("Verovio does not open it")
    lines = [line.split("\t") for line in text.splitlines()]
    begun, heads = {}, []
    for event in toolkit.renderToTimemap({}):
        at = Fraction(event["qstamp"]).limit_denominator(10000)
        for name in event.get("off", []):
            if name in begun:
                onset, token = begun.pop(name)
                heads.append((onset, midi_of(token), at - onset,
                              "]" in token or "_" in token, "[" in token or "_" in token))
        for name in event.get("on", []):
            place = re.fullmatch(r"note-L(\d+)F(\d+)(?:S(\d+))?", name)
            if not place:
                continue
            token = lines[int(place[1]) - 1][int(place[2]) - 1].split(" ")[int(place[3] or 1) - 1]
            if "q" not in token:
                begun[name] = (at, token)
    return joined(heads)


def of_music21(file):
    """music21's stripTies leaves ties alone that only some notes of a chord have."""
    notes = []
    for part in music21.converter.parse(str(file), format="humdrum", forceSource=True).parts:
        heads = []
        for element in part.flatten().notes:
            if element.duration.isGrace or isinstance(element, music21.harmony.ChordSymbol):
                continue
            onset = Fraction(element.offset).limit_denominator(10000)
            length = Fraction(element.duration.quarterLength).limit_denominator(10000)
            for note in element.notes if isinstance(element, music21.chord.Chord) else [element]:
                tie = note.tie.type if note.tie is not None else ""
                heads.append((onset, note.pitch.midi, length,
                              tie in ("stop", "continue"), tie in ("start", "continue")))
        notes += joined(heads)
    return sorted(notes)


def theirs(file, reader):
    return of_verovio(file) if reader == "verovio" else of_music21(file)


def remembered(file, reader, folder):
    """theirs(), kept in a folder between runs: music21 takes seconds a file."""
    if folder is None:
        return theirs(file, reader)
    kept = folder / f"{file.stem}.{reader}.pickle"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            answer = theirs(file, reader)
        except Exception as error:  # noqa: BLE001: whatever it stumbles over
            answer = f"{type(error).__name__}: {error}"[:150]
        kept.write_bytes(pickle.dumps(answer))
    answer = pickle.loads(kept.read_bytes())
    if isinstance(answer, str):
        raise ValueError(answer)
    return answer


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


class Tally:
    """What one reader and Motet make of the files."""

    def __init__(self, reader):
        self.reader = reader
        self.count = collections.Counter()
        self.rows = []

    def add(self, file, notes, bars, folder):
        """The notes that the reader has not, or None where it refuses the file."""
        try:
            others = remembered(file, self.reader, folder)
        except Exception as error:  # noqa: BLE001: whatever it stumbles over
            self.count["refused there"] += 1
            self.rows.append((0, file.stem, str(error)))
            return None
        same_onset, same_all, shifts, apart = compare(notes, bars, others)
        if len(apart) > len(notes) / 20 and any(note[3] for note in notes):
            heard = sorted((o, p + moved, d, moved) for o, p, d, moved in notes)
            if compare(heard, bars, others)[1] > same_all:
                same_onset, same_all, shifts, apart = compare(heard, bars, others)
                self.count["files where parts under *ITr are moved there"] += 1
        self.count["files"] += 1
        self.count["notes here"] += len(notes)
        self.count["notes there"] += len(others)
        self.count["same pitch and onset"] += same_onset
        self.count["same duration too"] += same_all
        self.count["files with shifted bars"] += shifts > 0
        if apart or len(notes) != len(others):
            first = f"bar {apart[0][0]}, {apart[0][1]}" if apart else "extra notes there"
            self.rows.append((max(len(apart), abs(len(notes) - len(others))), file.stem,
                              f"{len(notes)} here, {len(others)} there, {same_all} alike; first {first}"))
        return dict((note, bar) for bar, note in apart)

    def print(self, longest):
        for name, count in self.count.items():
            print(f"{self.reader}: {name}: {count}")
        most = max(self.count["notes here"], self.count["notes there"], 1)
        print(f"{self.reader}: agree: {100 * self.count['same pitch and onset'] / most:.3f} % in pitch and onset, "
              f"{100 * self.count['same duration too'] / most:.3f} % in duration too")
        for row in sorted(self.rows, reverse=True)[:longest]:
            print(*row)


def stretches(bars):
    """[(first, last)] of sorted numbers, where gaps of up to two are passed over."""
    runs = []
    for bar in bars:
        if runs and bar - runs[-1][1] <= 3:
            runs[-1][1] = bar
        else:
            runs.append([bar, bar])
    return runs


def table_rows(name, differing):
    """Rows of a Markdown table: file, bars, notes that music21 reads otherwise, and of these Verovio's."""
    of_music21, of_verovio = differing
    for first, last in stretches(sorted(set(of_music21.values()))):
        notes = [note for note, bar in of_music21.items() if first <= bar <= last]
        here = sum(note not in of_verovio for note in notes)
        right = "here" if 2 * here > len(notes) else "not judged"
        bars = str(first) if first == last else f"{first}-{last}"
        yield f"| {name} | {bars} | {len(notes)} | {here} | {right} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=int, default=60_000)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for what the readers read")
    parser.add_argument("--judge", action="store_true", help="read with Verovio, too")
    parser.add_argument("--table", type=pathlib.Path, help="with --judge: a Markdown table of what differs")
    parser.add_argument("--list", type=int, default=40)
    arguments = parser.parse_args()
    files = sorted((arguments.data / "scores").glob("nifc-*/*.krn"))
    random.Random(arguments.seed).shuffle(files)
    files = [file for file in files if file.stat().st_size <= arguments.largest]
    tallies = [Tally("music21")] + [Tally("verovio")] * arguments.judge
    refused_here = count = apart = as_here = 0
    rows = []
    for file in files:
        if count == arguments.files:
            break
        notes, bars, refused = ours(arguments.program, file)
        if refused:
            refused_here += 1
            continue
        count += 1
        differing = [tally.add(file, notes, bars, arguments.keep) for tally in tallies]
        if arguments.judge and None not in differing:
            apart += len(differing[0])
            as_here += len(differing[0].keys() - differing[1].keys())
            rows += table_rows(file.stem, differing)
    print(f"files {count}, refused here {refused_here}")
    for tally in tallies:
        tally.print(arguments.list)
    if arguments.table:
        arguments.table.write_text("\n".join(rows) + "\n")
    if arguments.judge:
        most = max(tallies[0].count["notes here"], tallies[0].count["notes there"], 1)
        alike = tallies[0].count["same duration too"] + as_here
        print(f"music21 or Verovio has as here: {100 * alike / most:.3f} %")
        print(f"of {apart} notes that music21 reads otherwise, Verovio has {as_here} as here")


if __name__ == "__main__":
    main()
