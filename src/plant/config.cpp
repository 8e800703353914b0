#include "plant/config.hpp"

#include "base/file.hpp"
#include "cmapss/cmapss.hpp"
#include "runtime/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace millrace::plant {

namespace {

void read_server(ConfigSection root, opcua::ServerOptions& server) {
  auto endpoint = root.section("endpoint");
  server.address = endpoint.text("address", server.address);
  server.port = endpoint.port("port", server.port);
  server.application_name = endpoint.text("application_name", server.application_name);
  server.history_limit = static_cast<std::size_t>(endpoint.integer("history_limit", 100'000, 0));
  server.namespaces = endpoint.texts("namespaces", {});
  auto identity = root.section("identity");
  server.identity.application_uri = identity.text("application_uri", "urn:millrace:plant-server");
  server.identity.certificate = identity.path("certificate");
  server.identity.key = identity.path("key");
  server.identity.trusted = identity.path("trusted");
  server.identity.rejected = identity.path("rejected");
  for (auto& user : root.sections("users")) {
    opcua::UserLogin login{.user = user.text("name")};
    auto password = read_secret(user.path("password_file"));
    if (!password) user.refuse("password_file", password.error().message);
    login.password = password.value_or("");
    server.users.push_back(login);
  }
}

PlantConfig::Replay read_replay(ConfigSection section) {
  PlantConfig::Replay replay;
  replay.source = section.path("source", {});
  replay.subset = section.text("subset", replay.subset);
  auto units = cmapss::parse_units(section.text("units", "61-100"));
  if (!units) section.refuse("units", units.error().message);
  if (units) std::tie(replay.first_unit, replay.last_unit) = *units;
  replay.cycle_us = section.duration_us("cycle", replay.cycle_us);
  replay.wait_for_client = section.flag("wait_for_client", replay.wait_for_client);
  return replay;
}

PlantConfig::Load read_load(ConfigSection section) {
  PlantConfig::Load load;
  load.tags = static_cast<std::uint32_t>(section.integer("tags", load.tags, 1, 1'000'000));
  load.rate_hz = section.number("rate_hz", load.rate_hz);
  load.tags_per_asset = static_cast<std::uint32_t>(section.integer("tags_per_asset", load.tags_per_asset, 1, 10'000));
  load.ticks = static_cast<std::uint64_t>(section.integer("ticks", 0, 0));
  if (!(load.rate_hz > 0)) section.refuse("rate_hz", "must be above 0");
  return load;
}

Fault read_fault(ConfigSection section) {
  const auto names = fault_kinds();
  constexpr std::int64_t many = 1'000'000;
  Fault fault{.kind = section.word("kind", {names.begin(), names.end()}, {}),
              .asset = section.text("asset"),
              .signal = section.text("signal", "")};
  if (fault.kind.empty()) section.refuse("kind", fmt::format("must be one of {}", fmt::join(names, ", ")));
  fault.from = static_cast<int>(section.integer("from", fault.from, 1, many));
  fault.cycles = static_cast<int>(section.integer("cycles", fault.cycles, 1, many));
  fault.by = section.number("by", fault.by);
  return fault;
}

}  // namespace

Result<PlantConfig> load_plant_config(const std::filesystem::path& file) {
  TRY_ASSIGN(auto document, Config::load(file));
  PlantConfig config;
  auto root = document.root();
  read_server(root, config.server);
  config.ledger = root.path("ledger", {});
  if (root.has("replay")) config.replay = read_replay(root.section("replay"));
  if (root.has("load")) config.load = read_load(root.section("load"));
  for (auto& fault : root.sections("faults")) config.faults.push_back(read_fault(fault));
  if (!config.replay && !config.load) root.refuse("replay", "one of `replay` and `load` is needed");
  TRY(document.finish());
  return config;
}

}  // namespace millrace::plant
