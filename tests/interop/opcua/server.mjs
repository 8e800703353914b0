// A node-opcua server for the interop test: security on, one variable with history. Lines on standard input drive it:
// "set NAME VALUE STATUS EPOCH_MS"; it answers "ok". It prints "ready" when it serves.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
const require = createRequire(process.env.NODE_PATH + "/");
const opcua = require("node-opcua");
const [port, folder] = process.argv.slice(2);
const manager = new opcua.OPCUACertificateManager({ rootFolder: folder + "/pki", automaticallyAcceptUnknownCertificate: true });
await manager.initialize();
const { SecurityPolicy: Policy, MessageSecurityMode: Mode, DataType, StatusCodes, Variant } = opcua;
const server = new opcua.OPCUAServer({
  port: Number(port), serverCertificateManager: manager, allowAnonymous: false,
  securityPolicies: [Policy.Basic256Sha256, Policy.Aes256_Sha256_RsaPss], securityModes: [Mode.SignAndEncrypt],
  userManager: { isValidUser: (user, password) => user === "operator" && password === "secret" },
});
await server.initialize();
const space = server.engine.addressSpace;
space.registerNamespace("urn:millrace:other");
const own = space.registerNamespace("urn:millrace:interop");
const device = own.addObject({ organizedBy: space.rootFolder.objects, browseName: "Device" });
const types = { real: DataType.Double, whole: DataType.Int32, flag: DataType.Boolean, advice: DataType.Int16 };
const nodes = {};
for (const [name, dataType] of Object.entries(types)) {
  nodes[name] = own.addVariable({ componentOf: device, browseName: name, nodeId: "s=device." + name, dataType,
    accessLevel: "CurrentRead | CurrentWrite | HistoryRead", userAccessLevel: "CurrentRead | CurrentWrite | HistoryRead",
    value: new Variant({ dataType, value: dataType === DataType.Boolean ? false : 0 }) });
}
space.installHistoricalDataNode(nodes.real, { maxOnlineValues: 10000 });
await server.start();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [command, name, value, status, epoch] = line.split(" ");
  if (command === "set") {
    const dataType = types[name];
    const plain = dataType === DataType.Boolean ? value === "1" : Number(value);
    nodes[name].setValueFromSource(new Variant({ dataType, value: plain }), StatusCodes[status], new Date(Number(epoch)));
  }
  if (command === "get") console.log("value " + nodes[name].readValue().value.value);
  else console.log("ok");
}
await server.shutdown(0);
process.exit(0);
