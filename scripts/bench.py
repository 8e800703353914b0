#!/usr/bin/env python3
"""Runs every benchmark of a build and writes build/bench/report.json.

A benchmark is a program in <build>/bench that prints one JSON object a line:
  {"name", "value", "unit", "better": "higher"|"lower", "target": number|null, "peer": {"name", "value"}|null, "n": samples, where it is a quantile}
With --peers, the peers that can run beside ours are measured in the same run (environment PEERS=1).
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

from story import data_folder

SUBSETS = ("FD001", "FD003")   # of the recorded engines, where they are


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    memory_kb = int(next(line.split()[1] for line in open("/proc/meminfo") if line.startswith("MemTotal")))
    return {"processor": model, "cores": os.cpu_count(), "memory_gib": round(memory_kb / 2**20, 1),
            "system": platform.platform()}


def verdict(result):
    target = result.get("target")
    if target is None:
        return ""
    met = result["value"] <= target if result["better"] == "lower" else result["value"] >= target
    distance = result["value"] / target if result["better"] == "higher" else target / max(result["value"], 1e-12)
    return f"{'met' if met else 'MISSED'} (target {target:g}, {distance:.2f}x)"


def commands(build, only):
    """Name and command line of each benchmark whose name contains `only`, in the order in which they run."""
    programs = sorted(p for p in (build / "bench").glob("bench_*") if os.access(p, os.X_OK) and p.is_file())
    runs = [(program.name, [str(program)]) for program in programs if program.name != "bench_cmapss"]
    recorded = data_folder()
    if recorded:
        runs += [(f"bench_cmapss {subset}", [str(build / "bench/bench_cmapss"), str(recorded), subset])
                 for subset in SUBSETS if list(recorded.glob(f"train_{subset}.txt*"))]
    elif only in "bench_cmapss":
        print("[bench] bench_cmapss is left out: no recorded engines ($MILLRACE_DATA)")
    runs += [(script.stem, [sys.executable, str(script)]) for script in sorted(pathlib.Path("bench").glob("bench_*.py"))]
    return [(name, command) for name, command in runs if only in name]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", default="", help="part of a benchmark's name")
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.build).resolve()
    deps = pathlib.Path(os.environ.get("DEPS_DIR") or pathlib.Path.home() / ".cache/millrace/deps")
    environment = dict(os.environ, PEERS="1" if arguments.peers else "", MILLRACE_BUILD=str(build), MILLRACE_PYTHON=sys.executable,
                       MILLRACE_NODE_RED=str(deps / "node-red/node_modules/node-red/red.js"), NODE_PATH=str(deps / "interop/node_modules"))
    results, failed = [], []
    for name, command in commands(build, arguments.only):
        print(f"[bench] {name}", flush=True)
        started = time.monotonic()
        run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
        if run.returncode != 0:
            failed.append(name)
            print(f"[bench]   failed with {run.returncode}")
        for line in run.stdout.splitlines():
            if not line.startswith("{"):
                continue
            result = json.loads(line)
            results.append(result)
            peer = result.get("peer")
            beside = f"   {peer['name']}: {peer['value']:g}" if peer else ""
            beside += f"   {result['n']:,} samples" if "n" in result else ""
            print(f"[bench]   {result['name']:<72} {result['value']:>12,.4g} {result['unit']:<24} {verdict(result)}{beside}")
        print(f"[bench]   {time.monotonic() - started:.1f} s", flush=True)
    report = pathlib.Path("build/bench/report.json")
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps({"machine": machine(), "results": results}, indent=1))
    print(f"[bench] {len(results)} results in {report}" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
