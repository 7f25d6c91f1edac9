# SPDX-License-Identifier: Apache-2.0
"""`motet data` under bad circumstances: killed, crowded, out of room, fed with oddities."""

import fcntl
import hashlib
import json
import os
import pathlib
import resource
import signal
import sqlite3
import subprocess
import time
import unittest

from data_test import melody
from program_test import PROGRAM, Case, environment


class Work(Case):
    PIECES = 700  # three chunks

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.music = cls.home / "music"
        cls.music.mkdir()
        lines = []
        for number in range(cls.PIECES):
            (cls.music / f"{number}.mid").write_bytes(melody(number % 650, 60 + number % 90,
                                                             up=number // 650))
            lines.append(json.dumps({"file": f"{number}.mid", "source": f"mine-{number % 3}",
                                     "license": "CC0-1.0"}))
        (cls.music / "metadata.jsonl").write_text("\n".join(lines) + "\n")
        cls.recipe = cls.home / "recipe.json"
        cls.recipe.write_text(json.dumps({
            "order": {"by": "length"},
            "augment": {"copies": 2, "transpose": [-5, 5], "tempo": [0.8, 1.25]}}))

    def killed(self, delay, *arguments):
        """Whether SIGKILL came before the program's own end."""
        with subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, env=environment(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            time.sleep(delay)
            running.kill()
            return running.wait() == -signal.SIGKILL

    def killed_in_the_middle(self, *arguments):
        """Kills it again and again, ever later, until it comes to its end."""
        kills = 0
        delay = 0.004
        while self.killed(delay, *arguments):
            kills += 1
            delay *= 1.4
            self.assertLess(kills, 30)
        self.assertGreater(kills, 0)

    def contents(self, folder):
        return {path.name: path.read_bytes() for path in (self.folder / folder).iterdir()}

    def exported(self, corpus):
        self.motet("data", "export", corpus, "-o", "rows.jsonl")
        return (self.folder / "rows.jsonl").read_bytes()

    def test_killed_and_run_again_it_gives_the_same_bytes(self):
        def steps(corpus, shards, run):
            run("data", "scan", self.music, "-o", corpus)
            run("data", "dedup", corpus)
            run("data", "split", corpus, "--valid", 0.2)
            run("data", "prepare", corpus, "-o", shards, "--recipe", self.recipe)

        steps("one.db", "one", self.motet)
        undisturbed = self.contents("one")
        rows = self.exported("one.db")
        self.assertIn("manifest.jsonl", undisturbed)

        def killing(*arguments):
            self.killed_in_the_middle(*arguments)
            self.motet(*arguments)

        steps("two.db", "two", killing)
        self.assertEqual(self.exported("two.db"), rows)
        self.assertEqual(self.contents("two"), undisturbed)

    def test_threads_and_ranges_give_the_same_bytes(self):
        self.motet("data", "scan", self.music, "-o", "one.db", "--threads", 1)
        self.motet("data", "dedup", "one.db", "--threads", 1)
        self.motet("data", "scan", self.music, "-o", "four.db", "--threads", 4)
        self.motet("data", "dedup", "four.db", "--threads", 4)
        for share in ("1/3", "2/3", "3/3"):
            self.motet("data", "scan", self.music, "-o", f"part{share[0]}.db", "--range", share)
        self.motet("data", "import", "part2.db", "part1.db", "part3.db", "-o", "merged.db")
        self.motet("data", "dedup", "merged.db", "--threads", 3)
        rows = self.exported("one.db")
        self.assertEqual(self.exported("four.db"), rows)
        self.assertEqual(self.exported("merged.db"), rows)
        self.motet("data", "prepare", "one.db", "-o", "whole", "--threads", 1)
        for share in ("3/3", "1/3", "2/3"):
            self.motet("data", "prepare", "one.db", "-o", "shared", "--range", share, "--threads", 2)
        self.assertEqual(self.contents("shared"), self.contents("whole"))

    def test_two_processes_at_once_make_the_same_shards_as_one(self):
        self.motet("data", "prepare", self.scanned(), "-o", "alone")
        command = [PROGRAM, "data", "prepare", str(self.folder / "corpus.db"), "-o", "together"]
        both = [subprocess.Popen(command, cwd=self.folder, env=environment(),
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                for _ in range(2)]
        for running in both:
            said, _ = running.communicate(timeout=200)
            self.assertEqual(running.returncode, 0, said)
            self.assertIn("mine-2", said)
        self.assertEqual(self.contents("together"), self.contents("alone"))

    def scanned(self):
        self.motet("data", "scan", self.music, "-o", "corpus.db")
        return "corpus.db"

    def test_a_corpus_that_another_process_writes_to_is_left_alone(self):
        self.scanned()
        before = self.exported("corpus.db")
        other = sqlite3.connect(self.folder / "corpus.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        done = self.motet("data", "split", "corpus.db", code=1)
        self.assertIn("corpus.db: another process is writing to it", done.stderr)
        other.execute("ROLLBACK")
        other.close()
        self.assertEqual(self.exported("corpus.db"), before)

    def test_a_folder_that_other_work_goes_into_is_left_alone(self):
        self.scanned()
        chunks = self.folder / "busy" / "chunks"
        chunks.mkdir(parents=True)
        (chunks / "settings.json").write_text("of another corpus")
        lock = os.open(self.folder / "busy", os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_SH)
        done = self.motet("data", "prepare", "corpus.db", "-o", "busy", code=1)
        self.assertIn("busy: another process is preparing into it", done.stderr)
        os.close(lock)
        self.assertEqual((chunks / "settings.json").read_text(), "of another corpus")

    def without_room(self, size, *arguments):
        """Runs it where no file may grow beyond so many bytes, which is how a full disk feels."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        done = subprocess.run([PROGRAM, *map(str, arguments)], cwd=self.folder, env=environment(),
                              capture_output=True, text=True, preexec_fn=limit,
                              restore_signals=False, timeout=200, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        lines = done.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("motet: "), done.stderr)
        return lines[0]

    def test_a_full_disk_is_an_error_and_loses_nothing(self):
        self.assertIn("full.db", self.without_room(65536, "data", "scan", self.music, "-o",
                                                   "full.db"))
        self.motet("data", "scan", self.music, "-o", "full.db")
        self.scanned()
        rows = self.exported("corpus.db")
        self.assertEqual(self.exported("full.db"), rows)
        self.assertIn("rows.jsonl", self.without_room(65536, "data", "export", "corpus.db", "-o",
                                                      "rows.jsonl"))
        self.assertEqual((self.folder / "rows.jsonl").read_bytes(), rows)
        for size in (100, 20000, 150000):
            self.assertIn("shards", self.without_room(size, "data", "prepare", "corpus.db", "-o",
                                                      "shards"))
        self.motet("data", "prepare", "corpus.db", "-o", "shards")
        self.motet("data", "prepare", "corpus.db", "-o", "again")
        self.assertEqual(self.contents("shards"), self.contents("again"))

    def test_a_target_that_cannot_be_written_is_named(self):
        (self.folder / "file").write_text("no folder")
        self.scanned()
        for arguments in (("scan", self.music, "-o", "file/corpus.db"),
                          ("prepare", "corpus.db", "-o", "file"),
                          ("prepare", "corpus.db", "-o", "file/shards"),
                          ("export", "corpus.db", "-o", "nowhere/rows.jsonl")):
            self.refused("data", *arguments, says=[str(arguments[-1])])


class Oddities(Case):
    def test_an_empty_folder_is_an_empty_corpus(self):
        (self.folder / "empty").mkdir()
        self.assertIn("0 files", self.motet("data", "scan", "empty", "-o", "corpus.db").stdout)
        self.motet("data", "dedup", "corpus.db")
        self.motet("data", "split", "corpus.db")
        self.motet("data", "check", "corpus.db")
        done = self.motet("data", "prepare", "corpus.db", "-o", "shards", code=1)
        self.assertIn("it is empty", done.stderr)
        self.refused("data", "scan", "nowhere", "-o", "other.db", says=["nowhere"])

    def test_what_cannot_be_read_is_quarantined_with_its_reason(self):
        folder = self.folder / "music"
        folder.mkdir()
        (folder / "good.mid").write_bytes(melody(1))
        (folder / "gone.mid").symlink_to("nothing")
        (folder / "empty.mid").write_bytes(b"")
        (folder / "folder.mid").mkdir()
        (folder / "nonsense.musicxml").write_text("<score")
        os.mkfifo(folder / "pipe.mid")
        latin = os.fsencode(folder) + b"/caf\xe9.mid"
        with open(latin, "wb") as file:
            file.write(melody(2))
        (folder / "café.mid").write_bytes(melody(3))
        self.motet("data", "scan", folder, "-o", "corpus.db", "--licence", "CC0-1.0")
        self.motet("data", "export", "corpus.db", "-o", "rows.jsonl")
        rows = {row["file"]: row for row in
                map(json.loads, (self.folder / "rows.jsonl").read_text().splitlines())}
        self.assertEqual(rows["good.mid"]["state"], "ok")
        self.assertEqual(rows["café.mid"]["state"], "ok")
        for name, reason in (("empty.mid", "empty.mid"), ("nonsense.musicxml", "MusicXML"),
                             ("caf\\xE9.mid", "UTF-8")):
            self.assertEqual(rows[name]["state"], "quarantined", name)
            self.assertIn(reason.split(".")[0], rows[name]["reason"] + name)
            self.assertTrue(rows[name]["reason"], name)
        self.assertEqual(rows["gone.mid"]["reason"], "it is a link to nothing")
        self.assertEqual(rows["pipe.mid"]["reason"], "it is no regular file")
        self.assertEqual(len(rows), 7, sorted(rows))
        self.motet("data", "prepare", "corpus.db", "-o", "shards")

    def test_a_corpus_of_a_later_version_is_not_touched(self):
        (self.folder / "music").mkdir()
        (self.folder / "music" / "a.mid").write_bytes(melody(1))
        self.motet("data", "scan", "music", "-o", "corpus.db")
        with sqlite3.connect(self.folder / "corpus.db") as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
        before = hashlib.sha256((self.folder / "corpus.db").read_bytes()).hexdigest()
        for arguments in (("scan", "music", "-o", "corpus.db"), ("dedup", "corpus.db"),
                          ("split", "corpus.db"), ("check", "corpus.db"),
                          ("prepare", "corpus.db", "-o", "shards")):
            self.assertIn("found version 99, which a later Motet made",
                          self.motet("data", *arguments, code=1).stderr)
        self.assertEqual(hashlib.sha256((self.folder / "corpus.db").read_bytes()).hexdigest(),
                         before)

    def test_scores_of_every_format_are_pieces(self):
        folder = self.folder / "music"
        folder.mkdir()
        (folder / "a.mid").write_bytes(melody(1))
        for ending in ("musicxml", "mxl", "abc"):
            self.motet("convert", folder / "a.mid", folder / f"b.{ending}")
        (folder / "c.krn").write_text("**kern\n*M4/4\n" + "4c\n4d\n4e\n4g\n" * 4 + "*-\n")
        (folder / "book.abc").write_text("".join(
            f"X:{tune}\nT:Tune {tune}\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n\n" for tune in (1, 2)))
        self.motet("data", "scan", folder, "-o", "corpus.db", "--licence", "CC0-1.0")
        self.motet("data", "export", "corpus.db", "-o", "rows.jsonl")
        rows = {row["file"]: row for row in
                map(json.loads, (self.folder / "rows.jsonl").read_text().splitlines())}
        self.assertEqual(len(rows), 6)
        for name, notes in (("a.mid", 80), ("b.musicxml", 80), ("b.mxl", 80), ("b.abc", 80),
                            ("c.krn", 16)):
            self.assertEqual(rows[name]["state"], "ok", rows[name]["reason"])
            self.assertEqual(rows[name]["notes"], notes, name)
        self.assertIn("book of 2 tunes", rows["book.abc"]["reason"])
        self.assertIn("motet convert", rows["book.abc"]["reason"])
        self.assertIn("3 copies", self.motet("data", "dedup", "corpus.db").stdout)

    def test_a_wrong_recipe_is_refused_before_any_work(self):
        (self.folder / "music").mkdir()
        (self.folder / "music" / "a.mid").write_bytes(melody(1))
        self.motet("data", "scan", "music", "-o", "corpus.db", "--licence", "CC0-1.0")
        for text, says in (('{"augment": {"copies": 1, "transpose": [-3, 40]}}',
                            "recipe.json: augment: transpose[1]: expected [lowest, highest]"),
                           ('{"mixtures": {}}', "recipe.json: mixtures: no such field"),
                           ("{", "recipe.json: line 1")):
            (self.folder / "recipe.json").write_text(text)
            self.refused("data", "prepare", "corpus.db", "-o", "shards", "--recipe", "recipe.json",
                         says=[says])


if __name__ == "__main__":
    unittest.main()
