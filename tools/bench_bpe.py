# SPDX-License-Identifier: Apache-2.0
"""Motet's subword models against Hugging Face `tokenizers`, on the same words, in one run.

    ninja -C build/release bpe_bench
    python3 tools/bench_bpe.py build/release/bin/bpe_bench build/shards [--threads 1] [--sizes 2000 5000 10000]

A word is a bar of Motet's own tokens (docs/evaluation.md, "Subwords"), taken from the training shards
of `motet data prepare`. Both sides learn from the same words and then encode them all; the merges and
the ids are compared. Each side's time is its
library's alone, in seconds of the processor (all threads), so that a busy machine changes little of it.
"""
import argparse
import json
import os
import struct
import subprocess
import tempfile
import time
from pathlib import Path

FIRST = 33  # the character of base token 0, as in MidiTok


def read_shard(path):
    data = path.read_bytes()
    magic, vocabulary, _, pieces, _ = struct.unpack_from("<8sIfQ32s", data)
    assert magic == b"MOTETSH1", path
    offsets = struct.unpack_from(f"<{pieces + 1}Q", data, 56)
    ids = struct.unpack_from(f"<{offsets[-1]}H", data, 56 + 8 * (pieces + 1))
    return vocabulary, [ids[a:b] for a, b in zip(offsets, offsets[1:])]


def names_of(shards):
    return json.loads((shards / "tokenizer.json").read_text())["tokens"]


def write_words(shards, path, limit):
    """Bars, one a line; returns how many notes they have."""
    names = names_of(shards)
    bars = {i for i, name in enumerate(names) if name.startswith("Bar_")}
    notes = {i for i, name in enumerate(names) if name.startswith(("Pitch_", "Drum_"))}
    count = symbols = 0
    with open(path, "w", encoding="utf-8") as out:
        for shard in sorted(shards.glob("train-*.shard")):
            for piece in read_shard(shard)[1]:
                if symbols >= limit:
                    return count
                symbols += len(piece)
                starts = [i for i, token in enumerate(piece) if token in bars and i > 0]
                for begin, end in zip([0] + starts, starts + [len(piece)]):
                    out.write("".join(chr(FIRST + token) for token in piece[begin:end]) + "\n")
                count += sum(token in notes for token in piece)
    return count


def run_motet(bench, words, model, size, threads, folder):
    model_file, ids_file = folder / "motet.json", folder / "motet.ids"
    line = subprocess.run([bench, words, model, str(size), str(threads), model_file, ids_file],
                          check=True, capture_output=True, text=True).stdout
    fields = line.split()
    figures = {key: float(value) for key, value in zip(fields[::2], fields[1::2])}
    ids = [[int(i) for i in row.split()] for row in ids_file.read_text().splitlines()]
    return figures, json.loads(model_file.read_text())["model"], ids


def run_tokenizers(words_file, model, size, base):
    from tokenizers import Tokenizer, models, trainers
    words = words_file.read_text(encoding="utf-8").split("\n")[:-1]
    alphabet = [chr(FIRST + i) for i in range(base)]
    common = {"vocab_size": size, "show_progress": False, "initial_alphabet": alphabet}
    if model == "bpe":
        tokenizer, trainer = Tokenizer(models.BPE()), trainers.BpeTrainer(**common)
    elif model == "unigram":
        tokenizer, trainer = Tokenizer(models.Unigram()), trainers.UnigramTrainer(**common)
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token=chr(FIRST), max_input_chars_per_word=1 << 30))
        trainer = trainers.WordPieceTrainer(continuing_subword_prefix="", **common)
    start = time.process_time()
    tokenizer.train_from_iterator(words, trainer)
    train = time.process_time() - start
    start = time.process_time()
    encoded = tokenizer.encode_batch_fast(words, add_special_tokens=False)
    apply = time.process_time() - start
    ids = [one.ids for one in encoded]
    return train, apply, json.loads(tokenizer.to_str())["model"], ids


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench", type=Path)
    parser.add_argument("shards", type=Path)
    parser.add_argument("--models", nargs="+", default=["bpe"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[2000, 5000, 10000])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=int, default=1 << 62, help="base tokens, to make it short")
    parser.add_argument("--alone", action="store_true", help="without `tokenizers`")
    args = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = os.environ["RAYON_RS_NUM_THREADS"] = str(args.threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if args.threads > 1 else "false"
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        words = folder / "words.txt"
        notes = write_words(args.shards, words, args.limit)
        base = len(names_of(args.shards))
        print("model      size  tokens a note  train s (HF)  apply s (HF)  M base tokens/s (HF)  ratios train, apply  same ids")
        for model in args.models:
            for size in args.sizes:
                figures, own, ids = run_motet(args.bench, words, model, size, args.threads, folder)
                learn = figures["count"] + figures["train"]
                rate = figures["symbols"] / figures["apply"] / 1e6
                row = f"{model:9s} {size:5d}  {figures['tokens'] / notes:.3f} of {figures['symbols'] / notes:.3f}"
                if args.alone:
                    print(f"{row}  {learn:.1f}  {figures['apply']:.2f}  {rate:.1f}", flush=True)
                    continue
                train, apply, theirs, their_ids = run_tokenizers(words, model, size, base)
                same = sum(a == b for a, b in zip(ids, their_ids)) / len(ids)
                merges = " merges " + ("equal" if own["merges"] == theirs["merges"] else "differ") if model == "bpe" else ""
                their_tokens = sum(map(len, their_ids)) / notes
                print(f"{row} ({their_tokens:.3f})  {learn:.1f} ({train:.1f})  {figures['apply']:.2f} ({apply:.2f})"
                      f"  {rate:.1f} ({figures['symbols'] / apply / 1e6:.1f})"
                      f"  {train / learn:.1f} {apply / figures['apply']:.1f}  {same:.1%}{merges}", flush=True)


if __name__ == "__main__":
    main()
