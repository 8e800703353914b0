#!/usr/bin/env python3
"""kill -9 of the platform while it trains: what people asked it and what devices told it is still there.

A finished job answers as before, the one that was running says that it was interrupted, the fleet shows the last reports of
devices that are away, a browser's session goes on, and the one-time link stays used.
"""
import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, started_site, train_and_activate, wait_for  # noqa: E402

USE_CASE = "turbofan-maintenance"


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def browse(site, path, cookie=""):
    """Status, cookie and body of a page, as a browser would ask for it."""
    request = urllib.request.Request(f"http://127.0.0.1:{site.ports['console']}{path}", headers={"Cookie": cookie})
    try:
        with urllib.request.build_opener(StayHere).open(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def edge_of(site):
    status = site.try_api("GET", "/api/v1/status")
    nodes = [node for s in (status or {}).get("sites", []) for node in s["nodes"] if node["node"] == "edge-1"]
    return nodes[0] if nodes else None


def train(site):
    return site.api("POST", "/api/v1/models/train", {"use_case": USE_CASE})["job"]


def job_in(site, job, *states):
    answer = site.api("GET", f"/api/v1/jobs/{job}")
    return answer if answer["state"] in states else None


def stop_edge(site):
    """It must not report again before we look."""
    hold = site.folder / "run" / "hold" / "edge"
    hold.parent.mkdir(exist_ok=True)
    hold.touch()
    site.kill("edge")


def main():
    with started_site() as site:
        data = site.folder / "simulated"
        subprocess.run([site.program("millrace-plant"), "--simulate-files", str(data)], check=True)
        site.millrace("usecase", "apply", ROOT / f"examples/usecases/{USE_CASE}.yaml")
        site.millrace("data", "import", "--use-case", USE_CASE, "--format", "cmapss", "--units", "1-60", data)

        link = f"/login?token={(site.folder / 'secrets' / 'login-token').read_text().strip()}"
        status, headers, _ = browse(site, link)
        assert status == 302, f"the one-time link: {status}"
        cookie = headers["Set-Cookie"].split(";")[0]

        model = train_and_activate(site, USE_CASE)
        finished = train(site)
        before = wait_for("the second training", lambda: job_in(site, finished, "done"), 120)
        wait_for("the edge to run the model", lambda: (edge_of(site) or {}).get("active"), 60)
        stop_edge(site)
        told = edge_of(site)

        running = train(site)
        wait_for("the third training to run", lambda: job_in(site, running, "running"), 60, 0.02)
        pid = site.pid("platform")
        site.kill("platform")
        wait_for("the platform to be started again", lambda: site.pid("platform") not in (pid, 0, None), 30)
        wait_for("the platform to answer", lambda: site.try_api("GET", "/api/v1/status"), 60)

        assert site.api("GET", f"/api/v1/jobs/{finished}") == before, "a finished job answers as before"
        broken = site.api("GET", f"/api/v1/jobs/{running}")
        assert broken["state"] == "failed", broken
        assert broken["message"] == "the platform stopped while this ran; start it again", broken
        versions = [m["version"] for m in site.api("GET", "/api/v1/models")]
        assert sorted(versions) == [1, 2], f"an interrupted training registered nothing: {versions}"

        edge = edge_of(site)
        assert edge["active"] == told["active"] and edge["active"][0]["model_version"] == f"{USE_CASE}/{model['version']}", edge
        assert edge["last_seen"] and not edge["online"], edge

        status, _, body = browse(site, "/api/v1/status", cookie)
        assert status == 200, f"the session after the restart: {status} {body[:300]}"
        status, _, body = browse(site, link)
        assert status == 401, f"the link that was used: {status}"
        assert "millrace login" in json.loads(body)["detail"], body
        status, _, _ = browse(site, "/api/v1/status")
        assert status == 401, f"without a session: {status}"

        again = train(site)
        wait_for("the training that was started again", lambda: job_in(site, again, "done"), 120)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
