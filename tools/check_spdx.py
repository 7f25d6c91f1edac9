#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every source file names its licence in its first three lines:  check_spdx.py [ROOT]"""
import sys

from source_files import HOME, source_files

LINE = "SPDX-License-Identifier: Apache-2.0"
ENDINGS = {".h", ".cpp", ".inl", ".c", ".cc", ".py", ".sh", ".cmake", ".in"}
NAMES = {"CMakeLists.txt", "Makefile", "run"}


def wants_licence(path):
    return path.suffix in ENDINGS or path.name in NAMES


def check(root):
    for path in source_files(root, wants_licence):
        with path.open(encoding="utf-8") as file:
            head = [file.readline() for _ in range(3)]
        if not any(LINE in line for line in head):
            yield f"{path.relative_to(root)}:1: no licence; begin the file with a comment \"{LINE}\""


if __name__ == "__main__":
    refused = list(check(sys.argv[1] if len(sys.argv) > 1 else HOME))
    print("\n".join(refused) or "check_spdx: every file names its licence")
    sys.exit(1 if refused else 0)
