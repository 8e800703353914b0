#!/usr/bin/env python3
"""The console of a platform without a use case: every room says what belongs there, and the browser's checks hold."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, started_site, wait_for  # noqa: E402


def main():
    with started_site() as site:
        assets = wait_for("the gateway to announce its assets", lambda: site.api("GET", "/api/v1/assets"), 60)
        assert not any(asset["use_cases"] for asset in assets), "no use case is applied"
        link = json.loads((site.folder / "run" / "ready.json").read_text())["console"]
        screens = subprocess.run(["node", str(ROOT / "tests/console/screens.mjs"), link, f"{site.folder}/screens", "--empty"],
                                 env=dict(os.environ))
        assert screens.returncode == 0, "the console's checks did not hold"
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
