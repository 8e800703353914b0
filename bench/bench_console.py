#!/usr/bin/env python3
"""Sensor to eye: from the plant's source time to the moment the value is painted in the console's Plant room.

The whole chain runs as a user would run it: `millrace up`, the virtual plant (OPC UA, signed and encrypted), gateway, two
brokers (mTLS), edge, platform, events to a real Chromium. The signal watched is each engine's cycle: a running number, so the
text on the page names the source time. A value that a newer one replaced before it was painted counts until the newer one was.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
from story import ROOT, Site, import_history, plant_files, replay, train_and_activate, wait_for  # noqa: E402

USE_CASE = "turbofan-maintenance"
CYCLE_MS, SETTLE_S = 300, 3
PLANT_S, ASSET_S = 25, 50
TARGET_MS = 1000
CASES = [("4 engines", "61-64", False), ("40 engines deciding", "61-100", True)]


class Browser:
    def __init__(self, link):
        self.process = subprocess.Popen(["node", str(ROOT / "bench/console_watch.mjs"), link], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def watch(self, seconds, page, asset=None):
        request = {"hash": page, "asset": asset, "seconds": seconds}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the browser ended")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)


def latencies_ms(site, seen, asset=None):
    """Of every cycle that the plant published while the page was watched (but its last seconds: those may be under way)."""
    until = seen["to"] - SETTLE_S * 1000
    only = f" AND asset = '{asset}'" if asset else ""
    rows = site.sql("SELECT asset, value, epoch_ms(source_time) FROM samples JOIN signals USING (signal_id) WHERE signal = 'cycle' "
                    f"AND epoch_ms(source_time) BETWEEN {seen['from']} AND {until}{only} ORDER BY source_time")
    shown = {}
    for name, clock, painted in seen["shown"]:
        shown.setdefault(name, []).append((clock, painted))
    return [next((painted for clock, painted in shown.get(name, []) if clock >= cycle), seen["to"]) - source
            for name, cycle, source in rows]


def quantile(values, share):
    return sorted(values)[int(share * (len(values) - 1))]


def report(what, values):
    for share, name, target in ((0.5, "p50", None), (0.99, "p99", TARGET_MS)):
        print(json.dumps({"name": f"console: sensor to painted, {what}, {name}", "value": quantile(values, share),
                          "unit": "ms", "better": "lower", "target": target, "n": len(values)}), flush=True)


def longest_lived(site):
    return max((e for e in site.ledger()["engines"] if e["state"] == "running"), key=lambda e: e["life"] - e["cycles"])["asset"]


def run(case, units, decide):
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as folder, \
            Site(os.environ["MILLRACE_BUILD"], folder, data_source="bench") as site:
        site.start()
        site.millrace("usecase", "apply", ROOT / f"examples/usecases/{USE_CASE}.yaml")
        files, _ = plant_files(site)
        if decide:
            import_history(site, USE_CASE, files, "1-60")
            train_and_activate(site, USE_CASE)
        site.start_plant(replay(files, units, CYCLE_MS))
        wait_for("live data", lambda: (site.sql("SELECT count(*) FROM samples JOIN signals USING (signal_id) "
                                                "WHERE signal = 'cycle' AND asset = 'engine-064'"))[0][0], 60)
        if decide:
            wait_for("decisions", lambda: site.sql("SELECT count(*) FROM decisions")[0][0], 60)
        with Browser(json.loads((site.folder / "run" / "ready.json").read_text())["console"]) as browser:
            plant = browser.watch(PLANT_S, "plant")
            one = longest_lived(site)
            asset = browser.watch(ASSET_S, f"plant/{one}", one)
        report(f"all assets, {case}", latencies_ms(site, plant))
        report(f"one asset's page, {case}", latencies_ms(site, asset, one))


if __name__ == "__main__":
    for one_case in CASES:
        run(*one_case)
