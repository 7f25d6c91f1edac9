#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What music21 finds in the pieces that motet's theory is measured on.

    measure_music21.py keys FOLDER EVERY     its key finders on every nth piece with a key_label
    measure_music21.py chords FOLDER EVERY   chordify and chordSymbolFigureFromChord on every nth
                                             lead sheet, the melody alone and with block chords

FOLDER holds MIDI files and metadata.jsonl. EVERY counts pieces of the kind in question in the order
of metadata.jsonl, as measure_theory and measure_harmony do. Needs music21.
"""
import json
import re
import sys
import warnings
from pathlib import Path

import music21

warnings.filterwarnings("ignore")
FLATS = {"b": -1, "#": 1, "-": -1}
NATURAL = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11)))


def entries(folder):
    with open(Path(folder) / "metadata.jsonl", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_key(text):
    """(tonic, is_minor) of "A minor", "e:", "B-flat major"; None for church modes."""
    match = re.fullmatch(r"([A-Ga-g])(-flat|-sharp|[b#-])?:?[ -]?(major|minor|maj|min|m|ion|aeo)?",
                         text.strip())
    if not match:
        return None
    letter, sign, mode = match.groups()
    shift = {"-flat": -1, "-sharp": 1}.get(sign, FLATS.get(sign, 0))
    minor = mode in ("minor", "min", "m", "aeo") if mode else letter.islower()
    return (NATURAL[letter.upper()] + shift) % 12, minor


def credit(found, label):
    """MIREX's: a fifth 0.5, the relative key 0.3, the parallel key 0.2."""
    if found == label:
        return 1.0
    step = (found[0] - label[0]) % 12
    if found[1] == label[1]:
        return 0.5 if step in (5, 7) else 0.0
    relative = step == (3 if label[1] else 9)
    return 0.3 if relative else 0.2 if step == 0 else 0.0


def keys(folder, every):
    finders = ["key", "krumhansl", "aarden", "simple", "bellman", "temperley"]
    right = dict.fromkeys(finders, 0)
    score = dict.fromkeys(finders, 0.0)
    count = 0
    labelled = 0
    for entry in entries(folder):
        label = read_key(entry.get("key_label") or "")
        if label is None:
            continue
        labelled += 1
        if (labelled - 1) % every:
            continue
        stream = music21.converter.parse(Path(folder) / entry["file"], quantizePost=False)
        count += 1
        for finder in finders:
            try:
                key = stream.analyze(finder)
                found = (key.tonic.pitchClass, key.mode == "minor")
            except Exception:  # music21 raises a bare one where nothing sounds
                continue
            right[finder] += found == label
            score[finder] += credit(found, label)
    print(f"{count} pieces, music21 {music21.__version__}")
    for finder in finders:
        print(f"{finder:24} {100 * right[finder] / count:6.1f}% {100 * score[finder] / count:6.1f}%")


SUFFIXES = [("m7b5", "hdim7"), ("mM7", "min"), ("maj7", "maj7"), ("dim7", "dim7"), ("dim", "dim"),
            ("min7", "min7"), ("m7", "min7"), ("m", "min"), ("+", "aug"), ("aug", "aug"),
            ("sus", "sus4"), ("o7", "dim7"), ("o", "dim"), ("7", "dom7")]


def read_chord(text):
    match = re.match(r"([A-G])([b#-]?)(.*)", text.split("/")[0])
    if not match:
        return None
    root = (NATURAL[match[1]] + FLATS.get(match[2], 0)) % 12
    rest = match[3].replace("ø7", "m7b5")
    for suffix, quality in SUFFIXES:
        if rest.startswith(suffix):
            return root, quality
    return root, "maj"


def is_minor(quality):
    return quality in ("min", "min7", "dim", "dim7", "hdim7")


TONES = {"maj": (0, 4, 7), "min": (0, 3, 7), "dim": (0, 3, 6), "aug": (0, 4, 8), "sus4": (0, 5, 7),
         "dom7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10),
         "hdim7": (0, 3, 6, 10), "dim7": (0, 3, 6, 9)}


def written_chords(path):
    """(begin, end, chord) in quarters, from the markers, and the notes."""
    import symusic
    score = symusic.Score(str(path))
    tpq = score.ticks_per_quarter
    markers = [(m.time / tpq, read_chord(m.text)) for m in score.markers]
    end = score.end() / tpq
    spans = [(a, b, chord) for (a, chord), b in
             zip(markers, [m[0] for m in markers[1:]] + [end]) if b > a and chord]
    notes = [(n.time / tpq, n.duration / tpq, n.pitch) for t in score.tracks for n in t.notes]
    return spans, notes


def found_chords(notes):
    part = music21.stream.Stream()
    for onset, duration, pitch in notes:
        part.insert(onset, music21.note.Note(pitch, quarterLength=max(duration, 1 / 16)))
    for chord in part.chordify().recurse().getElementsByClass("Chord"):
        figure = music21.harmony.chordSymbolFigureFromChord(chord)
        chord_read = None if "Identified" in figure else read_chord(figure.replace("-", "b"))
        yield float(chord.offset), float(chord.offset + chord.quarterLength), chord_read


def accompanied(spans, notes):
    out = list(notes)
    for begin, end, (root, quality) in spans:
        out.append((begin, end - begin, 36 + root))
        out += [(begin, end - begin, 48 + (root + t) % 12) for t in TONES[quality]]
    return sorted(out)


def chords(folder, every):
    totals = {"melody alone": [0.0] * 4, "with block chords": [0.0] * 4}
    sheets = [e for e in entries(folder) if e["source"] == "openewld"][::every]
    for entry in sheets:
        spans, notes = written_chords(Path(folder) / entry["file"])
        for kind, heard in (("melody alone", notes), ("with block chords", accompanied(spans, notes))):
            total = totals[kind]
            found = list(found_chords(heard))
            for begin, end, chord in spans:
                total[0] += end - begin
                for a, b, other in found:
                    both = min(end, b) - max(begin, a)
                    if both <= 0 or other is None or other[0] != chord[0]:
                        continue
                    total[1] += both
                    total[2] += both * (is_minor(other[1]) == is_minor(chord[1]))
                    total[3] += both * (other[1] == chord[1])
    print(f"{len(sheets)} lead sheets, music21 {music21.__version__}: root, majmin, full")
    for kind, (time, *right) in totals.items():
        print(f"{kind:20}", " ".join(f"{100 * r / time:6.1f}%" for r in right))


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("keys", "chords"):
        sys.exit(__doc__)
    {"keys": keys, "chords": chords}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))


if __name__ == "__main__":
    main()
