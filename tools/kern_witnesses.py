# SPDX-License-Identifier: Apache-2.0
"""What music21, Verovio and the arithmetic of a kern file itself say of its heads.

Each answer is a list of bars in the order of the file, and a bar a list of heads
(onset in the bar, pitch, length, a tie ends, a tie begins, onset in the piece); grace notes are left
out. Imported by compare_kern.py.
"""
import collections
import pickle
import re
from fractions import Fraction

Head = collections.namedtuple("Head", "in_bar pitch length ends begins onset")
FINEST = 10_000  # music21 and Verovio keep some lengths as floating-point numbers


def exact(number):
    return Fraction(number).limit_denominator(FINEST)


def midi_of(token):
    letters = re.search(r"[a-gA-G]+", token).group()
    letters = letters[:len(letters) - len(letters.lstrip(letters[0]))]
    step = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}[letters[0].lower()]
    octave = 4 + len(letters) if letters[0].islower() else 5 - len(letters)
    return 12 * octave + step + token.count("#") - token.count("-")


def of_music21(file):
    """A list of parts, each a list of bars: music21's parts may come apart in time."""
    import music21

    parts = []
    for part in music21.converter.parse(str(file), format="humdrum", forceSource=True).parts:
        bars = []
        for measure in part.getElementsByClass(music21.stream.Measure):
            heads = []
            for element in measure.recurse().notes:
                if element.duration.isGrace or isinstance(element, music21.harmony.ChordSymbol):
                    continue
                in_bar = exact(element.getOffsetInHierarchy(measure))
                onset = exact(element.getOffsetInHierarchy(part))
                length = exact(element.duration.quarterLength)
                chord = isinstance(element, music21.chord.Chord)
                for note in element.notes if chord else [element]:
                    tie = note.tie.type if note.tie is not None else ""
                    heads.append(Head(in_bar, note.pitch.midi, length, tie in ("stop", "continue"),
                                      tie in ("start", "continue"), onset))
            bars.append(heads)
        parts.append(bars)
    return parts


def without_graces(line):
    """A line of nothing but grace notes becomes a comment, so that the lines keep their numbers."""
    if line.startswith(("*", "!", "=")) or "q" not in line:
        return line
    fields = line.split("\t")
    shown = ["." if "q" in field and re.search(r"[a-gA-G]", field) and not re.search("[h-jo-pstz]", field) else field for field in fields]
    return "\t".join(shown) if set(shown) != {"."} else "\t".join("!" for _ in fields)


def of_verovio(file):
    """Verovio names a note by its line and field, so its pitch and ties are read from the file. It
    plays grace notes in the time of their neighbours, so they are hidden from it."""
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    text = file.read_bytes().decode("utf-8", "replace")
    toolkit = verovio.toolkit()
    toolkit.setOptions({"inputFrom": "humdrum", "expandNever": True})
    plain = "\n".join(without_graces(line) for line in text.splitlines())
    if not toolkit.loadData(plain):
        raise ValueError("Verovio does not open it")
    lines = [line.split("\t") for line in text.splitlines()]
    begun, bars, begin = {}, [], Fraction(0)
    for event in toolkit.renderToTimemap({"includeMeasures": True, "useFractions": True}):
        at = Fraction(*event["qfrac"])
        for name in event.get("off", []):
            if name in begun:
                bar, bar_begin, onset, token = begun.pop(name)
                bars[bar].append(Head(onset - bar_begin, midi_of(token), at - onset, "]" in token or
                                      "_" in token, "[" in token or "_" in token, onset))
        if "measureOn" in event:
            bars.append([])
            begin = at
        for name in event.get("on", []):
            place = re.fullmatch(r"note-L(\d+)F(\d+)(?:S(\d+))?", name)
            if not place:
                continue
            token = lines[int(place[1]) - 1][int(place[2]) - 1].split(" ")[int(place[3] or 1) - 1]
            begun[name] = (len(bars) - 1, begin, at, token)
    return [bars]


def remembered(file, reader, folder):
    """The reader's answer, kept in a folder between runs: music21 takes seconds a file."""
    read = {"verovio": of_verovio, "music21": of_music21}[reader]
    if folder is None:
        return read(file)
    kept = folder / f"{file.stem}.{reader}.pickle"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            answer = read(file)
        except Exception as error:  # noqa: BLE001: whatever it stumbles over
            answer = f"{type(error).__name__}: {error}"[:150]
        kept.write_bytes(pickle.dumps(answer))
    answer = pickle.loads(kept.read_bytes())
    if isinstance(answer, str):
        raise ValueError(answer)
    return answer


LENGTH = re.compile(r"(\d+)(?:%(\d+))?")


def length_of(token):
    """Quarters of one note or rest; None for a grace note or no length."""
    found = LENGTH.search(token)
    if "q" in token or not found:
        return None
    digits, under = found.groups()
    if set(digits) == {"0"}:
        plain = Fraction(4 * 2 ** len(digits))
    else:
        plain = Fraction(4 * int(under or 1), int(digits))
    return plain * (2 - Fraction(1, 2 ** token.count(".")))  # a dot may stand behind the pitch


class Bar:
    """A bar of the file by the rule of Humdrum alone: what stands in one line begins together, and
    in each column every length says when the next token begins."""

    def __init__(self, line):
        self.line = line
        self.heads = []
        self.is_sound = True  # the lengths of all columns agree
        self.signs = set()  # what happens in it: "split", "join", "exchange", "uneven chord"


def arithmetic(file):
    """[Bar] of all **kern spines; a bar that does not add up says so."""
    bars, columns, ends, now = [Bar(1)], [], [], None
    begin = Fraction(0)
    for number, line in enumerate(file.read_bytes().decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("!"):
            continue
        fields = line.split("\t")
        if not columns:
            columns = [i if field == "**kern" else None for i, field in enumerate(fields)]
            ends = [Fraction(0)] * len(fields)
        elif line.startswith("*"):
            columns, ends = moved(fields, columns, ends, bars[-1].signs)
        elif line.startswith("="):
            had_time = now is not None
            kern_ends = [end for end, column in zip(ends, columns) if column is not None]
            if now is not None and any(end <= now for end in kern_ends):
                bars[-1].is_sound = False
            finish = min([end for end in kern_ends if now is None or end > now], default=begin)
            ends = [max(end, finish) for end in ends]  # a note may last over the bar line
            now, begin = None, finish
            if had_time or bars[-1].line > 1:
                bars.append(Bar(number))
            if any(end > finish for end in kern_ends):
                bars[-1].signs.add("long")
        else:
            now = add_line(fields, columns, ends, now, begin, bars[-1])
    return bars


def moved(fields, columns, ends, signs):
    """The columns after a line of interpretations; a column is the number of its **kern spine."""
    new, new_ends, i = [], [], 0
    while i < len(fields):
        field = fields[i]
        if field == "*^":
            signs.add("split")
            new += [columns[i]] * 2
            new_ends += [ends[i]] * 2
        elif field == "*v":
            signs.add("join")
            last = i
            while last + 1 < len(fields) and fields[last + 1] == "*v" and columns[last + 1] == columns[i]:
                last += 1
            new.append(columns[i])
            new_ends.append(max(ends[i:last + 1]))
            i = last
        elif field == "*x":
            signs.add("exchange")
            new += [columns[i + 1], columns[i]]
            new_ends += [ends[i + 1], ends[i]]
            i += 1
        elif field != "*-":
            new.append(columns[i])
            new_ends.append(ends[i])
        i += 1
    return new, new_ends


def add_line(fields, columns, ends, now, begin, bar):
    timed = [i for i, field in enumerate(fields)
             if columns[i] is not None and field != "." and length_of(field.split(" ")[0]) is not None]
    if not timed:
        return now
    now = max(ends[i] for i in timed)
    if any(ends[i] != now for i in timed):
        bar.is_sound = False
    for i, field in enumerate(fields):
        if columns[i] is not None and i not in timed and ends[i] <= now and field == ".":
            bar.is_sound = False  # silent though its note has ended
    for i in timed:
        tokens = fields[i].split(" ")
        ends[i] = now + length_of(tokens[0])
        if len({length_of(token) for token in tokens if token != "."}) > 1:
            bar.signs.add("uneven chord")
        for token in tokens:
            if len(re.findall(r"([a-gA-G])\1*", token)) > 1:
                bar.signs.add("two pitches")
            if re.search("[a-gA-G]", token) and "r" not in token and "q" not in token:
                bar.heads.append(Head(now - begin, midi_of(token), length_of(token) or Fraction(0),
                                      "]" in token or "_" in token, "[" in token or "_" in token, now))
    return now
