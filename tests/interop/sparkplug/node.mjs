// npm sparkplug-client, unmodified, as an edge node. It prints JSON lines; "data" on standard input sends values.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
const require = createRequire(process.env.NODE_PATH + "/");
const client = require("sparkplug-client").newClient({
  serverUrl: "mqtt://127.0.0.1:" + process.argv[2], username: "", password: "", groupId: "interop", edgeNode: "theirs",
  clientId: "sparkplug-client", version: "spBv1.0", publishDeath: true,
});
const print = (line) => console.log(JSON.stringify(line));
const metrics = () => [
  { name: "T24", type: "Double", value: 641.82 }, { name: "small", type: "Int8", value: -5 },
  { name: "long", type: "Int64", value: -7 }, { name: "whole", type: "Int32", value: -70000 },
  { name: "unsigned", type: "UInt32", value: 4000000000 }, { name: "float", type: "Float", value: 1.5 },
  { name: "flag", type: "Boolean", value: true }, { name: "text", type: "String", value: "Grüße" },
];
let births = 0;
client.on("birth", () => {
  births += 1;
  client.publishNodeBirth({ timestamp: Date.now(), metrics: [{ name: "Node Control/Rebirth", type: "Boolean", value: false }] });
  client.publishDeviceBirth("engine", { timestamp: Date.now(), metrics: metrics() });
  print({ event: "birth", births });
});
client.on("ncmd", (payload) => {
  const rebirth = payload.metrics.some((metric) => metric.name === "Node Control/Rebirth" && metric.value === true);
  print({ event: "ncmd", rebirth });
  if (rebirth) client.emit("birth");
});
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "data") client.publishDeviceData("engine", { timestamp: 1700000000000, metrics: metrics() });
  if (line === "stop") { client.stop(); setTimeout(() => process.exit(0), 500); }
}).on("close", () => process.exit(0));
