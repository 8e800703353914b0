#!/usr/bin/env python3
"""`make demo`: from plant data to a measured outcome, on this machine. See docs/how-to/demo.md.

With --headless the same story runs without a person, every check is made, and a screenshot of every console page is left in
screens/; the exit code is 0 only when every check held. report.json is written however the story ends.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from evidence import (MEMORY_LIMITS_MB, decisions_section, delivery_section, latency_section, live_errors,  # noqa: E402
                      memory_section, outcome_section, stored_points, training_section)
from story import (ROOT, STOPPERS, Site, edge_runs, import_history, plant_files, replay, train_and_activate,  # noqa: E402
                   undisturbed, wait_for)

USE_CASE = "turbofan-maintenance"
USE_CASE_FILE = ROOT / "examples" / "usecases" / "turbofan-maintenance.yaml"
HISTORY = "1-60"
INTERRUPTED = 128 + signal.SIGINT
terminal = sys.stdout.isatty()


def say(text):
    print(("\033[1m" if terminal else "") + f"[demo] {text}" + ("\033[0m" if terminal else ""), flush=True)


def tell(text):
    print(f"       {text}", flush=True)


class Bar:
    """A progress line on a terminal; elsewhere a line at each tenth."""

    def __init__(self):
        self.shown = -1

    def show(self, part, text):
        if terminal:
            filled = int(30 * min(part, 1))
            print(f"\r\033[K       [{'#' * filled}{'.' * (30 - filled)}] {text}", end="", flush=True)
        elif int(part * 10) != self.shown:
            self.shown = int(part * 10)
            tell(text)

    def end(self):
        if terminal:
            print()


class Checks:
    def __init__(self):
        self.list = []

    def add(self, name, passed, detail):
        self.list.append({"name": name, "passed": bool(passed), "detail": str(detail)})
        tell(f"{'ok    ' if passed else 'FAILED'} {name}: {detail}")

    def failed(self):
        return [check["name"] for check in self.list if not check["passed"]]


def arguments_of_command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--headless", action="store_true")
    parser.add_argument("--cycle-ms", type=int, default=300, help="one flight cycle of every engine in this time")
    parser.add_argument("--live", default="61-100", help="the live fleet, engines above 60 (default: 61-100)")
    parser.add_argument("--free-ports", action="store_true", help="any free ports instead of 8080, 8443, 8883, 8884")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build" / "demo", help="for report, screens and site")
    return parser.parse_args()


def set_up(site, report):
    folder, source = plant_files(site)
    site.data_source = report["data_source"] = source
    say(f"Data: {source}")
    say("Starting two brokers, platform, gateway and edge, all mTLS with a throw-away CA")
    started = time.monotonic()
    site.start()
    start_s = time.monotonic() - started
    tell(f"console: {console_link(site)}")

    say("1. The outcome: a use case file, checked, planned, applied")
    site.millrace("usecase", "check", USE_CASE_FILE, parse=False)
    plan = site.millrace("usecase", "plan", USE_CASE_FILE)
    applied = site.millrace("usecase", "apply", USE_CASE_FILE)
    tell(f"{len(plan['changes'])} changes planned; {USE_CASE} version {applied['version']} applied")
    return folder, start_s


def learn(site, folder, checks, report):
    say(f"2. The plant's history: engines {HISTORY}, run to failure")
    tell(f"{import_history(site, USE_CASE, folder, HISTORY)['rows']:,} rows into the lake")

    say("3. Training on the lake with the feature code that the edge runs")
    model = train_and_activate(site, USE_CASE)
    report["training"] = training_section(model)
    for gate in report["training"]["gates"]:
        checks.add(f"gate {gate['name']}", gate["passed"], f"{gate['value']:.4g}, limit {gate['limit']}")

    say("   The edge fetches the model by content hash, reproduces its golden vectors, and takes it")
    wait_for("the edge to run the model", lambda: edge_runs(site, model), 60)


def run_fleet(site, options, folder, start_s, checks, report):
    report["memory_mb"] = memory_section(site, platform_idle="platform")
    say(f"4. The live fleet: engines {options.live}, one cycle each {options.cycle_ms} ms, over OPC UA with security")
    started = time.monotonic()
    site.start_plant(replay(folder, options.live, options.cycle_ms))
    wait_for("the first live decision in the lake", lambda: (site.sql("SELECT count(*) FROM decisions") or [[0]])[0][0], 60, 0.05)
    live_s = time.monotonic() - started
    report["first_decision_s"] = round(start_s + live_s, 2)
    checks.add("first decision within 10 s", report["first_decision_s"] <= 10, f"{report['first_decision_s']} s: all processes up "
               f"in {start_s:.1f} s, first live decision in the lake {live_s:.1f} s after the plant's start")
    follow_fleet(site)
    report["memory_mb"] |= memory_section(site, edge="edge", gateway="gateway", platform="platform")
    for name, limit_mb in MEMORY_LIMITS_MB.items():
        value = report["memory_mb"].get(name)
        checks.add(f"resident memory, {name.replace('_', ' ')}", value is not None and value <= limit_mb, f"{value} MB, limit {limit_mb}")


def prove(site, checks, report):
    ledger = site.ledger()
    say("5. Everything the plant published is in the lake, once")
    wait_for("the last points in the lake", lambda: stored_points(site) >= ledger["published_points"], 60)
    report["delivery"] = delivery_section(site, ledger)
    checks.add("nothing lost", report["delivery"]["lost_points"] == 0, f"{report['delivery']['published_points']:,} points published, "
               f"{report['delivery']['stored_points']:,} stored")
    checks.add("nothing twice, nothing invented", report["delivery"]["duplicate_points"] == 0
               and report["delivery"]["stored_points"] == ledger["published_points"], f"{report['delivery']['duplicate_points']} duplicates")
    report["latency_us"] = latency_section(site)
    report["decisions"] = decisions_section(site)
    checks.add("every decision leads to its model and data set",
               report["decisions"]["count"] == report["decisions"]["traced_to_model"] == report["decisions"]["traced_to_dataset"] > 0,
               json.dumps(report["decisions"]))

    say("6. The outcome, measured from what was recorded")
    outcome = report["outcome"] = outcome_section(site, USE_CASE)
    saved = [e for e in ledger["engines"] if e["state"] == "overhauled"]
    wasted = sum(e["wasted"] for e in saved) / max(len(saved), 1)
    checks.add("engines overhauled before failure", len(saved) >= 0.95 * len(ledger["engines"]), f"{len(saved)} of {len(ledger['engines'])}")
    checks.add("wasted life", wasted <= 20, f"{wasted:.1f} cycles an engine, by the plant's own books")
    report["training"] |= live_errors(site)
    tell(f"error of the live predictions, label capped at 125: {report['training']['rmse_test']:.1f} over all cycles, "
         f"{report['training']['rmse_test_last_cycle']:.1f} at each engine's last cycle")
    tell(f"{outcome['kpi']}: {outcome['with_millrace']:.2f}, before {outcome['baseline']:.2f} ({outcome['change_percent']:+.0f} %)")
    checks.add("target met", outcome.pop("met"), f"{outcome['change_percent']:+.0f} % against {outcome['target']:.2f}")


def tell_story(site, options, checks, report):
    started = time.monotonic()
    folder, start_s = set_up(site, report)
    learn(site, folder, checks, report)
    run_fleet(site, options, folder, start_s, checks, report)
    prove(site, checks, report)
    if options.headless:
        screens(site, options.folder / "screens", checks)
    report["elapsed_s"] = round(time.monotonic() - started, 1)
    checks.add("story within 5 minutes", report["elapsed_s"] <= 300, f"{report['elapsed_s']} s")


def console_link(site):
    return json.loads((site.folder / "run" / "ready.json").read_text())["console"]


def follow_fleet(site):
    bar = Bar()

    def finished():
        ledger = site.ledger()
        engines = ledger.get("engines", [])
        if not engines:
            return False
        done = [e for e in engines if e["state"] != "running"]
        saved = sum(e["state"] == "overhauled" for e in done)
        status = site.try_api("GET", "/api/v1/status") or {}
        rate = (status.get("ingest") or {}).get("points_per_s", 0)
        bar.show(len(done) / len(engines), f"{len(engines) - len(done)} engines running, {saved} overhauled in time, "
                 f"{len(done) - saved} failed, {rate:,.0f} points/s")
        return ledger.get("finished")
    wait_for("the fleet's lives to end", finished, 420, 0.5)
    bar.end()


def screens(site, folder, checks):
    say("7. Every page of the console in a real browser")
    shutil.rmtree(folder, ignore_errors=True)
    deps = os.environ.get("DEPS_DIR") or str(pathlib.Path.home() / ".cache/millrace/deps")
    run = subprocess.run(["node", str(ROOT / "tests/console/screens.mjs"), console_link(site), str(folder)],
                         env=dict(os.environ, NODE_PATH=f"{deps}/interop/node_modules"), capture_output=True, text=True)
    pictures = sorted(p.name for p in folder.glob("*.png"))
    if run.returncode != 0:
        print(run.stdout[-3000:], run.stderr[-3000:])
    checks.add("console in the browser", run.returncode == 0, f"{len(pictures)} screenshots in {folder}")


def write_report(file, checks, report):
    file.write_text(json.dumps(report | {"checks": checks.list}, indent=1))
    failed = checks.failed()
    say(f"{len(checks.list) - len(failed)} of {len(checks.list)} checks held" + (f"; failed: {', '.join(failed)}" if failed else "")
        + f"; report: {os.path.relpath(file)}")


def run_story(site, options):
    """True when the story ran to its end and every check held. The report is there whichever way it ends."""
    checks, report = Checks(), {}
    try:
        tell_story(site, options, checks, report)
    except KeyboardInterrupt:
        checks.add("the story ran to its end", False, "it was interrupted")
        raise
    except Exception as error:   # whatever it is, it belongs into the report
        traceback.print_exc()
        checks.add("the story ran to its end", False, f"{type(error).__name__}: {error}")
        tell(f"logs: {site.folder / 'log'}")
    finally:
        with undisturbed():
            write_report(options.folder / "report.json", checks, report)
    return not checks.failed()


def main():
    options = arguments_of_command_line()
    for number in STOPPERS:   # leave through `with`: no process stays behind
        signal.signal(number, signal.default_int_handler)
    options.folder = options.folder.resolve()
    shutil.rmtree(options.folder / "site", ignore_errors=True)
    (options.folder / "report.json").unlink(missing_ok=True)
    first, _, last = options.live.partition("-")
    site = Site(options.build, options.folder / "site", fixed_ports=not options.free_ports,
                opcua_port=None if options.free_ports else 4840, assets=f"engine-{int(first):03}..engine-{int(last or first):03}")
    good = None
    try:
        with site:
            good = run_story(site, options)
            if not options.headless and site.is_up():
                say(f"The console stays open: {console_link(site)}   (Ctrl-C stops everything)")
                site.up.wait()
                say(f"`millrace up` ended by itself; logs: {site.folder / 'log'}")
                good = False
    except KeyboardInterrupt:
        say("stopped")
    return INTERRUPTED if good is None else 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
