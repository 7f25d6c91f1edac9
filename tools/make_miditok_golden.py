#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what MidiTok makes of real files, for tests/tokens/miditok_test.cpp.

    make_miditok_golden.py [--data build/data/midi] [--out tests/golden/miditok] [--only NAME]
                           [--every 22]

For each configuration below: NAME.json with MidiTok's own tokenizer.json, its vocabulary's hash, and
for every 22nd file of the corpus (sorted by path) the first 12 hex digits of the SHA-256 of its ids
as compact JSON; "-" where MidiTok raised. For every tenth of these also the hash of the notes that
MidiTok decodes from its ids. files.json lists the paths. fixtures.json has small MIDI files made here
by hand, with all their ids and decoded notes. Needs miditok 3.1.0 and symusic 0.6.0; says so in the
files.
"""
import argparse
import hashlib
import json
import struct
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import miditok
import symusic

warnings.filterwarnings("ignore")

EVERYTHING = dict(use_chords=True, use_rests=True, use_tempos=True, use_programs=True,
                  use_sustain_pedals=True, use_pitch_bends=True)
METRES = {2: [2, 3], 4: [1, 2, 3, 4, 5, 6], 8: [3, 6, 9, 12, 5, 7], 16: [6, 12]}

# Attribute controls only lengthen the vocabulary unless a caller asks for them file by file.
CONFIGS = {
    "remi": ("REMI", {}),
    "remi_plus": ("REMI", dict(use_programs=True, use_tempos=True, use_rests=True,
                               time_signature_range=METRES, num_velocities=24)),
    "remi_all": ("REMI", dict(EVERYTHING, program_changes=True, chord_tokens_with_root_note=True,
                              log_tempos=True, delete_equal_successive_tempo_changes=True,
                              sustain_pedal_duration=True, use_key_signatures=True,
                              beat_res={(0, 2): 12, (2, 6): 6, (6, 16): 2})),
    "remi_tracks": ("REMI", dict(use_programs=True, one_token_stream_for_programs=False,
                                 use_pitch_intervals=True, use_time_signatures=False,
                                 use_control_changes=True, remove_duplicated_notes=True,
                                 use_bar_end_tokens=True, add_trailing_bars=True,
                                 use_note_duration_programs=list(range(0, 128)),
                                 use_pitchdrum_tokens=False, ac_polyphony_bar=True,
                                 ac_note_density_track=True, ac_repetition_track=True)),
    "tsd": ("TSD", {}),
    "tsd_programs": ("TSD", dict(use_programs=True, use_tempos=True, use_rests=True,
                                 time_signature_range=METRES)),
    "tsd_all": ("TSD", dict(EVERYTHING, program_changes=True, num_tempos=64, tempo_range=(30, 300),
                            delete_equal_successive_time_sig_changes=True)),
    "tsd_tracks": ("TSD", dict(use_pitch_intervals=True, max_pitch_interval=12, use_velocities=False,
                               beat_res={(0, 1): 24, (1, 8): 4}, pitch_range=(0, 127),
                               drums_pitch_range=(0, 127), use_key_signatures=True)),
    "midilike": ("MIDILike", {}),
    "midilike_programs": ("MIDILike", dict(use_programs=True, use_tempos=True, use_rests=True,
                                           time_signature_range=METRES)),
    "midilike_all": ("MIDILike", dict(EVERYTHING, program_changes=True, use_control_changes=True,
                                      control_change_numbers=[1, 7, 10, 11, 91, 0],
                                      time_signature_range=METRES)),
    "midilike_tracks": ("MIDILike", dict(use_programs=True, one_token_stream_for_programs=False,
                                         use_pitch_intervals=True, use_sustain_pedals=True,
                                         sustain_pedal_duration=True, use_time_signatures=False)),
    "cpword": ("CPWord", {}),
    "cpword_programs": ("CPWord", dict(use_programs=True, use_tempos=True, use_chords=True,
                                       chord_tokens_with_root_note=True, chord_unknown=(3, 6),
                                       time_signature_range=METRES)),
    "cpword_rests": ("CPWord", dict(use_rests=True, use_tempos=True, use_time_signatures=False,
                                    log_tempos=True, num_velocities=16)),
    "cpword_tracks": ("CPWord", dict(use_programs=True, one_token_stream_for_programs=False,
                                     use_velocities=False, use_tempos=True,
                                     beat_res={(0, 8): 12})),
    "octuple": ("Octuple", {}),
    "octuple_programs": ("Octuple", dict(use_programs=True, use_tempos=True,
                                         time_signature_range=METRES, max_bar_embedding=300)),
    "octuple_tempos": ("Octuple", dict(use_tempos=True, use_time_signatures=False, log_tempos=True,
                                       num_velocities=64, max_bar_embedding=20)),
    "octuple_tracks": ("Octuple", dict(use_programs=True, one_token_stream_for_programs=False,
                                       use_velocities=False, programs=[-1, 0, 24, 32, 40, 48],
                                       use_pitchdrum_tokens=False)),
    "mmm": ("MMM", dict(base_tokenizer="TSD")),
    "mmm_remi": ("MMM", dict(base_tokenizer="REMI", use_tempos=True, time_signature_range=METRES)),
    "mmm_midilike": ("MMM", dict(base_tokenizer="MIDILike", use_chords=True, use_pitch_bends=True,
                                 use_sustain_pedals=True)),
    "mmm_intervals": ("MMM", dict(base_tokenizer="TSD", use_pitch_intervals=True, use_rests=True,
                                  num_velocities=8, use_time_signatures=False)),
    "structured": ("Structured", {}),
    "structured_programs": ("Structured", dict(use_programs=True, num_velocities=16)),
    "structured_tracks": ("Structured", dict(use_programs=True, one_token_stream_for_programs=False,
                                             use_velocities=False, beat_res={(0, 4): 12, (4, 9): 2})),
    "mumidi": ("MuMIDI", {}),
    "mumidi_tempos": ("MuMIDI", dict(use_tempos=True, max_bar_embedding=300)),
    "mumidi_chords": ("MuMIDI", dict(use_chords=True, use_velocities=False, beat_res={(0, 8): 12})),
    "pertok": ("PerTok", dict(beat_res={(0, 128): 4, (0, 32): 3}, ticks_per_quarter=320,
                              use_microtiming=True, max_microtiming_shift=0.125,
                              num_microtiming_bins=30)),
    "pertok_programs": ("PerTok", dict(beat_res={(0, 16): 8}, ticks_per_quarter=220,
                                       use_microtiming=False, max_microtiming_shift=0.125,
                                       use_programs=True, use_tempos=True)),
    "pertok_positions": ("PerTok", dict(beat_res={(0, 4): 4, (0, 8): 3}, ticks_per_quarter=480,
                                        use_microtiming=True, max_microtiming_shift=0.25,
                                        num_microtiming_bins=20, use_position_toks=True,
                                        use_time_signatures=False)),
}


def make_tokenizer(name):
    kind, params = CONFIGS[name]
    return getattr(miditok, kind)(miditok.TokenizerConfig(**params))


def ids_of(tokenizer, score):
    tokens = tokenizer.encode(score)
    return [seq.ids for seq in tokens] if isinstance(tokens, list) else tokens.ids


def digest(value, length=12):
    text = json.dumps(value, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def notes_of(score):
    """[[program, or -1 for drums, [[onset, duration, pitch, velocity], ...] sorted], ...]"""
    return [[-1 if track.is_drum else track.program,
             sorted([n.time, n.duration, n.pitch, n.velocity] for n in track.notes)]
            for track in score.tracks]


def decoded_notes(tokenizer, score):
    tokens = tokenizer.encode(score)
    if isinstance(tokenizer, miditok.Octuple) and isinstance(tokens, list):
        # MidiTok's decoder carries the place of the last metre change from one track into the next,
        # which moves the next one's notes. So each track is decoded alone.
        return [track for sequence in tokens if sequence.ids
                for track in notes_of(tokenizer.decode([sequence]))]
    return notes_of(tokenizer.decode(tokens))


def attempt(function, *arguments):
    try:
        return digest(function(*arguments))
    except Exception:
        return "-"


def vocabulary_of(tokenizer):
    vocabularies = tokenizer.vocab if tokenizer.is_multi_voc else [tokenizer.vocab]
    return [sorted(vocabulary, key=vocabulary.get) for vocabulary in vocabularies]


def quantity(number):
    digits = [number & 127]
    while number := number >> 7:
        digits.append(128 | number & 127)
    return bytes(reversed(digits))


def track(*events):
    """A MIDI track of (tick, bytes) in order of time."""
    now, data = 0, b""
    for at, event in events:
        data += quantity(at - now) + event
        now = at
    data += b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">I", len(data)) + data


def note(channel, begin, end, pitch, velocity):
    return [(begin, bytes([0x90 | channel, pitch, velocity])), (end, bytes([0x80 | channel, pitch, 0]))]


def program(at, channel, number):
    return (at, bytes([0xC0 | channel, number]))


def control(at, channel, number, value):
    return (at, bytes([0xB0 | channel, number, value]))


def bend(at, channel, value):
    return (at, bytes([0xE0 | channel, (value + 8192) & 127, (value + 8192) >> 7]))


def meta(at, kind, data):
    return (at, bytes([0xFF, kind]) + quantity(len(data)) + data)


def tempo(at, microseconds):
    return meta(at, 0x51, microseconds.to_bytes(3, "big"))


def metre(at, numerator, power):
    return meta(at, 0x58, bytes([numerator, power, 24, 8]))


def midi(division, *tracks):
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), division) + b"".join(tracks)


def in_time(*lists):
    return sorted((event for events in lists for event in events), key=lambda event: event[0])


def fixtures():
    """name: the bytes of a MIDI file that has what real files seldom have."""
    scale = [n for i in range(16) for n in note(0, 120 * i, 120 * i + 100 + i, 60 + i % 5, 64 + i)]
    chords = [n for i, root in enumerate((60, 65, 67, 62)) for pitch in (0, 4, 7, 10)[:3 + i % 2]
              for n in note(1, 960 * i, 960 * i + 900, root + pitch, 90)]
    drums = [n for i in range(12) for n in note(9, 160 * i, 160 * i + 40, (36, 38, 42)[i % 3], 100)]
    many_tempos = [tempo(0, 400_000 + 5_000 * i) for i in range(30)]
    many_tempos += [tempo(480 + 240 * (i // 3), 500_000 + 7_000 * i) for i in range(40)]
    return {
        "programs": midi(480, track(*in_time(
            [control(0, 0, 7, 100), bend(0, 0, 100), program(5, 0, 5), control(6, 0, 10, 3)],
            note(0, 7, 200, 60, 80), [program(100, 0, 7)], note(0, 300, 300, 64, 20),
            note(0, 300, 500, 67, 90), [program(600, 0, 5)], note(0, 700, 900, 60, 81),
            note(3, 0, 2400, 40, 60), note(0, 1000, 1400, 62, 60), note(0, 1100, 1500, 62, 70),
            [(2000, bytes([0x90, 70, 99])), control(2100, 0, 64, 127)]))),
        "metres": midi(96, track(metre(0, 3, 2), tempo(0, 500_000), metre(100, 6, 3), tempo(701, 431_000),
                                 tempo(702, 600_000), metre(1000, 6, 3), metre(1152, 4, 2),
                                 metre(1300, 7, 3), metre(1300, 2, 1), metre(2000, 5, 4)),
                       track(*in_time([n for i in range(40) for n in
                                       note(0, 61 * i, 61 * i + 13 * (i % 9), 50 + i, 3 * i + 1)],
                                      [control(95, 0, 64, 90), control(301, 0, 64, 0),
                                       control(301, 0, 64, 70), control(1290, 0, 64, 3),
                                       bend(95, 0, 8191), bend(96, 0, -8192), bend(400, 0, 33)]))),
        "band": midi(480, track(meta(0, 3, b"conductor"), meta(0, 0x59, bytes([254, 1])), tempo(0, 461_538),
                                meta(1920, 0x59, bytes([3, 0]))),
                     track(meta(0, 5, b"la"), meta(1920, 5, b"li")),
                     track(*scale), track(program(0, 1, 24), *in_time(chords)), track(*in_time(drums)),
                     track(program(0, 2, 24), *note(2, 3840, 9000, 55, 127), *note(2, 20_000, 20_010, 2, 9))),
        "tempos": midi(240, track(*many_tempos), track(*in_time(scale))),
        "silence": midi(480, track(tempo(0, 500_000), metre(0, 3, 2), metre(5760, 2, 2))),
    }


def write_fixtures(out):
    record = {"made_by": "tools/make_miditok_golden.py", "miditok": version("miditok"),
              "midi": {name: data.hex() for name, data in fixtures().items()}, "ids": {}, "notes": {}}
    for name in CONFIGS:
        tokenizer = make_tokenizer(name)
        for kind, function in (("ids", ids_of), ("notes", decoded_notes)):
            record[kind][name] = {}
            for fixture, data in fixtures().items():
                try:
                    record[kind][name][fixture] = function(tokenizer, symusic.Score.from_midi(data))
                except Exception as error:
                    print(f"{name}: {fixture}: {kind}: {type(error).__name__}: {error}")
    text = json.dumps(record, separators=(",", ":"))
    (out / "fixtures.json").write_text(text + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("build/data/midi"))
    parser.add_argument("--out", type=Path, default=Path("tests/golden/miditok"))
    parser.add_argument("--only", help="configurations whose name begins so")
    parser.add_argument("--every", type=int, default=22)
    options = parser.parse_args()
    paths = sorted(str(p.relative_to(options.data)) for p in options.data.rglob("*.mid"))
    paths = paths[::options.every]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "files.json").write_text(json.dumps(paths, indent=0) + "\n")
    write_fixtures(options.out)
    scores = []
    for path in paths:
        try:
            scores.append(symusic.Score(options.data / path))
        except Exception:
            scores.append(None)
    for name in CONFIGS:
        if options.only and not name.startswith(options.only):
            continue
        tokenizer = make_tokenizer(name)
        golden = {"made_by": "tools/make_miditok_golden.py", "miditok": version("miditok"),
                  "symusic": version("symusic"), "tokenizer": tokenizer.to_dict(),
                  "vocabulary": digest(vocabulary_of(tokenizer)), "ids": []}
        failures = []
        for path, score in zip(paths, scores):
            try:
                golden["ids"].append(digest(ids_of(tokenizer, score)))
            except Exception as error:
                golden["ids"].append("-")
                failures.append(f"{path}: {type(error).__name__}: {error}")
        golden["notes"] = [attempt(decoded_notes, tokenizer, score) for score in scores[::10]]
        (options.out / f"{name}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
        print(f"{name}: {len(paths) - len(failures)} files, {len(failures)} refused", *failures[:2],
              sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
