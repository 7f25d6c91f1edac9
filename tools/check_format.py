#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every C++ file is as clang-format writes it:  check_format.py [ROOT]

Exits 77, which CTest counts as skipped, where clang-format 14 is not installed.
"""
import shutil
import subprocess
import sys

from source_files import HOME, source_files

if __name__ == "__main__":
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not program:
        print("check_format: skipped, clang-format is not installed; apt-get install clang-format-14")
        sys.exit(77)
    root = sys.argv[1] if len(sys.argv) > 1 else HOME
    files = [str(p) for p in source_files(root, lambda p: p.suffix in {".h", ".cpp", ".inl"})]
    done = subprocess.run([program, "--dry-run", "-Werror", *files], capture_output=True, text=True,
                          check=False)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if ": error:" in line})
    if done.returncode:
        print("\n".join(wrong) or done.stderr)
        print(f"check_format: run {program} -i on these {len(wrong)} of {len(files)} files")
    else:
        print(f"check_format: {len(files)} files are as clang-format writes them")
    sys.exit(1 if done.returncode else 0)
