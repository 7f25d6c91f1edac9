#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what MidiTok's trained tokenizers make of files, for tests/tokens/event_learned_test.cpp.

    make_miditok_trained.py [--data build/data/midi] [--out tests/golden/miditok_trained]

For each tokenizer below, trained here by MidiTok on every 400th file of the corpus: NAME.json with
its tokenizer.json, its ids (encoded by the model) for the small MIDI files of
tests/golden/miditok/fixtures.json, and for every 100th file of the corpus the first 12 hex digits of
the SHA-256 of its ids as compact JSON ("-" where MidiTok raised) and of the base ids that it decodes
them to. Needs miditok 3.1.0, symusic 0.6.0 and tokenizers 0.23; says so in the files.
"""
import argparse
import json
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import miditok
import symusic

from make_miditok_golden import digest, fixtures

warnings.filterwarnings("ignore")
ROOT = Path(__file__).resolve().parent.parent

# name: tokenization, its configuration, the model, its vocabulary size
TRAINED = {
    "remi_bpe": ("REMI", {}, "BPE", 700),
    "remi_beat_bpe": ("REMI", dict(encode_ids_split="beat", use_programs=True, use_tempos=True,
                                   use_rests=True), "BPE", 900),
    "remi_no_bpe": ("REMI", dict(encode_ids_split="no"), "BPE", 600),
    "tsd_unigram": ("TSD", {}, "Unigram", 600),
    "tsd_beat_wordpiece": ("TSD", dict(encode_ids_split="beat"), "WordPiece", 600),
    "midilike_bpe": ("MIDILike", dict(use_programs=True, use_rests=True), "BPE", 800),
    "structured_wordpiece": ("Structured", {}, "WordPiece", 600),
    "mmm_bpe": ("MMM", dict(base_tokenizer="REMI"), "BPE", 800),
    "pertok_bpe": ("PerTok", dict(beat_res={(0, 16): 8}, ticks_per_quarter=220,
                                  use_microtiming=False, max_microtiming_shift=0.125), "BPE", 700),
}


def sequences(tokens):
    return [seq.ids for seq in tokens] if isinstance(tokens, list) else tokens.ids


def hashes(tokenizer, path):
    try:
        tokens = tokenizer.encode(path)
        encoded = digest(sequences(tokens))
    except Exception:  # MidiTok raises bare ones of many kinds
        return "-", "-"
    if tokenizer.is_trained:
        tokenizer.decode_token_ids(tokens)
    return encoded, digest(sequences(tokens))


def record_of(name, files, training):
    kind, params, model, size = TRAINED[name]
    tokenizer = getattr(miditok, kind)(miditok.TokenizerConfig(**params))
    tokenizer.train(vocab_size=size, model=model,
                    files_paths=[file for file in training if hashes(tokenizer, file)[0] != "-"])
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save(Path(folder) / "tokenizer.json")
        saved = json.loads((Path(folder) / "tokenizer.json").read_text())
    fixture_ids = {}
    for fixture, data in fixtures().items():
        try:
            fixture_ids[fixture] = sequences(tokenizer.encode(symusic.Score.from_midi(data)))
        except Exception as error:
            print(f"{name}: {fixture}: {type(error).__name__}: {error}")
    found = [hashes(tokenizer, file) for file in files]
    return {"made_by": "tools/make_miditok_trained.py", "miditok": version("miditok"),
            "symusic": version("symusic"), "tokenizers": version("tokenizers"),
            "tokenizer": saved, "fixtures": fixture_ids,
            "ids": [ids for ids, _ in found], "base_ids": [base for _, base in found]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT / "build/data/midi")
    parser.add_argument("--out", type=Path, default=ROOT / "tests/golden/miditok_trained")
    parser.add_argument("--only", help="the tokenizer of this name alone")
    options = parser.parse_args()
    paths = sorted(options.data.rglob("*.mid"))
    files = paths[::100]
    options.out.mkdir(parents=True, exist_ok=True)
    listed = [str(path.relative_to(options.data)) for path in files]
    (options.out / "files.json").write_text(json.dumps(listed, indent=0) + "\n")
    for name in [options.only] if options.only else TRAINED:
        record = record_of(name, files, paths[::400])
        (options.out / f"{name}.json").write_text(json.dumps(record, ensure_ascii=False) + "\n")
        print(name, sum(ids == "-" for ids in record["ids"]), "raised", flush=True)


if __name__ == "__main__":
    main()
