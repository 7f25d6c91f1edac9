#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Refuses an include that the layer table does not allow:  check_layers.py [ROOT]

The table is the one in docs/architecture.md: a row a module, with the modules that it may include
directly and, in backticks, the outside headers that are its alone. Each module's motet_module(...)
line must say the same. Prints file:line and the way out; exits 1 when anything is refused.
"""
import re
import sys
from pathlib import Path

ROW = re.compile(r"^\| `([\w/]+)` \|([^|]*)\|([^|]*)\|$", re.M)
MODULE = re.compile(r"motet_module\(\s*NAME\s+(\w+)([^)]*)\)")
KEYWORD = re.compile(r"\b(DEPENDS|SOURCES|HEADERS|LINKS)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SYSTEM = re.compile(r"^([a-z_]+|(sys|linux|arpa|netinet)/\w+\.h|\w*intrin\.h|arm_neon\.h|cpuid\.h|"
                    r"(fcntl|unistd|signal|sched|dirent|termios|poll|pthread)\.h)$")
FREE = ("apps", "tests", "bench", "fuzz")  # may include every module


def read_table(root):
    """The documented table: {row: (modules, header prefixes)}."""
    text = (root / "docs/architecture.md").read_text()
    return {name: (re.findall(r"[\w]+", modules), re.findall(r"`([^`]+)`", outside))
            for name, modules, outside in ROW.findall(text)}


def read_modules(root):
    """{name: (folder, depends, CMake file)} from every motet_module line."""
    modules = {}
    for cmake in sorted((root / "src/motet").rglob("CMakeLists.txt")):
        for name, body in MODULE.findall(re.sub(r"#.*", "", cmake.read_text())):
            parts = KEYWORD.split(body)
            lists = dict(zip(parts[1::2], (p.split() for p in parts[2::2])))
            modules[name] = (cmake.parent.relative_to(root), lists.get("DEPENDS", []), cmake)
    return modules


def find_cycle(modules, name, path=()):
    if name in path:
        return path[path.index(name):] + (name,)
    depends = modules[name][1] if name in modules else []
    return next(filter(None, (find_cycle(modules, d, path + (name,)) for d in depends)), None)


def owner_of(modules, path):
    """The module whose folder is nearest above a path below the root, or None."""
    homes = {folder: name for name, (folder, _, _) in modules.items()}
    return next((homes[p] for p in Path(path).parents if p in homes), None)


def check_table(root, table, modules):
    for name, (_, depends, cmake) in modules.items():
        where = f"{cmake.relative_to(root)}:1"
        if name not in table:
            yield f"{where}: module {name} has no row in docs/architecture.md; add one"
        elif set(table[name][0]) != set(depends):
            yield (f"{where}: {name} DEPENDS {' '.join(sorted(depends)) or '(nothing)'}, but the table in "
                   f"docs/architecture.md says {' '.join(sorted(table[name][0])) or '(nothing)'}; "
                   "change both, in one commit")
        if cycle := find_cycle(modules, name):
            yield f"{where}: a cycle: {' → '.join(cycle)}; move what both need below both"


def check_include(me, free, header, quoted, table, modules):
    """Why this include is refused, or None."""
    if header.startswith("motet/"):
        other = owner_of(modules, Path("src") / header)
        if other is None:
            return f"no module owns {header}; give its folder a motet_module(...)"
        if free or other == me or other in modules[me][1]:
            return None
        return (f"{me} may not include {other}; move the code down a layer, or add {other} to its "
                "DEPENDS and to the table in docs/architecture.md")
    if header.startswith(FREE) and free or SYSTEM.match(header):
        return None
    if any(header.startswith(prefix) for prefix in table.get(me, ([], []))[1]):
        return None
    if quoted and "/" not in header:
        return f"write the whole path from the include root instead of \"{header}\""
    homes = [row for row, (_, own) in table.items() if any(header.startswith(p) for p in own)]
    return (f"{me} may not include <{header}>; it lives in {' and '.join(homes) or 'no module yet'}: "
            "ask that module, or change the table in docs/architecture.md")


def check_file(root, path, table, modules):
    relative = path.relative_to(root)
    free = relative.parts[0] in FREE
    me = relative.parts[0] if free else owner_of(modules, relative)
    if me is None:
        yield f"{relative}:1: no module owns this file; give its folder a motet_module(...)"
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := INCLUDE.match(line):
            if free and (root / me / match[2]).exists():
                continue  # apps/, tests/ … are include roots for their own files
            why = check_include(me, free, match[2], match[1] == '"', table, modules)
            if why:
                yield f"{relative}:{number}: {why}"


def check(root):
    table, modules = read_table(root), read_modules(root)
    yield from check_table(root, table, modules)
    for top in ("src/motet",) + FREE:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".h", ".cpp", ".inl"):
                yield from check_file(root, path, table, modules)


if __name__ == "__main__":
    home = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    refused = list(check(home))
    print("\n".join(refused) or f"check_layers: {len(read_modules(home))} modules, nothing refused")
    sys.exit(1 if refused else 0)
