#!/usr/bin/env python3
"""Bad input gives one clear message that names place, value and remedy, exit code 1 or 2, and no damage."""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, Site, wait_for  # noqa: E402

GOOD = (ROOT / "examples/usecases/turbofan-maintenance.yaml").read_text()
failures = []


def expect(what, run, code, *words):
    text = run.stdout + run.stderr
    problems = [f"exit code {run.returncode}, expected {code}"] if run.returncode != code else []
    problems += [f"does not say {word!r}" for word in words if word not in text]
    if "terminate called" in text or "Segmentation" in text:
        problems.append("crashed")
    print(f"{'FAILED' if problems else 'ok'}: {what}" + (f": {'; '.join(problems)}\n{text}" if problems else ""), flush=True)
    failures.extend(problems)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-system-") as folder:
        folder = pathlib.Path(folder)
        site = Site(options.build, folder / "site")

        def check(text, *arguments):
            file = folder / "case.yaml"
            file.write_text(text)
            return subprocess.run([site.program("millrace"), "usecase", "check", str(file), *arguments], capture_output=True, text=True)

        expect("a good file", check(GOOD), 0)
        expect("a wrong unit", check(GOOD.replace("unit: degR", "unit: degRR", 1)), 1, "case.yaml:", "degRR", "degR")
        expect("an unknown signal", check(GOOD.replace("when: rul", "when: rull")), 1, "case.yaml:", "rull")
        expect("a misspelt key", check(GOOD.replace("outcome:", "outcom:", 1)), 1, "case.yaml:", "outcom", "outcome")
        expect("broken YAML", check(GOOD.replace("signals:", "signals: [", 1)), 1, "case.yaml:")
        missing = subprocess.run([site.program("millrace"), "usecase", "check", str(folder / "nowhere.yaml")], capture_output=True, text=True)
        expect("a missing file", missing, 2, "nowhere.yaml")
        expect("wrong usage", subprocess.run([site.program("millrace"), "usecase", "frobnicate"], capture_output=True, text=True), 2)
        expect("no platform", site.millrace("status", check=False, parse=False), 1)

        with site:
            site.start()
            before = site.api("GET", "/api/v1/use-cases")
            file = folder / "case.yaml"
            file.write_text(GOOD.replace("unit: degR", "unit: degRR", 1))
            expect("apply refuses it", site.millrace("usecase", "apply", file, check=False, parse=False), 1, "degRR")
            assert site.api("GET", "/api/v1/use-cases") == before, "a refused file changed something"
            site.millrace("usecase", "apply", ROOT / "examples/usecases/turbofan-maintenance.yaml")
            writing = site.millrace("data", "sql", "DELETE FROM samples", check=False, parse=False)
            expect("writing SQL", writing, 2, "read")

            wrong_password(site)
            expired_certificate(site, options.build)
    print(f"{0 if failures else 1} passed, {1 if failures else 0} failed")
    return 1 if failures else 0


def wrong_password(site):
    """The plant wants another password than the gateway has: the log says so, once per attempt, and nothing crashes."""
    (site.folder / "secrets" / "plant-password").write_text("another one")
    site.start_plant('{subset: FD001, units: "61-62", cycle: 200 ms}')
    log = site.folder / "log" / "gateway.log"
    before = site.pid("gateway")
    text = wait_for("the gateway to say what is wrong with the password",
                    lambda: [line for line in log.read_text().split("\n") if "password" in line.lower()], 30)
    print(f"ok: a wrong OPC UA password: {text[0][:160]}", flush=True)
    if site.pid("gateway") != before:
        failures.append("the gateway crashed on a wrong password")


def expired_certificate(site, build):
    """An edge whose certificate has run out says so, naming the file, and goes on trying: it may be renewed any time."""
    config = site.folder / "run" / "expired-edge.yaml"   # with a directory of its own: the other one is in use
    own = (site.folder / "run" / "edge.yaml").read_text()
    config.write_text(re.sub(r"(?m)^directory: .*$", f'directory: "{site.folder}/expired-edge"', own))
    edge = subprocess.Popen(["faketime", "+800 days", site.program("millrace-edge"), "--config", str(config)],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def end():   # faketime runs the edge as a child of its own
        os.killpg(edge.pid, signal.SIGKILL)
    watchdog = threading.Timer(30, end)
    watchdog.start()
    said = next((line for line in edge.stdout if "expired" in line), None)
    watchdog.cancel()
    end()
    edge.wait()
    print(f"{'ok' if said else 'FAILED'}: an expired certificate: {(said or 'nothing was said').strip()[:200]}", flush=True)
    if not said or ".pem" not in said:
        failures.append("the expired certificate's file is not named")


if __name__ == "__main__":
    sys.exit(main())
