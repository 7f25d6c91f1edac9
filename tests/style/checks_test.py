# SPDX-License-Identifier: Apache-2.0
"""The style checks, seen to fail on made-up trees and to pass on the tree beside each."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"

TABLE = """
| module | may include | outside headers, here alone |
|---|---|---|
| `base` | – | `nlohmann/` |
| `score` | base | `pugixml.hpp` |
| `nn` | base | – |
| `nn_cpu` | base nn | – |
| `apps` | any | `CLI/` |
"""
GOOD = {
    "docs/architecture.md": TABLE,
    "src/motet/base/CMakeLists.txt": "motet_module(NAME base\n  SOURCES a.cpp\n  HEADERS a.h)\n",
    "src/motet/base/a.h": "#include <nlohmann/json.hpp>\n#include <vector>\n#include <sys/stat.h>\n",
    "src/motet/score/CMakeLists.txt": "motet_module(NAME score DEPENDS base SOURCES s.cpp)\n",
    "src/motet/score/s.cpp": '#include <pugixml.hpp>\n#include "motet/base/a.h"\n',
    "src/motet/nn/CMakeLists.txt": "motet_module(NAME nn DEPENDS base SOURCES n.cpp)\n",
    "src/motet/nn/n.cpp": '#include "motet/base/a.h"\n',
    "src/motet/nn/cpu/CMakeLists.txt": "motet_module(NAME nn_cpu DEPENDS base nn SOURCES c.cpp)\n",
    "src/motet/nn/cpu/c.cpp": '#include "motet/nn/n.h"\n#include <immintrin.h>\n',
    "apps/motet/main.cpp": '#include <CLI/CLI.hpp>\n#include "motet/score/s.h"\n'
                           '#include "motet/terminal.h"\n',
    "apps/motet/terminal.h": "",
}


def run(tool, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, TOOLS / tool, folder], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout + done.stderr


class CheckLayers(unittest.TestCase):
    def refuses(self, file, text, *expected):
        code, said = run("check_layers.py", {**GOOD, file: text})
        self.assertEqual(code, 1, said)
        for words in expected:
            self.assertIn(words, said)

    def test_passes_the_good_tree(self):
        code, said = run("check_layers.py", GOOD)
        self.assertEqual((code, said), (0, "check_layers: 4 modules, nothing refused\n"))

    def test_refuses_a_module_that_depends_does_not_name(self):
        self.refuses("src/motet/nn/n.cpp", '\n#include "motet/score/s.h"\n',
                     "src/motet/nn/n.cpp:2: nn may not include score")

    def test_tells_a_nested_module_from_its_parent(self):
        self.refuses("src/motet/nn/n.cpp", '#include "motet/nn/cpu/c.h"\n',
                     "nn/n.cpp:1: nn may not include nn_cpu")

    def test_refuses_an_outside_library_in_the_wrong_folder(self):
        self.refuses("src/motet/nn/n.cpp", "#include <pugixml.hpp>\n",
                     "nn/n.cpp:1: nn may not include <pugixml.hpp>; it lives in score")
        self.refuses("apps/motet/main.cpp", "#include <zlib.h>\n", "lives in no module yet")

    def test_gives_no_module_the_headers_of_the_program(self):
        self.refuses("src/motet/nn/n.cpp", '#include "motet/terminal.h"\n', "no module owns")

    def test_refuses_a_path_that_does_not_begin_at_the_root(self):
        self.refuses("src/motet/score/s.cpp", '#include "s.h"\n', "write the whole path")

    def test_refuses_a_cycle(self):
        files = {**GOOD, "docs/architecture.md": TABLE.replace("`base` | –", "`base` | score"),
                 "src/motet/base/CMakeLists.txt": "motet_module(NAME base DEPENDS score)\n"}
        code, said = run("check_layers.py", files)
        self.assertEqual(code, 1)
        self.assertIn("a cycle: base → score → base", said)

    def test_refuses_a_depends_that_the_table_contradicts(self):
        self.refuses("src/motet/nn/CMakeLists.txt", "motet_module(NAME nn DEPENDS base score)\n",
                     "nn DEPENDS base score, but the table", "change both")


class CheckSpdx(unittest.TestCase):
    def test_refuses_a_source_without_its_licence(self):
        line = "// SPDX-License-Identifier: Apache-2.0\n"
        self.assertEqual(run("check_spdx.py", {"src/a.cpp": line})[0], 0)
        code, said = run("check_spdx.py", {"src/a.cpp": "\n\n\n" + line})
        self.assertEqual(code, 1)
        self.assertIn("src/a.cpp:1: no licence", said)


class CheckSizes(unittest.TestCase):
    GOOD = {"README.md": "x\n", "CMakeLists.txt": "x\n", "src/motet/a/README.md": "x\n" * 10,
            "src/motet/a/CMakeLists.txt": "motet_module(NAME a)\n", "src/motet/a/a.cpp": "x\n" * 600}

    def test_refuses_what_is_too_long_or_missing_or_left_open(self):
        self.assertEqual(run("check_sizes.py", self.GOOD)[0], 0)
        for file, text, words in [
                ("src/motet/a/a.cpp", "x\n" * 601, "a.cpp:601: 601 lines"),
                ("src/motet/a/README.md", "x\n" * 11, "README.md:11: 11 lines"),
                ("src/motet/b/CMakeLists.txt", "motet_module(NAME b)\n", "b/README.md:1: missing"),
                ("src/motet/a/a.cpp", "\n// " + "TO" + "DO later\n", "a.cpp:2: left open")]:
            code, said = run("check_sizes.py", {**self.GOOD, file: text})
            self.assertEqual(code, 1, words)
            self.assertIn(words, said)


if __name__ == "__main__":
    unittest.main()
