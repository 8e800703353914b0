#include "gateway/gateway.hpp"

#include "runtime/log.hpp"
#include "sparkplug/names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace {

namespace names = sparkplug::names;

namespace {

constexpr std::int64_t quality_every_us = 1'000'000;
constexpr std::int64_t advice_is_fresh_us = 60'000'000;
constexpr const char* aliases_key = "aliases";

std::string marks_key(std::string_view asset) { return "marks/" + std::string(asset); }
std::string inbox_key(std::string_view edge) { return "inbox/" + std::string(edge); }

mqtt::ClientOptions broker(const GatewayConfig& config, const BrokerConfig& where, std::string client_id) {
  return {.host = where.host, .port = where.port, .client_id = std::move(client_id), .credentials = config.credentials};
}

std::unique_ptr<http::Client> platform_client(Loop& loop, const GatewayConfig& config, const GatewayPorts& ports) {
  if (config.platform_url.empty() || !ports.make_http_client) return nullptr;
  return ports.make_http_client(loop, {.base_url = config.platform_url, .credentials = config.credentials});
}

}  // namespace

Gateway::Gateway(Loop& loop, GatewayConfig config, GatewayPorts ports, MetricRegistry& metrics)
    : loop_(loop),
      config_(std::move(config)),
      make_opcua_client_(ports.make_opcua_client),
      uplink_(loop, std::move(ports.spool),
              ports.make_mqtt_client(loop, broker(config_, config_.platform_broker, config_.node)),
              {.site = config_.site,
               .node = config_.node,
               .platform_host = config_.platform_host,
               .group_commit_us = config_.group_commit_us,
               .resend_after_us = config_.resend_after_us},
              {.birth = [this](std::string_view device,
                               sparkplug::Payload& birth) { describe_for_platform(device, birth); },
               .on_open = [this](bool open) { on_spool_open(open); },
               .on_problem = [](const Error& why) { log_warning(why.message); }}),
      site_(loop, ports.make_mqtt_client(loop, broker(config_, config_.site_broker, config_.node)),
            ports.make_mqtt_client(loop, broker(config_, config_.site_broker, config_.node + "-host")),
            {.site = config_.site, .node = config_.node, .edges = config_.edges},
            {.birth = [this](std::string_view device, sparkplug::Payload& birth) { describe(device, birth); },
             .on_messages =
                 [this](std::string_view epoch, std::uint64_t batch, std::vector<EdgeMessage> messages) {
                   on_edge_messages(epoch, batch, std::move(messages));
                 },
             .on_state =
                 [](bool connected) {
                   log_info(connected ? "connected to the site broker" : "without the site broker");
                 }}),
      assignment_(loop, platform_client(loop, config_, ports), config_.directory / "use-cases", config_.poll_us,
                  {.on_change = [this](std::vector<UseCase> use_cases) { on_use_cases(std::move(use_cases)); },
                   .on_problem = [](const Error& why) { log_warning(why.message); }}),
      quality_timer_(loop) {
  uplink_.collect = [this](std::vector<Uplink::Item>& items) { collect(items); };
  add_metrics(metrics);
}

Gateway::~Gateway() = default;

Result<void> Gateway::start() {
  load_memory();
  for (const auto& [asset, metrics] : aliases_.assets()) {
    platform_devices_.insert(asset);
    uplink_.add_device(asset);
  }
  TRY(uplink_.start());
  site_.start();
  assignment_.start();
  quality_timer_.every_us(quality_every_us, [this] {
    if (acquisition_) acquisition_->poll_quality();
  });
  return {};
}

void Gateway::load_memory() {
  if (auto text = uplink_.recall(aliases_key)) {
    auto table = AliasTable::parse(*text);
    if (table) aliases_ = std::move(*table);
    if (!table) log_error(table.error().message);
  }
  for (const auto& [asset, metrics] : aliases_.assets()) {
    if (auto marks = uplink_.recall(marks_key(asset))) marks_[asset] = std::move(*marks);
  }
  for (const auto& edge : config_.edges) {
    auto held = uplink_.recall(inbox_key(edge));
    if (held && !inbox_.restore(edge, *held)) log_error("cannot read which batches are held", {{"edge", edge}});
  }
}

void Gateway::stop() {
  quality_timer_.cancel();
  assignment_.stop();
  if (acquisition_) acquisition_->stop();
  site_.stop();
  uplink_.stop();
}

void Gateway::on_use_cases(std::vector<UseCase> use_cases) {
  use_cases_ = std::move(use_cases);
  build_acquisition();
}

void Gateway::build_acquisition() {
  std::set<std::string> gone;
  if (acquisition_) {
    acquisition_->stop();
    std::vector<Uplink::Item> rest;
    collect(rest);
    for (auto& item : rest) uplink_.add(std::move(item));
    for (const auto& asset : acquisition_->plan().assets) gone.insert(asset.id);
    site_.set_replay(nullptr, {});
  }
  auto plan = make_acquisition_plan(config_.site, config_.connections, use_cases_);
  acquisition_ = std::make_unique<Acquisition>(
      loop_, config_.connections, std::move(plan), aliases_, config_.replay_bytes, make_opcua_client_,
      Acquisition::Handlers{
          .live = [this](std::uint32_t asset,
                         std::string_view metrics) { site_.publish(acquisition_->plan().assets[asset].id, metrics); },
          .spool_open = [this] { return uplink_.open(); }});
  // The aliases are safe before or with the first batch that uses them.
  uplink_.remember(aliases_key, aliases_.to_text());
  const auto& assets = acquisition_->plan().assets;
  for (std::uint32_t i = 0; i < assets.size(); ++i) {
    const auto& id = assets[i].id;
    gone.erase(id);
    if (auto marks = marks_.find(id); marks != marks_.end()) {
      auto decoded = decode_marks(marks->second);
      if (decoded) acquisition_->stream().restore(i, *decoded);
      if (!decoded) log_error(decoded.error().message, {{"asset", id}});
    }
    platform_devices_.insert(id);
    uplink_.add_device(id);
    site_.add_device(id);
  }
  for (const auto& id : gone) site_.remove_device(id);
  site_.set_replay(&acquisition_->stream().replay(),
                   [this](std::uint32_t asset) -> const std::string& { return acquisition_->plan().assets[asset].id; });
  acquisition_->start();
  log_info("reading", {{"assets", assets.size()},
                       {"signals", acquisition_->plan().catalogue.size()},
                       {"use_cases", use_cases_.size()}});
}

void Gateway::collect(std::vector<Uplink::Item>& items) {
  if (!acquisition_) return;
  batches_.clear();
  acquisition_->stream().take(batches_);
  for (auto& batch : batches_) {
    const auto& id = acquisition_->plan().assets[batch.asset].id;
    marks_[id] = batch.marks;
    items.push_back({.device = id,
                     .metrics = std::move(batch.metrics),
                     .points = batch.points,
                     .remember = {{marks_key(id), std::move(batch.marks)}}});
  }
}

void Gateway::on_spool_open(bool open) {
  if (!open) return log_error("the spool takes nothing: what comes now is read from the sources' history later");
  log_info("the spool takes data again");
  if (acquisition_) build_acquisition();  // new sessions read the history from the marks on
}

void Gateway::on_edge_messages(std::string_view epoch, std::uint64_t batch, std::vector<EdgeMessage> messages) {
  if (messages.empty()) return;
  const auto edge = messages.front().node;
  const auto device = messages.front().device.empty() ? edge : messages.front().device;
  bool numbered = !epoch.empty();
  auto acknowledge = [this, edge, own_epoch = std::string(epoch), batch] {
    site_.acknowledge(edge, own_epoch, std::to_string(batch));
  };
  if (numbered && !uplink_.open()) return;  // not acknowledged: the edge keeps it and sends again
  if (numbered && !inbox_.add(edge, epoch, batch)) {
    ++decisions_repeated_;
    return acknowledge();
  }
  sparkplug::DataEncoder encoder;
  for (const auto& message : messages) {
    encoder.add_text(message.metric, message.time_ms, message.text, message.is_historical);
    if (message.metric == names::decision) on_decision(message);
  }
  if (platform_devices_.insert(device).second) uplink_.add_device(device);
  Uplink::Item item{.device = device, .metrics = std::string(encoder.bytes())};
  if (numbered) {
    item.remember.emplace_back(inbox_key(edge), inbox_.to_text(edge));
    item.on_durable = acknowledge;
  }
  if (!uplink_.add(std::move(item))) decisions_lost_ += messages.size();
}

void Gateway::on_decision(const EdgeMessage& message) {
  ++decisions_;
  // An old advice must not surprise anybody: only what was decided just now is shown at the machine.
  auto age_us = loop_.clock().now_us() - static_cast<TimeUs>(message.time_ms) * 1000;
  if (message.is_historical || age_us > advice_is_fresh_us || !acquisition_) return;
  auto json = nlohmann::json::parse(message.text, nullptr, false);
  if (!json.is_object()) return;
  auto text = [&](const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
  };
  auto advice = text("advice");
  if (advice.empty() || advice == "none" || advice == "no_advice") return;
  acquisition_->write_advice(text("use_case"), text("asset"));
}

void Gateway::describe(std::string_view device, sparkplug::Payload& birth) const {
  if (!acquisition_ || device.empty()) return;
  const auto& assets = acquisition_->plan().assets;
  auto found = std::find_if(assets.begin(), assets.end(), [&](const auto& asset) { return asset.id == device; });
  if (found != assets.end()) acquisition_->stream().describe(static_cast<std::uint32_t>(found - assets.begin()), birth);
}

void Gateway::describe_for_platform(std::string_view device, sparkplug::Payload& birth) const {
  describe(device, birth);
  // Batches in the spool may carry signals that are not read any more.
  auto asset = aliases_.assets().find(device);
  if (asset == aliases_.assets().end()) return;
  std::set<std::string_view> told;
  for (const auto& metric : birth.metrics) told.insert(metric.name);
  std::vector<sparkplug::Metric> rest;
  for (const auto& [name, alias] : asset->second) {
    if (told.contains(name)) continue;
    rest.push_back(
        {.name = name, .alias = alias, .time_ms = birth.time_ms.value_or(0), .type = sparkplug::DataType::float64});
  }
  std::move(rest.begin(), rest.end(), std::back_inserter(birth.metrics));
}

}  // namespace millrace
