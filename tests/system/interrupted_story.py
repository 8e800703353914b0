#!/usr/bin/env python3
"""Ctrl-C in the middle of the demo, pressed twice: nothing of the site lives on, and the report says that the story was
interrupted. The same for a demo that is killed: what it started ends by itself."""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from story import wait_for  # noqa: E402

SUPERVISED = {"site-broker", "platform-broker", "platform", "gateway", "edge"}


def processes_of(folder):
    """Process id and command of everything that was started with the folder's name on its command line."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace") if entry.name.isdigit() else ""
        except OSError:   # it ended meanwhile
            continue
        if f"{folder}/site" in command:
            found[int(entry.name)] = command.replace("\0", " ")
    return found


def demo(options, folder):
    """As a terminal runs it: in a process group that gets Ctrl-C as a whole."""
    return subprocess.Popen([sys.executable, "-u", str(ROOT / "scripts/demo.py"), "--build", options.build, "--free-ports",
                             "--live", "61-62", "--cycle-ms", "200", "--folder", folder], start_new_session=True)


def supervised(folder):
    try:
        return json.loads((pathlib.Path(folder) / "site/run/processes.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def plant_of(folder):
    return [pid for pid, command in processes_of(folder).items() if "millrace-plant" in command]


def check_interrupt(options, folder):
    report = pathlib.Path(folder) / "report.json"
    report.write_text('{"elapsed_s": 1, "checks": []}')   # of an earlier story
    story = demo(options, folder)
    try:
        wait_for("the live fleet", lambda: (pathlib.Path(folder) / "site/run/ledger.json").exists() and plant_of(folder), 120)
        running, ids = processes_of(folder), supervised(folder)
        assert set(ids) == SUPERVISED and all(pid in running for pid in ids.values()), f"{ids}\n{running}"
        assert len(running) >= len(SUPERVISED) + 2, f"`millrace up` and the plant are missing: {running}"
        assert not report.exists(), "the report of an earlier story was left in place"

        os.killpg(story.pid, signal.SIGINT)
        wait_for("the plant to be stopped", lambda: not plant_of(folder), 30, 0.01)
        os.killpg(story.pid, signal.SIGINT)   # the impatient second one, while the others are being stopped
        ended = story.wait(60)
        left = processes_of(folder)
        assert not left, f"still running after Ctrl-C: {left}"
        assert ended == 128 + signal.SIGINT, f"the demo ended with {ended}"
    finally:
        if story.poll() is None:
            story.kill()
            story.wait()
    told = json.loads(report.read_text())
    assert "elapsed_s" not in told and told["data_source"], told
    assert told["checks"][-1] == {"name": "the story ran to its end", "passed": False, "detail": "it was interrupted"}, told["checks"]


def check_kill(options, folder):
    story = demo(options, folder)
    wait_for("the site", lambda: (pathlib.Path(folder) / "site/run/ready.json").exists(), 60)
    story.kill()
    story.wait()
    wait_for("everything to end after kill -9 of the demo", lambda: not processes_of(folder), 60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-interrupted-") as folder:
        check_interrupt(options, folder)
    with tempfile.TemporaryDirectory(prefix="millrace-killed-") as folder:
        check_kill(options, folder)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
