#!/usr/bin/env python3
"""cmake/write_commit.cmake: the commit that is built in is the one that is built."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CMAKE = shutil.which(sys.argv.pop(1) if len(sys.argv) > 1 else "cmake")
SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "cmake" / "write_commit.cmake"


class WriteCommit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source = pathlib.Path(folder.name) / "around" / "source"
        self.source.mkdir(parents=True)
        self.output = pathlib.Path(folder.name) / "commit.cpp"

    def git(self, *arguments, at=None):
        who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, "-C", at or self.source, *arguments], check=True, capture_output=True)

    def commit(self, text):
        (self.source / "file").write_text(text)
        self.git("add", "file")
        self.git("commit", "-m", text)

    def built(self, **environment):
        subprocess.run([CMAKE, f"-DSOURCE={self.source}", f"-DOUTPUT={self.output}", "-P", SCRIPT], check=True,
                       env={**os.environ, **environment})
        return re.search(r'return "(.*)"', self.output.read_text())[1]

    def test_it_follows_the_repository(self):
        self.git("init")
        self.commit("one")
        self.git("tag", "-a", "v1", "-m", "v1")
        first = self.built()
        self.assertRegex(first, "^[0-9a-f]{40}$")
        (self.source / "file").write_text("changed")
        self.assertEqual(self.built(), first + "-dirty")
        self.commit("two")
        self.assertRegex(self.built(), "^[0-9a-f]{40}$")
        self.assertNotEqual(self.built(), first)

    def test_an_unchanged_commit_rebuilds_nothing(self):
        self.git("init")
        self.commit("one")
        self.built()
        os.utime(self.output, (1, 1))
        self.built()
        self.assertEqual(self.output.stat().st_mtime, 1)

    def test_without_a_repository_of_its_own_it_is_unknown(self):
        self.assertEqual(self.built(), "unknown")
        self.git("init", at=self.source.parent)
        self.assertEqual(self.built(), "unknown")

    def test_without_git_it_is_unknown(self):
        self.assertEqual(self.built(PATH=""), "unknown")


if __name__ == "__main__":
    unittest.main()
