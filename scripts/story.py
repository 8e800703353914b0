"""What the demo and the system tests share: start `millrace up`, call the CLI and the API, read the plant's ledger."""
import argparse
import contextlib
import json
import os
import pathlib
import signal
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request

from waiting import free_port, port_is_free, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[1]
STOPPERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def undisturbed():
    """Ctrl-C and its like count at the end of the block: what starts or stops processes is not left half done."""
    came = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in STOPPERS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


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


def plant_files(site):
    """The folder with train_FD001, recorded or else simulated now, and the words for which of the two it is."""
    folder = data_folder()
    if folder:
        return folder, "recorded: C-MAPSS FD001"
    folder = site.folder / "simulated"
    subprocess.run([site.program("millrace-plant"), "--simulate-files", str(folder)], check=True)
    return folder, "simulated: turbofan wear model"


def replay(folder, units, cycle_ms):
    """The plant's `replay` entry; without a folder it simulates."""
    source = f'source: "{folder}", ' if folder else ""
    return f'{{{source}subset: FD001, units: "{units}", cycle: {cycle_ms} ms}}'


def run_apart(command, log):
    """In a session of its own, so that the terminal's Ctrl-C reaches us alone, who stop it; it ends with us even at a kill -9."""
    with open(log, "ab") as output:
        return subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command], stdout=output, stderr=subprocess.STDOUT,
                                start_new_session=True)


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
        (self.folder / "run" / "ready.json").unlink(missing_ok=True)
        with undisturbed():
            self.up = run_apart(command, self.folder / "up.log")

        def ready():
            if self.up.poll() is not None:
                raise RuntimeError("millrace up ended:\n" + (self.folder / "up.log").read_text()[-3000:])
            return (self.folder / "run" / "ready.json").exists()
        wait_for("millrace up", ready, limit_s)

    def is_up(self):
        return self.up is not None and self.up.poll() is None and (self.folder / "run" / "ready.json").exists()

    def start_plant(self, replay_entry, faults=()):
        """`faults`: what goes wrong on request, as the plant's configuration lists it."""
        path = self.folder / "run" / "plant.yaml"
        path.write_text(PLANT.format(port=self.opcua_port, dir=self.folder, replay=replay_entry,
                                     faults=json.dumps(list(faults))))
        with undisturbed():
            self.plant = run_apart([self.program("millrace-plant"), "--config", str(path)], self.folder / "log" / "plant.log")

    def restart_plant_server(self):
        """The OPC UA server goes away for 3 s and comes back with its namespaces in another order."""
        self.plant.send_signal(signal.SIGHUP)

    def ledger(self):
        path = self.folder / "run" / "ledger.json"
        try:
            return json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def millrace(self, *arguments, check=True, parse=True, errors=subprocess.PIPE):
        """Runs the CLI with --json against this site; returns the parsed output. `errors`: where the errors and progress bars go."""
        command = [self.program("millrace"), *map(str, arguments), "--dir", str(self.folder)] + (["--json"] if parse else [])
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, timeout=300)
        if check and run.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {run.returncode}:\n{run.stdout[-2000:]}{(run.stderr or '')[-2000:]}")
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

    def artifact(self, sha256):
        """The bytes of a hash as the edge gets them: over HTTPS with its client certificate."""
        trust = ssl.create_default_context(cafile=self.folder / "pki" / "ca.pem")
        trust.load_cert_chain(self.folder / "pki" / "edge-1.pem", self.folder / "pki" / "edge-1.key")
        with urllib.request.urlopen(f"https://localhost:{self.ports['device']}/api/v1/artifacts/{sha256}", context=trust, timeout=60) as answer:
            return answer.read()

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
        """Resident memory of a supervised process, in 10^6 bytes."""
        try:
            for line in open(f"/proc/{self.pid(name)}/status"):
                if line.startswith("VmRSS"):
                    return round(int(line.split()[1]) * 1024 / 1e6, 1)   # proc(5): kB are 1024 bytes
        except OSError:
            pass
        return None

    def kill(self, name, number=signal.SIGKILL):
        os.kill(self.pid(name), number)

    def stop(self):
        """Returns when nothing of the site runs any more, however often and hard it is interrupted."""
        with undisturbed():
            for process in (self.plant, self.up):
                if process and process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    try:
                        process.wait(60)   # `millrace up` gives each of its five processes ten seconds
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def import_history(site, use_case, folder, units):
    """NASA's files, or simulated ones in their format: samples and the failure that ended each life."""
    return site.millrace("data", "import", "--use-case", use_case, "--format", "cmapss", "--subset", "FD001", "--units", units, folder)


def train_and_activate(site, use_case):
    """Trains, and approves what passed its gates. Returns the model."""
    trained = site.millrace("model", "train", use_case, errors=None)["result"]
    return site.millrace("model", "approve", f"{use_case}/{trained['version']}", "--comment", "its gates passed")


def edge_runs(site, model):
    """The edge has told the platform that it runs this model."""
    wanted = (model["use_case"], f"{model['use_case']}/{model['version']}")
    status = site.try_api("GET", "/api/v1/status") or {"sites": []}
    return any((active["use_case"], active["model_version"]) == wanted for s in status["sites"] for node in s["nodes"]
               if node["node"] == "edge-1" for active in node["active"])


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
