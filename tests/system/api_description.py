#!/usr/bin/env python3
"""The running platform answers as docs/openapi.yaml says: schemathesis makes right and wrong requests from that file."""
import argparse
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from story import ROOT, started_site  # noqa: E402

# Left out: positive_data_acceptance, since a description cannot say which strings are SQL or a use case file;
# negative_data_rejection, since unknown query parameters are ignored; ignored_auth, which our own header defeats; unsupported_method, since
# /use-cases/plan is also the name of a use case for GET. The last two are checked by hand.
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance"]


def history():
    """Two assets' signals and ends of life, so that answers hold something."""
    rows = [f"probe-{asset},2026-01-01T00:00:{cycle:02d}Z,{cycle},{640 + cycle / 10}" for asset in (1, 2) for cycle in range(1, 31)]
    return "asset,time,cycle,T24\n" + "\n".join(rows) + "\n"


def status_of(site, method, path, headers):
    url = f"http://127.0.0.1:{site.ports['console']}/api/v1/{path}"
    request = urllib.request.Request(url, data=b"{}" if method == "POST" else None, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def strangers_are_refused(site):
    """Without session and token nothing below /api answers, whatever the path."""
    for method, path in (("GET", "status"), ("GET", "events"), ("GET", "decisions"), ("POST", "data/sql"), ("GET", "nonsense")):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "millrace_session=wrong"}):
            status, _ = status_of(site, method, path, headers)
            assert status == 401, f"{method} {path} with {headers}: {status}"


def other_methods_are_refused(site, known):
    status, headers = status_of(site, "DELETE", "status", known)
    assert status == 405 and "GET" in headers.get("Allow", ""), f"DELETE status: {status}, Allow: {headers.get('Allow')}"
    status, _ = status_of(site, "GET", "nonsense", known)
    assert status == 404, f"GET nonsense: {status}"


def follows_description(site, examples, url, *options):
    command = [str(pathlib.Path(sys.executable).parent / "schemathesis"), "run", str(ROOT / "docs/openapi.yaml"), "--url", url,
               *map(str, options), "--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS), "--warnings", "off",
               "--max-examples", str(examples), "--generation-deterministic", "--continue-on-failure", "--no-color"]
    hooks = {"SCHEMATHESIS_HOOKS": "api_hooks", "PYTHONPATH": str(pathlib.Path(__file__).resolve().parent)}
    run = subprocess.run(command, cwd=site.folder, env={**os.environ, **hooks})
    assert run.returncode == 0, f"{url} answered otherwise than docs/openapi.yaml says"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--examples", type=int, default=40)
    options = parser.parse_args()
    with started_site(options.build) as site:
        site.millrace("usecase", "apply", ROOT / "examples/usecases/turbofan-maintenance.yaml")
        site.api("POST", "/api/v1/data/import?use_case=turbofan-maintenance&site=probe", history(), "text/csv")
        token = (site.folder / "secrets" / "api-token").read_text().strip()
        strangers_are_refused(site)
        other_methods_are_refused(site, {"Authorization": f"Bearer {token}"})
        follows_description(site, options.examples, f"http://127.0.0.1:{site.ports['console']}",
                            "--header", f"Authorization: Bearer {token}",
                            "--exclude-tag", "device", "--exclude-tag", "stream")      # below; never ends
        pki = site.folder / "pki"
        follows_description(site, options.examples, f"https://127.0.0.1:{site.ports['device']}", "--include-tag", "device",
                            "--tls-verify", pki / "ca.pem", "--request-cert", pki / "edge-1.pem", "--request-cert-key", pki / "edge-1.key")
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
