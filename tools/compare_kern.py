#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many heads of kern files music21 and Motet read alike, and who is right where they do not.

    compare_kern.py LIST_HEADS DATA [--files 150] [--seed 1] [--largest BYTES] [--keep FOLDER] [--table FILE]

LIST_HEADS is the program of that name from the build, DATA the folder with scores/. A head is compared
by its onset in its bar, its pitch and its length, so that a bar which one reader makes longer moves
nothing after it, and then, where that differs, by its onset in the piece, because music21 begins a bar
too early when a note lasts over its bar line. Grace notes are left out. Files are drawn at
random among those of at most BYTES (music21 needs minutes for the others).

Two more witnesses judge each bar that differs: Verovio (the pip package `verovio`, whose Humdrum
reader is humlib), and the arithmetic of the file itself where the lengths of all its spines agree.
Prints a row for each file and cause: heads only here, heads only in music21, bars, who is right.
"""
import argparse
import collections
import difflib
import pathlib
import random
import subprocess
from collections import Counter

from kern_witnesses import Head, arithmetic, exact, remembered


def ours(program, file):
    """[bar], or None where Motet refuses the file; bars as in kern_witnesses."""
    bars = collections.defaultdict(list)
    out = subprocess.run([program, str(file)], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        if line.startswith("!"):
            return None
        if line.startswith("#"):
            continue
        _, part, onset, length, pitch, tie, grace, _, _, _, bar, in_bar = line.split("\t")
        if pitch == "-" or grace == "1":
            continue
        bars[int(bar)].append(Head(exact(in_bar), int(pitch), exact(length), tie in ("stop", "continue"),
                                   tie in ("start", "continue"), exact(onset)))
    return [bars[i] for i in range(max(bars, default=-1) + 1)]


def key_of(head):
    return round(float(head.in_bar), 3), head.pitch, round(float(head.length), 3)


def counted(heads):
    return Counter(key_of(head) for head in heads)


def aligned(bars, others):
    """For each bar the number of the other's bar, or None; by their pitches where counts differ."""
    if len(bars) == len(others):
        return list(range(len(bars)))
    names = [tuple(sorted(head.pitch for head in bar)) for bar in bars]
    other_names = [tuple(sorted(head.pitch for head in bar)) for bar in others]
    found = [None] * len(bars)
    for tag, a, a_end, b, b_end in difflib.SequenceMatcher(None, names, other_names, False).get_opcodes():
        if tag == "equal" or (tag == "replace" and a_end - a == b_end - b):
            found[a:a_end] = range(b, b_end)
    return found


def joined_parts(parts):
    """The bars of all parts together."""
    most = max((len(part) for part in parts), default=0)
    return [[head for part in parts if i < len(part) for head in part[i]] for i in range(most)]


def whole_notes(heads):
    """Counter of (onset in the piece, pitch, length) with ties joined."""
    notes, waiting = [], {}
    for head in sorted(heads, key=lambda head: (head.onset, head.pitch)):
        before = waiting.get((head.onset, head.pitch), []) if head.ends else []
        if before:
            k = before.pop()
            notes[k][2] += head.length
        else:
            k = len(notes)
            notes.append([head.onset, head.pitch, head.length])
        if head.begins:
            waiting.setdefault((head.onset + head.length, head.pitch), []).append(k)
    return Counter((round(float(a), 3), b, round(float(c), 3)) for a, b, c in notes)


def cause_of(bar, before):
    """What happens in the file where music21 differs, in the order of how often it is to blame."""
    for sign, name in (("uneven chord", "chord of different lengths"), ("split", "spine split in the bar"),
                       ("join", "spine joined in the bar"), ("exchange", "spines exchanged"),
                       ("long", "note lasts over the bar line"), ("two pitches", "two pitches in one note")):
        if sign in bar.signs:
            return name
    if before is not None and ("split" in before.signs or "join" in before.signs):
        return "spine split or joined in the bar before"
    return "other"


def judged(only_here, only_there, file_bar, verovio):
    """Who is right about the heads that differ in one bar."""
    for name, facts in (("by the file", file_bar.heads if file_bar and file_bar.is_sound else None),
                        ("with Verovio", verovio)):
        if facts is None:
            continue
        facts = counted(facts)
        here, there = counted(only_here), counted(only_there)
        if sum((here & facts).values()) > sum((there & facts).values()):
            return "here, " + name
        if sum((there & facts).values()) > sum((here & facts).values()):
            return "there, " + name
    return "not decided"


def without(heads, keys, key):
    """The heads that are left when those with these keys, a Counter, are taken away."""
    keys = keys.copy()
    left = []
    for head in heads:
        if keys[key(head)] > 0:
            keys[key(head)] -= 1
        else:
            left.append(head)
    return left


def without_once(heads, same):
    """The heads that are nowhere in the other reader's piece."""
    return [head for head in heads if not same[in_piece(head)]]


def in_piece(head):
    return round(float(head.onset), 3), head.pitch, round(float(head.length), 3)


class Comparison:
    def __init__(self):
        self.count = Counter()
        self.rows = []

    def add(self, file, bars, parts, verovio):
        others = joined_parts(parts)
        facts = arithmetic(file)
        to_other, to_fact = aligned(bars, others), aligned(bars, [bar.heads for bar in facts])
        to_verovio = aligned(bars, verovio) if verovio is not None else [None] * len(bars)
        self.count["files"] += 1
        self.count["heads here"] += sum(map(len, bars))
        self.count["heads there"] += sum(map(len, others))
        notes, other_notes = whole_notes(sum(bars, [])), whole_notes(sum(others, []))
        self.count["notes here (ties joined)"] += sum(notes.values())
        self.count["notes there (ties joined)"] += sum(other_notes.values())
        self.count["same onset from the beginning, pitch and length"] += sum((notes & other_notes).values())
        left, left_there = [], [[] for _ in others]
        for i, bar in enumerate(bars):
            there = others[to_other[i]] if to_other[i] is not None else []
            same = counted(bar) & counted(there)
            self.count["same bar, onset, pitch and length"] += sum(same.values())
            is_same = Counter(map(in_piece, bar)) == Counter(map(in_piece, there))
            left.append([] if is_same else without(bar, same, key_of))
            if to_other[i] is not None and not is_same:
                left_there[to_other[i]] = without(there, same, key_of)
        same = Counter(map(in_piece, sum(left, [])))
        same &= Counter(map(in_piece, sum(left_there, [])))
        self.count["same there or from the beginning"] += sum(same.values())
        self.count["same there or from the beginning"] += sum(map(len, bars)) - sum(map(len, left))
        found = collections.defaultdict(lambda: [0, 0, []])
        for i, bar in enumerate(left):
            here = without_once(bar, same)
            there = without_once(left_there[to_other[i]], same) if to_other[i] is not None else []
            if not here and not there:
                continue
            fact = facts[to_fact[i]] if to_fact[i] is not None else None
            before = facts[to_fact[i] - 1] if fact is not None and to_fact[i] > 0 else None
            cause = cause_of(fact, before) if fact is not None else "bars counted otherwise"
            if here and not there and min(map(len, parts)) < max(map(len, parts)):
                cause = "bar lines of a spine lost after a split"
            other = verovio[to_verovio[i]] if to_verovio[i] is not None else None
            row = found[cause, judged(here, there, fact, other)]
            row[0] += len(here)
            row[1] += len(there)
            row[2].append(fact.line if fact is not None else i + 1)
        for (cause, right), (here, there, lines) in found.items():
            self.rows.append((file.stem, cause, here, there, lines, right))

    def print(self, table):
        most = max(self.count["heads here"], self.count["heads there"], 1)
        for name, count in self.count.items():
            share = f" ({100 * count / most:.3f} %)" if name.startswith(("same bar", "same there")) else ""
            whole = max(self.count["notes here (ties joined)"], self.count["notes there (ties joined)"], 1)
            share = share or (f" ({100 * count / whole:.3f} %)" if name.startswith("same onset") else "")
            print(f"{name}: {count}{share}")
        sums = collections.defaultdict(lambda: [0, 0, set()])
        for stem, cause, here, there, lines, right in self.rows:
            row = sums[cause, right]
            row[0] += here
            row[1] += there
            row[2].add(stem)
        for (cause, right), (here, there, stems) in sorted(sums.items(), key=lambda item: -item[1][0]):
            print(f"  {cause}: {here} only here, {there} only there, {len(stems)} files: {right}")
        rows = [f"| {stem} | {cause} | {lines[0]}{f' and {len(lines) - 1} more' if len(lines) > 1 else ''} "
                f"| {here} | {there} | {right} |"
                for stem, cause, here, there, lines, right in sorted(self.rows)]
        if table:
            table.write_text("\n".join(rows) + "\n")


def compare_with_the_file(file, bars, count):
    """Adds up how the bars agree with the file's own arithmetic, and prints those that do not."""
    facts = arithmetic(file)
    count["files"] += 1
    for i, j in enumerate(aligned(bars, [bar.heads for bar in facts])):
        if j is None or not facts[j].is_sound:
            count["heads in bars that do not add up"] += len(bars[i])
            continue
        same = counted(bars[i]) & counted(facts[j].heads)
        count["heads"] += len(bars[i])
        count["heads that the file says"] += sum(same.values())
        if sum(same.values()) < max(len(bars[i]), len(facts[j].heads)):
            print(f"{file.stem}: line {facts[j].line}: here {without(bars[i], same, key_of)[:2]}, "
                  f"in the file {without(facts[j].heads, same, key_of)[:2]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=int, default=60_000)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for what the readers read")
    parser.add_argument("--by-the-file", action="store_true", help="without music21: with its arithmetic only")
    parser.add_argument("--table", type=pathlib.Path, help="a Markdown table of what differs, for each file")
    arguments = parser.parse_args()
    files = sorted((arguments.data / "scores").glob("nifc-*/*.krn"))
    random.Random(arguments.seed).shuffle(files)
    files = [file for file in files if file.stat().st_size <= arguments.largest]
    comparison = Comparison()
    for file in files[:arguments.files]:
        bars = ours(arguments.program, file)
        if bars is None:
            comparison.count["refused here"] += 1
            continue
        if arguments.by_the_file:
            compare_with_the_file(file, bars, comparison.count)
            continue
        try:
            parts = remembered(file, "music21", arguments.keep)
        except Exception as error:  # noqa: BLE001: whatever it stumbles over
            comparison.count["refused by music21"] += 1
            print(f"{file.stem}: music21 refuses it: {error}")
            continue
        try:
            verovio = remembered(file, "verovio", arguments.keep)[0]
        except Exception:  # noqa: BLE001
            verovio = None
        comparison.add(file, bars, parts, verovio)
    if arguments.by_the_file:
        return print(dict(comparison.count))
    comparison.print(arguments.table)


if __name__ == "__main__":
    main()
