"""The ingest that people write by hand: paho-mqtt, JSON, pandas, DuckDB. A peer for bench_ingest.

A publisher (a process of its own, not counted) sends JSON messages of 240 points through a Mosquitto of its own; this
process receives them, collects half a million points or 200 ms, and commits them to a DuckDB file. Prints one JSON line
with the points per second of CPU of this process, and says how many arrived.
"""
import json
import multiprocessing
import os
import pathlib
import resource
import socket
import subprocess
import tempfile
import time

import duckdb
import paho.mqtt.client as mqtt
import pandas

POINTS, MESSAGES = 240, 8_000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port, name, **callbacks):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name)
    for event, callback in callbacks.items():
        setattr(client, event, callback)
    deadline = time.monotonic() + 10
    while True:
        try:
            client.connect("127.0.0.1", port)
            return client
        except OSError:
            if time.monotonic() > deadline:
                raise


def publish(port, credit):
    """At most a window of messages under way: the receiver hands out credit as it commits."""
    client = connect(port, "publisher")
    client.loop_start()
    for number in range(MESSAGES):
        engine = number % 100
        start = 1_790_000_000_000 + number * 100
        message = {"asset": f"engine-{engine:03}", "signal": [i % 24 for i in range(POINTS)],
                   "time": [start + i // 24 * 100 for i in range(POINTS)],
                   "value": [round(600 + (i * 7919 + number) % 977 * 0.01, 2) for i in range(POINTS)]}
        credit.acquire()
        client.publish(f"plant/engine-{engine:03}", json.dumps(message)).wait_for_publish(10)
    client.loop_stop()


class Ingest:
    def __init__(self, folder, credit):
        self.store = duckdb.connect(str(folder / "peer.duckdb"), config={"threads": 1})
        self.store.execute("CREATE TABLE samples(asset VARCHAR, signal INTEGER, time BIGINT, value DOUBLE)")
        self.credit, self.received, self.points = credit, 0, 0
        self.clear()

    def clear(self):
        self.assets, self.signals, self.times, self.values, self.messages = [], [], [], [], 0
        self.due = time.monotonic() + 0.2

    def on_message(self, _client, _userdata, message):
        row = json.loads(message.payload)
        self.assets.extend([row["asset"]] * len(row["time"]))
        self.signals.extend(row["signal"])
        self.times.extend(row["time"])
        self.values.extend(row["value"])
        self.messages += 1
        if len(self.values) >= 500_000 or time.monotonic() >= self.due:
            self.commit()

    def commit(self):
        if self.messages:
            frame = pandas.DataFrame({"asset": self.assets, "signal": self.signals, "time": self.times, "value": self.values})
            self.store.execute("INSERT INTO samples SELECT * FROM frame")
            self.points += len(frame)
            self.received += self.messages
            for _ in range(self.messages):
                self.credit.release()
        self.clear()


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        configuration = folder / "mosquitto.conf"
        configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
                                 + ("user root\n" if os.geteuid() == 0 else ""))
        broker = subprocess.Popen(["mosquitto", "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        credit = multiprocessing.Semaphore(2_000)
        publisher = multiprocessing.Process(target=publish, args=(port, credit), daemon=True)
        try:
            ingest = Ingest(folder, credit)
            client = connect(port, "ingest", on_message=ingest.on_message)
            client.subscribe("plant/#")
            client.loop(1)
            publisher.start()
            before, last = cpu_seconds(), time.monotonic()
            while ingest.received < MESSAGES and time.monotonic() < last + 10:
                seen = ingest.received
                client.loop(0.05)
                if time.monotonic() >= ingest.due:
                    ingest.commit()
                if ingest.received != seen:
                    last = time.monotonic()
            used = cpu_seconds() - before
            print(json.dumps({"name": "paho + pandas + DuckDB", "value": ingest.points / used, "points": ingest.points,
                              "sent": POINTS * MESSAGES}))
        finally:
            publisher.kill()
            broker.terminate()
            broker.wait()


if __name__ == "__main__":
    main()
