#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many notes of the kern corpus agree with the MIDI files that were made of the same scores.

    compare_kern_midi.py KERN_NOTES DATA [--tolerance TICKS] [--most FILES]

KERN_NOTES is the program of that name from the build, DATA the folder with scores/ and midi/. A note
agrees where the MIDI file has one of the same pitch within TICKS of 480 of the same onset (15 by
default). The maker of the MIDI files rounded every note by itself and so drifts; and it moved parts
under *ITr, which sound as they are written, so files with such a part are counted apart.
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess

import symusic


def readings(program, files):
    """Yields (file, [(pitch, onset in 1/480)], refused) for each file."""
    for begin in range(0, len(files), 100):
        batch = [str(file) for file in files[begin:begin + 100]]
        out = subprocess.run([program, *batch], capture_output=True, text=True, check=True).stdout
        name, notes, refused = None, [], None
        for line in out.splitlines():
            if line.startswith("file "):
                if name:
                    yield name, notes, refused
                name, notes, refused = line[5:], [], None
            elif line.startswith("refused "):
                refused = line[8:]
            elif line[0].isdigit():
                pitch, onset = line.split()[:2]
                numerator, denominator = onset.split("/")
                notes.append((int(pitch), round(int(numerator) * 480 / int(denominator))))
        yield name, notes, refused


def agreeing(ours, theirs, tolerance):
    """Pairs of notes of one pitch whose onsets are near, each used once."""
    places = collections.defaultdict(lambda: ([], []))
    for side, notes in enumerate((ours, theirs)):
        for pitch, onset in notes:
            places[pitch][side].append(onset)
    count = 0
    for here, there in places.values():
        here.sort()
        there.sort()
        k = 0
        for onset in here:
            while k < len(there) and there[k] < onset - tolerance:
                k += 1
            if k < len(there) and there[k] <= onset + tolerance:
                count += 1
                k += 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--tolerance", type=int, default=15)
    parser.add_argument("--most", type=int, default=0)
    arguments = parser.parse_args()
    midi = arguments.data / "midi"
    known = {}
    with open(midi / "metadata.jsonl", encoding="utf8") as lines:
        for line in lines:
            name = json.loads(line)["file"]
            known[pathlib.PurePath(name).stem] = midi / name
    files = sorted((arguments.data / "scores").glob("nifc-*/*.krn"))
    if arguments.most:
        files = files[:: max(1, len(files) // arguments.most)]
    moved = re.compile(rb"\*I?Trd-?\d+c-?[1-9]")
    totals = {True: [0, 0, 0, 0], False: [0, 0, 0, 0]}
    worst, refused, alone = [], 0, 0
    for name, notes, reason in readings(arguments.program, files):
        path = known.get(pathlib.PurePath(name).stem)
        if reason:
            refused += 1
            continue
        if path is None:
            alone += 1
            continue
        score = symusic.Score(str(path))
        scale = 480 / score.ticks_per_quarter
        theirs = [(n.pitch, round(n.time * scale)) for t in score.tracks for n in t.notes]
        agreed = agreeing(notes, theirs, arguments.tolerance)
        is_moved = moved.search(pathlib.Path(name).read_bytes()) is not None
        total = totals[is_moved]
        most = max(len(notes), len(theirs))
        for i, value in enumerate((1, len(notes), len(theirs), agreed)):
            total[i] += value
        if agreed < most and not is_moved:
            worst.append((most - agreed, most, len(notes), len(theirs), pathlib.PurePath(name).stem))
    print(f"refused: {refused}, without a MIDI file: {alone}")
    for is_moved, (count, ours, theirs, agreed) in totals.items():
        if count:
            print(f"{'with' if is_moved else 'without'} transposing parts: {count} files, {ours} notes "
                  f"here, {theirs} there, {agreed} agree: {100 * agreed / max(ours, theirs):.3f} %")
    print(f"{len(worst)} files without transposing parts differ; the worst: notes apart, notes, "
          "here, there, file")
    for row in sorted(worst, reverse=True)[:30]:
        print(*row)


if __name__ == "__main__":
    main()
