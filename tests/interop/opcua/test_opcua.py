"""OPC UA against independent implementations: our client with node-opcua and asyncua servers, our server with their clients."""
import asyncio
import datetime
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from asyncua import Client, Server, ua
from asyncua.crypto import security_policies
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "scripts"))
from waiting import accepts, free_port, wait_for  # noqa: E402

PROBE = os.environ["OPCUA_PROBE"]
PLANT = str(pathlib.Path(os.environ["MILLRACE_BIN"]) / "millrace-plant")
SPACE = "urn:millrace:interop"
UNCERTAIN = 0x40900000


def make_certificate(folder, name, uri):
    """A self-signed application certificate as PEM and DER."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-subj", f"/CN={name}/O=test",
                    "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem",
                    "-addext", f"subjectAltName=URI:{uri},DNS:localhost,IP:127.0.0.1",
                    "-addext", "keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyCertSign",
                    "-addext", "extendedKeyUsage=serverAuth,clientAuth"], check=True, capture_output=True)
    shutil.copy(folder / f"{name}.key", folder / f"{name}.key.pem")   # asyncua goes by the file's extension
    subprocess.run(["openssl", "x509", "-in", folder / f"{name}.pem", "-outform", "DER", "-out", folder / f"{name}.der"], check=True)


class Process:
    """A program that talks in lines."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.lines = queue.Queue()
        self.seen = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def wait_line(self, *starts):
        while True:   # libraries print warnings in between
            line = self.lines.get(timeout=90)
            if line.startswith(starts):
                return line

    def all(self):
        while not self.lines.empty():
            self.seen.append(self.lines.get())
        return self.seen

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def ask(self, text):
        self.say(text)
        return self.wait_line("ok", "value")

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


class Probe(Process):
    """Our client."""

    def __init__(self, folder, **settings):
        defaults = {"policy": "Aes256_Sha256_RsaPss", "application_uri": "urn:millrace:interop:client",
                    "certificate": str(folder / "client.pem"), "key": str(folder / "client.key"),
                    "trusted": str(folder / "trusted"), "rejected": str(folder / "rejected")}
        path = folder / "probe.json"
        path.write_text(json.dumps(defaults | settings))
        super().__init__([PROBE, str(path)])

    def messages(self, key):
        return [message for message in map(json.loads, self.all()) if key in message]

    def times(self, item):
        return [message["source_us"] for message in self.messages("sample") if message["sample"] == item]

    def wait_connected(self, count=1):
        wait_for("a session", lambda: len([m for m in self.messages("state") if m["state"] == "connected"]) >= count)


class AsyncuaServer:
    """An asyncua server on a thread of its own; `call` runs a coroutine there."""

    class Users(UserManager):
        attempts = 0

        def get_user(self, iserver, username=None, password=None, certificate=None):
            self.attempts += 1
            return User(role=UserRole.Admin) if (username, password) == ("operator", "secret") else None

    def __init__(self, folder, port):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.call(self._start(folder, port))

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    async def _start(self, folder, port):
        self.users = self.Users()
        self.server = Server(user_manager=self.users)
        await self.server.init()
        self.server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
        await self.server.set_application_uri("urn:millrace:interop:peer")
        self.server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
                                         ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt])
        self.server.set_identity_tokens([ua.UserNameIdentityToken])
        await self.server.load_certificate(str(folder / "peer.der"))
        await self.server.load_private_key(str(folder / "peer.key.pem"))
        await self.server.register_namespace("urn:millrace:other")
        index = await self.server.register_namespace(SPACE)
        objects = self.server.nodes.objects
        self.real = await objects.add_variable(ua.NodeId("device.real", index), "real", 0.0)
        self.whole = await objects.add_variable(ua.NodeId("device.whole", index), "whole", ua.Variant(0, ua.VariantType.Int32))
        await self.whole.set_writable()
        await self.server.start()
        await self.server.historize_node_data_change(self.real, datetime.timedelta(hours=1), 10000)

    def set(self, node, value, kind, status, epoch_ms):
        stamp = datetime.datetime.fromtimestamp(epoch_ms / 1000, datetime.timezone.utc)
        self.call(node.write_value(ua.DataValue(ua.Variant(value, kind), ua.StatusCode(status), stamp)))

    def stop(self):
        self.call(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)


class OpcUaInterop(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-opcua-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "trusted").mkdir()
        make_certificate(self.folder, "client", "urn:millrace:interop:client")
        make_certificate(self.folder, "peer", "urn:millrace:interop:peer")
        make_certificate(self.folder, "plant", "urn:millrace:plant-server")
        self.port = free_port()
        self.url = f"opc.tcp://127.0.0.1:{self.port}"

    def trust_what_was_rejected(self):
        rejected = self.folder / "rejected"
        wait_for("a rejected certificate", lambda: rejected.exists() and list(rejected.iterdir()))
        for path in rejected.iterdir():
            path.rename(self.folder / "trusted" / path.name)

    def run_probe(self, **settings):
        probe = Probe(self.folder, url=self.url, **settings)
        self.addCleanup(probe.end)
        return probe

    def test_our_client_with_node_opcua(self):
        for policy in ("Basic256Sha256", "Aes256_Sha256_RsaPss"):
            with self.subTest(policy):
                self.port = free_port()
                self.url = f"opc.tcp://127.0.0.1:{self.port}"
                shutil.rmtree(self.folder / "trusted")
                (self.folder / "trusted").mkdir()
                server = Process(["node", "--no-warnings", str(HERE / "server.mjs"), str(self.port), str(self.folder)])
                self.addCleanup(server.end)
                server.wait_line("ready")
                nodes = [f"nsu={SPACE};s=device.{name}" for name in ("real", "whole", "flag")]
                probe = self.run_probe(policy=policy, user="operator", password="secret", items=nodes + ["nsu=urn:nowhere;s=x"])
                self.trust_what_was_rejected()
                probe.wait_connected()
                wait_for("initial values", lambda: len({m["sample"] for m in probe.messages("sample")}) == 3)
                now = int(time.time() * 1000)
                server.ask(f"set real 1.5 Good {now}")
                server.ask(f"set whole -7 UncertainLastUsableValue {now}")
                server.ask(f"set flag 1 Good {now}")
                def got(item):
                    return [m for m in probe.messages("sample") if m["sample"] == item and m["source_us"] == now * 1000]
                wait_for("three values", lambda: got(0) and got(1) and got(2))
                self.assertEqual(got(0)[0]["value"], 1.5)
                self.assertEqual((got(1)[0]["value"], got(1)[0]["status"]), (-7, UNCERTAIN))
                self.assertEqual(got(2)[0]["value"], 1)
                self.assertGreater(got(0)[0]["server_us"], 0)
                unresolved = wait_for("the missing namespace", lambda: probe.messages("unresolved"))
                self.assertIn("urn:nowhere", unresolved[0]["unresolved"][0]["reason"])
                probe.say(f"write nsu={SPACE};s=device.advice 1")
                self.assertTrue(wait_for("the write", lambda: probe.messages("written"))[0]["written"])
                self.assertEqual(server.ask("get advice"), "value 1")
                probe.end()
                server.end()

    def test_backfill_from_node_opcua(self):
        server = Process(["node", "--no-warnings", str(HERE / "server.mjs"), str(self.port), str(self.folder)])
        self.addCleanup(server.end)
        server.wait_line("ready")
        start = int(time.time() * 1000)
        for k in range(300):   # before anybody listens
            server.ask(f"set real {k} Good {start + k}")
        probe = self.run_probe(user="operator", password="secret", items=[f"nsu={SPACE};s=device.real"])
        self.trust_what_was_rejected()
        wanted = [(start + k) * 1000 for k in range(300)]
        wait_for("the history", lambda: set(wanted) <= set(probe.times(0)))
        self.assertEqual([t for t in probe.times(0) if t in set(wanted)], wanted)

    def test_our_client_with_asyncua(self):
        server = AsyncuaServer(self.folder, self.port)
        self.addCleanup(server.stop)
        start = int(time.time() * 1000)
        for k in range(50):
            server.set(server.real, k + 1.0, ua.VariantType.Double, 0, start + k)   # its history leaves out unchanged values
        probe = self.run_probe(policy="Aes256_Sha256_RsaPss", user="operator", password="secret",
                               items=[f"nsu={SPACE};s=device.real", f"nsu={SPACE};s=device.whole"])
        self.trust_what_was_rejected()
        probe.wait_connected()
        wait_for("the history", lambda: len([t for t in probe.times(0) if t >= start * 1000]) >= 50)
        server.set(server.whole, -7, ua.VariantType.Int32, UNCERTAIN, start + 100)
        server.set(server.real, 9.5, ua.VariantType.Double, 0, start + 100)
        wait_for("live values", lambda: (start + 100) * 1000 in probe.times(0) and (start + 100) * 1000 in probe.times(1))
        self.assertEqual([t for t in probe.times(0) if t >= start * 1000], [(start + k) * 1000 for k in [*range(50), 100]])
        whole = [m for m in probe.messages("sample") if m["sample"] == 1][-1]
        self.assertEqual((whole["value"], whole["status"]), (-7, UNCERTAIN))
        probe.say(f"write nsu={SPACE};s=device.whole 3")
        self.assertTrue(wait_for("the write", lambda: probe.messages("written"))[0]["written"])
        self.assertEqual(server.call(server.whole.read_value()), 3)

    def test_wrong_password_is_one_message(self):
        server = AsyncuaServer(self.folder, self.port)
        self.addCleanup(server.stop)
        probe = self.run_probe(policy="Basic256Sha256", user="operator", password="wrong", items=[])
        self.trust_what_was_rejected()
        lost = lambda: [m for m in probe.messages("state") if "refused user" in m["text"]]
        wait_for("the refusal", lost)
        wait_for("several attempts more", lambda: server.users.attempts >= 4)
        self.assertEqual(len(lost()), 1)

    def start_plant(self, **replay):
        (self.folder / "plant-trusted").mkdir(exist_ok=True)
        for name in ("client", "peer"):
            shutil.copy(self.folder / f"{name}.pem", self.folder / "plant-trusted")
        shutil.copy(self.folder / "plant.pem", self.folder / "trusted")
        (self.folder / "password").write_text("secret\n")
        config = {"endpoint": {"port": self.port}, "identity": {"certificate": str(self.folder / "plant.pem"), "key": str(self.folder / "plant.key"),
                  "trusted": str(self.folder / "plant-trusted"), "rejected": str(self.folder / "plant-rejected")},
                  "users": [{"name": "gateway", "password_file": str(self.folder / "password")}],
                  "ledger": str(self.folder / "ledger.json"), "replay": {"units": "1-2", "cycle": "20 ms"} | replay}
        (self.folder / "plant.yaml").write_text(json.dumps(config))   # JSON is YAML
        plant = subprocess.Popen([PLANT, "--config", str(self.folder / "plant.yaml")], stderr=subprocess.DEVNULL)
        self.addCleanup(plant.wait)
        self.addCleanup(plant.kill)
        return plant

    def ledger(self):
        return json.loads((self.folder / "ledger.json").read_text())

    def test_our_server_with_node_opcua(self):
        self.start_plant(wait_for_client=False, cycle="300 ms")   # peers take their time to start
        wait_for("the plant", lambda: accepts(self.port))
        run = subprocess.run(["node", "--no-warnings", str(HERE / "client.mjs"), self.url, str(self.folder), str(self.folder / "peer.pem"),
                              str(self.folder / "peer.key"), "secret"], capture_output=True, text=True, timeout=120)
        self.assertTrue(run.stdout, run.stderr)
        result = json.loads(run.stdout.strip().split("\n")[-1])
        self.assertGreaterEqual(result["changed"], 10)
        self.assertEqual(result["sourceTimes"], sorted(set(result["sourceTimes"])))
        self.assertEqual(result["history"], 5)
        self.assertTrue(result["continuation"])
        self.assertIn("Good", result["written"])
        wait_for("the overhaul", lambda: self.ledger()["engines"][0]["state"] == "overhauled")

    def test_our_server_with_asyncua(self):
        self.start_plant(wait_for_client=False, cycle="300 ms")   # peers take their time to start
        wait_for("the plant", lambda: accepts(self.port))

        class Changes:
            def __init__(self):
                self.seen = asyncio.Queue()

            def datachange_notification(self, node, value, data):
                self.seen.put_nowait(value)

        async def use():
            changes = Changes()
            client = Client(self.url)
            client.application_uri = "urn:millrace:interop:peer"
            client.set_user("gateway")
            client.set_password("secret")
            await client.set_security(security_policies.SecurityPolicyAes256Sha256RsaPss, str(self.folder / "peer.der"),
                                      str(self.folder / "peer.key.pem"), server_certificate=str(self.folder / "plant.der"))
            async with client:
                index = await client.get_namespace_index("urn:millrace:plant")
                node = client.get_node(f"ns={index};s=engine-001.T24")
                subscription = await client.create_subscription(50, changes)
                await subscription.subscribe_data_change(node)
                for _ in range(5):
                    await asyncio.wait_for(changes.seen.get(), 30)
                value = await node.read_data_value()
                history = await node.read_raw_history(numvalues=3)
                return value, history

        value, history = asyncio.run(use())
        self.assertGreater(value.Value.Value, 500)
        self.assertIsNotNone(value.SourceTimestamp)
        self.assertEqual(len(history), 3)

    def test_a_frozen_server_is_noticed_and_nothing_is_lost(self):
        plant = self.start_plant()
        signals = ["T24", "T30", "cycle"]
        items = [f"nsu=urn:millrace:plant;s=engine-{unit:03}.{name}" for unit in (1, 2) for name in signals]
        probe = self.run_probe(user="gateway", password="secret", keep_alive_ms=500, margin_ms=500, items=items)
        wait_for("values", lambda: len(probe.times(0)) > 10)
        plant.send_signal(signal.SIGSTOP)
        wait_for("the watchdog", lambda: [m for m in probe.messages("state") if "silent" in m["text"]])
        plant.send_signal(signal.SIGCONT)
        probe.wait_connected(2)
        before = len(probe.times(0))
        wait_for("values again", lambda: len(probe.times(0)) > before + 10)
        plant.send_signal(signal.SIGHUP)   # the server goes away and comes back with its namespaces in another order
        probe.wait_connected(3)
        wait_for("the end of both lives", lambda: self.ledger()["finished"], 60)
        lives = {engine["asset"]: engine["cycles"] for engine in self.ledger()["engines"]}
        counts = lambda: [len(probe.times(k)) for k in range(len(items))]
        expected = [lives["engine-001"]] * 3 + [lives["engine-002"]] * 3
        try:
            wait_for("every point once", lambda: counts() == expected, 20)
        except TimeoutError:
            self.fail(f"points {counts()} instead of {expected}; {probe.messages('state')} {probe.messages('notice')}")
        for k in range(len(items)):
            self.assertEqual(probe.times(k), sorted(set(probe.times(k))), items[k])
        samples = probe.messages("sample")
        times = [m["source_us"] for m in samples]
        self.assertEqual(times, sorted(times), "rows of many signals must not be torn")


if __name__ == "__main__":
    unittest.main(verbosity=2)
