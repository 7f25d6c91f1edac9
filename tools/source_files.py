# SPDX-License-Identifier: Apache-2.0
"""The files that the style checks look at: what git tracks, or else what lies in the folder."""
import subprocess
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
BUILT = {".git", "build", "out", ".cache", "__pycache__", "node_modules"}


def source_files(root, accept):
    """Every file below root for which accept(path) holds, in the order of their names."""
    git = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others",
                          "--exclude-standard"], capture_output=True, text=True, check=False)
    if git.returncode == 0:
        found = [Path(root) / name for name in git.stdout.split("\0") if name]
    else:
        found = [p for p in Path(root).rglob("*") if not BUILT & set(p.relative_to(root).parts)]
    return sorted(p for p in found if p.is_file() and accept(p))
