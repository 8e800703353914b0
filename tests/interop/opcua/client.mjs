// A node-opcua client for the interop test of our server: reads, subscribes, reads history and writes; prints one JSON line.
import { createRequire } from "node:module";
const require = createRequire(process.env.NODE_PATH + "/");
const opcua = require("node-opcua");
const [url, folder, certificateFile, privateKeyFile, password] = process.argv.slice(2);
const manager = new opcua.OPCUACertificateManager({ rootFolder: folder + "/pki", automaticallyAcceptUnknownCertificate: true });
await manager.initialize();
const client = opcua.OPCUAClient.create({
  applicationUri: "urn:millrace:interop:peer", applicationName: "peer", clientCertificateManager: manager, certificateFile, privateKeyFile,
  securityMode: opcua.MessageSecurityMode.SignAndEncrypt, securityPolicy: opcua.SecurityPolicy.Aes256_Sha256_RsaPss,
  endpointMustExist: false, connectionStrategy: { maxRetry: 1 },
});
await client.connect(url);
const session = await client.createSession({ type: opcua.UserTokenType.UserName, userName: "gateway", password });
const index = (await session.readNamespaceArray()).indexOf("urn:millrace:plant");
const id = (name) => `ns=${index};s=engine-001.${name}`;
const subscription = await session.createSubscription2({ requestedPublishingInterval: 50, publishingEnabled: true, requestedMaxKeepAliveCount: 20,
  requestedLifetimeCount: 1000 });
const item = await subscription.monitor({ nodeId: id("T24"), attributeId: opcua.AttributeIds.Value }, { samplingInterval: 0, queueSize: 100 },
  opcua.TimestampsToReturn.Both);
const values = [];
await new Promise((resolve) => item.on("changed", (value) => {
  if (value.value.value !== null && values.push(value) >= 10) resolve();
}));
const history = await session.readHistoryValue({ nodeId: id("T24") }, new Date(Date.now() - 3600e3), new Date(Date.now() + 1000),
  { numValuesPerNode: 5, returnBounds: false, timestampsToReturn: opcua.TimestampsToReturn.Both });
const written = await session.write({ nodeId: id("Advice"), attributeId: opcua.AttributeIds.Value,
  value: { value: { dataType: opcua.DataType.Double, value: 1 } } });
console.log(JSON.stringify({ changed: values.length, sourceTimes: values.map((v) => v.sourceTimestamp.getTime()),
  history: history.historyData.dataValues.length, continuation: history.continuationPoint !== null && history.continuationPoint !== undefined,
  written: written.toString() }));
await session.close();
await client.disconnect();
process.exit(0);
