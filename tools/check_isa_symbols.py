#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What isa_*.cpp gives away:  check_isa_symbols.py [--nm NM] LIBRARY

A file compiled for one instruction set may define one symbol that others can see, table(). Any
other could be the copy that the linker keeps for everybody, and crash an older CPU.
"""
import argparse
import re
import subprocess
import sys

TABLE = re.compile(r"^motet::nn::kernels::\w+::table\(\)$")
LOCAL = set("abdrstnNU?vw")  # nm's letters for what is local, undefined or a debugging symbol


def symbols(nm, library):
    """(member, letter, name) of every symbol in the library."""
    output = subprocess.run([nm, "-C", "-A", library], capture_output=True, text=True, check=True)
    for line in output.stdout.splitlines():
        match = re.match(r"^.*?:?([^:\s]+\.o(?:bj)?):\s*[0-9a-f]*\s+(\S)\s+(.*)$", line)
        if match:
            yield match.groups()


def is_instrumentation(name):
    """Sanitizers add their own, the same in every file: no code of ours."""
    return name.startswith(("__asan", "__odr_asan", "__ubsan", "__tsan", "DW.ref."))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nm", default="nm")
    parser.add_argument("library")
    arguments = parser.parse_args()
    tables, stray = {}, []
    for member, letter, name in symbols(arguments.nm, arguments.library):
        if not member.startswith("isa_") or letter in LOCAL or is_instrumentation(name):
            continue
        if TABLE.match(name):
            tables[member] = tables.get(member, 0) + 1
        else:
            stray.append(f"{member}: defines {name}; keep it in the anonymous namespace")
    if not tables:
        stray.append(f"{arguments.library}: no isa_*.cpp defines table()")
    print("\n".join(stray) if stray else f"check_isa_symbols: {len(tables)} files, one symbol each")
    return 1 if stray else 0


if __name__ == "__main__":
    sys.exit(main())
