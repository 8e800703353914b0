// A host on npm mqtt and npm sparkplug-payload, unmodified: prints every message it hears as a JSON line; "rebirth" and
// "command" on standard input are sent to our node.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
const require = createRequire(process.env.NODE_PATH + "/");
const mqtt = require("mqtt");
const sparkplug = require("sparkplug-payload").get("spBv1.0");
const client = mqtt.connect("mqtt://127.0.0.1:" + process.argv[2], { clientId: "their-host" });
const print = (line) => console.log(JSON.stringify(line, (key, value) =>
  value && typeof value === "object" && "low" in value && "high" in value && "unsigned" in value
    ? Number((BigInt(value.high) << 32n) + BigInt(value.low >>> 0)) : value));
client.on("connect", () => client.subscribe("spBv1.0/interop/#", { qos: 1 }, () => print({ event: "ready" })));
client.on("message", (topic, bytes, packet) => {
  const [, , type, node, device] = topic.split("/");
  if (type.endsWith("CMD")) return;
  print({ event: type, node, device, qos: packet.qos, retain: packet.retain, payload: sparkplug.decodePayload(bytes) });
});
const send = (metric) => client.publish("spBv1.0/interop/NCMD/ours", Buffer.from(sparkplug.encodePayload({
  timestamp: Date.now(), metrics: [metric] })));
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "rebirth") send({ name: "Node Control/Rebirth", type: "Boolean", value: true });
  if (line === "command") send({ name: "Millrace/Acked", type: "String", value: "1-500,900" });
}).on("close", () => process.exit(0));
