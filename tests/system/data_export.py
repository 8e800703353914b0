#!/usr/bin/env python3
"""`millrace data export` while the plant is running: every row of the snapshot it names, none twice, none left out."""
import collections
import csv
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, started_site, wait_for  # noqa: E402
from fleet import live_points, live_replay  # noqa: E402

USE_CASE = "turbofan-maintenance"
LONG = 12_000   # cycles of one asset: more than a page holds
ORDERS = 10_500  # work orders of one instant: more than a page holds


def long_history():
    rows = [f"probe-1,2026-01-01T{i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d}Z,{i},{640 + i % 7}" for i in range(LONG)]
    return "asset,time,cycle,T24\n" + "\n".join(rows) + "\n"


def many_orders():
    rows = [f"probe-{i},2026-01-02T00:00:00Z,failure,{i % 300},0" for i in range(ORDERS)]
    return "asset,time,kind,clock,remaining_life\n" + "\n".join(rows) + "\n"


def export(site, table):
    """Rows of the file and what the command says about them."""
    file = site.folder / f"{table}.csv"
    told = site.millrace("data", "export", table, "--file", file)
    with open(file, newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert told["rows"] == len(rows), f"{table}: {told} but {len(rows)} rows in the file"
    stored = site.sql(f"SELECT count(*) FROM {table} AT (VERSION => {told['snapshot']})")[0][0]
    assert len(rows) == stored, f"{table}: {len(rows)} exported, {stored} in snapshot {told['snapshot']}"
    return rows


def twice(keys):
    return [key for key, count in collections.Counter(keys).items() if count > 1][:3]


def main():
    with started_site() as site:
        assert export(site, "samples") == [], "an empty lake is an empty file"
        site.millrace("usecase", "apply", ROOT / f"examples/usecases/{USE_CASE}.yaml")
        for kind, body in (("samples", long_history()), ("work_orders", many_orders())):
            site.api("POST", f"/api/v1/data/import?use_case={USE_CASE}&site=probe&kind={kind}", body, "text/csv")
        site.start_plant(live_replay(cycle_ms=100))
        wait_for("live points", lambda: live_points(site) > 5000, 60)

        before = live_points(site)
        samples = export(site, "samples")
        after = live_points(site)
        live = [row for row in samples if row["site"] != "probe"]
        assert before <= len(live) < after, f"rows came while it ran: {before} before, {len(live)} exported, {after} after"
        assert not twice((row["site"], row["asset"], row["signal"], row["source_time"]) for row in samples)
        probe = [(row["source_time"], row["signal"]) for row in samples if row["asset"] == "probe-1"]
        assert len(probe) == 2 * LONG and probe == sorted(probe), "the long history is whole and in order"

        orders = [row for row in export(site, "work_orders") if row["site"] == "probe"]
        assert len({row["asset"] for row in orders}) == ORDERS, "orders of one instant are all there"
        assert not twice(row["decision_id"] for row in export(site, "decisions"))
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
