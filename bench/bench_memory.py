#!/usr/bin/env python3
"""Resident memory of a running site: the platform while nothing arrives, new and once it has a lake and a model; the edge with its
model and the gateway while 40 engines are decided on. Programs that measure one process with more load: bench_gateway."""
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scripts"))
from evidence import MEMORY_LIMITS_MB  # noqa: E402
from story import ROOT, Site, edge_runs, import_history, plant_files, replay, train_and_activate, wait_for  # noqa: E402

USE_CASE = "turbofan-maintenance"
DECISIONS = 2000


def report(site, what, process, limit=None):
    result = {"name": f"memory: {what}", "value": site.memory_mb(process), "unit": "MB", "better": "lower"}
    print(json.dumps(result | ({"target": MEMORY_LIMITS_MB[limit]} if limit else {})), flush=True)


def online(site):
    status = site.try_api("GET", "/api/v1/status") or {"sites": []}
    return [node["online"] for found in status["sites"] for node in found["nodes"]] == [True, True]


def main():
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as folder, \
            Site(os.environ["MILLRACE_BUILD"], folder, data_source="bench") as site:
        site.start()
        site.millrace("usecase", "apply", ROOT / f"examples/usecases/{USE_CASE}.yaml")
        wait_for("gateway and edge to be online", lambda: online(site), 60)
        report(site, "platform, idle, new", "platform", "platform_idle")
        files, _ = plant_files(site)
        import_history(site, USE_CASE, files, "1-60")
        model = train_and_activate(site, USE_CASE)
        wait_for("the edge to run the model", lambda: edge_runs(site, model), 60)
        report(site, "platform, idle, after training on 60 engines", "platform", "platform_idle")
        site.start_plant(replay(files, "61-100", 300))
        wait_for("decisions", lambda: site.sql("SELECT count(*) FROM decisions")[0][0] >= DECISIONS, 120, 0.5)
        report(site, "edge with its model, 40 engines deciding", "edge", "edge")
        report(site, "gateway, 40 engines", "gateway", "gateway")
        report(site, "platform, 40 engines", "platform")


if __name__ == "__main__":
    main()
