"""Sparkplug B with the npm packages sparkplug-client and sparkplug-payload, unmodified, in both directions, over Mosquitto."""
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "scripts"))
from waiting import accepts, free_port, wait_for  # noqa: E402

PROBE = os.environ["SPARKPLUG_PROBE"]


class Process:
    """A program that prints JSON lines and takes lines."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.lines.put(json.loads(line))

    def wait(self, event, **wanted):
        """The next line of that kind; others are passed over."""
        end = time.monotonic() + 30
        while True:
            line = self.lines.get(timeout=max(0.1, end - time.monotonic()))
            if line["event"] == event and all(line.get(key) == value for key, value in wanted.items()):
                return line

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.stdout.close()


class Interop(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="millrace-sparkplug-")
        self.port = free_port()
        configuration = pathlib.Path(self.folder) / "mosquitto.conf"
        configuration.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self.broker = subprocess.Popen(["mosquitto", "-c", str(configuration)], stderr=subprocess.DEVNULL)
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.addCleanup(self.broker.wait)
        self.addCleanup(self.broker.terminate)
        wait_for("mosquitto", lambda: accepts(self.port))

    def start(self, *command):
        process = Process([*command, str(self.port)])
        self.addCleanup(process.end)
        return process

    def test_their_node_is_heard_by_our_host(self):
        host = self.start(PROBE, "host")
        host.wait("ready")
        node = self.start("node", str(HERE / "node.mjs"))
        birth = host.wait("birth", device="engine")
        expected = {"T24": 641.82, "small": -5, "long": -7, "whole": -70000, "unsigned": 4000000000, "float": 1.5, "flag": True,
                    "text": "Grüße"}
        self.assertEqual(birth["metrics"], expected)
        node.say("data")
        data = host.wait("data", device="engine")
        self.assertEqual(data["metrics"], expected | {"flag": 1})
        self.assertEqual(data["times"]["T24"], 1700000000000)
        for _ in range(300):   # the sequence number wraps
            node.say("data")
        for _ in range(300):
            host.wait("data", device="engine")
        host.say("rebirth theirs")
        self.assertTrue(node.wait("ncmd")["rebirth"])
        host.wait("birth", device="engine")
        node.say("data")
        host.wait("data", device="engine")
        node.say("stop")
        self.assertEqual(host.wait("death")["node"], "theirs")
        host.wait("death", device="engine")

    def test_our_host_that_comes_late_asks_their_node_for_births(self):
        node = self.start("node", str(HERE / "node.mjs"))
        node.wait("birth")
        host = self.start(PROBE, "host")
        host.wait("ready")
        node.say("data")
        host.wait("birth", device="engine")
        node.say("data")
        host.wait("data", device="engine")

    def test_our_node_is_heard_by_their_host(self):
        host = self.start("node", str(HERE / "host.mjs"))
        host.wait("ready")
        node = self.start(PROBE, "node")
        birth = host.wait("NBIRTH", node="ours")
        self.assertEqual((birth["qos"], birth["retain"]), (0, False))
        metrics = {metric["name"]: metric for metric in birth["payload"]["metrics"]}
        self.assertEqual(birth["payload"]["seq"], 0)
        self.assertIs(metrics["Node Control/Rebirth"]["value"], False)
        first_bd_seq = metrics["bdSeq"]["value"]
        birth = host.wait("DBIRTH", device="engine")
        metrics = {metric["name"]: metric for metric in birth["payload"]["metrics"]}
        for name, value in {"T24": 641.82, "int8": -5, "int64": -5000000000, "uint32": 4000000000, "float": 1.5, "flag": True,
                            "text": "Grüße"}.items():
            self.assertEqual(metrics[name]["value"], value, name)
        self.assertEqual(metrics["T24"]["alias"], 7)
        self.assertEqual(metrics["T24"]["properties"]["engUnit"]["value"], "degR")
        node.wait("born")
        node.say("data")
        data = host.wait("DDATA", device="engine")["payload"]
        self.assertEqual(data["seq"], 2)
        good, bad, old, decision = data["metrics"]
        self.assertEqual((good["alias"], good["value"], good["timestamp"]), (7, 642.5, 1700000000001))
        self.assertIsNone(bad.get("value"))
        self.assertEqual(bad["properties"]["Quality"]["value"], 0)
        self.assertEqual(bad["properties"]["StatusCode"]["value"] & 0xFFFFFFFF, 0x808C0000)
        self.assertTrue(old["isHistorical"])
        self.assertEqual(json.loads(decision["value"]), {"advice": "overhaul"})
        host.say("rebirth")
        birth = host.wait("NBIRTH", node="ours")
        metrics = {metric["name"]: metric for metric in birth["payload"]["metrics"]}
        self.assertEqual(metrics["bdSeq"]["value"], first_bd_seq)
        host.wait("DBIRTH", device="engine")
        host.say("command")
        self.assertEqual(node.wait("command")["metrics"], {"Millrace/Acked": "1-500,900"})
        node.kill()   # the broker publishes the will
        death = host.wait("NDEATH", node="ours")["payload"]
        self.assertEqual(death["metrics"][0]["value"], first_bd_seq)
        self.assertNotIn("seq", death)

    def test_our_node_and_host_understand_each_other(self):
        host = self.start(PROBE, "host")
        host.wait("ready")
        node = self.start(PROBE, "node")
        host.wait("birth", device="engine")
        node.wait("born")
        node.say("data")
        data = host.wait("data", device="engine")
        self.assertEqual(data["metrics"]["T24"], 642.5)
        self.assertIsNone(data["metrics"]["bad"])
        node.say("stop")
        host.wait("death", device="engine")


if __name__ == "__main__":
    unittest.main(verbosity=2)
