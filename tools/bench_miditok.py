#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much faster than MidiTok the same files become the same tokens, in one run:

    bench_miditok.py build/w/bin/tokenize_bench [--data build/data/midi] [--every 60] [--kind REMI]

Both read every file from its path and tokenize it with the same tokenizer.json. Compares the CPU
seconds of one thread; the wall clock of 1, 2, 4 ... threads shows how ours scales. Where MidiTok is
not installed it says so and times Motet alone, with the same settings (MidiTok's defaults).
"""
import argparse
import json
import os
import subprocess
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path

try:
    import miditok
except ImportError:
    miditok = None

warnings.filterwarnings("ignore")


def run_ours(bench, tokenizer, paths, threads):
    done = subprocess.run([bench, tokenizer, str(threads)], input="\n".join(paths) + "\n",
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def run_miditok(tokenizer, paths):
    tokens = 0
    wall, cpu = time.perf_counter(), time.process_time()
    for path in paths:
        result = tokenizer(Path(path))
        tokens += sum(map(len, result)) if isinstance(result, list) else len(result)
    return {"tokens": tokens, "seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - cpu}


def show(name, result):
    cpu = result["cpu_seconds"]
    print(f"{name:14} {cpu:9.3f} CPU s {result['tokens']:9} tokens "
          f"{result['tokens'] / cpu:12.0f} tokens/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bench")
    parser.add_argument("--data", type=Path, default=Path("build/data/midi"))
    parser.add_argument("--every", type=int, default=60, help="take every n-th file")
    parser.add_argument("--kind", default="REMI")
    options = parser.parse_args()
    paths = sorted(str(path) for path in options.data.rglob("*.mid"))[::options.every]
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/tokenizer.json"
        Path(file).write_text(json.dumps({"config": {}, "tokenization": options.kind}))
        for path in paths:
            Path(path).read_bytes()
        ours = min((run_ours(options.bench, file, paths, 1) for _ in range(3)),
                   key=lambda result: result["cpu_seconds"])
        print(f"{options.kind}, {len(paths)} files, one thread")
        show("Motet", ours)
        if miditok is None:
            print("MidiTok skipped: not installed here; pip install miditok==3.1.0")
        else:
            theirs = run_miditok(getattr(miditok, options.kind)(), paths)
            show(f"MidiTok {version('miditok')}", theirs)
            print(f"Motet is {theirs['cpu_seconds'] / ours['cpu_seconds']:.0f} times as fast, by "
                  "CPU seconds")
        threads, base = 1, None
        while threads <= (os.cpu_count() or 1):
            wall = min(run_ours(options.bench, file, paths, threads)["seconds"] for _ in range(5))
            base = base or wall
            print(f"{threads:3d} threads {wall:8.3f} s {len(paths) / wall:8.0f} files/s  "
                  f"{base / wall:.2f} times one thread")
            threads *= 2


if __name__ == "__main__":
    main()
