#!/usr/bin/env python3
"""Nothing lost, nothing twice: what the plant published is in the lake, through kills and outages (invariant a).

The plant replays forty engines fast and the edge decides on them. Meanwhile, in one run: kill -9 of gateway, edge and platform;
the platform's broker away for 60 s; the site's broker away, and kill -9 of the edge while it is; the OPC UA server restarted with
its namespaces in another order. At the end the lake holds every published point once, one decision on every row, and every decision
that the edge had in its spool when it was killed.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, Site, wait_for  # noqa: E402
from fleet import LIVE, hold, live_points, live_replay, recover, release, teach  # noqa: E402


def is_running(pid):
    return pathlib.Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()


def spooled_decisions(folder, running=False):
    """Ids of the decisions in a spool, read from a copy as SQLite recovers it after a kill."""
    with tempfile.TemporaryDirectory() as copy:
        for file in folder.glob("spool.db*"):
            shutil.copy(file, copy)
        try:
            with sqlite3.connect(pathlib.Path(copy) / "spool.db") as spool:
                payloads = [payload for (payload,) in spool.execute("SELECT payload FROM batches")]
        except sqlite3.DatabaseError:
            assert running, "the spool of a killed process is damaged"
            return []   # copied while it was written
    return [found.decode() for payload in payloads for found in re.findall(rb'"decision_id":"([^"]+)"', payload)]


def kill_edge_without_broker(site):
    """Returns what the edge had decided and could tell nobody."""
    log = site.folder / "log" / "edge.log"
    silent = lambda: log.read_text(errors="replace").count("advice=no_advice")  # noqa: E731
    before = silent()
    hold(site, "site-broker")
    site.kill("site-broker")
    wait_for("the edge to decide that it has no data", lambda: silent() > before, 60)
    state = site.folder / "edge"
    mode = lambda path: oct(stat.S_IMODE(os.stat(path).st_mode))  # noqa: E731
    assert (mode(state), mode(state / "spool.db")) == ("0o700", "0o600"), "the edge's state is for its user alone"
    wait_for("such a decision in its spool", lambda: spooled_decisions(state, running=True), 10)
    edge = site.pid("edge")
    hold(site, "edge")
    site.kill("edge")
    wait_for("the edge's end", lambda: not is_running(edge), 10)
    spooled = spooled_decisions(state)
    release(site, "edge")
    wait_for("the edge to be started again", lambda: site.pid("edge") not in (edge, 0, None), 30)
    release(site, "site-broker")
    return spooled


def check_decisions(site, spooled):
    undecided = (f"SELECT count(*) FROM (SELECT DISTINCT asset, source_time FROM {LIVE} AND signal = 'cycle' EXCEPT "
                 "SELECT asset, source_time FROM decisions)")
    wait_for("a decision on every row", lambda: site.sql(undecided) == [[0]], 60, 0.5)
    counts = dict(site.sql("SELECT decision_id, count(*) FROM decisions GROUP BY ALL"))
    lost = sum(1 for each in spooled if each not in counts)
    assert lost == 0, f"{lost} decisions of {len(spooled)} in the spool of the killed edge are missing"
    twice = sum(1 for count in counts.values() if count > 1)
    assert twice == 0, f"{twice} decisions are stored twice"
    rows, distinct = site.sql("SELECT count(*), count(DISTINCT (asset, source_time)) FROM decisions WHERE advice <> 'no_advice'")[0]
    assert rows == distinct, f"{rows - distinct} rows were decided and stored twice"
    return {"decisions": len(counts), "spooled_at_the_kill": len(spooled)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--outage-s", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-system-") as folder, Site(options.build, folder) as site:
        site.start()
        site.millrace("usecase", "apply", ROOT / "examples/usecases/turbofan-maintenance.yaml")
        teach(site)
        site.start_plant(live_replay(cycle_ms=300))
        wait_for("live points in the lake", lambda: live_points(site) > 2000, 60)

        for name in ("gateway", "edge", "platform"):
            before = site.pid(name)
            print(f"kill -9 {name}", flush=True)
            site.kill(name)
            wait_for(f"{name} to be started again", lambda: site.pid(name) not in (before, 0, None), 30)
            recover(site)

        print(f"platform's broker away for {options.outage_s:.0f} s", flush=True)
        hold(site, "platform-broker")
        site.kill("platform-broker")
        time.sleep(options.outage_s)   # the length of the outage is what is tested
        release(site, "platform-broker")
        recover(site)

        print("site's broker away, kill -9 edge", flush=True)
        spooled = kill_edge_without_broker(site)
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
        print(json.dumps(check_decisions(site, spooled)))
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
