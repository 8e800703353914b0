#!/usr/bin/env python3
"""The demo's story, faster: every check of `make demo HEADLESS=1` holds on this build."""
import argparse
import pathlib
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--build", required=True)
options = parser.parse_args()
root = pathlib.Path(__file__).resolve().parents[2]
run = subprocess.run([sys.executable, "-u", str(root / "scripts/demo.py"), "--build", options.build, "--headless", "--free-ports",
                      "--cycle-ms", "200"])
print("1 passed, 0 failed" if run.returncode == 0 else "0 passed, 1 failed")
sys.exit(run.returncode)
