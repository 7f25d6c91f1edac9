# SPDX-License-Identifier: Apache-2.0
"""`motet pull` against a stand-in of the hub on this machine."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from hub_stand_in import COMMIT, REPOSITORY, Hub

PROGRAM = os.environ["MOTET_PROGRAM"]
WEIGHTS = random.Random(1).randbytes(300_000)
FILES = {
    "config.json": b'{"model_type": "llama"}\n',
    "tokenizer.json": b"{}\n",
    "README.md": b"---\nlicense: apache-2.0\n---\n",
    "LICENSE": b"",
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"pickle",
    ".gitattributes": b"*.safetensors filter=lfs\n",
    "onnx/model.onnx": b"other",
}
NEEDED = {"config.json", "tokenizer.json", "README.md", "LICENSE", "model.safetensors"}


def environment(**changes):
    kept = {k: v for k, v in os.environ.items() if k not in ("HF_TOKEN", "HF_ENDPOINT")}
    return {**kept, "NO_PROXY": "*", "no_proxy": "*", **changes}


def is_built_with_curl():
    done = subprocess.run([PROGRAM, "pull", "a/b", "--endpoint", "http://127.0.0.1:1", "--tries", "1"],
                          capture_output=True, text=True, env=environment(), check=False)
    return "no libcurl" not in done.stderr


@unittest.skipUnless(is_built_with_curl(), "a build without libcurl")
class Pull(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="motet-pull-"))
        self.hub = Hub(FILES, large=["model.safetensors"], card={"license": "apache-2.0"})
        self.folder = self.home / "tiny"

    def tearDown(self):
        self.hub.close()
        shutil.rmtree(self.home)

    def arguments(self, *more):
        return [PROGRAM, "pull", REPOSITORY, "--endpoint", self.hub.url(), *more]

    def pull(self, *more, code=0, **variables):
        done = subprocess.run(self.arguments(*more), capture_output=True, text=True, cwd=self.home,
                              env=environment(**variables), timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def there(self):
        return {str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file()}

    def assert_whole(self, names=NEEDED):
        self.assertEqual(self.there(), set(names))
        for name in names:
            self.assertEqual((self.folder / name).read_bytes(), self.hub.files[name], name)

    def test_a_folder_comes_whole_with_its_licence(self):
        said = self.pull()
        self.assert_whole()
        self.assertIn("Licence: apache-2.0 (card)", said)
        self.assertIn(f"5 files, 0.3 MB, at commit {COMMIT[:12]} in tiny: 5 fetched", said)
        self.assertIn("Checked: 1 by SHA-256, 4 by git's SHA-1, 0 by length alone", said)
        again = self.pull()
        self.assertIn("0 fetched, 0 resumed, 5 already there", again)

    def test_the_hub_is_told_by_the_environment_too(self):
        done = subprocess.run([PROGRAM, "pull", REPOSITORY, "-o", "elsewhere"], cwd=self.home,
                              env=environment(HF_ENDPOINT=self.hub.url() + "/"), check=True,
                              capture_output=True, text=True)
        self.assertIn("in elsewhere", done.stdout)
        self.assertTrue((self.home / "elsewhere/model.safetensors").is_file())

    def test_the_token_goes_to_the_hub_alone(self):
        self.pull(HF_TOKEN="hf_secret")
        for server, path, headers in self.hub.asked:
            wanted = "Bearer hf_secret" if server == "front" else None
            self.assertEqual(headers.get("Authorization"), wanted, path)

    def test_a_cut_connection_is_taken_up(self):
        self.hub.cuts["model.safetensors"] = 100_000
        self.pull()
        self.assert_whole()
        self.assertEqual(self.hub.ranges_asked("model.safetensors"), ["bytes=100000-"] * 2)

    def test_ctrl_c_leaves_what_can_be_resumed(self):
        self.hub.stalls["model.safetensors"] = 120_000
        part = self.folder / "model.safetensors.part"
        with subprocess.Popen(self.arguments(), cwd=self.home, env=environment(),
                              stdout=subprocess.PIPE, text=True) as running:
            while not part.is_file() or part.stat().st_size < 100_000:
                time.sleep(0.02)
                self.assertIsNone(running.poll())
            time.sleep(0.2)
            running.send_signal(signal.SIGINT)
            said = running.communicate(timeout=20)[0]
        self.assertEqual(running.returncode, 130)
        self.assertIn("Stopped; the same command goes on", said)
        self.assertFalse((self.folder / "model.safetensors").exists())
        begun = part.stat().st_size
        self.hub.stalls.clear()
        self.assertIn("1 resumed", self.pull())
        self.assert_whole()
        self.assertIn(f"bytes={begun}-", self.hub.ranges_asked("model.safetensors"))

    def test_a_part_of_something_else_is_begun_anew(self):
        self.folder.mkdir()
        for junk in (b"x" * 1000, b"x" * len(WEIGHTS), b"x" * (len(WEIGHTS) + 5)):
            (self.folder / "model.safetensors").unlink(missing_ok=True)
            (self.folder / "model.safetensors.part").write_bytes(junk)
            self.pull()
            self.assert_whole()

    def test_a_server_without_ranges_begins_anew(self):
        self.hub.ranges = False
        self.hub.cuts["model.safetensors"] = 100_000
        self.pull()
        self.assert_whole()

    def test_a_wrong_hash_is_refused(self):
        self.hub.lies["model.safetensors"] = WEIGHTS[:-1] + b"?"
        said = self.pull(code=1)
        self.assertIn("model.safetensors: its SHA-256 is", said)
        self.assertNotIn("model.safetensors", self.there())
        self.assertNotIn("model.safetensors.part", self.there())
        self.hub.lies = {"config.json": b'{"model_type": "llamA"}\n'}
        self.assertIn("config.json: its git SHA-1 is", self.pull("-o", "new", code=1))

    def test_another_commit_is_refused(self):
        self.hub.commit_of_files = "f" * 40
        self.assertIn("config.json: it comes from another commit", self.pull(code=1))
        self.assertEqual(self.there(), set())

    def test_more_bytes_than_promised_are_refused(self):
        self.hub.lies["model.safetensors"] = WEIGHTS + b"more"
        self.assertIn("more bytes come than the hub promises", self.pull(code=1))

    def test_hashes_are_taken_from_the_answers_where_the_listing_has_none(self):
        self.hub.blobs = False
        self.assertIn("Checked: 1 by SHA-256, 4 by git's SHA-1", self.pull())
        self.assert_whole()
        (self.folder / "model.safetensors").unlink()
        self.hub.lies["model.safetensors"] = WEIGHTS[:-1] + b"?"
        self.assertIn("its SHA-256 is", self.pull(code=1))

    def test_a_busy_server_is_asked_again(self):
        self.hub.failures["config.json"] = 2
        self.pull()
        self.assert_whole()
        self.hub.failures["config.json"] = 9
        (self.folder / "config.json").unlink()
        self.assertIn("config.json: " + self.hub.url() + " answers 503", self.pull("--tries", "2", code=1))

    def test_a_server_that_falls_silent_is_left(self):
        self.hub.stalls["model.safetensors"] = 1000
        begin = time.monotonic()
        said = self.pull("--timeout", "0.3", "--tries", "1", code=1)
        self.assertIn("model.safetensors: cannot be fetched: the server fell silent", said)
        self.assertLess(time.monotonic() - begin, 15)

    def test_gated_and_missing_are_told_apart(self):
        api = f"/api/models/{REPOSITORY}/revision/main"
        self.hub.status[api] = (401, {"X-Error-Code": "GatedRepo"})
        self.assertIn("maker/tiny: gated or private: ask for access on", self.pull(code=1))
        self.assertIn("the token in HF_TOKEN has no access", self.pull(code=1, HF_TOKEN="hf_x"))
        self.hub.status[api] = (401, {"X-Error-Code": "RepoNotFound"})
        self.assertIn("there is none at " + self.hub.url() + ", or it is private", self.pull(code=1))
        self.hub.status[api] = (404, {"X-Error-Code": "RevisionNotFound"})
        self.assertIn('it has no revision "main"', self.pull(code=1))
        self.hub.status[api] = (404, {})
        self.assertIn("maker/tiny: there is none", self.pull(code=1))
        del self.hub.status[api]
        self.hub.status[f"/{REPOSITORY}/resolve/{COMMIT}/model.safetensors"] = (403, {})
        self.assertIn("model.safetensors: gated or private", self.pull(code=1))

    def test_names_that_lead_out_of_the_folder_are_refused(self):
        for name in ("../x", "/tmp/x", "a/../../x", "a//x", "./x", "..", "a\\x", "C:x", "a\nb", "x.part"):
            self.hub.listed = ["config.json", name]
            self.assertIn("nothing was fetched", self.pull("--all", code=1), name)
        self.assertEqual([p.name for p in self.home.iterdir()], [])

    def test_a_listing_that_is_none_is_refused(self):
        self.hub.listed = ["config.json", "config.json"]
        self.assertIn("config.json is listed twice", self.pull(code=1))
        self.hub.card = {"license": "x" * 33_000_000}
        self.assertIn("longer than 32 MB", self.pull(code=1))

    def test_redirects_do_not_lead_astray(self):
        file = f"/{REPOSITORY}/resolve/{COMMIT}/model.safetensors"
        for to in (file, "file:///etc/passwd", "ftp://127.0.0.1/x", ""):
            self.hub.status[file] = (302, {"Location": to})
            self.assertIn("redirect", self.pull("--tries", "1", code=1), to)
        self.assertNotIn("model.safetensors", self.there())

    def test_what_is_fetched_can_be_chosen(self):
        self.pull("--file", "pytorch_model.bin", "--file", "onnx/model.onnx")
        self.assert_whole({"pytorch_model.bin", "onnx/model.onnx"})
        self.pull("--all")
        self.assert_whole(set(FILES))
        self.assertIn('has no file "none.json"', self.pull("--file", "none.json", code=1))

    def test_pickles_alone_are_spoken_of(self):
        del self.hub.files["model.safetensors"]
        self.assertIn("The weights are pickles", self.pull())
        self.assertNotIn("pytorch_model.bin", self.there())

    def test_a_card_without_a_licence_is_said(self):
        self.hub.card = {"license": ["mit", "cc-by-4.0"]}
        self.assertIn("Licence: mit, cc-by-4.0 (card)", self.pull())
        self.hub.card = {"license": "other", "license_name": "house-rules"}
        self.assertIn("Licence: other, house-rules (card)", self.pull())

    def test_nobody_there_is_said(self):
        said = subprocess.run([PROGRAM, "pull", "a/b", "--endpoint", "http://127.0.0.1:1", "--tries",
                               "1"], capture_output=True, text=True, env=environment(), check=False)
        self.assertEqual(said.returncode, 1)
        self.assertIn("a/b: cannot be fetched", said.stderr)
        for bad in ("ab", "a/b/c", "../b", "a/.."):
            said = subprocess.run([PROGRAM, "pull", bad], capture_output=True, text=True,
                                  env=environment(), check=False)
            self.assertIn("expected OWNER/NAME", said.stderr)


if __name__ == "__main__":
    unittest.main()
