# SPDX-License-Identifier: Apache-2.0
"""The program from outside: what it writes, what it says, and how it ends."""

import hashlib
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree as xml

import tiny_bundle

PROGRAM = os.environ["MOTET_PROGRAM"]
SOURCE = pathlib.Path(os.environ["MOTET_SOURCE_DIR"])
NO_SOUND = "/nowhere/at/all.sf2"


def environment(**changes):
    kept = {k: v for k, v in os.environ.items() if k not in ("MOTET_MODEL", "MOTET_SOUNDFONT")}
    return {**kept, **changes}


def midi(tracks):
    """A type 1 file, 480 ticks a quarter, of these track bodies."""
    head = b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, len(tracks), 1, 224])
    for body in tracks:
        body += b"\0\xff\x2f\0"
        head += b"MTrk" + len(body).to_bytes(4, "big") + body
    return head


def scale_in_c(octaves=2):
    """Eight quarters: C D E F G A B C, in 4/4."""
    body = b""
    for _ in range(octaves):
        for pitch in (60, 62, 64, 65, 67, 69, 71, 72):
            body += bytes([0, 0x90, pitch, 80, 0x83, 0x60, 0x80, pitch, 0])
    return midi([body])


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="motet-end-to-end-"))
        cls.model = tiny_bundle.make(PROGRAM, cls.home / "noise")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.home))

    def motet(self, *arguments, code=0, **variables):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                              cwd=self.folder, env=environment(**variables), timeout=240,
                              check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def compose(self, *arguments, code=0, **variables):
        return self.motet("compose", *arguments, "--model", self.model, code=code, **variables)

    def refused(self, *arguments, says=(), code=1, **variables):
        """The program fails with one line that says all of these, and leaves no file."""
        before = sorted(self.folder.rglob("*"))
        done = self.motet(*arguments, code=code, **variables)
        lines = done.stderr.strip().splitlines()
        self.assertTrue(lines and lines[0].startswith("motet: "), done.stderr)
        if code == 1:
            self.assertEqual(len(lines), 1, done.stderr)
        for part in says:
            self.assertIn(part, lines[0])
        self.assertEqual(sorted(self.folder.rglob("*")), before)
        return lines[0]

    def record(self, stem="piece"):
        return json.loads((self.folder / f"{stem}.json").read_text())


class Compose(Case):
    SMALL = ("--bars", 2, "--seed", 7, "--no-audio")

    def test_a_sentence_becomes_a_score_a_sound_and_a_record(self):
        done = self.compose("a calm waltz for piano in A minor", "--bars", 2, "--seed", 7,
                            "-o", "waltz")
        for ending in ("mid", "musicxml", "json"):
            self.assertTrue((self.folder / f"waltz.{ending}").is_file(), ending)
        if "No sound was written" not in done.stdout:
            self.assertEqual((self.folder / "waltz.wav").read_bytes()[:4], b"RIFF")
        for said in ("Understood from the words", "waltz", "A minor", "3/4", "calm", "bars 1-2"):
            self.assertIn(said, done.stdout)
        for line in done.stdout.splitlines():
            if "█" in line or "▀" in line or "▄" in line:
                self.assertLessEqual(len(line), 80)

    def test_the_record_holds_the_request_the_seed_and_the_hashes(self):
        self.compose("a calm waltz for piano in A minor", *self.SMALL)
        record = self.record()
        self.assertEqual(record["seed"], 7)
        request = record["request"]
        self.assertEqual((request["style"], request["key"], request["metre"], request["mood"]),
                         ("waltz", "A minor", "3/4", "calm"))
        self.assertEqual((request["bars"], request["instruments"]), (2, ["piano"]))
        lines = ""
        for name in ("config.json", "model.safetensors", "tokenizer.json"):
            digest = hashlib.sha256((self.model / name).read_bytes()).hexdigest()
            lines += f"{digest}  {name}\n"
        self.assertEqual(record["bundle"]["hash"], hashlib.sha256(lines.encode()).hexdigest())
        self.assertEqual(record["bundle"]["training_data_licence"], "none, these weights are noise")
        for output in record["outputs"]:
            digest = hashlib.sha256((self.folder / output["name"]).read_bytes()).hexdigest()
            self.assertEqual(output["sha256"], digest, output["name"])

    def test_the_same_request_and_seed_give_the_same_bytes_on_any_number_of_threads(self):
        first = None
        for threads in (1, 1, 2, 4):
            self.compose("a sad song in D minor", *self.SMALL, "--threads", threads)
            files = [(self.folder / f"piece.{e}").read_bytes() for e in ("mid", "musicxml", "json")]
            first = first or files
            self.assertEqual(files, first, f"{threads} threads")

    def test_another_seed_gives_another_piece(self):
        self.compose("a waltz", "--bars", 2, "--seed", 1, "--no-audio", "-o", "one")
        self.compose("a waltz", "--bars", 2, "--seed", 2, "--no-audio", "-o", "two")
        self.assertNotEqual((self.folder / "one.mid").read_bytes(),
                            (self.folder / "two.mid").read_bytes())

    def test_flags_win_over_words(self):
        self.compose("a slow waltz for piano in A minor", *self.SMALL, "--key", "D major",
                     "--metre", "6/8", "--tempo", 92, "--instruments", "violin, cello", "--style",
                     "hymn", "--density", 3, "--mood", "happy", "--temperature", 0.9, "--top-k",
                     40, "--top-p", 0.9, "--min-p", 0.01)
        request = self.record()["request"]
        del request["title"]
        self.assertEqual(request, {
            "style": "hymn", "key": "D major", "metre": "6/8", "tempo": 92, "bars": 2,
            "instruments": ["violin", "cello"], "density": 3, "mood": "happy", "seed": 7,
            "temperature": 0.9, "top_k": 40, "top_p": 0.9, "min_p": 0.01})

    def test_the_music_has_what_was_asked_for(self):
        self.compose("--metre", "6/8", "--bars", 3, "--instruments", "2 violins, cello", "--tempo",
                     90, "--seed", 5, "--no-audio")
        root = xml.parse(self.folder / "piece.musicxml").getroot()
        parts = root.findall("part")
        self.assertEqual(len(parts), 3)
        for part in parts:
            self.assertEqual(len(part.findall("measure")), 3)
        self.assertEqual(root.findtext(".//time/beats"), "6")
        self.assertEqual(root.findtext(".//time/beat-type"), "8")

    def test_a_record_is_a_request_that_gives_the_same_music(self):
        self.compose("a jig", *self.SMALL, "-o", "first")
        self.compose("--request", "first.json", "--no-audio", "-o", "second")
        self.assertEqual((self.folder / "first.mid").read_bytes(),
                         (self.folder / "second.mid").read_bytes())

    def test_an_ending_of_the_output_is_no_part_of_its_name(self):
        self.compose("a waltz", *self.SMALL, "-o", "waltz.mid")
        self.assertTrue((self.folder / "waltz.musicxml").is_file())
        self.assertFalse((self.folder / "waltz.mid.mid").exists())

    def test_words_that_say_nothing_musical_compose_with_defaults_and_say_so(self):
        done = self.compose("please do my taxes", *self.SMALL)
        self.assertIn("Nothing musical was understood", done.stdout)
        self.assertEqual(self.record()["request"]["instruments"], ["piano"])

    def test_without_a_soundfont_the_score_is_written_all_the_same(self):
        done = self.compose("a waltz", "--bars", 2, "--seed", 7, MOTET_SOUNDFONT=NO_SOUND)
        self.assertIn("apt install musescore-general-soundfont-small", done.stdout)
        for ending in ("mid", "musicxml", "json"):
            self.assertTrue((self.folder / f"piece.{ending}").is_file(), ending)
        self.assertFalse((self.folder / "piece.wav").exists())

    def test_a_seed_that_was_not_given_is_drawn_and_written_down(self):
        self.compose("a waltz", "--bars", 1, "--no-audio")
        seed = self.record()["seed"]
        before = (self.folder / "piece.mid").read_bytes()
        self.compose("a waltz", "--bars", 1, "--no-audio", "--seed", seed)
        self.assertEqual((self.folder / "piece.mid").read_bytes(), before)


class Continue(Case):
    def test_what_is_there_stays_and_bars_follow(self):
        (self.folder / "scale.mid").write_bytes(scale_in_c())
        self.compose("--continue", "scale.mid", "--bars", 2, "--seed", 3, "--no-audio", "-o", "more")
        info = self.motet("info", "more.mid").stdout
        self.assertIn("bars        6", info)
        xml_root = xml.parse(self.folder / "more.musicxml").getroot()
        steps = [step.text for step in xml_root.findall(".//measure/note/pitch/step")]
        self.assertEqual(steps[:8], list("CDEFGABC"))
        record = self.record("more")
        self.assertEqual(record["continues"]["name"], "scale.mid")
        self.assertEqual(record["request"]["key"], "C major")

    def test_a_piece_without_notes_is_refused(self):
        (self.folder / "empty.mid").write_bytes(midi([b""]))
        self.refused("compose", "--continue", "empty.mid", "--no-audio", "--model", self.model)


class Files(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "scale.mid").write_bytes(scale_in_c())

    def test_tokens_and_back_is_the_same_music(self):
        self.motet("tokenize", "scale.mid", "-o", "scale.tokens")
        self.motet("detokenize", "scale.tokens", "-o", "again.mid")
        self.motet("tokenize", "again.mid", "-o", "again.tokens")
        names = (self.folder / "scale.tokens").read_text()
        self.assertIn("Pitch_60", names)
        self.assertEqual(names, (self.folder / "again.tokens").read_text())

    def test_numbers_are_tokens_too(self):
        ids = self.motet("tokenize", "scale.mid", "--ids").stdout
        (self.folder / "ids").write_text(ids)
        self.motet("detokenize", "ids", "-o", "again.mid")
        self.assertEqual(self.motet("tokenize", "again.mid", "--ids").stdout, ids)

    def test_a_subword_model_shortens_what_it_was_trained_on(self):
        for model in ("bpe", "unigram", "wordpiece"):
            self.motet("tokenizer", "train", "scale.mid", "--model", model, "--vocab-size", 1600,
                       "-o", model)
            pieces = self.motet("tokenize", "scale.mid", "--subword", f"{model}/tokenizer.json").stdout
            whole = self.motet("tokenize", "scale.mid").stdout
            self.assertEqual(pieces.split(), whole.split(), model)
            self.assertLess(len(pieces.splitlines()), len(whole.splitlines()), model)
        self.refused("tokenizer", "train", "scale.mid", "--model", "lzw", "-o", "x", says=["lzw", "bpe"])

    def test_a_subword_model_is_undone(self):
        self.motet("tokenizer", "train", "scale.mid", "--vocab-size", 1600, "-o", "bpe")
        self.motet("tokenize", "scale.mid", "--subword", "bpe/tokenizer.json", "--ids", "-o", "ids")
        self.motet("detokenize", "ids", "--subword", "bpe/tokenizer.json", "-o", "again.mid")
        self.assertEqual(self.motet("tokenize", "again.mid").stdout,
                         self.motet("tokenize", "scale.mid").stdout)

    def test_a_model_over_midi_toks_tokens_is_undone(self):
        self.motet("tokenizer", "new", "REMI", "-o", "remi.json")
        self.motet("tokenizer", "train", "scale.mid", "--tokenizer", "remi.json", "--vocab-size", 400,
                   "-o", "trained")
        base = self.motet("tokenize", "scale.mid", "--tokenizer", "remi.json").stdout
        learned = self.motet("tokenize", "scale.mid", "--tokenizer", "trained/tokenizer.json").stdout
        self.assertTrue(json.loads(learned)["ids_encoded"][0])
        self.assertLess(len(json.loads(learned)["ids"][0]), len(json.loads(base)["ids"][0]))
        (self.folder / "learned.json").write_text(learned)
        self.motet("detokenize", "learned.json", "--tokenizer", "trained/tokenizer.json",
                   "-o", "again.mid")
        self.assertEqual(self.motet("tokenize", "again.mid", "--tokenizer", "remi.json").stdout, base)
        (self.folder / "empty").mkdir()
        self.refused("tokenize", "empty", "--tokenizer", "remi.json", "-o", "out", says=["empty"])

    def test_bar_patches_of_abc_are_undone(self):
        tune = "X:1\nT:Two voices\nM:4/4\nL:1/4\nK:C\nV:1\nCDEF|GABc|\nV:2\nC,4|G,4|\n"
        (self.folder / "tune.abc").write_text(tune)
        for layout, size in (("stream", 16), ("framed", 64)):
            patches = self.motet("tokenize", "tune.abc", "--patches", layout).stdout
            self.assertTrue(all(len(line.split()) == size for line in patches.splitlines()))
            (self.folder / "patches").write_text(patches)
            self.motet("detokenize", "patches", "--patches", "-o", "again.abc")
            self.assertEqual((self.folder / "again.abc").read_text(), tune, layout)
        self.motet("tokenize", "tune.abc", "--patches", "notagen", "-o", "patches")
        self.motet("detokenize", "patches", "--patches", "-o", "again.abc")
        by_bars = (self.folder / "again.abc").read_text()
        self.assertIn("[V:1]", by_bars)
        self.assertNotIn("[r:", by_bars)
        self.refused("tokenize", "tune.abc", "--patches", "quilt", says=["quilt", "notagen"])

    def test_render_writes_sound(self):
        try:
            self.motet("render", "scale.mid")
        except AssertionError as error:
            if "no soundfont" in str(error):
                self.skipTest("no soundfont")
            raise
        sound = (self.folder / "scale.wav").read_bytes()
        self.assertEqual(sound[:4], b"RIFF")
        self.assertGreater(len(sound), 8 * 44100 * 4)  # sixteen quarters at 120
        self.motet("render", "scale.mid", "-o", "again.wav")
        self.assertEqual(sound, (self.folder / "again.wav").read_bytes())

    def test_an_abc_tune_is_read(self):
        (self.folder / "tune.abc").write_text("X:1\nT:Scale\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n")
        info = self.motet("info", "tune.abc").stdout
        self.assertIn("ABC", info)
        self.assertIn("bars        2", info)
        self.assertIn("notes       8", info)


class Info(Case):
    def test_a_file_is_described(self):
        (self.folder / "scale.mid").write_bytes(scale_in_c())
        info = self.motet("info", "scale.mid", "--roll").stdout
        for said in ("format      MIDI", "bars        4", "notes       16", "C major", "4/4",
                     "120 quarters", "0:08 (8.0 s)", "piano, 16 notes, pitches 60 to 72"):
            self.assertIn(said, info)
        self.assertIn("C4", info)

    def test_what_was_mended_is_told(self):
        whole = scale_in_c()
        (self.folder / "cut.mid").write_bytes(whole[:-20])
        info = self.motet("info", "cut.mid").stdout
        self.assertNotIn("mended      0", info)

    def test_a_bundle_is_described(self):
        info = self.motet("info", self.model).stdout
        for said in ("noise", "parameters", "hidden_size             32", "# Noise",
                     "none, these weights are noise"):
            self.assertIn(said, info)


class Interrupt(Case):
    def test_notes_so_far_are_kept(self):
        ours, theirs = pty.openpty()  # a terminal, so that there is a progress bar to wait for
        arguments = ["compose", "a waltz", "--bars", "1024", "--seed", "1", "--instruments",
                     "32 violins", "--model", str(self.model), "--no-audio"]
        with subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL,
                              stderr=theirs, env=environment()) as process:
            os.close(theirs)
            bar = b""
            while b"/" not in bar:  # "12/1024"
                bar += os.read(ours, 4096)
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=60)
        os.close(ours)
        self.assertIn(b"composing", bar)
        self.assertEqual(code, 130)
        self.assertTrue(self.record()["stopped"])
        root = xml.parse(self.folder / "piece.musicxml").getroot()
        bars = len(root.find("part").findall("measure"))
        self.assertGreaterEqual(bars, 1)
        self.assertLess(bars, 1024)


class Mistakes(Case):
    def test_a_missing_file_is_named(self):
        for command in (["info"], ["render"], ["tokenize"], ["compose", "--continue"]):
            self.refused(*command, "nothing.mid", says=["nothing.mid"])
        self.refused("detokenize", "nothing", "-o", "x.mid", says=["nothing"])
        self.refused("compose", "--request", "nothing.json", says=["nothing.json"])

    def test_what_is_no_music_is_told_with_the_byte(self):
        (self.folder / "letter.mid").write_text("Dear Sir or Madam")
        for command in (["info"], ["render"], ["tokenize"], ["compose", "--continue"]):
            self.refused(*command, "letter.mid", says=["letter.mid", "byte 0", "expected", "found"])

    def test_a_file_that_is_cut_short_is_told_with_the_byte(self):
        (self.folder / "cut.mid").write_bytes(scale_in_c()[:9])
        self.refused("info", "cut.mid", says=["cut.mid", "byte", "expected"])
        (self.folder / "empty.mid").write_bytes(b"")
        self.refused("info", "empty.mid", says=["empty.mid", "byte 0", "expected"])

    def test_a_folder_is_no_file_of_notes(self):
        (self.folder / "folder").mkdir()
        self.refused("render", "folder", says=["folder"])

    def test_unknown_names_come_with_the_nearest_known(self):
        for flag, wrong, right in (("--instruments", "pianno", "piano"), ("--key", "A minr", "A minor"),
                                   ("--style", "walz", "waltz"), ("--mood", "angry", "tense")):
            self.refused("compose", "a tune", flag, wrong, "--model", self.model,
                         says=[flag, wrong, right])

    def test_ranges_are_told(self):
        for flag, wrong in (("--bars", "0"), ("--bars", "many"), ("--tempo", "1000"),
                            ("--density", "8"), ("--metre", "3/5"), ("--top-p", "2"),
                            ("--seed", "-1"), ("--temperature", "-1")):
            self.refused("compose", "a tune", flag, wrong, "--model", self.model,
                         says=[flag, "expected", wrong])

    def test_an_output_that_cannot_be_written_is_told_before_any_work(self):
        begin = time.monotonic()
        self.refused("compose", "a waltz", "--bars", 1024, "-o", "missing/folder/waltz", "--model",
                     self.model, says=["missing/folder/waltz"])
        self.refused("compose", "a waltz", "--bars", 1024, "-o", "/dev/null/waltz", "--model",
                     self.model, says=["/dev/null/waltz"])
        self.assertLess(time.monotonic() - begin, 10)

    def test_a_soundfont_that_was_asked_for_must_be_there(self):
        self.refused("compose", "a waltz", "--soundfont", NO_SOUND, "--model", self.model,
                     says=[NO_SOUND, "apt install"])

    def test_a_bad_request_file_is_told_with_the_field(self):
        (self.folder / "bad.json").write_text('{"barz": 4}')
        self.refused("compose", "--request", "bad.json", says=["bad.json", "barz", "bars"])
        (self.folder / "broken.json").write_text('{"bars": ')
        self.refused("compose", "--request", "broken.json", says=["broken.json", "line 1"])

    def test_a_wrong_token_is_told_with_its_line(self):
        (self.folder / "tokens").write_text("Begin\nPitch_200\n")
        self.refused("detokenize", "tokens", "-o", "x.mid", says=["tokens: line 2", "Pitch_200"])

    def test_a_command_or_flag_that_is_not_there_is_a_usage_error(self):
        self.refused("sing", code=2)
        self.refused("compose", "--barz", "4", code=2)
        self.refused(code=2)

    def test_help_names_every_flag(self):
        text = self.motet("compose", "--help").stdout
        for flag in ("key", "metre", "tempo", "instruments", "style", "bars", "density", "mood",
                     "seed", "temperature", "top-k", "top-p", "min-p", "threads", "model",
                     "continue", "output", "request", "soundfont", "no-audio"):
            self.assertIn("--" + flag, text)
        self.assertRegex(self.motet("--version").stdout, r"^motet \d+\.\d+\.\d+\n$")


class Model(Case):
    def spoilt(self, change):
        return tiny_bundle.make(PROGRAM, self.folder / "spoilt", change)

    def test_a_missing_tensor_is_named(self):
        folder = self.spoilt(lambda tensors: tensors.pop("model.layers.1.mlp.up_proj.weight"))
        self.refused("compose", "a waltz", "--no-audio", "--model", folder,
                     says=["model.layers.1.mlp.up_proj.weight", "missing"])

    def test_a_misshapen_tensor_is_named_with_both_shapes(self):
        folder = self.spoilt(lambda tensors: tensors.update({"model.norm.weight": [31]}))
        line = self.refused("compose", "a waltz", "--no-audio", "--model", folder,
                            says=["model.norm.weight"])
        self.assertRegex(line, r"32\D.*31\D|31\D.*32\D")

    def test_a_folder_without_a_bundle_is_told(self):
        self.refused("compose", "a waltz", "--model", self.folder, says=["config.json"])

    def test_another_tokenizer_is_refused(self):
        folder = self.spoilt(lambda tensors: None)
        (folder / "tokenizer.json").write_text("{}")
        self.refused("compose", "a waltz", "--no-audio", "--model", folder, says=["tokenizer.json"])

    def test_the_variable_names_the_model(self):
        self.motet("compose", "a waltz", "--bars", 1, "--no-audio", MOTET_MODEL=str(self.model))
        self.assertEqual(self.record()["bundle"]["name"], "noise")

    def test_the_model_that_ships_is_found_and_composes(self):
        if not list((SOURCE / "models").glob("*/model.safetensors")):
            self.skipTest("no model ships yet")
        self.motet("compose", "a calm waltz for piano in A minor", "--bars", 2, "--seed", 7,
                   "--no-audio")
        request = self.record()["request"]
        self.assertEqual(request["bars"], 2)


if __name__ == "__main__":
    unittest.main()
