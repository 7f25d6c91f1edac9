# SPDX-License-Identifier: Apache-2.0
"""motet convert from outside: what becomes of files, folders, books and broken bytes."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["MOTET_PROGRAM"]

TUNE = "X:{0}\nT:Tune {0}\nM:4/4\nL:1/4\nK:C\n|: \"C\"(C D) E F :|\nw: one two three four\n"


def one_note():
    body = bytes([0, 0x90, 60, 80, 0x83, 0x60, 0x80, 60, 0, 0, 0xFF, 0x2F, 0])
    head = b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, 1, 1, 224])
    return head + b"MTrk" + len(body).to_bytes(4, "big") + body


class Convert(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="motet-convert-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def convert(self, *arguments, code=0):
        done = subprocess.run([PROGRAM, "convert", *map(str, arguments)], capture_output=True,
                              text=True, cwd=self.folder, timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def files(self, below="."):
        folder = self.folder / below
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())

    def test_a_file_becomes_what_its_new_name_says(self):
        self.write("a.abc", TUNE.format(1))
        self.convert("a.abc", "a.musicxml")
        text = (self.folder / "a.musicxml").read_text()
        self.assertIn("<score-partwise", text)
        self.convert("a.musicxml", "b.abc")
        self.assertIn("K:C", (self.folder / "b.abc").read_text())

    def test_kern_is_written_and_read_and_its_losses_are_told(self):
        self.write("a.abc", TUNE.format(1))
        self.convert("a.abc", "a.krn")
        self.assertIn("**kern", (self.folder / "a.krn").read_text())
        self.convert("a.krn", "b.abc")
        self.assertIn(":|", (self.folder / "b.abc").read_text())
        self.write("two.abc", TUNE.format(1) + "\n" + TUNE.format(2))
        self.convert("two.abc", "two.krn")
        self.assertIn("two-002.krn", self.files())

    def test_every_format_becomes_every_format(self):
        self.write("a.abc", TUNE.format(1))
        names = ["a.abc"]
        for extension in ("mid", "musicxml", "mxl", "krn"):
            self.convert("a.abc", f"a.{extension}")
            names.append(f"a.{extension}")
        for source in names:
            for extension in ("mid", "musicxml", "mxl", "krn", "abc"):
                out = f"out/{source.replace('.', '-')}.{extension}"
                self.convert(source, out, "--report", "report.jsonl")
                line = json.loads((self.folder / "report.jsonl").read_text())
                has_played = extension == "mid" or source == "a.mid"
                self.assertEqual(line["notes"], 8 if has_played else 4, (source, extension))

    def test_what_cannot_be_written_is_refused_and_the_rest_is_done(self):
        self.write("in/a.mid", one_note())
        self.write("in/b.mid", one_note())
        self.write("out/a.abc/keep.txt", "a folder where a file should go")
        done = self.convert("in", "out", "--to", "abc", code=1)
        self.assertIn("in/a.mid", done.stdout)
        self.assertTrue((self.folder / "out/b.abc").exists())

    def test_repeats_are_kept_unless_they_are_to_be_played(self):
        self.write("a.abc", TUNE.format(1))
        self.convert("a.abc", "kept.abc")
        self.assertIn(":|", (self.folder / "kept.abc").read_text())
        self.convert("--unfold", "a.abc", "played.abc")
        played = (self.folder / "played.abc").read_text()
        self.assertNotIn(":|", played)

    def test_what_the_target_cannot_hold_is_told(self):
        self.write("a.abc", TUNE.format(1))
        done = self.convert("a.abc", "a.mid", "--report", "report.jsonl")
        self.assertIn("MIDI cannot hold: 2 slurs", done.stdout)
        line = json.loads((self.folder / "report.jsonl").read_text())
        self.assertEqual((line["format"], line["notes"], line["refused"]), ("ABC", 8, []))
        self.assertIn("2 slurs", line["lost"])

    def test_a_folder_keeps_its_tree_and_a_book_becomes_its_tunes(self):
        self.write("in/x.mid", one_note())
        self.write("in/deep/book.abc", TUNE.format(7) + "\n" + TUNE.format(8))
        self.write("in/readme.txt", "no music")
        done = self.convert("in", "out", "--to", "mid", "--jobs", 2)
        self.assertEqual(self.files("out"), ["deep/book-007.mid", "deep/book-008.mid", "x.mid"])
        self.assertIn("converted   2 files into 3 files of MIDI", done.stdout)

    def test_tunes_of_one_number_have_files_of_their_own(self):
        self.write("book.abc", "\n".join(TUNE.format(1) for _ in range(3)))
        self.convert("book.abc", "book.mid")
        self.assertEqual(["book-001-2.mid", "book-001-3.mid", "book-001.mid", "book.abc"], self.files())

    def test_a_pattern_finds_files_in_any_folder(self):
        self.write("in/x.mid", one_note())
        self.write("in/deep/y.mid", one_note())
        self.write("in/deep/z.abc", TUNE.format(1))
        self.convert("in/**/*.mid", "out", "--to", "abc")
        self.assertEqual(self.files("out"), ["deep/y.abc", "x.abc"])

    def test_broken_files_are_refused_kept_apart_and_told(self):
        self.write("in/good.mid", one_note())
        self.write("in/bad.mid", b"MThd" + bytes(20))
        self.write("in/bad.krn", "**kern\n4c\n*-\n*-\n")
        done = self.convert("in", "out", "--to", "musicxml", "--quarantine", "bad", code=1)
        self.assertEqual(self.files("out"), ["good.musicxml"])
        self.assertIn("bad.mid", self.files("bad"))
        reason = (self.folder / "bad/bad.mid.reason.txt").read_text()
        self.assertIn("MIDI: byte", reason)
        self.assertIn("in/bad.mid", done.stdout)

    @unittest.skipUnless(os.path.exists("/proc/self/mem"), "needs a file that cannot be read")
    def test_what_cannot_be_read_leaves_its_reason_and_the_rest_is_done(self):
        self.write("in/good.mid", one_note())
        (self.folder / "in/bad.mid").symlink_to("/proc/self/mem")
        done = self.convert("in", "out", "--to", "abc", "--quarantine", "kept", "--report", "report.jsonl",
                            code=1)
        self.assertIn("in/bad.mid: cannot be read", done.stdout)
        self.assertEqual(self.files("out"), ["good.abc"])
        self.assertEqual(self.files("kept"), ["bad.mid.reason.txt"])
        self.assertIn("not copied", (self.folder / "kept/bad.mid.reason.txt").read_text())
        self.assertEqual(len((self.folder / "report.jsonl").read_text().splitlines()), 2)

    def test_what_was_mended_is_listed(self):
        self.write("a.mid", one_note()[:-4])  # no end of the track
        done = self.convert("a.mid", "a.abc")
        self.assertIn("mended      1 file\n  byte", done.stdout)

    def test_a_device_is_written_as_a_file(self):
        self.write("a.mid", one_note())
        done = self.convert("a.mid", "/dev/stdout", "--to", "abc")
        self.assertIn("X:1", done.stdout)
        done = subprocess.run([PROGRAM, "convert", "/dev/stdin", "b.abc"], input=one_note(), capture_output=True,
                              cwd=self.folder, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_music_that_is_too_long_for_the_work_is_told_with_its_file(self):
        self.write("a.mid", one_note()[:22] + b"\xff\xff\xff\x7f\x90\x3c\x50" * 2000)
        for verb in ("info", "tokenize", "analyse"):
            done = subprocess.run([PROGRAM, verb, "a.mid"], capture_output=True, text=True,
                                  cwd=self.folder, timeout=120, check=False)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("motet: a.mid: ", done.stderr)

    def test_a_quarantine_that_cannot_be_made_is_told_after_the_result(self):
        self.write("in/good.mid", one_note())
        self.write("in/bad.mid", b"MThd")
        self.write("taken", "a file where the folder should be")
        done = self.convert("in", "out", "--to", "abc", "--quarantine", "taken/kept", code=1)
        self.assertIn("converted   1 file", done.stdout)
        self.assertIn("taken/kept", done.stderr)

    def test_names_and_links_that_lead_nowhere_are_told_with_their_place(self):
        (self.folder / "a.mid").symlink_to("b.mid")
        (self.folder / "b.mid").symlink_to("a.mid")
        for name in ("a.mid", "x" * 5000 + ".mid"):
            done = self.convert(name, "out.abc", code=1)
            self.assertIn(f"motet: {name}: ", done.stderr)
            self.assertNotIn("our mistake", done.stderr)

    def test_two_files_of_one_stem_do_not_meet(self):
        self.write("in/a.mid", one_note())
        self.write("in/a.abc", TUNE.format(1))
        self.convert("in", "out", "--to", "musicxml")
        self.assertEqual(self.files("out"), ["a-2.musicxml", "a.musicxml"])

    def test_an_input_is_never_overwritten(self):
        path = self.write("in/a.mid", one_note())
        done = self.convert("in", "in", "--to", "mid", code=1)
        self.assertIn("is an input", done.stdout)
        self.assertEqual(path.read_bytes(), one_note())

    def test_mistakes_are_told_in_one_line(self):
        self.write("a.mid", one_note())
        for arguments, says in ((("a.mid", "out.txt"), "expected a format"),
                                (("a.mid", "out.abc", "--to", "musicxml"), "is named as ABC"),
                                (("a.mid", "-", "--to", "abc"), "is called /dev/stdin"),
                                (("no.mid", "out.abc"), "no such file"),
                                (("*.krn", "out", "--to", "mid"), "no file fits")):
            done = self.convert(*arguments, code=1)
            self.assertIn(says, done.stderr)


if __name__ == "__main__":
    unittest.main()
