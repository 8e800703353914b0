#include "up/process_files.hpp"

#include "base/file.hpp"
#include "base/id.hpp"
#include "runtime/ports.hpp"
#include "up/broker_files.hpp"
#include "up/identity.hpp"

#include <fmt/format.h>

namespace millrace {

namespace fs = std::filesystem;

namespace {

constexpr const char* gateway_uri = "urn:millrace:gateway";
constexpr const char* plant_uri = "urn:millrace:plant-server";  // not its tags' namespace, which must be able to move

std::string credentials(const Layout& layout, const std::string& name) {
  return fmt::format("{{certificate_authority: \"{0}/ca.pem\", certificate: \"{0}/{1}.pem\", key: \"{0}/{1}.key\"}}",
                     layout.pki().string(), name);
}

std::string platform_configuration(const Layout& layout) {
  return fmt::format(
      "directory: \"{root}/platform\"\n"
      "data_source: \"{source}\"\n"
      "console:\n"
      "  port: {console}\n"
      "  files: \"{files}\"\n"
      "  token_file: \"{secrets}/api-token\"\n"
      "  login_file: \"{secrets}/login-token\"\n"
      "  run_file: \"{run}/platform.json\"\n"
      "device_api: {{port: {device}}}\n"
      "devices:\n"
      "  - {{name: {gateway}, site: {site}}}\n"
      "  - {{name: {edge}, site: {site}}}\n"
      "broker: {{host: localhost, port: {mqtt}}}\n"
      "credentials: {credentials}\n",
      fmt::arg("root", layout.root.string()), fmt::arg("source", layout.data_source),
      fmt::arg("console", layout.ports.console), fmt::arg("files", layout.console_files.string()),
      fmt::arg("secrets", layout.secrets().string()), fmt::arg("run", layout.run().string()),
      fmt::arg("device", layout.ports.device), fmt::arg("gateway", layout.gateway), fmt::arg("site", layout.site),
      fmt::arg("edge", layout.edge), fmt::arg("mqtt", layout.ports.platform_mqtt),
      fmt::arg("credentials", credentials(layout, "platform")));
}

std::string gateway_configuration(const Layout& layout) {
  return fmt::format(
      "site: {site}\n"
      "node: {gateway}\n"
      "directory: \"{root}/gateway\"\n"
      "credentials: {credentials}\n"
      "site_broker: {{host: localhost, port: {site_mqtt}}}\n"
      "platform_broker: {{host: localhost, port: {platform_mqtt}}}\n"
      "platform_url: \"https://localhost:{device}\"\n"
      "edges: [{edge}]\n"
      "spool: {{limit: {spool_limit}}}\n"
      "connections:\n"
      "  - name: plant\n"
      "    opcua:\n"
      "      url: \"{url}\"\n"
      "      application_uri: \"{uri}\"\n"
      "      certificate: \"{opcua}/own.der\"\n"
      "      key: \"{opcua}/own.key.der\"\n"
      "      trusted: \"{opcua}/trusted\"\n"
      "      rejected: \"{opcua}/rejected\"\n"
      "      user: gateway\n"
      "      password_file: \"{secrets}/plant-password\"\n"
      "    writable: {writable}\n"
      "    assets:\n"
      "      - {{ids: [{assets}], type: {type}, tags: [{tag}]}}\n",
      fmt::arg("site", layout.site), fmt::arg("gateway", layout.gateway), fmt::arg("root", layout.root.string()),
      fmt::arg("credentials", credentials(layout, layout.gateway)), fmt::arg("site_mqtt", layout.ports.site_mqtt),
      fmt::arg("platform_mqtt", layout.ports.platform_mqtt), fmt::arg("device", layout.ports.device),
      fmt::arg("edge", layout.edge), fmt::arg("spool_limit", layout.spool_limit), fmt::arg("url", layout.opcua_url),
      fmt::arg("uri", gateway_uri), fmt::arg("opcua", (layout.pki() / "opcua" / layout.gateway).string()),
      fmt::arg("secrets", layout.secrets().string()), fmt::arg("assets", layout.assets),
      fmt::arg("type", layout.asset_type), fmt::arg("tag", layout.asset_tag), fmt::arg("writable", layout.writable));
}

std::string edge_configuration(const Layout& layout) {
  return fmt::format(
      "site: {site}\n"
      "node: {edge}\n"
      "directory: \"{root}/edge\"\n"
      "credentials: {credentials}\n"
      "site_broker: {{host: localhost, port: {site_mqtt}}}\n"
      "platform_url: \"https://localhost:{device}\"\n",
      fmt::arg("site", layout.site), fmt::arg("edge", layout.edge), fmt::arg("root", layout.root.string()),
      fmt::arg("credentials", credentials(layout, layout.edge)), fmt::arg("site_mqtt", layout.ports.site_mqtt),
      fmt::arg("device", layout.ports.device));
}

Result<void> write_configurations(const Layout& layout) {
  auto run = layout.run();
  TRY(write_file(run / "site-broker.conf", broker_configuration(layout, "site-broker", layout.ports.site_mqtt)));
  TRY(write_file(run / "site-broker.acl", site_access_list(layout)));
  TRY(write_file(run / "platform-broker.conf",
                 broker_configuration(layout, "platform-broker", layout.ports.platform_mqtt)));
  TRY(write_file(run / "platform-broker.acl", platform_access_list(layout)));
  TRY(write_file(run / "platform.yaml", platform_configuration(layout)));
  TRY(write_file(run / "gateway.yaml", gateway_configuration(layout)));
  TRY(write_file(run / "edge.yaml", edge_configuration(layout)));
  return {};
}

}  // namespace

Result<void> prepare(const Layout& layout, TimeUs now_us) {
  std::error_code ignored;
  fs::create_directories(layout.secrets(), ignored);
  fs::permissions(layout.secrets(), fs::perms::owner_all, ignored);
  TRY(make_identities(layout, {"site-broker", "platform-broker", "platform", layout.gateway, layout.edge}, now_us));
  TRY(make_opcua_identity(layout, "plant", plant_uri, {}, now_us));
  TRY(make_opcua_identity(layout, layout.gateway, gateway_uri, {"plant"}, now_us));
  TRY(make_opcua_identity(layout, "plant", plant_uri, {layout.gateway}, now_us));
  TRY(make_secret(layout, "plant-password"));
  TRY(make_secret(layout, "api-token"));
  // A one-time token for this start: an old link must not open a new session.
  TRY(write_file(layout.secrets() / "login-token", random_secret(), FileMode::secret));
  return write_configurations(layout);
}

std::vector<ProcessSpec> process_specs(const Layout& layout) {
  auto run = layout.run(), log = layout.logs();
  auto spec = [&](const std::string& name, std::vector<std::string> command, std::uint16_t port) {
    auto hold = run / "hold" / name;
    return ProcessSpec{name, std::move(command), log / (name + ".log"),
                       [port] { return port == 0 || port_accepts(port); }, [hold] { return fs::exists(hold); }};
  };
  auto program = [&](const std::string& name) { return (layout.programs / name).string(); };
  auto broker = [&](const std::string& name, std::uint16_t port) {
    return spec(name, {"mosquitto", "-c", (run / (name + ".conf")).string()}, port);
  };
  return {
      broker("site-broker", layout.ports.site_mqtt),
      broker("platform-broker", layout.ports.platform_mqtt),
      spec("platform", {program("millrace-platform"), "--config", (run / "platform.yaml").string()},
           layout.ports.console),
      spec("gateway", {program("millrace-gateway"), "--config", (run / "gateway.yaml").string()}, 0),
      spec("edge", {program("millrace-edge"), "--config", (run / "edge.yaml").string()}, 0),
  };
}

std::string console_link(const Layout& layout) {
  auto token = read_file(layout.secrets() / "login-token").value_or("");
  return fmt::format("http://127.0.0.1:{}/login?token={}", layout.ports.console, token);
}

}  // namespace millrace
