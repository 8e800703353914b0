#!/usr/bin/env python3
"""Nothing lost, nothing twice: what the plant published is in the lake, through kills and outages (invariant a).

The plant replays forty engines fast. Meanwhile, in one run: kill -9 of gateway, edge and platform; the platform's broker away
for 60 s; the OPC UA server restarted with its namespaces in another order. At the end the lake holds every published point once.
"""
import argparse
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, Site, wait_for  # noqa: E402
from fleet import LIVE, live_points, live_replay, recover  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--outage-s", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-system-") as folder, Site(options.build, folder) as site:
        site.start()
        site.millrace("usecase", "apply", ROOT / "examples/usecases/turbofan-maintenance.yaml")
        site.start_plant(live_replay(cycle_ms=300))
        wait_for("live points in the lake", lambda: live_points(site) > 2000, 60)

        for name in ("gateway", "edge", "platform"):
            before = site.pid(name)
            print(f"kill -9 {name}", flush=True)
            site.kill(name)
            wait_for(f"{name} to be started again", lambda: site.pid(name) not in (before, 0, None), 30)
            recover(site)

        print(f"platform's broker away for {options.outage_s:.0f} s", flush=True)
        hold = site.folder / "run" / "hold" / "platform-broker"
        hold.parent.mkdir(exist_ok=True)
        hold.touch()
        site.kill("platform-broker")
        time.sleep(options.outage_s)   # the length of the outage is what is tested
        hold.unlink()
        recover(site)

        print("OPC UA server restarted, namespaces in another order", flush=True)
        site.restart_plant_server()
        recover(site)

        wait_for("the replay's end", lambda: site.ledger().get("finished"), 300, 0.5)
        published = site.ledger()["published_points"]
        wait_for("the last points", lambda: live_points(site) >= published, 90, 0.5)
        stored, distinct = site.sql(f"SELECT count(*), count(DISTINCT (signal_id, source_time)) FROM {LIVE}")[0]
        gaps = site.sql("SELECT count(*) FROM events WHERE kind = 'gap'")[0][0]
        print(json.dumps({"published": published, "stored": stored, "distinct": distinct, "gaps": gaps}))
        assert distinct == published, f"{published - distinct} points of {published} are missing"
        assert stored == distinct, f"{stored - distinct} points are stored twice"
        assert gaps == 0, f"{gaps} gap records although the spool was never full"
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
