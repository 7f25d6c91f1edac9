#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Human harmonic analyses, read for measure_roman.py: RomanText by music21, and DCML's tables.

Every reader yields pieces: a name, a path to a score that motet reads, and the analysis as (begin,
end, chord) in quarters, the chord a dict of `key`, `root`, `quality`, `inversion`, `degree`, `figure`.
Nothing of these corpora is in Motet; see docs/evaluation.md for where they are.
"""
import bisect
import csv
import functools
import json
import re
import struct
from fractions import Fraction
from pathlib import Path

import music21
from music21 import corpus, roman

STEP = 0.25  # quarters
LEAST_FIT = 0.6  # below it, analysis and score are of different editions or keys
TICKS = 960  # a quarter, in the MIDI files made of tables


class Timeline:
    """What holds when: entries (begin, chord), each until the next one, the last until `end`."""

    def __init__(self, entries, end):
        self.entries = sorted(entries, key=lambda entry: entry[0])
        self.starts = [entry[0] for entry in self.entries]
        self.end = end

    def at(self, time):
        index = bisect.bisect_right(self.starts, time + 1e-6) - 1
        return self.entries[index][1] if index >= 0 and time < self.end else None


class Piece:
    """A name, a score on disk, and `read`, which gives (timeline, problem) when it is asked."""

    def __init__(self, name, path, read):
        self.name, self.path, self.read = name, path, read

    @functools.cached_property
    def laid(self):
        return self.read()

    @property
    def timeline(self):
        return self.laid[0]

    @property
    def problem(self):
        return self.laid[1]

    @functools.cached_property
    def score(self):
        return parsed(self.path)


def parsed(path):
    path = str(path)
    return corpus.parse(path) if "/music21/corpus/" in path else music21.converter.parse(path)


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
    accidental = numeral.frontAlterationAccidental
    alteration = accidental.alter if accidental is not None else 0
    if numeral.scaleDegree == 7 and alteration == 1:
        alteration = 0  # the leading note of minor, which some write with a sharp
    degree = (numeral.scaleDegree, alteration, target)
    return {"key": (key.tonic.pitchClass, key.mode), "root": numeral.root().pitchClass,
            "quality": quality_of(numeral), "inversion": numeral.inversion(), "degree": degree,
            "figure": f"{key.tonicPitchNameWithCase}: {numeral.figure}"}


@functools.lru_cache(maxsize=None)
def described_figure(figure, tonic, mode):
    """The same of a figure such as V65/V in a key such as ("B-", "minor")."""
    key = music21.key.Key(tonic if mode == "major" else tonic.lower(), mode)
    figure = figure.replace("Cad64", "I64" if mode == "major" else "i64")
    return described(roman.RomanNumeral(figure, key))


# RomanText -----------------------------------------------------------------------------------

def bars_of(stream):
    part = stream.parts[0] if stream.parts else stream
    return list(part.getElementsByClass("Measure"))


def sounding(score):
    """Pitch classes at each sixteenth."""
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


def read_romantext(analysis, score):
    """(fit, the analysis laid on the score): by the numbers of bars or by their order or as its
    offsets are, whichever the notes bear out."""
    stream = music21.converter.parse(str(analysis), format="romantext")
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


def romantext_pieces(found, cache):
    """Pieces of (name, score, analysis); read once, then from `cache`."""
    for name, path, analysis in found:
        kept = cache / (re.sub(r"[^\w]+", "_", name) + ".json")
        yield Piece(name, path, functools.partial(read_kept, kept, path, analysis))


def read_kept(kept, path, analysis):
    if not kept.exists():
        kept.write_text(json.dumps(laid_out(path, analysis)))
    laid = json.loads(kept.read_text())
    if laid["problem"]:
        return None, laid["problem"]
    for _, chord in laid["entries"]:
        for field in ("key", "degree"):
            chord[field] = tuple(chord[field])
        chord["quality"] = frozenset(chord["quality"])
    return Timeline(laid["entries"], laid["end"]), ""


def laid_out(path, analysis):
    try:
        score = parsed(path)
        agreement, timeline = read_romantext(analysis, score)
    except Exception as problem:  # whatever music21 cannot read is no judge of ours
        return {"problem": f"music21 cannot read it: {type(problem).__name__}"}
    if agreement < LEAST_FIT:
        return {"problem": f"{100 * agreement:.0f}% of its notes are in its chords"}
    entries = [(time, {**chord, "quality": sorted(chord["quality"])})
               for time, chord in timeline.entries]
    return {"problem": "", "end": timeline.end, "entries": entries}


def music21_pieces(cache):
    """20 chorales and 48 madrigals, which music21 ships."""
    folder = Path(corpus.__file__).parent
    chorales = corpus.chorales.Iterator(1, 20, numberingSystem="riemenschneider",
                                        returnType="filename")
    found = [(f"chorale {number}", folder / f"{name}.mxl",
              folder / f"bach/choraleAnalyses/riemenschneider{number:03}.rntxt")
             for number, name in enumerate(chorales, 1)]
    found += [(f"monteverdi {analysis.stem[9:]}", analysis.with_suffix(".mxl"), analysis)
              for analysis in sorted((folder / "monteverdi").glob("*.rntxt"))]
    return romantext_pieces(found, cache)


def when_in_rome_pieces(folder, cache):
    """The checkout of When-in-Rome: its chorales on music21's scores, and what has its score."""
    scores = Path(corpus.__file__).parent
    found = []
    for analysis in sorted((folder / "Corpus").rglob("analysis.txt")):
        parts = analysis.relative_to(folder / "Corpus").parts[:-1]
        name = "/".join(parts)
        remote, own = analysis.with_name("remote.json"), analysis.with_name("score.mxl")
        if own.exists():
            found.append((name, own, analysis))
        elif remote.exists():
            said = json.loads(remote.read_text()).get("remote_score_music21")
            if said and (scores / said).exists():
                found.append((name, scores / said, analysis))
    return romantext_pieces(found, cache)


def haydn_pieces(rome, haydn, cache):
    """Haydn's op. 20: When-in-Rome's RomanText on the kern of the first analysis."""
    movements = {"1": "i", "2": "ii", "3": "iii", "4": "iv"}
    found = []
    for analysis in sorted((rome / "Corpus/Quartets/Haydn,_Franz_Joseph").rglob("analysis.txt")):
        work = re.search(r"Op20_No(\d)", str(analysis))
        movement = analysis.parent.name
        if work and movement in movements:
            number = work.group(1)
            score = haydn / f"op20/{number}/{movements[movement]}/op20n{number}-0{movement}.krn"
            found.append((f"op20 {number}/{movement}", score, analysis))
    return romantext_pieces(found, cache)


# DCML's tables -------------------------------------------------------------------------------

DEGREES = {"i": 0, "ii": 1, "iii": 2, "iv": 3, "v": 4, "vi": 5, "vii": 6}
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
INVERSIONS = {"": 0, "7": 0, "6": 1, "65": 1, "64": 2, "43": 2, "2": 3}
QUALITIES = {"M": (0, 4, 7), "m": (0, 3, 7), "o": (0, 3, 6), "+": (0, 4, 8),
             "Mm7": (0, 4, 7, 10), "mm7": (0, 3, 7, 10), "MM7": (0, 4, 7, 11),
             "mM7": (0, 3, 7, 11), "o7": (0, 3, 6, 9), "%7": (0, 3, 6, 10), "+7": (0, 4, 8, 10),
             "+M7": (0, 4, 8, 11)}


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def steps_of(accidentals):
    return accidentals.count("#") - accidentals.count("b")


def pitch_class_of(name):
    return ({"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[name[0].upper()]
            + steps_of(name[1:])) % 12


def degree_of(numeral):
    """(1..7, alteration, is it upper case) of bVI, #vii, V."""
    accidentals, letters = re.fullmatch(r"([b#]*)([ivIV]+)", numeral).groups()
    return DEGREES[letters.lower()] + 1, steps_of(accidentals), letters.isupper()


def local_key(globalkey, localkey):
    """C and "V/vi" to (pitch class, mode)."""
    tonic, mode = pitch_class_of(globalkey), "major" if globalkey[0].isupper() else "minor"
    for numeral in reversed(localkey.split("/")):
        degree, alteration, upper = degree_of(numeral)
        tonic = (tonic + SCALES[mode][degree - 1] + alteration) % 12
        mode = "major" if upper else "minor"
    return tonic, mode


TONICS = ("C", "D-", "D", "E-", "E", "F", "F#", "G", "A-", "A", "B-", "B")


def dcml_chord(row):
    """The chord of a row of `harmonies`; None where there is none."""
    if not row["numeral"] or row["chord_type"] == "" or row["numeral"] == "@none":
        return None
    tonic, mode = local_key(row["globalkey"], row["localkey"])
    label = f"{TONICS[tonic]} {mode} {row['label']}"
    special = row["chord_type"] if row["chord_type"] in ("Ger", "It", "Fr") else ""
    applied = row["relativeroot"]
    if special and applied in ("", "V"):
        figures = {"Ger": "Ger65", "It": "It6", "Fr": "Fr43"}
        return {**described_figure(figures[special], TONICS[tonic], mode), "figure": label}
    # DCML's V(64) is everybody's cadential six-four; RomanText and Motet name it by its notes.
    if row["changes"] == "64" and row["numeral"] == "V" and not applied:
        return {**described_figure("Cad64", TONICS[tonic], mode), "figure": label}
    degree, alteration, _ = degree_of(row["numeral"])
    if degree == 7 and alteration == 1:
        alteration = 0  # #viio of minor is viio elsewhere
    target = degree_of(applied.split("/")[-1])[0] if applied else None
    root = (tonic + 7 * int(row["root"])) % 12
    if special:
        return None
    quality = frozenset(QUALITIES[row["chord_type"]])
    return {"key": (tonic, mode), "root": root, "quality": quality,
            "inversion": INVERSIONS.get(row["figbass"], 0), "degree": (degree, alteration, target),
            "figure": label}


def number(text):
    return float(Fraction(text))


def length_of(measures):
    return float(sum(Fraction(row["act_dur"]) * 4 for row in measures))


def midi_length(value):
    out = [value & 0x7F]
    while value := value >> 7:
        out.insert(0, value & 0x7F | 0x80)
    return bytes(out)


def midi_track(events):
    """A track chunk of (tick, order, bytes)."""
    data, now = b"", 0
    for tick, _, message in sorted(events):
        data += midi_length(tick - now) + message
        now = tick
    data += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(data)) + data


def bar_events(measures):
    """Metres and signatures; a bar of another length than its metre's gets a metre of its own."""
    events, at, metre, signature = [], Fraction(0), None, None
    for row in measures:
        tick, length = int(at * 4 * TICKS), Fraction(row["act_dur"])
        over, under = map(int, row["timesig"].split("/"))
        while Fraction(over, under) != length and under < 64:
            over = length * under
            if over.denominator == 1:
                break
            under *= 2
        if (over, under) != metre:
            metre = over, under
            size = bytes([int(over), int(under).bit_length() - 1, 24, 8])
            events.append((tick, 0, b"\xff\x58\x04" + size))
        if row["keysig"] != signature:
            signature = row["keysig"]
            events.append((tick, 0, b"\xff\x59\x02" + struct.pack("b", int(signature)) + b"\x00"))
        at += length
    return events


def time_column(rows):
    """Where things are when all endings of a repeat are written one after the other."""
    return next(name for name in ("quarterbeats_all_endings", "quarterbeats") if name in rows[0])


def joined_notes(rows):
    """{staff: [(begin, end, pitch)]} in quarters, ties joined, grace notes left out."""
    time = time_column(rows)
    staves, held = {}, {}
    for row in rows:
        if row.get("gracenote") or not row[time]:
            continue
        begin = number(row[time])
        end, pitch = begin + number(row["duration_qb"]), int(row["midi"])
        notes = staves.setdefault(row["staff"], [])
        voice = row["staff"], pitch
        if row["tied"] in ("0", "-1") and voice in held and abs(held[voice][1] - begin) < 1e-4:
            held[voice][1] = end
        else:
            held[voice] = [begin, end, pitch]
            notes.append(held[voice])
    return staves


def write_midi(path, notes, measures):
    tracks = [midi_track(bar_events(measures))]
    for channel, (_, found) in enumerate(sorted(joined_notes(notes).items())):
        by_start = {}
        for begin, end, pitch in found:
            by_start[begin, pitch] = max(end, by_start.get((begin, pitch), end))
        events, last = [], {}
        for (begin, pitch), end in sorted(by_start.items(), reverse=True):
            end = min(end, last.get(pitch, end))
            last[pitch] = begin
            on, off = round(begin * TICKS), round(end * TICKS)
            events.append((on, 1, bytes([0x90 | channel % 9, pitch, 80])))
            events.append((max(on + 1, off), 0, bytes([0x80 | channel % 9, pitch, 0])))
        tracks.append(midi_track(events))
    head = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), TICKS)
    path.write_bytes(head + b"".join(tracks))


def table(folder, kind, stem):
    for name in (f"{stem}.{kind}.tsv", f"{stem}.tsv"):
        if (folder / kind / name).exists():
            return rows_of(folder / kind / name)
    return []


def dcml_pieces(folder, cache):
    """A DCML checkout: a MIDI file is made of the tables `notes` and `measures`."""
    stems = sorted({path.name.split(".")[0] for path in (folder / "harmonies").glob("*.tsv")})
    for stem in stems:
        if table(folder, "notes", stem) and table(folder, "measures", stem):
            path = cache / f"{stem}.mid"
            yield Piece(stem, path, functools.partial(read_dcml, folder, stem, path))


def read_dcml(folder, stem, path):
    try:
        return laid_dcml(folder, stem, path)
    except (TypeError, ValueError, KeyError) as problem:
        return None, f"its tables are broken: {problem}"


def laid_dcml(folder, stem, path):
    notes, measures = table(folder, "notes", stem), table(folder, "measures", stem)
    harmonies = table(folder, "harmonies", stem)
    if not path.exists():
        write_midi(path, notes, measures)
    time = time_column(harmonies)
    entries = [(number(row[time]), dcml_chord(row)) for row in harmonies if row[time]]
    entries = [(at, chord) for at, chord in entries if chord is not None]
    return Timeline(entries, length_of(measures)), ""
