#!/usr/bin/env python3
"""The console of a platform that knows nothing yet: every room says what belongs there, and the browser's checks hold."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, Site  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-system-") as folder, Site(options.build, folder) as site:
        site.start()
        link = json.loads((site.folder / "run" / "ready.json").read_text())["console"]
        screens = subprocess.run(["node", str(ROOT / "tests/console/screens.mjs"), link, f"{folder}/screens", "--empty"],
                                 env=dict(os.environ))
        assert screens.returncode == 0, "the console's checks did not hold"
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
