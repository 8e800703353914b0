#!/usr/bin/env python3
"""Each fault that the plant is asked for is found as its kind, at its asset and signal, once; healthy assets stay clean.

Eight engines fly; six of them have one fault each. What the checks find is counted in the batch that holds the samples, so a
kill -9 of the gateway neither loses nor doubles a count. Bad values are kept: the lake holds every point that was published.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, started_site, wait_for  # noqa: E402
from fleet import live_replay  # noqa: E402

USE_CASE = "turbofan-maintenance"
POLICY = 'quality: {missing: "<= 1 %", stuck_for: 15 cycles, freshness: 6 s, clock_skew: 10 s, spike: 12}'
# fault, its asset, what it does, the kind that must be found, in which signal (None: all), how often at least and at most
FAULTS = [
    ("stuck", "engine-061", {"signal": "T24", "from": 20, "cycles": 25}, "stuck", "T24", 11, 11),
    ("spike", "engine-062", {"signal": "T30", "from": 30, "by": 100}, "spike", "T30", 1, 1),
    ("drop_out", "engine-063", {"signal": "P30", "from": 30, "cycles": 5}, "missing", "P30", 5, 5),
    ("late", "engine-064", {"from": 20, "cycles": 50}, "late", None, 1, 1),
    ("clock_skew", "engine-065", {"from": 1, "cycles": 1000, "by": 60}, "clock_skew", None, 1, 1000),
    ("duplicate", "engine-066", {"signal": "T50", "from": 30, "cycles": 4, "by": 0.5}, "duplicate", "T50", 4, 4),
]
HEALTHY = ("engine-067", "engine-068")
NOISE = {"spike": 2}  # so many may stand out by chance among 10,000 points; of every other kind, none
OVER = 80             # the cycle after which all faults but the skewed clock are over


def use_case():
    lines = (ROOT / "examples/usecases/turbofan-maintenance.yaml").read_text().split("\n")
    return "\n".join(POLICY if line.startswith("quality:") else line for line in lines)


def counts(site):
    """asset -> kind -> signal -> how often"""
    found = {}
    for asset, kind, signal, n in site.sql("SELECT asset, kind, signal, sum(n)::BIGINT FROM quality GROUP BY ALL"):
        found.setdefault(asset, {}).setdefault(kind, {})[signal] = n
    return found


def check_kinds(found):
    for _, asset, _, kind, signal, least, most in FAULTS:
        signals = found.get(asset, {}).get(kind, {})
        expected = {signal} if signal else set(signals)
        assert signals and set(signals) == expected, f"{asset}: {kind} in {sorted(signals)}, not in {signal or 'all signals'}"
        assert signal or len(signals) > 20, f"{asset}: {kind} in {len(signals)} signals only"
        for name, n in signals.items():
            assert least <= n <= most, f"{asset}.{name}: {kind} {n} times, expected {least} to {most}"
    wanted = {(asset, kind) for _, asset, _, kind, *_ in FAULTS}
    for asset, kinds in found.items():
        for kind, signals in kinds.items():
            n = sum(signals.values())
            assert (asset, kind) in wanted or n <= NOISE.get(kind, 0), f"{asset}: {kind} {n} times, though nothing is wrong with it"


def check_report(site, found):
    """API and CLI say the same as the lake, and hold it against the limits of the use case file."""
    report = site.api("GET", f"/api/v1/data/quality/{USE_CASE}?days=2")
    printed = site.millrace("data", "quality", "--use-case", USE_CASE, "--checks", "--days", 2)
    assert [check["kind"] for check in printed["policy"]] == [check["kind"] for check in report["policy"]]
    assets = {asset["asset"]: asset for asset in report["assets"]}
    for _, asset, _, kind, signal, *_ in FAULTS:
        assert kind in assets[asset]["broken"], f"{asset} breaks {kind}: {assets[asset]}"
        if kind != "clock_skew":  # goes on while we look
            assert assets[asset]["counts"][kind] == sum(found[asset][kind].values())
    for asset in HEALTHY:
        assert set(assets[asset]["broken"]) <= {"spike"}, assets[asset]
    policy = {check["kind"]: check for check in report["policy"]}
    assert policy["missing"]["limit"] == "<= 1 %" and policy["stuck"]["limit"] == "15 samples"
    assert policy["range"]["kept"] and not policy["stuck"]["kept"] and policy["missing"]["worst_share"] > 0
    text = site.millrace("data", "quality", "--use-case", USE_CASE, "--checks", parse=False).stdout
    assert "clock_skew" in text and "engine-061" in text and "without a finding" in text, text


def check_kept(site):
    """Bad values are kept as bad, with the value that the source gave."""
    value, status = site.sql("SELECT max(value), max(status) FILTER (value > 1650) FROM samples JOIN signals USING (signal_id) "
                             "WHERE asset = 'engine-062' AND signal = 'T30'")[0]
    assert value > 1650 and status >> 30 == 1, f"the spike: {value} with status {status}"
    n, least = site.sql("SELECT count(*), min(status) FROM samples JOIN signals USING (signal_id) "
                        "WHERE asset = 'engine-063' AND signal = 'P30' AND status >= 2147483648")[0]
    assert n == 5 and least == 0x80310000, f"the drop-out: {n} bad points, status {least:#x}"


def main():
    faults = [{"kind": fault, "asset": asset, **how} for fault, asset, how, *_ in FAULTS]
    with started_site(assets="engine-061..engine-068") as site:
        file = site.folder / "quality.yaml"
        file.write_text(use_case())
        site.millrace("usecase", "apply", file)
        site.start_plant(live_replay(cycle_ms=200, units="61-68"), faults)
        clock = "SELECT min(last) FROM (SELECT max(value) AS last FROM samples JOIN signals USING (signal_id) " \
                "WHERE signal = 'cycle' GROUP BY asset)"
        wait_for("the faults to be over", lambda: (site.sql(clock)[0][0] or 0) > OVER, 120, 0.5)
        before = counts(site)
        print(json.dumps(before), flush=True)
        check_kinds(before)
        check_report(site, before)
        check_kept(site)

        print("kill -9 gateway", flush=True)
        cycle, process = site.sql(clock)[0][0], site.pid("gateway")
        site.kill("gateway")
        wait_for("gateway to be started again", lambda: site.pid("gateway") not in (process, 0, None), 30)
        wait_for("new points", lambda: site.sql(clock)[0][0] > cycle + 5, 60, 0.5)
        check_kinds(counts(site))
        site.plant.terminate()
        site.plant.wait(30)
        published = site.ledger()["published_points"]
        stored = "SELECT count(*), count(DISTINCT (signal_id, source_time)) FROM samples"
        wait_for("the last points", lambda: site.sql(stored)[0][0] >= published, 60, 0.5)
        assert site.sql(stored)[0] == [published, published], f"{site.sql(stored)[0]} stored, {published} published"
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
