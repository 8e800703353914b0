#include "edge/service.hpp"

#include "delivery/http/http_source.hpp"
#include "runtime/log.hpp"
#include "sparkplug/names.hpp"
#include "spool/sqlite/spool.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace {
namespace {

constexpr std::int64_t tick_us = 100'000;
constexpr std::int64_t report_every_us = 30'000'000;
constexpr std::size_t batches_under_way = 64;  ///< few: while the gateway is away they are sent in vain
constexpr std::size_t recent_bytes = 1u << 20;
constexpr TimeUs replay_margin_us = 5'000'000;  ///< rows that may have been open, or not yet on disk

/// Before "site/asset" in the keys of a use case's windows; none of the names can hold a slash.
std::string windows_of(std::string_view use_case) { return fmt::format("window/{}/", use_case); }

sparkplug::Publish publish_with(mqtt::Client* client) {
  return [client](const sparkplug::Publication& p) {
    return client->publish(p.topic, p.payload, p.quality_of_service, p.retain);
  };
}

mqtt::Will to_will(sparkplug::Testament testament) {
  return {std::move(testament.topic), std::move(testament.payload), testament.quality_of_service, testament.retain};
}

}  // namespace

EdgeService::EdgeService(Loop& loop, WorkerPool& workers, EdgeConfig config, EdgePorts ports)
    : loop_(loop),
      workers_(workers),
      config_(std::move(config)),
      ports_(std::move(ports)),
      router_(loop.clock()),
      gate_([this](sparkplug::DeviceState& device, std::string_view payload) { router_.on_data(device, payload); }),
      host_(
          {.host = config_.node, .group = config_.site, .nodes = config_.gateways}, loop.clock(),
          {.publish = publish_with(ports_.host_client.get()),
           .birth =
               [this](sparkplug::DeviceState& device, const sparkplug::Payload& birth, TimeUs now_us) {
                 router_.on_birth(device, birth, gate_.is_open(device.node));
                 if (device.device.empty()) on_node_birth(device, now_us);
               },
           .data = [this](sparkplug::DeviceState& device, std::string_view payload,
                          TimeUs) { gate_.on_data(device, payload); },
           .lost = [](std::string_view,
                      std::string_view node) { log_warning("messages lost, asked for a rebirth", {{"node", node}}); }}),
      uplink_(loop, std::move(ports_.spool), std::move(ports_.node_client),
              {.site = config_.site,
               .node = config_.node,
               .group_commit_us = config_.uplink.group_commit_us,
               .resend_after_us = config_.uplink.resend_after_us,
               .window = batches_under_way,
               .recent_bytes = recent_bytes},
              {.on_open =
                   [](bool open) {
                     if (open) return log_info("the spool takes decisions again");
                     log_error("the spool takes nothing: decisions wait in memory, and are counted when that is full");
                   },
               .on_problem = [](const Error& why) { log_warning(why.message); }}),
      assignment_(loop, workers, ports_.source.get(), delivery::ArtifactCache(config_.directory),
                  {.poll_us = config_.poll_us},
                  {.prove = [this, engine = config_.engine](const delivery::Assignment& assignment,
                                                            const delivery::ArtifactCache& cache) -> delivery::Proof {
                     auto prepared = std::make_shared<PreparedAssignment>(prepare(assignment, cache, engine));
                     return {.whole = prepared->refused.empty(), .unread = prepared->unread, .take = [this, prepared] {
                               on_prepared(std::move(*prepared));
                             }};
                   },
                   .problem = [this](const std::string& problem) { on_problem(problem); }}),
      tick_timer_(loop),
      report_timer_(loop) {
  router_.on_asset = [this](const std::string& asset) {
    if (!devices_.insert(asset).second) return;
    uplink_.add_device(asset);
  };
  uplink_.collect = [this](std::vector<Uplink::Item>& items) { collect(items); };
}

EdgeService::~EdgeService() = default;

Result<void> EdgeService::start() {
  TRY_ASSIGN(windows_, uplink_.recall_all("window/"));
  TRY(uplink_.start());
  if (config_.metrics_port) TRY(start_metrics());
  assignment_.start();
  start_host();
  tick_timer_.every_us(tick_us, [this] { tick(); });
  report_timer_.every_us(report_every_us, [this] { report(); });
  return {};
}

Result<void> EdgeService::start_metrics() {
  metrics_.add_process_metrics();
  const auto total = [this](std::uint64_t (Pipeline::*count)() const) {
    return [this, count] {
      std::uint64_t sum = 0;
      for (const auto& pipeline : router_.pipelines()) sum += (*pipeline.*count)();
      return static_cast<double>(sum);
    };
  };
  const auto latency = [this](double q) {
    return [this, q] {
      std::uint64_t worst = 0;
      for (const auto& pipeline : router_.pipelines()) worst = std::max(worst, pipeline->latency().quantile(q));
      return static_cast<double>(worst) / 1e6;
    };
  };
  metrics_.watch("millrace_edge_decisions_total", "Decisions since the start", total(&Pipeline::decisions));
  metrics_.watch("millrace_edge_engine_errors_total", "Failed runs of a model", total(&Pipeline::engine_errors));
  metrics_.watch("millrace_edge_samples_late_total", "Samples that came after their row was closed",
                 total(&Pipeline::late_samples));
  metrics_.watch("millrace_edge_latency_p50_seconds", "Message in to decision out", latency(0.50));
  metrics_.watch("millrace_edge_latency_p99_seconds", "Message in to decision out", latency(0.99));
  metrics_.watch("millrace_edge_messages_total", "Data messages read",
                 [this] { return static_cast<double>(router_.messages()); });
  metrics_.watch("millrace_edge_samples_total", "Samples used",
                 [this] { return static_cast<double>(router_.samples()); });
  metrics_.watch("millrace_edge_messages_corrupt_total", "Messages that were no payload",
                 [this] { return static_cast<double>(router_.broken_messages()); });
  metrics_.watch("millrace_edge_decisions_lost_total", "Decisions for which the spool had no room",
                 [this] { return static_cast<double>(outbox_.lost()); });
  const auto uplink = [this](std::uint64_t Uplink::Counters::* count) {
    return [this, count] { return static_cast<double>(uplink_.counters().*count); };
  };
  using Counters = Uplink::Counters;
  metrics_.watch("millrace_edge_spool_bytes", "Bytes that wait for the gateway", uplink(&Counters::spool_bytes));
  metrics_.watch("millrace_edge_spool_batches", "Batches that wait for the gateway", uplink(&Counters::spool_batches));
  metrics_.watch("millrace_edge_batches_sent_again_total", "Batches from the backlog",
                 uplink(&Counters::batches_sent_again));
  metrics_.watch("millrace_edge_commits_failed_total", "Commits of the spool that failed",
                 uplink(&Counters::failed_commits));
  metrics_.watch("millrace_edge_spool_gaps_total", "Gap records since the start", uplink(&Counters::gaps));
  metrics_server_ = http::make_metrics_server(loop_, metrics_, *config_.metrics_port);
  return metrics_server_->start();
}

void EdgeService::start_host() {
  auto* client = ports_.host_client.get();
  client->start({.will = [this] { return to_will(host_.testament(loop_.clock().now_us())); },
                 .on_connected =
                     [this, client] {
                       log_info("listening to the site", {{"site", config_.site}});
                       if (auto done = client->subscribe(host_.subscriptions(), 1); !done)
                         log_error(done.error().message);
                       const TimeUs now_us = loop_.clock().now_us();
                       host_.on_connected(now_us);
                       // Gateways that were there before us: their births tell what there is, before the first data.
                       for (const std::string& gateway : config_.gateways)
                         host_.request_rebirth(config_.site, gateway, now_us);
                     },
                 .on_disconnected =
                     [this](const Error& why) {
                       log_warning("no connection to the site broker", {{"why", why.message}});
                       host_.on_disconnected(loop_.clock().now_us());
                     },
                 .on_message =
                     [this](const mqtt::Message& message) {
                       host_.on_message(message.topic, message.payload, loop_.clock().now_us());
                     }});
}

/// A gateway came (back): what it saw while this edge was away, or while the connection was down, fills the windows.
void EdgeService::on_node_birth(const sparkplug::DeviceState& node, TimeUs now_us) {
  std::optional<TimeUs> known_us;
  for (const auto& pipeline : router_.pipelines()) {
    if (const auto known = pipeline->known_until_us()) known_us = std::min(known_us.value_or(now_us), *known);
  }
  if (!known_us) return;
  const auto from_ms = static_cast<std::uint64_t>(std::max<TimeUs>(0, *known_us - replay_margin_us) / 1000);
  sparkplug::Payload command;
  command.metrics.push_back(sparkplug::unsigned_metric(std::string(sparkplug::names::replay), from_ms,
                                                       static_cast<std::uint64_t>(now_us / 1000)));
  if (auto sent = host_.command(node.group, node.node, {}, std::move(command), now_us); !sent) {
    return log_warning("replay could not be asked for", {{"why", sent.error().message}});
  }
  if (node.metrics.find(sparkplug::names::replay) != nullptr)
    gate_.ask(node.node, from_ms, loop_.clock().monotonic_us());
}

/// Told now, for whoever acts on it; stored with the next commit, for whoever counts on it. The stored one travels as
/// historical, for the live one came before it.
void EdgeService::on_decision(const DecisionRecord& record, bool begins) {
  const auto time_ms = static_cast<std::uint64_t>(record.time_us / 1000);
  json_.clear();
  append_json(json_, record);
  encoder_.clear();
  encoder_.add_text(sparkplug::names::decision, time_ms, json_);
  payload_.assign(encoder_.bytes());
  static_cast<void>(uplink_.publish_live(record.asset, payload_));  // at once or never: the stored one follows
  encoder_.clear();
  encoder_.add_text(sparkplug::names::decision, time_ms, json_, true);
  outbox_.add(encoder_.bytes(), record.time_us);
  if (begins && record.advice != "none") {
    log_info("advice", {{"asset", record.asset}, {"advice", record.advice}, {"reason", record.reason}});
  }
}

/// One instant of the edge, one transaction: the decisions until now, and the windows that they were made from.
void EdgeService::collect(std::vector<Uplink::Item>& items) {
  const std::size_t before = items.size();
  outbox_.take(items);
  for (const auto& pipeline : router_.pipelines()) {
    pipeline->changed([&](const std::string& site, const std::string& asset, std::string bytes) {
      auto key = fmt::format("{}{}/{}", windows_of(pipeline->use_case().name), site, asset);
      if (items.size() == before) return uplink_.remember(std::move(key), std::move(bytes));
      items.back().remember.emplace_back(std::move(key), std::move(bytes));  // refused together, too
    });
  }
}

void EdgeService::on_prepared(PreparedAssignment prepared) {
  if (const auto told = std::exchange(errors_, prepared.refused); told != errors_) {
    for (const std::string& refused : errors_) log_error(refused);
  }
  std::set<std::string> wanted;
  for (const auto& ref : prepared.assignment.use_cases) wanted.insert(ref.name);
  std::vector<std::string> gone;
  for (const auto& pipeline : router_.pipelines()) {
    if (!wanted.contains(pipeline->use_case().name)) gone.push_back(pipeline->use_case().name);
  }
  for (const std::string& name : gone) {
    log_info("use case withdrawn", {{"use_case", name}});
    router_.remove_pipeline(name);
  }
  for (auto& one : prepared.use_cases) take(std::move(one));
  report();
}

/// The swap: between two messages, so that no row is without an engine. Windows, holds and lives go on.
void EdgeService::take(PreparedUseCase prepared) {
  const std::string name = prepared.ref.name, hash = name + "@" + prepared.ref.sha256;
  if (!known_hashes_.contains(hash) || router_.find(name) == nullptr) {
    auto pipeline = std::make_unique<Pipeline>(
        std::move(prepared.use_case), prepared.ref.version,
        PipelineOptions{.device = config_.node, .features = config_.record_features}, loop_.clock(),
        [this](const DecisionRecord& record, bool begins) { on_decision(record, begins); });
    if (prepared.model) pipeline->set_model(std::move(*prepared.model));
    restore(*pipeline);
    std::erase_if(known_hashes_, [&](const std::string& known) { return known.starts_with(name + "@"); });
    known_hashes_.insert(hash);
    log_info("use case active",
             {{"use_case", name}, {"version", pipeline->version()}, {"model", pipeline->model_version()}});
    router_.set_pipeline(std::move(pipeline));
    // A gateway may have been born while the model was being proved: what came in between fills the windows.
    for (const std::string& gateway : config_.gateways) {
      const auto* born = host_.find(config_.site, gateway);
      if (born != nullptr && born->online) on_node_birth(*born, loop_.clock().now_us());
    }
    return;
  }
  Pipeline& pipeline = *router_.find(name);
  if (!prepared.model || prepared.model->version == pipeline.model_version()) return;
  const std::string before = pipeline.model_version();
  pipeline.set_model(std::move(*prepared.model));
  log_info("model active", {{"use_case", name}, {"model", pipeline.model_version()}, {"before", before}});
}

void EdgeService::on_problem(const std::string& problem) {
  log_warning(problem);
  errors_ = {problem};
}

/// What an earlier life of this process kept of the use case's assets.
void EdgeService::restore(Pipeline& pipeline) {
  std::size_t restored = 0;
  const std::string prefix = windows_of(pipeline.use_case().name);
  std::erase_if(windows_, [&](const auto& entry) {
    const auto& [key, bytes] = entry;
    if (!key.starts_with(prefix)) return false;
    const auto slash = std::min(key.find('/', prefix.size()), key.size() - 1);
    const std::string site = key.substr(prefix.size(), slash - prefix.size()), asset = key.substr(slash + 1);
    if (auto done = pipeline.restore(site, asset, bytes)) {
      ++restored;
    } else {
      log_warning("stored window not taken", {{"asset", asset}, {"why", done.error().message}});
    }
    return true;
  });
  if (restored > 0) log_info("windows restored", {{"use_case", pipeline.use_case().name}, {"assets", restored}});
}

void EdgeService::report() {
  if (ports_.platform == nullptr) return;
  nlohmann::json active = nlohmann::json::array();
  for (const auto& pipeline : router_.pipelines()) {
    if (pipeline->model_version().empty()) continue;
    active.push_back({{"use_case", pipeline->use_case().name},
                      {"model_version", pipeline->model_version()},
                      {"since_us", pipeline->model_since_us()}});
  }
  const nlohmann::json body{{"device", config_.node}, {"active", active}, {"errors", errors_}};
  ports_.platform->send("POST", "/api/v1/device/report",
                        body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                        {{"content-type", "application/json"}}, [](const Result<http::Response>&) {});
}

void EdgeService::tick() {
  host_.on_timer(loop_.clock().now_us());
  if (!gate_.on_timer(loop_.clock().monotonic_us())) log_warning("the gateway did not tell again what was missed");
  router_.poll();
}

void EdgeService::stop() {
  assignment_.stop();
  tick_timer_.cancel();
  report_timer_.cancel();
  host_.stop(loop_.clock().now_us());
  if (metrics_server_) metrics_server_->stop();
  ports_.host_client->stop();
  uplink_.stop();
}

Result<EdgePorts> make_edge_ports(Loop& loop, const EdgeConfig& config) {
  mqtt::ClientOptions broker{
      .host = config.site_broker.host, .port = config.site_broker.port, .credentials = config.credentials};
  EdgePorts ports;
  TRY_ASSIGN(ports.spool, open_sqlite_spool(config.directory / "spool.db", config.uplink.spool, loop.clock().now_us()));
  broker.client_id = config.node + "-host";
  ports.host_client = mqtt::make_mosquitto_client(loop, broker);
  broker.client_id = config.node;
  ports.node_client = mqtt::make_mosquitto_client(loop, broker);
  if (!config.platform_url.empty()) {
    ports.platform =
        http::make_beast_client(loop, {.base_url = config.platform_url, .credentials = config.credentials});
    ports.source = delivery::make_http_source(*ports.platform);
  }
  return ports;
}

}  // namespace millrace
