#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a reader can hold in mind:  check_sizes.py [ROOT]

A source file has at most 600 lines (400 is the aim), the root CMakeLists.txt at most 60, a module
a README.md of at most 10, the README at most 150; nothing is left open with a bare TODO.
"""
import re
import sys
from pathlib import Path

from source_files import HOME, source_files

CODE = {".h", ".cpp", ".inl", ".c", ".cc", ".py"}
LEFT_OPEN = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")


def check_code(root):
    for path in source_files(root, lambda p: p.suffix in CODE):
        lines = path.read_text(encoding="utf-8").splitlines()
        where = path.relative_to(root)
        if len(lines) > 600:
            yield f"{where}:601: {len(lines)} lines, the limit is 600; what would split it naturally?"
        for number, line in enumerate(lines, 1):
            if LEFT_OPEN.search(line) and where.parts[0] != "tools":
                yield f"{where}:{number}: left open; finish it or name its issue, as in (#12)"


def check_pages(root):
    limits = [(root / "README.md", 150), (root / "CMakeLists.txt", 60)]
    for cmake in sorted((root / "src/motet").rglob("CMakeLists.txt")):
        if "motet_module(" in cmake.read_text(encoding="utf-8"):
            limits.append((cmake.parent / "README.md", 10))
    for page, limit in limits:
        where = page.relative_to(root)
        if not page.exists():
            yield f"{where}:1: missing; say in {limit} lines at most what is here and what to read first"
        elif (lines := len(page.read_text(encoding="utf-8").splitlines())) > limit:
            yield f"{where}:{limit + 1}: {lines} lines, the limit is {limit}"


if __name__ == "__main__":
    home = Path(sys.argv[1] if len(sys.argv) > 1 else HOME).resolve()
    refused = [*check_code(home), *check_pages(home)]
    print("\n".join(refused) or "check_sizes: every file and page is within its limit")
    sys.exit(1 if refused else 0)
