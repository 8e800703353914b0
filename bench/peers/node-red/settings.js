// Node-RED as a filter between two topics and nothing else: no editor, no HTTP, no network but the broker of the flow.
// Its user folder is a temporary one (--userDir).
module.exports = {
  flowFile: "flows.json",
  httpAdminRoot: false,
  httpNodeRoot: false,
  disableEditor: true,
  uiHost: "127.0.0.1",
  credentialSecret: false,
  telemetry: { enabled: false, updateNotification: false },
  externalModules: { autoInstall: false, palette: { allowInstall: false }, modules: { allowInstall: false } },
  diagnostics: { enabled: false, ui: false },
  runtimeState: { enabled: false, ui: false },
  logging: { console: { level: "warn", metrics: false, audit: false } },
};
