# SPDX-License-Identifier: Apache-2.0
"""motet compose and info with the public families of checkpoints, as tiny_checkpoint.py makes them."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import tiny_checkpoint

PROGRAM = os.environ["MOTET_PROGRAM"]
FAMILIES = {"anticipation": "Anticipatory Music Transformer", "midi_llm": "MIDI-LLM", "midi_model": "SkyTNT midi-model",
            "aria": "Aria", "notagen": "NotaGen"}
WORDS = {"midi_llm": ["a calm tune for a fiddle"], "notagen": ["Romantic/Chopin, Frederic/Keyboard"]}
TUNE = """X:1
T:Fragment
M:3/4
L:1/8
Q:1/4=100
%%MIDI program 40
K:G
G2AB c2|d2BG D2|E2FG A2|G6|
"""


def notes_of(midi):
    """(tick in quarters, pitch) of every note that begins, of a type 1 file."""
    per_quarter = int.from_bytes(midi[12:14], "big")
    found, at = set(), 14
    while at < len(midi):
        end = at + 8 + int.from_bytes(midi[at + 4:at + 8], "big")
        at, tick, status = at + 8, 0, 0
        while at < end:
            delta = 0
            while True:
                delta = delta * 128 + midi[at] % 128
                at += 1
                if midi[at - 1] < 128:
                    break
            tick += delta
            if midi[at] >= 128:
                status = midi[at]
                at += 1
            if status == 0xFF:
                at += 2 + midi[at + 1]
            elif status >> 4 in (0xC, 0xD):
                at += 1
            else:
                if status >> 4 == 9 and midi[at + 1] > 0:
                    found.add((tick / per_quarter, midi[at]))
                at += 2
        at = end
    return found


class Public(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="motet-public-"))
        for name in FAMILIES:
            tiny_checkpoint.make(name, cls.home / name)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.home))
        (self.folder / "tune.abc").write_text(TUNE)

    def motet(self, *arguments, code=0):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                              cwd=self.folder, timeout=240, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def compose(self, name, *arguments, code=0):
        return self.motet("compose", *WORDS.get(name, []), "--model", self.home / name, "--tokens",
                          120, "--seed", 3, "--no-audio", *arguments, code=code)

    def files(self, stem):
        return {path.name.replace(stem, "x"): path.read_bytes()
                for path in self.folder.glob(stem + ".*")}

    def refusal(self, *arguments, says):
        done = self.motet(*arguments, code=1)
        lines = done.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        for part in says:
            self.assertIn(part, lines[0])

    def test_each_family_composes_and_the_record_says_with_what(self):
        for name in FAMILIES:
            with self.subTest(name):
                self.compose(name, "-o", name)
                for ending in ("mid", "musicxml", "json"):
                    self.assertTrue((self.folder / f"{name}.{ending}").is_file(), ending)
                self.assertTrue(notes_of((self.folder / f"{name}.mid").read_bytes()))
                record = json.loads((self.folder / f"{name}.json").read_text())
                self.assertEqual((record["seed"], record["request"]["tokens"]), (3, 120))
                lines = ""
                for path in sorted((self.home / name).iterdir()):
                    lines += f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
                self.assertEqual(record["bundle"]["hash"],
                                 hashlib.sha256(lines.encode()).hexdigest())

    def test_each_family_goes_on_from_a_piece_and_leaves_it_as_it_is(self):
        self.motet("convert", "tune.abc", "tune.mid")
        given = notes_of((self.folder / "tune.mid").read_bytes())
        self.assertEqual(len(given), 13)
        for name in FAMILIES:
            with self.subTest(name):
                self.compose(name, "--continue", "tune.abc", "-o", name)
                found = notes_of((self.folder / f"{name}.mid").read_bytes())
                self.assertEqual(given - found, set())
                self.assertGreater(len(found), len(given))
                # The tune has a page; what was added stands on it, too.
                self.motet("convert", f"{name}.musicxml", "page.mid")
                self.assertGreater(len(notes_of((self.folder / "page.mid").read_bytes())),
                                   len(given))

    def test_the_same_request_gives_the_same_bytes(self):
        for name in FAMILIES:
            with self.subTest(name):
                self.compose(name, "-o", "one", "--threads", 1)
                self.compose(name, "-o", "two", "--threads", 2)
                one, two = self.files("one"), self.files("two")
                self.assertEqual(set(one), {"x.mid", "x.musicxml", "x.json"} |
                                 ({"x.abc"} if name == "notagen" else set()))
                one["x.json"] = one["x.json"].replace(b"one.", b"two.")
                self.assertEqual(one, two)
                # The record of a piece is a request that makes it again.
                self.motet("compose", "--model", self.home / name, "--request", "one.json",
                           "--no-audio", "-o", "three")
                self.assertEqual(self.files("three")["x.mid"], one["x.mid"])

    def test_a_gpt2_with_motets_vocabulary_composes_as_a_bundle_does(self):
        vocabulary = self.motet("tokenize", "--vocabulary").stdout
        size = len(json.loads(vocabulary)["tokens"])

        def widen(config):
            config["vocab_size"] = size
        model = tiny_checkpoint.make("gpt2", self.folder / "gpt2", change=widen, vocabulary=size)
        self.refusal("compose", "--model", model, says=["tokenizer.json: not there"])
        (model / "tokenizer.json").write_text(vocabulary)
        said = self.motet("compose", "a calm waltz for piano", "--bars", 3, "--seed", 1, "--model",
                          model, "--no-audio", "-o", "waltz").stdout
        self.assertIn("3/4", said)
        self.motet("compose", "--continue", "tune.abc", "--bars", 2, "--seed", 1, "--model", model,
                   "--no-audio", "-o", "more")
        self.motet("convert", "more.musicxml", "page.mid")
        self.assertEqual(len(notes_of((self.folder / "page.mid").read_bytes())),
                         len(notes_of((self.folder / "more.mid").read_bytes())))

    def test_info_says_what_a_checkpoint_is(self):
        for name, family in FAMILIES.items():
            with self.subTest(name):
                said = self.motet("info", self.home / name).stdout
                for part in (family, "parameters", "tokenizer", "licence", "safetensors"):
                    self.assertIn(part, said)

    def test_what_a_family_cannot_do_is_one_sentence(self):
        model = self.home / "anticipation"
        self.refusal("compose", "--model", model, "--bars", 4,
                     says=["bars: Anticipatory Music Transformer", "instruments, seconds or tokens"])
        self.refusal("compose", "a calm waltz", "--model", model, says=["reads no words"])
        self.refusal("compose", "--model", self.home / "aria", "--instruments", "kalimba",
                     says=["Aria has no id for kalimba"])

    def test_a_folder_that_lies_is_told_with_its_place(self):
        broken = tiny_checkpoint.make("midi_llm", self.folder / "no_text")
        (broken / "tokenizer.json").unlink()
        self.refusal("compose", "--model", broken, says=["tokenizer.json: not there"])

        def widen(config):
            config["n_embd"] = 64
        lying = tiny_checkpoint.make("anticipation", self.folder / "lying", change=widen)
        self.refusal("compose", "--model", lying, says=["transformer.wte.weight", "64", "48"])
        self.refusal("info", lying, says=["transformer.wte.weight"])


if __name__ == "__main__":
    unittest.main()
