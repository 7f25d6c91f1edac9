#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and peak memory of `motet data` over a part of a corpus and over ten times as much.

    tools/measure_corpus.py build/release/bin/motet build/data/midi [--sizes 1000 10000] [--threads 2] [--keep-copies]

FOLDER has a metadata.jsonl. Parts are every n-th of its files; a size above their number repeats the
folder under other names, so that the files are there but the music is known. With --keep-copies nothing
is removed as a copy, so that prepare has all of them to write.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time


def make_part(folder, size, target):
    """Links `size` files of the corpus, with their papers, into `target`."""
    with open(folder / "metadata.jsonl", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    papers = []
    for number in range(size):
        round_, at = divmod(number * max(1, len(lines) // size), len(lines))
        line = dict(lines[at])
        source = folder / line["file"]
        line["file"] = f"{round_}/{line['file']}"
        place = target / line["file"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(source)
        papers.append(json.dumps(line))
    (target / "metadata.jsonl").write_text("\n".join(papers) + "\n")


def run(command):
    """Seconds and peak megabytes of a command."""
    begin = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"measure_corpus: {' '.join(map(str, command))} failed")
    return time.monotonic() - begin, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep-copies", action="store_true")
    options = parser.parse_args()
    folder = options.folder.resolve()
    print(f"{'files':>8}  {'verb':8} {'seconds':>8} {'peak MB':>8}")
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            work = pathlib.Path(name)
            maker = os.fork()  # what a process holds counts as its children's peak
            if maker == 0:
                make_part(folder, size, work / "music")
                os._exit(0)
            os.waitpid(maker, 0)
            program = [str(options.program.resolve()), "data"]
            threads = ["--threads", str(options.threads)]
            corpus = str(work / "corpus.db")
            for verb, arguments in (
                    ("scan", [str(work / "music"), "-o", corpus, *threads]),
                    ("dedup", [corpus, *threads]),
                    ("split", [corpus]),
                    ("prepare", [corpus, "-o", str(work / "shards"), *threads])):
                if verb == "dedup" and options.keep_copies:
                    continue
                seconds, megabytes = run([*program, verb, *arguments])
                print(f"{size:8}  {verb:8} {seconds:8.1f} {megabytes:8.1f}", flush=True)


if __name__ == "__main__":
    main()
