#!/usr/bin/env python3
"""`make demo`: from plant data to a measured outcome, on this machine. See docs/how-to/demo.md.

With --headless the same story runs without a person, every check is made, and build/demo/report.json and a screenshot of
every console page in build/demo/screens/ are written; the exit code is 0 only when every check held.
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from story import ROOT, Site, data_folder, replay, train_and_activate, wait_for  # noqa: E402

USE_CASE = "turbofan-maintenance"
USE_CASE_FILE = ROOT / "examples" / "usecases" / "turbofan-maintenance.yaml"
DEMO = ROOT / "build" / "demo"
HISTORY, LIVE = "1-60", "61-100"
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


def arguments_of_command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--headless", action="store_true")
    parser.add_argument("--cycle-ms", type=int, default=300, help="one flight cycle of every engine in this time")
    parser.add_argument("--free-ports", action="store_true", help="any free ports instead of 8080, 8443, 8883, 8884")
    return parser.parse_args()


def recorded_or_simulated(site):
    """The folder with train_FD001 and the words for where it comes from."""
    folder = data_folder()
    if folder:
        return folder, "recorded: C-MAPSS FD001"
    folder = site.folder / "simulated"
    subprocess.run([site.program("millrace-plant"), "--simulate-files", str(folder)], check=True)
    return folder, "simulated: turbofan wear model"


def tell_story(site, options, checks, report):
    started = time.monotonic()
    DEMO.mkdir(parents=True, exist_ok=True)
    site.folder.mkdir(parents=True, exist_ok=True)
    folder, source = recorded_or_simulated(site)
    site.data_source = report["data_source"] = source
    say(f"Data: {source}")

    say("Starting two brokers, platform, gateway and edge, all mTLS with a throw-away CA")
    site.start()
    tell(f"console: {console_link(site)}")

    say("1. The outcome: a use case file, checked, planned, applied")
    site.millrace("usecase", "check", USE_CASE_FILE, parse=False)
    plan = site.millrace("usecase", "plan", USE_CASE_FILE)
    applied = site.millrace("usecase", "apply", USE_CASE_FILE)
    tell(f"{len(plan['changes'])} changes planned; {USE_CASE} version {applied['version']} applied")

    say(f"2. The plant's history: engines {HISTORY}, run to failure")
    imported = site.millrace("data", "import", "--use-case", USE_CASE, "--format", "cmapss", "--subset", "FD001",
                             "--units", HISTORY, folder)
    tell(f"{imported['rows']:,} rows into the lake")

    say("3. Training on the lake with the feature code that the edge runs")
    bar = Bar()
    model = train_and_activate(site, USE_CASE, lambda text: bar.show(0.5, text))
    bar.end()
    report["training"] = training_section(site, model)
    for gate in report["training"]["gates"]:
        checks.add(f"gate {gate['name']}", gate["passed"], f"{gate['value']:.4g}, limit {gate['limit']}")

    say("   The edge fetches the model by content hash, reproduces its golden vectors, and takes it")
    wait_for("the edge to run the model", lambda: edge_runs(site, model), 60)

    say(f"4. The live fleet: engines {LIVE}, one cycle each {options.cycle_ms} ms, over OPC UA with security")
    processes_up = time.monotonic()
    site.start_plant(replay(folder, LIVE, options.cycle_ms))
    wait_for("the first live decision in the lake", lambda: (site.sql("SELECT count(*) FROM decisions") or [[0]])[0][0], 60, 0.05)
    report["first_decision_s"] = round(time.monotonic() - processes_up, 2)
    tell(f"first live decision in the lake after {report['first_decision_s']} s")
    checks.add("first decision within 10 s", report["first_decision_s"] <= 10, f"{report['first_decision_s']} s")

    follow_fleet(site)
    report["memory_mb"] = {name: site.memory_mb(name) for name in ("edge", "gateway", "platform")}
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
               report["decisions"]["count"] == report["decisions"]["traced_to_model"] == report["decisions"]["traced_to_dataset"],
               json.dumps(report["decisions"]))

    say("6. The outcome, measured from what was recorded")
    report["outcome"] = outcome_section(site)
    saved = [e for e in ledger["engines"] if e["state"] == "overhauled"]
    wasted = sum(e["wasted"] for e in saved) / max(len(saved), 1)
    checks.add("engines overhauled before failure", len(saved) >= 0.95 * len(ledger["engines"]), f"{len(saved)} of {len(ledger['engines'])}")
    checks.add("wasted life", wasted <= 20, f"{wasted:.1f} cycles an engine, by the plant's own books")
    report["training"] |= live_errors(site)
    tell(f"error of the live predictions, label capped at 125: {report['training']['rmse_test']:.1f} over all cycles, "
         f"{report['training']['rmse_test_last_cycle']:.1f} at each engine's last cycle")
    outcome = report["outcome"]
    tell(f"{outcome['kpi']}: {outcome['with_millrace']:.2f}, before {outcome['baseline']:.2f} ({outcome['change_percent']:+.0f} %)")
    checks.add("target met", outcome.pop("met"), f"{outcome['change_percent']:+.0f} % against {outcome['target']:.2f}")
    if options.headless:
        screens(site, checks)
    report["elapsed_s"] = round(time.monotonic() - started, 1)
    checks.add("story within 5 minutes", report["elapsed_s"] <= 300, f"{report['elapsed_s']} s")


def console_link(site):
    return json.loads((site.folder / "run" / "ready.json").read_text())["console"]


def edge_runs(site, model):
    answer = site.try_api("GET", "/api/v1/status")
    wanted = f"{USE_CASE}/{model['version']}"
    return answer and any(wanted in json.dumps(node) for s in answer["sites"] for node in s["nodes"] if node["node"] == "edge-1")


def follow_fleet(site):
    bar = Bar()

    def finished():
        ledger = site.ledger()
        engines = ledger.get("engines", [])
        if not engines:
            return False
        done = [e for e in engines if e["state"] != "running"]
        saved = sum(e["state"] == "overhauled" for e in done)
        decisions = site.try_api("GET", "/api/v1/status") or {}
        rate = (decisions.get("ingest") or {}).get("points_per_s", 0)
        bar.show(len(done) / len(engines), f"{len(engines) - len(done)} engines running, {saved} overhauled in time, "
                 f"{len(done) - saved} failed, {rate:,.0f} points/s")
        return ledger.get("finished")
    wait_for("the fleet's lives to end", finished, 420, 0.5)
    bar.end()


def training_section(site, model):
    manifest = model.get("manifest") or model
    metrics = model["metrics"]
    return {"dataset": model["dataset"], "trainer": manifest.get("trainer", "gbdt (XGBoost)"),
            "rmse_validation": metrics.get("rmse_validation", metrics.get("rmse")), "gates": model["gates"]}


LIVE_SAMPLES = "samples JOIN signals USING (signal_id) WHERE asset BETWEEN 'engine-061' AND 'engine-100'"


def stored_points(site):
    return site.sql(f"SELECT count(*) FROM {LIVE_SAMPLES}")[0][0]


def delivery_section(site, ledger):
    stored, distinct = site.sql(f"SELECT count(*), count(DISTINCT (signal_id, source_time)) FROM {LIVE_SAMPLES}")[0]
    published = ledger["published_points"]
    return {"published_points": published, "stored_points": stored, "lost_points": max(published - distinct, 0),
            "duplicate_points": stored - distinct}


def latency_section(site):
    row = site.sql("SELECT quantile_cont(latency_us, 0.5), quantile_cont(latency_us, 0.99), "
                   "quantile_cont(epoch_us(received) - epoch_us(source_time), 0.5), "
                   "quantile_cont(epoch_us(received) - epoch_us(source_time), 0.99) FROM decisions")[0]
    return dict(zip(("edge_p50", "edge_p99", "end_to_end_p50", "end_to_end_p99"), (round(v) for v in row)))


def decisions_section(site):
    versions = site.sql("SELECT model_version, count(*) FROM decisions GROUP BY 1")
    to_model = to_dataset = 0
    for version, count in versions:
        use_case, _, number = version.rpartition("/")
        model = site.try_api("GET", f"/api/v1/models/{use_case}/{number}") or {}
        to_model += count if model else 0
        to_dataset += count if model.get("dataset", {}).get("sha256") else 0
    return {"count": sum(count for _, count in versions), "traced_to_model": to_model, "traced_to_dataset": to_dataset}


def live_errors(site):
    """RMSE of the live predictions where the plant has since told the true life, label capped at 125 as in training: over every
    cycle, and at each engine's last cycle, which is how published figures are made (docs/contract.md says what differs)."""
    all_cycles, last_cycle = site.sql(
        "SELECT sqrt(avg(error ** 2)), sqrt(avg(error ** 2) FILTER (WHERE last)) FROM (SELECT least(w.clock + w.remaining_life - "
        "d.clock, 125) - d.prediction AS error, d.clock = max(d.clock) OVER (PARTITION BY d.site, d.asset) AS last FROM decisions d "
        "JOIN work_orders w USING (site, asset) WHERE w.source = 'live' AND d.clock <= w.clock)")[0]
    return {"rmse_test": round(all_cycles, 2), "rmse_test_last_cycle": round(last_cycle, 2)}


def outcome_section(site):
    lives = len(site.ledger()["engines"])

    def counted():   # the platform evaluates KPIs every few seconds
        answer = site.api("GET", f"/api/v1/kpis/{USE_CASE}")
        return answer if answer["n"] >= lives else None
    kpi = wait_for("the KPI over all lives", counted, 30)
    change = 100 * (kpi["current"] - kpi["baseline"]) / kpi["baseline"]
    return {"kpi": kpi["kpi"], "baseline": kpi["baseline"], "with_millrace": kpi["current"], "target": kpi["target"],
            "change_percent": round(change, 1), "met": kpi["met"],
            "guard": {guard["name"]: {"value": guard["current"], "limit": guard["limit"], "met": guard["met"]} for guard in kpi["guards"]}}


def screens(site, checks):
    say("7. Every page of the console in a real browser")
    folder = DEMO / "screens"
    shutil.rmtree(folder, ignore_errors=True)
    deps = os.environ.get("DEPS_DIR") or str(pathlib.Path.home() / ".cache/millrace/deps")
    run = subprocess.run(["node", str(ROOT / "tests/console/screens.mjs"), console_link(site), str(folder)],
                         env=dict(os.environ, NODE_PATH=f"{deps}/interop/node_modules"), capture_output=True, text=True)
    pictures = sorted(p.name for p in folder.glob("*.png"))
    if run.returncode != 0:
        print(run.stdout[-3000:], run.stderr[-3000:])
    checks.add("console in the browser", run.returncode == 0, f"{len(pictures)} screenshots in build/demo/screens")


def main():
    options = arguments_of_command_line()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))   # leave through `with`: no process stays behind
    shutil.rmtree(DEMO / "site", ignore_errors=True)
    site = Site(options.build, DEMO / "site", fixed_ports=not options.free_ports, opcua_port=None if options.free_ports else 4840)
    checks, report = Checks(), {}
    try:
        with site:
            tell_story(site, options, checks, report)
            if not options.headless:
                say(f"The console stays open: {console_link(site)}   (Ctrl-C stops everything)")
                site.up.wait()
    except KeyboardInterrupt:
        print()
        say("stopped")
        return 0
    except (TimeoutError, RuntimeError, OSError) as error:
        checks.add("the story ran to its end", False, error)
        tell(f"logs: {site.folder / 'log'}")
    report["checks"] = checks.list
    (DEMO / "report.json").write_text(json.dumps(report, indent=1))
    failed = [check["name"] for check in checks.list if not check["passed"]]
    say(f"{len(checks.list) - len(failed)} of {len(checks.list)} checks held" + (f"; failed: {', '.join(failed)}" if failed else "")
        + "; report: build/demo/report.json")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
