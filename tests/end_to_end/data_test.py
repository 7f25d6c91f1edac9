# SPDX-License-Identifier: Apache-2.0
"""`motet data` from outside: a corpus, its papers, its gate."""

import hashlib
import json
import unittest

from program_test import Case, midi, scale_in_c


def melody(seed, notes=80, up=0):
    """A wandering melody of quarters, the same for the same seed."""
    body, pitch, state = b"", 66, seed * 7919 + 17
    for _ in range(notes):
        state = (state * 1103515245 + 12345) % 2**31
        pitch = min(84, max(50, pitch + (-5, -3, -2, -1, 1, 2, 3, 4)[state >> 16 & 7]))
        body += bytes([0, 0x90, pitch + up, 80, 0x83, 0x60, 0x80, pitch + up, 0])
    return midi([body])


class Data(Case):
    def corpus(self, licences=("CC0-1.0", "CC0-1.0", "CC0-1.0")):
        folder = self.folder / "music"
        folder.mkdir()
        lines = []
        for number, licence in enumerate(licences):
            (folder / f"{number}.mid").write_bytes(melody(number))
            lines.append(json.dumps({"file": f"{number}.mid", "source": "nifc-chopin",
                                     "license": licence, "title": f"Piece {number}",
                                     "composer": "Nobody", "split": "train"}))
        (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n")
        return folder

    def scanned(self, **arguments):
        folder = self.corpus(**arguments)
        self.motet("data", "scan", folder, "-o", "corpus.db")
        return folder

    def fails(self, *arguments, says):
        done = self.motet(*arguments, code=1)
        for part in says:
            self.assertIn(part, done.stdout + done.stderr)

    def test_a_scan_fills_a_corpus_and_is_resumed(self):
        folder = self.corpus(licences=("CC0-1.0", "CC-BY-NC-4.0 Somebody"))
        (folder / "bad.mid").write_bytes(b"MThd and no more")
        first = self.motet("data", "scan", folder, "-o", "corpus.db").stdout
        self.assertIn("3 files: 0 unchanged, 1 read, 1 refused, 1 quarantined", first)
        again = self.motet("data", "scan", folder, "-o", "corpus.db").stdout
        self.assertIn("3 files: 3 unchanged", again)
        self.motet("data", "export", "corpus.db", "-o", "corpus.jsonl")
        rows = [json.loads(line) for line in
                (self.folder / "corpus.jsonl").read_text().splitlines()]
        self.assertEqual([row["file"] for row in rows], ["0.mid", "1.mid", "bad.mid"])
        self.assertEqual([row["state"] for row in rows], ["ok", "refused", "quarantined"])
        self.assertEqual(rows[0]["sha256"],
                         hashlib.sha256((folder / "0.mid").read_bytes()).hexdigest())
        self.motet("data", "import", "corpus.jsonl", "-o", "other.db")
        self.motet("data", "export", "other.db", "-o", "other.jsonl")
        self.assertEqual((self.folder / "other.jsonl").read_bytes(),
                         (self.folder / "corpus.jsonl").read_bytes())

    def test_a_corpus_that_may_be_trained_on_passes(self):
        folder = self.scanned()
        self.assertIn("All 3", self.motet("data", "check", "corpus.db").stdout)
        self.assertIn("All 1", self.motet("data", "check", "corpus.db", folder / "1.mid").stdout)

    def test_a_licence_that_forbids_training_is_refused(self):
        folder = self.scanned(licences=("CC0-1.0", "CC-BY-NC-4.0 Somebody"))
        says = ["CC-BY-NC-4.0 Somebody", "forbids commercial use", "may not be trained on"]
        self.fails("data", "check", "corpus.db", says=["1.mid", "1 of 2", *says])
        self.fails("data", "check", "corpus.db", folder / "1.mid", says=["1 of 1", *says])
        self.motet("data", "check", "corpus.db", folder / "0.mid")

    def test_a_piece_that_is_not_in_the_manifest_is_refused(self):
        self.scanned()
        (self.folder / "stray.mid").write_bytes(scale_in_c())
        self.fails("data", "check", "corpus.db", "stray.mid",
                   says=["stray.mid: it is not in the manifest", "without papers"])

    def test_a_piece_that_is_opted_out_is_refused(self):
        folder = self.scanned()
        (self.folder / "moved.mid").write_bytes(melody(1, up=4))
        printed = self.motet("data", "fingerprint", "moved.mid").stdout
        digest = hashlib.sha256((folder / "2.mid").read_bytes()).hexdigest()
        for line, item, says in ((printed, "1.mid", "by its fingerprint"),
                                 ("moved.mid", "1.mid", "by its fingerprint"),
                                 (f"sha256:{digest}", "2.mid", "by its SHA-256")):
            (self.folder / "out.txt").write_text(f"# owners who said no\n{line}\n")
            self.fails("data", "check", "corpus.db", "--opt-outs", "out.txt",
                       says=[f"{item}: it is opted out {says}", "out.txt: line 2", "1 of 3"])
            done = self.motet("data", "prepare", "corpus.db", "-o", "shards", "--opt-outs",
                              "out.txt")
            self.assertIn(f"refused 1: it is opted out {says}", done.stdout)
        self.motet("data", "prepare", "corpus.db", "-o", "shards")
        self.motet("data", "check", "shards")
        self.fails("data", "check", "shards", "--opt-outs", "out.txt",
                   says=["train-nifc-chopin.shard: piece 2: it is opted out by its SHA-256"])

    def test_a_corpus_of_which_nothing_may_be_used_is_not_prepared(self):
        for licence, why in (("CC-BY-NC-4.0", "forbids commercial use"),
                             ("", "not known to permit training")):
            folder = self.corpus(licences=(licence,))
            self.fails("data", "prepare", folder, "-o", "shards", says=[why])
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()

    def test_jobs_and_ranges_give_the_same_shards(self):
        folder = self.corpus()
        for name, flags in (("one", ("--jobs", 1)), ("four", ("--jobs", 4))):
            self.motet("data", "prepare", folder, "-o", name, *flags)
        for path in (self.folder / "one").iterdir():
            self.assertEqual(path.read_bytes(), (self.folder / "four" / path.name).read_bytes())
        for share in ("1/2", "2/2"):
            self.motet("data", "scan", folder, "-o", f"{share[0]}.db", "--range", share)
        self.motet("data", "import", "1.db", "2.db", "-o", "both.db")
        self.assertIn("All 3", self.motet("data", "check", "both.db").stdout)

    def test_a_damaged_corpus_is_an_error(self):
        self.scanned()
        data = (self.folder / "corpus.db").read_bytes()
        (self.folder / "corpus.db").write_bytes(data[:len(data) // 2])
        self.refused("data", "check", "corpus.db", says=["corpus.db"])
        self.refused("data", "export", "nowhere.db", "-o", "x.jsonl", says=["motet data scan"])
        self.refused("data", "prepare", "nowhere", "-o", "shards", says=["nowhere"])


if __name__ == "__main__":
    unittest.main()
