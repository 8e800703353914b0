#!/usr/bin/env python3
"""A source that does not compile, and a fuzz target that finds something, fail `make`: nothing is hidden behind a pipe."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NINJA = """\
rule cxx
  command = g++ -fsyntax-only $in && touch $out
build broken: cxx ../../broken.cpp
build check_headers: phony broken
default broken
"""


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def ended_with(folder, *command):
    return subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def main():
    with tempfile.TemporaryDirectory(prefix="millrace-broken-") as name:
        folder = pathlib.Path(name)
        for file in ("Makefile", "scripts/progress", "scripts/fuzz"):
            (folder / file).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / file, folder / file)
        for stands_in in ("bootstrap", "build-console"):
            program(folder / "scripts" / stands_in, "exit 0")
        (folder / "build/dev").mkdir(parents=True)
        (folder / "build/dev/build.ninja").write_text(NINJA)
        for source, good in (("int main() { return nothing; }", False), ("int main() { return 0; }", True)):
            (folder / "broken.cpp").write_text(source)
            for target in ("check-headers", "build"):
                assert (ended_with(folder, "make", "PRESET=dev", target) == 0) == good, f"make {target} of {source!r}"
        for ending in (1, 0):
            program(folder / "build/fuzz/fuzz/fuzz_any", f"exit {ending}")
            assert ended_with(folder, "scripts/fuzz", "build/fuzz", "1") == ending, f"a fuzz target that ends with {ending}"
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
