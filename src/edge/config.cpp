#include "edge/config.hpp"

#include "net/tls/config.hpp"
#include "runtime/config.hpp"
#include "sparkplug/topic.hpp"

namespace millrace {

Result<EdgeConfig> load_edge_config(const std::filesystem::path& file) {
  TRY_ASSIGN(Config source, Config::load(file));
  ConfigSection root = source.root();
  EdgeConfig config;
  config.site = root.text("site");
  config.node = root.text("node");
  for (const auto& [key, name] : {std::pair("site", &config.site), std::pair("node", &config.node)}) {
    if (const auto good = sparkplug::check_name(key, *name); !good && !name->empty())
      root.refuse(key, good.error().message);
  }
  config.gateways = root.texts("gateways", config.gateways);
  config.directory = root.path("directory");
  ConfigSection broker = root.section("site_broker");
  config.site_broker.host = broker.text("host", config.site_broker.host);
  config.site_broker.port = broker.port("port", config.site_broker.port);
  config.credentials = tls::read_credentials(root);
  config.platform_url = root.text("platform_url", "");
  config.poll_us = root.duration_us("poll", config.poll_us);
  config.uplink = read_uplink_config(root.section("spool"), config.uplink);
  if (const auto engine = parse_engine_choice(root.word("engine", {"auto", "trees", "onnxruntime"}, "auto"))) {
    config.engine = *engine;
  }
  const std::string features = root.word("record_features", {"none", "advice", "all"}, "advice");
  using Features = PipelineOptions::Features;
  config.record_features = features == "none" ? Features::none : features == "all" ? Features::all : Features::advice;
  if (root.has("metrics_port")) config.metrics_port = root.port("metrics_port");
  config.log_level = root.word("log_level", {"debug", "info", "warning", "error", "off"}, "info");
  TRY(source.finish());
  return config;
}

}  // namespace millrace
