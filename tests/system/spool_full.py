#!/usr/bin/env python3
"""A spool that is filled to its bound loses exactly what its gap records say, and nothing else.

The platform's broker is away while the plant publishes more than the gateway's small spool can hold. What is missing is then
listed reading by reading, from the plant's own history: each must lie in a gap record, as many as it says.
"""
import argparse
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, Site, wait_for  # noqa: E402
from fleet import LIVE, USE_CASE, hold, live_points, live_replay, release  # noqa: E402
from plant_books import published  # noqa: E402

# A record's times are those at which its batches went into the spool; a reading was made before, by the way from the plant there.
WAY_US = 5_000_000


def stored_points(site):
    """(asset, signal, source time in us) of every live row of the lake, as a list: what is there twice is in it twice."""
    rows = []
    for (asset,) in site.sql(f"SELECT DISTINCT asset FROM {LIVE}"):
        for signal, times in site.sql(f"SELECT signal, string_agg(epoch_us(source_time), ' ') FROM {LIVE} AND asset = '{asset}' "
                                      "GROUP BY signal"):
            rows += [(asset, signal, int(time)) for time in times.split()]
    return rows


def outside_of_gaps(missing, gaps):
    """Gives each missing reading to a record that covers its time and has room, the one that ends first (which gives away as many
    as can be: F. Glover, Naval Research Logistics 14, 1967). Returns the readings that no record accounts for, and the records
    that account for more than is missing; both are empty when the records are exact."""
    room = {gap["number"]: gap["points"] for gap in gaps}
    by_end = sorted(gaps, key=lambda gap: gap["to_us"])
    outside = []
    for point in sorted(missing, key=lambda point: point[2]):
        gap = next((gap for gap in by_end
                    if room[gap["number"]] > 0 and gap["from_us"] - WAY_US <= point[2] <= gap["to_us"]), None)
        if gap is None:
            outside.append(point)
        else:
            room[gap["number"]] -= 1
    return outside, {number: left for number, left in room.items() if left > 0}


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
        count = site.ledger()["published_points"]

        def gap_records():
            rows = site.try_api("POST", "/api/v1/data/sql", {"sql": "SELECT detail FROM events WHERE kind = 'gap'"})
            gaps = [json.loads(detail) for (detail,) in rows["rows"]] if rows else []
            return gaps if live_points(site) + sum(gap["points"] for gap in gaps) >= count else None
        gaps = wait_for("every point to be stored or written down", gap_records, 120, 0.5)
        books, rows = published(site, USE_CASE), stored_points(site)
        stored = set(rows)
        missing = books - stored
        outside, too_many = outside_of_gaps(missing, gaps)
        print(json.dumps({"published": len(books), "stored": len(rows), "missing": len(missing),
                          "gaps": [{key: gap[key] for key in ("number", "points", "from_us", "to_us", "reason")} for gap in gaps]}))
        assert len(books) == count, f"the plant counted {count} readings, its history has {len(books)}"
        assert missing, "the spool was never full: the test tests nothing"
        assert len(rows) == len(stored), f"{len(rows) - len(stored)} points are stored twice"
        assert stored <= books, f"{len(stored - books)} points are stored that were never published, like {min(stored - books)}"
        assert not outside, f"{len(outside)} readings are missing and in no gap record, the first is {outside[0]}"
        assert not too_many, f"gap records account for more than is missing: {too_many}"
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
