#!/usr/bin/env python3
"""What platform, gateway and edge tell Prometheus: read by Prometheus' own parser, named as its conventions want, and as
docs/formats/metrics.md says, name by name."""
import pathlib
import re
import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, free_port, started_site, wait_for  # noqa: E402
from fleet import live_replay  # noqa: E402

# https://prometheus.io/docs/practices/naming/: base units; a name says what is counted, the suffix in what.
OTHER_UNITS = re.compile(r"_(us|ms|ns|micros|millis|minutes|hours|kb|mb|kib|mib|percent)(_|$)")


def scrape(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), answer.headers["Content-Type"]
            return list(text_string_to_metric_families(answer.read().decode()))
    except OSError:
        return None


def value(families, name):
    return next((s.value for family in families or () for s in family.samples if s.name == name), None)


def check_names(process, families):
    assert families, f"{process} shows nothing"
    for family in families:
        name = family.name
        assert re.fullmatch(rf"(millrace_{process}|process)_[a-z0-9_]+", name), f"{name}: not one of {process}'s names"
        assert family.type in ("counter", "gauge"), f"{name} is a {family.type}"
        assert family.documentation, f"{name} has no help"
        assert not OTHER_UNITS.search(name), f"{name}: base units only (seconds, bytes, ratio)"
        samples = {sample.name for sample in family.samples}
        # The parser takes "_total" off a counter's name; a gauge must not have it at all.
        assert samples == {name + "_total" if family.type == "counter" else name}, f"{name}: {samples}"
        assert all(not sample.labels for sample in family.samples), f"{name} has labels that nobody described"


def documented(process):
    text = (ROOT / "docs/formats/metrics.md").read_text()
    return {name.replace("PROCESS", process) for name in re.findall(r"^\| `([a-zA-Z0-9_]+)` \|", text, re.M)
            if name.startswith(("process_", f"millrace_{process}_", "millrace_PROCESS_"))}


def main():
    with started_site() as site:
        ports = {"platform": site.ports["console"], "gateway": free_port(), "edge": free_port()}
        for name in ("gateway", "edge"):   # `millrace up` keeps these closed: add the port, let it start them again
            with open(site.folder / "run" / f"{name}.yaml", "a") as configuration:
                configuration.write(f"metrics_port: {ports[name]}\n")
            before = site.pid(name)
            site.kill(name)
            wait_for(f"{name} to be started again", lambda: site.pid(name) not in (before, 0, None), 30)
        site.millrace("usecase", "apply", ROOT / "examples/usecases/turbofan-maintenance.yaml")
        site.start_plant(live_replay(cycle_ms=300))
        wait_for("points counted by the platform",
                 lambda: (value(scrape(ports["platform"]), "millrace_platform_points_stored_total") or 0) > 1000, 60)
        for process, port in ports.items():
            families = wait_for(f"metrics of {process}", lambda: scrape(port), 30)
            check_names(process, families)
            shown = {sample.name for family in families for sample in family.samples}
            assert shown == documented(process), (f"{process}: not documented: {sorted(shown - documented(process))}; "
                                                  f"documented, not there: {sorted(documented(process) - shown)}")
            assert value(families, "process_resident_memory_bytes") > 1e6
        for process, what, least in (("gateway", "points", 1000), ("edge", "messages", 100)):
            wait_for(f"{what} counted by the {process}",
                     lambda: (value(scrape(ports[process]), f"millrace_{process}_{what}_total") or 0) > least, 60)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
