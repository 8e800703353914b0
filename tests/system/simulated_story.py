#!/usr/bin/env python3
"""The demo's story on a machine without recorded data, as a person runs it: the same checks hold on the plant's own simulated
engines, the report says that they are simulated and is there while the console stays open, and Ctrl-C ends all with 0."""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHORT_LIVED = "84-88"   # 130 to 216 cycles: the same seed makes the same engines


def check_report(report):
    assert report["data_source"].startswith("simulated"), report["data_source"]
    held = {check["name"]: check["passed"] for check in report["checks"]}
    assert held["target met"] and held["engines overhauled before failure"] and all(held.values()), held
    assert report["outcome"]["with_millrace"] < report["outcome"]["baseline"], report["outcome"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-simulated-") as folder:
        empty = pathlib.Path(folder) / "no-data"
        empty.mkdir()
        story = subprocess.Popen([sys.executable, "-u", str(ROOT / "scripts/demo.py"), "--build", options.build, "--free-ports",
                                  "--live", SHORT_LIVED, "--cycle-ms", "100", "--folder", folder],
                                 env=dict(os.environ, MILLRACE_DATA=str(empty)), stdout=subprocess.PIPE, text=True)
        try:
            for line in story.stdout:   # to its end where the story fails: then nobody is waited for
                print(line, end="", flush=True)
                if "The console stays open" in line:
                    check_report(json.loads((pathlib.Path(folder) / "report.json").read_text()))
                    story.send_signal(signal.SIGINT)
        finally:
            if story.poll() is None:
                story.terminate()
            ended = story.wait()
        assert ended == 0, f"the demo ended with {ended}"
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
