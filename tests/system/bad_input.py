#!/usr/bin/env python3
"""Bad input gives one clear message that names place, value and remedy, exit code 1 or 2, and no damage."""
import argparse
import datetime
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import serialization

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from fleet import live_points, live_replay  # noqa: E402
from small_disk import small_disk, with_own_mounts  # noqa: E402
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
    with_own_mounts()
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
        personal = GOOD.replace("privacy: []", "privacy: [{signal: T24, pseudonymise: {domain: site}}]")
        expect("a privacy rule", check(personal), 1, "case.yaml:45", "T24", "not carried out by this version")
        expect("broken YAML", check(GOOD.replace("signals:", "signals: [", 1)), 1, "case.yaml:")
        missing = subprocess.run([site.program("millrace"), "usecase", "check", str(folder / "nowhere.yaml")], capture_output=True, text=True)
        expect("a missing file", missing, 2, "nowhere.yaml")
        expect("wrong usage", subprocess.run([site.program("millrace"), "usecase", "frobnicate"], capture_output=True, text=True), 2)
        expect("no platform", site.millrace("status", check=False, parse=False), 1)

        with site, small_disk(site.folder / "platform" / "lake") as disk:
            site.start()
            before = site.api("GET", "/api/v1/use-cases")
            file = folder / "case.yaml"
            file.write_text(GOOD.replace("unit: degR", "unit: degRR", 1))
            expect("apply refuses it", site.millrace("usecase", "apply", file, check=False, parse=False), 1, "degRR")
            assert site.api("GET", "/api/v1/use-cases") == before, "a refused file changed something"
            site.millrace("usecase", "apply", ROOT / "examples/usecases/turbofan-maintenance.yaml")
            writing = site.millrace("data", "sql", "DELETE FROM samples", check=False, parse=False)
            expect("writing SQL", writing, 2, "read")

            full_disk(site, disk)
            wrong_password(site)
            expired_edge(site)
            expired_gateway(site)
            expired_platform(site)
    print(f"{0 if failures else 1} passed, {1 if failures else 0} failed")
    return 1 if failures else 0


def full_disk(site, disk):
    """The lake's disk is full: one clear message, the platform goes on, and when there is space again nothing was lost."""
    log = site.folder / "log" / "platform.log"
    before = site.pid("platform")

    def complaints():
        return [line for line in log.read_text().split("\n") if "cannot be stored" in line]

    def failed_commits():
        with urllib.request.urlopen(f"http://127.0.0.1:{site.ports['console']}/metrics", timeout=10) as answer:
            return float(re.search(r"(?m)^millrace_platform_commits_failed_total (\S+)", answer.read().decode())[1])

    def is_stored():
        return not site.api("GET", "/api/v1/status")["problems"]
    site.start_plant(live_replay(cycle_ms=60, units="61-70"))
    stored = wait_for("live points in the lake", lambda: max(live_points(site), 2000) - 2000, 60) + 2000
    disk.fill(before)
    wait_for("three commits that fail", lambda: failed_commits() >= 3, 60)
    problems = site.api("GET", "/api/v1/status")["problems"]
    wait_for("the replay's end", lambda: site.ledger().get("finished"), 90, 0.5)
    said = complaints()
    ok = [problem["what"] for problem in problems] == ["storing what comes in"] and str(site.folder) in problems[0]["why"]
    ok = ok and 1 <= len(said) <= 2 and site.pid("platform") == before
    disk.free(before)
    wait_for("what waited to be stored", is_stored, 30)
    published = site.ledger()["published_points"]
    wait_for("every point", lambda: live_points(site) >= published, 60, 0.5)
    ok = ok and live_points(site) == published and "is stored again" in log.read_text() and len(complaints()) == len(said)
    print(f"{'ok' if ok else 'FAILED'}: a full disk ({disk.how}): {published} points, {stored} before it was full: {said[0]}",
          flush=True)
    if not ok:
        failures.append(f"a full disk: {problems}, {said}")
    site.plant.terminate()
    site.plant.wait(30)


def wrong_password(site):
    """The plant wants another password than the gateway has: the log says so, once per attempt, and nothing crashes."""
    (site.folder / "secrets" / "plant-password").write_text("another one")
    site.start_plant(live_replay(cycle_ms=200, units="61-62"))
    log = site.folder / "log" / "gateway.log"
    before = site.pid("gateway")
    text = wait_for("the gateway to say what is wrong with the password",
                    lambda: [line for line in log.read_text().split("\n") if "password" in line.lower()], 30)
    print(f"ok: a wrong OPC UA password: {text[0][:160]}", flush=True)
    if site.pid("gateway") != before:
        failures.append("the gateway crashed on a wrong password")


def expired_edge(site):
    """An edge whose certificate has run out says so, naming the file, and goes on trying: it may be renewed any time."""
    expired(site, "edge", "no connection")


def expired_gateway(site):
    """So does the gateway, whose way to both brokers is closed."""
    expired(site, "gateway", "no connection")


def expired_platform(site):
    """The platform says so and does not start: no device would talk to it."""
    expired(site, "platform", "starting platform", (r"(?m)^  port: .*$", "  port: 0"), (r"(?m)^  run_file: .*\n", ""),
            (r"(?m)^device_api: .*$", "device_api: {port: 0}"))


def expired_certificate(site, good, path):
    """Writes the good one as the site's authority would have issued it until yesterday."""
    own = x509.load_pem_x509_certificate(pathlib.Path(good).read_bytes())
    authority = x509.load_pem_x509_certificate((site.folder / "pki" / "ca.pem").read_bytes())
    key = serialization.load_pem_private_key((site.folder / "secrets" / "ca.key").read_bytes(), None)
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder(authority.subject, own.subject, own.public_key(), x509.random_serial_number(),
                                   now - datetime.timedelta(days=9), now - datetime.timedelta(days=1), list(own.extensions))
    pathlib.Path(path).write_bytes(made.sign(key, authority.signature_hash_algorithm).public_bytes(serialization.Encoding.PEM))


def expired(site, name, what, *changes):
    """Runs a second one of this process with such a certificate, beside the first: with a directory and ports of its own."""
    text = (site.folder / "run" / f"{name}.yaml").read_text()
    own = re.search(r'certificate: "([^"]+)\.pem"', text)[1]
    expired_certificate(site, f"{own}.pem", f"{own}-expired.pem")
    changes += ((r"(?m)^directory: .*$", f'directory: "{site.folder}/expired-{name}"'), (f"{own}.pem", f"{own}-expired.pem"))
    for pattern, replacement in changes:
        text = re.sub(pattern, replacement, text)
    config = site.folder / "run" / f"expired-{name}.yaml"
    config.write_text(text)
    process = subprocess.Popen([site.program(f"millrace-{name}"), "--config", str(config)],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    watchdog = threading.Timer(30, process.kill)
    watchdog.start()
    said = next((line for line in process.stdout if "expired" in line and what in line), None)
    watchdog.cancel()
    process.kill()
    process.wait()
    print(f"{'ok' if said else 'FAILED'}: an expired certificate of the {name}: {(said or 'nothing was said').strip()[:200]}",
          flush=True)
    if not said or ".pem" not in said:
        failures.append(f"the {name}'s expired certificate is not named")


if __name__ == "__main__":
    sys.exit(main())
