#!/usr/bin/env python3
"""A spool that is filled to its bound loses exactly what its gap records say, and nothing else.

The platform's broker is away while the plant publishes more than the gateway's small spool can hold.
"""
import argparse
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, Site, wait_for  # noqa: E402
from fleet import LIVE, hold, live_points, live_replay, release  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="millrace-system-") as folder, Site(options.build, folder, spool_limit="1 MiB") as site:
        site.start()
        site.millrace("usecase", "apply", ROOT / "examples/usecases/turbofan-maintenance.yaml")
        site.start_plant(live_replay(cycle_ms=120))
        wait_for("live points in the lake", lambda: live_points(site) > 2000, 60)
        hold(site, "platform-broker")
        site.kill("platform-broker")
        wait_for("the replay's end", lambda: site.ledger().get("finished"), 200, 0.5)
        release(site, "platform-broker")
        published = site.ledger()["published_points"]

        def accounted():
            rows = site.try_api("POST", "/api/v1/data/sql", {"sql": "SELECT detail FROM events WHERE kind = 'gap'"})
            if rows is None:
                return None
            missing = sum(json.loads(detail)["points"] for (detail,) in rows["rows"])
            return (live_points(site), missing) if live_points(site) + missing >= published else None
        stored, missing = wait_for("every point to be stored or written down", accounted, 120, 0.5)
        distinct = site.sql(f"SELECT count(DISTINCT (signal_id, source_time)) FROM {LIVE}")[0][0]
        print(json.dumps({"published": published, "stored": stored, "in_gaps": missing}))
        assert missing > 0, "the spool was never full: the test tests nothing"
        assert stored == distinct, f"{stored - distinct} points are stored twice"
        assert stored + missing == published, f"{published} published, {stored} stored, {missing} in gap records"
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
