#!/usr/bin/env python3
"""The demo's story, faster: every check of `make demo HEADLESS=1` holds on this build. Then its site is started again, and the
commands that the story itself does not use are asked what it left."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from story import Site, wait_for  # noqa: E402

USE_CASE = "turbofan-maintenance"
MODEL = f"{USE_CASE}/1"


def documented_commands():
    """The two columns of docs/contract.md: what the command line has, and what it has not yet."""
    table = (ROOT / "docs/contract.md").read_text().split("| there | not yet there |")[1].split("\n\n")[0]
    columns = [[], []]
    for line in table.strip().split("\n")[1:]:
        for column, text in zip(columns, re.split(r"(?<!\\)\|", line)[1:3]):
            for noun, verbs in re.findall(r"`(\w+) ?([\w|\\]*)[^`]*`", text):
                column += [[noun, verb] if verb.islower() else [noun] for verb in verbs.replace("\\", "").split("|")]
    return columns


def check_documented(site):
    there, not_yet = documented_commands()
    assert len(there) > 15 and ["model", "approve"] in there and ["audit", "verify"] in not_yet, (there, not_yet)
    for commands, known in ((there, True), (not_yet, False)):
        for command in commands:
            usage = subprocess.run([site.program("millrace"), *command, "--help"], capture_output=True, text=True).stdout
            name = " ".join(command)
            assert (f"Usage: millrace {name} [" in usage) == known, f"docs/contract.md on `millrace {name}`:\n{usage}"


def nodes(site):
    return [node for found in site.millrace("device", "list") for node in found["nodes"]]


def check_commands(site):
    """Each once, with a field of its answer that only this story can have put there."""
    wait_for("gateway and edge to be online", lambda: all(node["online"] for node in nodes(site)) and len(nodes(site)) == 2, 60, 0.3)
    wait_for("the edge to tell what it runs",
             lambda: any(active["model_version"] == MODEL for node in nodes(site) for active in node["active"]), 60, 0.3)
    listed = site.millrace("device", "list", parse=False).stdout
    assert MODEL in next(line for line in listed.split("\n") if " edge-1 " in line), f"device list does not say what runs:\n{listed}"

    status = site.millrace("status")
    assert status["ingest"]["gaps"] == 0 and status["uptime_s"] > 0, status
    assert all(node["online"] for found in status["sites"] for node in found["nodes"]), status
    assert "online" in site.millrace("status", parse=False).stdout

    link = site.millrace("login")["link"]
    with urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(link, timeout=10) as page:
        assert page.status == 200 and page.headers["Content-Type"].startswith("text/html"), f"{link}: {page.status}"

    assert [(model["use_case"], model["version"]) for model in site.millrace("model", "list")] == [(USE_CASE, 1)]
    shown = site.millrace("model", "show", MODEL)
    assert shown["state"] == "approved" and shown["approved_by"] and shown["approval_comment"] == "its gates passed" and all(gate["passed"] for gate in shown["gates"]), shown
    traced = site.millrace("model", "trace", MODEL)
    assert traced["dataset"] == shown["dataset"] and traced["code_commit"] == shown["code_commit"], traced

    decision, count = site.sql("SELECT min(decision_id), count(*) FROM decisions WHERE advice = 'overhaul'")[0]
    assert count > 0
    steps = {step["step"]: step["id"] for step in site.millrace("trace", decision)["trace"]}
    assert steps["decision"] == decision and steps["model"] == MODEL and steps["dataset"] == shown["dataset"]["sha256"], steps
    absent = site.millrace("trace", "no-such-decision", check=False, parse=False)
    assert absent.returncode == 1 and "no-such-decision" in absent.stderr, (absent.returncode, absent.stderr)

    wait_for("the KPI to be evaluated", lambda: site.millrace("kpi", "show", USE_CASE)["n"] > 0, 30, 0.3)
    kpi = site.millrace("kpi", "show", USE_CASE)
    assert kpi["met"] is True and kpi["current"] < kpi["baseline"], kpi
    assert [shown["use_case"] for shown in site.millrace("kpi", "show")] == [USE_CASE]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-story-") as folder:
        story = subprocess.run([sys.executable, "-u", str(ROOT / "scripts/demo.py"), "--build", options.build, "--headless",
                                "--free-ports", "--cycle-ms", "200", "--folder", folder])
        assert story.returncode == 0, f"the story ended with {story.returncode}"
        report = json.loads((pathlib.Path(folder) / "report.json").read_text())
        assert report["checks"] and all(check["passed"] for check in report["checks"]), report["checks"]
        with Site(options.build, f"{folder}/site", data_source=report["data_source"]) as site:
            site.start()
            check_commands(site)
            check_documented(site)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
