#include "up/broker_files.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace millrace {

namespace {

/// What every Sparkplug edge node may do with its own topics; %u is the user, so the certificate's common name.
std::string node_rights(const std::string& group) {
  return fmt::format(
      "pattern write spBv1.0/{0}/NBIRTH/%u\n"
      "pattern write spBv1.0/{0}/NDEATH/%u\n"
      "pattern write spBv1.0/{0}/NDATA/%u\n"
      "pattern write spBv1.0/{0}/DBIRTH/%u/#\n"
      "pattern write spBv1.0/{0}/DDEATH/%u/#\n"
      "pattern write spBv1.0/{0}/DDATA/%u/#\n"
      "pattern read spBv1.0/{0}/NCMD/%u\n"
      "pattern read spBv1.0/{0}/DCMD/%u/#\n",
      group);
}

/// A host listens to nodes, sends them commands, and owns its STATE topic.
std::string host_rights(const std::string& user, const std::string& group) {
  return fmt::format(
      "\nuser {0}\n"
      "topic read spBv1.0/{1}/#\n"
      "topic write spBv1.0/{1}/NCMD/#\n"
      "topic write spBv1.0/{1}/DCMD/#\n"
      "topic read spBv1.0/STATE/#\n"
      "topic write spBv1.0/STATE/{0}\n",
      user, group);
}

/// Started as root, the broker would change to a user who cannot read our keys.
std::string own_user() {
  const auto* entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : "root";
}

}  // namespace

std::string broker_configuration(const Layout& layout, const std::string& name, std::uint16_t port) {
  return fmt::format(
      "# Written by `millrace up`; changes are overwritten.\n"
      "listener {1} 127.0.0.1\n"
      "allow_anonymous false\n"
      "cafile {2}/ca.pem\n"
      "certfile {2}/{0}.pem\n"
      "keyfile {2}/{0}.key\n"
      "tls_version tlsv1.3\n"
      "require_certificate true\n"
      "use_identity_as_username true\n"
      "acl_file {3}/{0}.acl\n"
      "persistence false\n"
      "user {4}\n"
      "set_tcp_nodelay true\n"
      "max_inflight_messages 0\n"
      "max_queued_messages 100000\n"
      "max_queued_bytes 67108864\n"
      "log_dest stderr\n"
      "log_type error\nlog_type warning\nlog_type notice\n",
      name, port, layout.pki().string(), layout.run().string(), own_user());
}

std::string site_access_list(const Layout& layout) {
  // The edge is host for the gateway's data; the gateway is host for the edges' decisions.
  return node_rights(layout.site) + host_rights(layout.edge, layout.site) + host_rights(layout.gateway, layout.site);
}

std::string platform_access_list(const Layout& layout) {
  return node_rights(layout.site) + host_rights("platform", "+") +
         fmt::format("\nuser {}\ntopic read spBv1.0/STATE/#\n", layout.gateway);
}

}  // namespace millrace
