"""What the demo and the system tests share: start `millrace up`, call the CLI and the API, read the plant's ledger."""
import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

from waiting import free_port, port_is_free, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[1]


def data_folder():
    """The folder with recorded C-MAPSS files, or None: then the plant simulates."""
    base = pathlib.Path(os.environ.get("MILLRACE_DATA") or ROOT.parent / "shared" / "data")
    folder = base / "cmapss"
    return folder if (folder / "train_FD001.txt.gz").exists() or (folder / "train_FD001.txt").exists() else None


PLANT = """\
endpoint: {{port: {port}}}
identity:
  certificate: "{dir}/pki/opcua/plant/own.der"
  key: "{dir}/pki/opcua/plant/own.key.der"
  trusted: "{dir}/pki/opcua/plant/trusted"
  rejected: "{dir}/pki/opcua/plant/rejected"
users: [{{name: gateway, password_file: "{dir}/secrets/plant-password"}}]
ledger: "{dir}/run/ledger.json"
replay: {replay}
faults: {faults}
"""


def replay(folder, units, cycle_ms):
    """The plant's `replay` entry; without a folder it simulates."""
    source = f'source: "{folder}", ' if folder else ""
    return f'{{{source}subset: FD001, units: "{units}", cycle: {cycle_ms} ms}}'


class Site:
    """One site and one platform under a folder, run by `millrace up`."""

    def __init__(self, build, folder, opcua_port=None, assets="engine-061..engine-100", data_source="live", fixed_ports=False,
                 spool_limit="256 MiB"):
        self.build, self.folder = pathlib.Path(build).resolve(), pathlib.Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.opcua_port = opcua_port or free_port()
        self.assets, self.data_source, self.spool_limit = assets, data_source, spool_limit
        wanted = {"console": 8080, "device": 8443, "platform-mqtt": 8883, "site-mqtt": 8884}
        self.ports = {name: port if fixed_ports and port_is_free(port) else free_port() for name, port in wanted.items()}
        self.up = self.plant = None

    def program(self, name):
        return str(self.build / "bin" / name)

    def start(self, limit_s=60):
        command = [self.program("millrace"), "up", "--dir", str(self.folder), "--headless", "--assets", self.assets,
                   "--opcua-url", f"opc.tcp://localhost:{self.opcua_port}", "--data-source", self.data_source,
                   "--spool-limit", self.spool_limit]
        for name, port in self.ports.items():
            command += [f"--{name}-port", str(port)]
        self.log = open(self.folder / "up.log", "ab")
        self.up = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)

        def ready():
            if self.up.poll() is not None:
                raise RuntimeError("millrace up ended:\n" + (self.folder / "up.log").read_text()[-3000:])
            return (self.folder / "run" / "ready.json").exists()
        (self.folder / "run" / "ready.json").unlink(missing_ok=True)
        wait_for("millrace up", ready, limit_s)

    def start_plant(self, replay_entry, faults=()):
        """`faults`: what goes wrong on request, as the plant's configuration lists it."""
        path = self.folder / "run" / "plant.yaml"
        path.write_text(PLANT.format(port=self.opcua_port, dir=self.folder, replay=replay_entry,
                                     faults=json.dumps(list(faults))))
        self.plant = subprocess.Popen([self.program("millrace-plant"), "--config", str(path)],
                                      stdout=open(self.folder / "log" / "plant.log", "ab"), stderr=subprocess.STDOUT,
                                      start_new_session=True)

    def restart_plant_server(self):
        """The OPC UA server goes away for 3 s and comes back with its namespaces in another order."""
        self.plant.send_signal(signal.SIGHUP)

    def ledger(self):
        path = self.folder / "run" / "ledger.json"
        try:
            return json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def millrace(self, *arguments, check=True, parse=True):
        """Runs the CLI with --json against this site; returns the parsed output."""
        command = [self.program("millrace"), *map(str, arguments), "--dir", str(self.folder)] + (["--json"] if parse else [])
        run = subprocess.run(command, capture_output=True, text=True)
        if check and run.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {run.returncode}:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
        if not parse:
            return run
        try:
            return json.loads(run.stdout) if run.stdout.strip() else None
        except json.JSONDecodeError as error:
            raise RuntimeError(f"{' '.join(command)} printed no JSON: {run.stdout[:500]!r}") from error

    def sql(self, text):
        """Rows of a query on the lake, as lists."""
        return self.api("POST", "/api/v1/data/sql", {"sql": text})["rows"]

    def api(self, method, target, body=None, content_type="application/json"):
        token = (self.folder / "secrets" / "api-token").read_text().strip()
        data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['console']}{target}", data=data, method=method,
                                         headers={"Authorization": f"Bearer {token}", "Content-Type": content_type})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {target}: {error.code} {error.read()[:500]!r}") from error
        return json.loads(text) if text else None

    def try_api(self, *arguments):
        """None while the platform is away."""
        try:
            return self.api(*arguments)
        except (OSError, RuntimeError, json.JSONDecodeError):
            return None

    def pid(self, name):
        """The process id of one supervised process, from what `millrace up` writes at each start."""
        try:
            return json.loads((self.folder / "run" / "processes.json").read_text()).get(name)
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def memory_mb(self, name):
        """Resident memory of a supervised process."""
        try:
            for line in open(f"/proc/{self.pid(name)}/status"):
                if line.startswith("VmRSS"):
                    return round(int(line.split()[1]) / 1024, 1)
        except OSError:
            pass
        return None

    def kill(self, name, number=signal.SIGKILL):
        os.kill(self.pid(name), number)

    def stop(self):
        for process in (self.plant, self.up):
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def train_and_activate(site, use_case, report=lambda text: None):
    """Trains through the API, waits for the job, approves what passed its gates. Returns the model."""
    job = site.api("POST", "/api/v1/models/train", {"use_case": use_case})["job"]
    job_id = job["id"] if isinstance(job, dict) else job

    def finished():
        state = site.api("GET", f"/api/v1/jobs/{job_id}")
        report(f"{state.get('message') or ''} {100 * (state.get('progress') or 0):.0f} %")
        if state["state"] == "failed":
            raise RuntimeError(f"training failed: {state.get('message')}")
        return state if state["state"] == "done" else None
    state = wait_for("training", finished, 180, 0.3)
    version = state["result"]["version"]
    short = str(version).split("/")[-1]
    site.api("POST", f"/api/v1/models/{use_case}/{short}/approve", {"comment": "gates passed"})
    return site.api("GET", f"/api/v1/models/{use_case}/{short}")


@contextlib.contextmanager
def started_site(build=None, **settings):
    """For a system test: a site that is up, on the build that --build names, in a folder of its own that goes with it."""
    if build is None:
        parser = argparse.ArgumentParser()
        parser.add_argument("--build", required=True)
        build = parser.parse_args().build
    with tempfile.TemporaryDirectory(prefix="millrace-system-") as folder, Site(build, folder, **settings) as site:
        site.start()
        yield site
