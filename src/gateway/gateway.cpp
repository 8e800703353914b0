#include "gateway/gateway.hpp"

#include "delivery/use_case.hpp"
#include "runtime/log.hpp"
#include "sparkplug/names.hpp"

#include <algorithm>

namespace millrace {

namespace names = sparkplug::names;

namespace {

constexpr std::int64_t quality_every_us = 1'000'000;
constexpr std::int64_t advice_is_fresh_us = 60'000'000;
constexpr const char* aliases_key = "aliases";

std::string marks_key(std::string_view asset) { return "marks/" + std::string(asset); }
std::string inbox_key(std::string_view edge) { return "inbox/" + std::string(edge); }

void warn(const Error& why) { log_warning(why.message); }

mqtt::ClientOptions broker(const GatewayConfig& config, const BrokerConfig& where, std::string client_id) {
  return {.host = where.host, .port = where.port, .client_id = std::move(client_id), .credentials = config.credentials};
}

/// All or nothing: signals of half an assignment would be read under the other half's names.
Result<std::vector<UseCase>> read_use_cases(const delivery::Assignment& assignment,
                                            const delivery::ArtifactCache& cache) {
  std::vector<UseCase> use_cases;
  for (const auto& ref : assignment.use_cases) {
    TRY_ASSIGN(auto use_case, delivery::read_use_case(cache, ref));
    use_cases.push_back(std::move(use_case));
  }
  return use_cases;
}

}  // namespace

Gateway::Gateway(Loop& loop, WorkerPool& workers, GatewayConfig config, GatewayPorts ports, MetricRegistry& metrics)
    : loop_(loop),
      config_(std::move(config)),
      make_opcua_client_(ports.make_opcua_client),
      uplink_(loop, std::move(ports.spool),
              ports.make_mqtt_client(loop, broker(config_, config_.platform_broker, config_.node)),
              {.site = config_.site,
               .node = config_.node,
               .primary_host = config_.platform_host,
               .group_commit_us = config_.uplink.group_commit_us,
               .resend_after_us = config_.uplink.resend_after_us},
              {.birth = [this](std::string_view device,
                               sparkplug::Payload& birth) { describe_for_platform(device, birth); },
               .on_open = [this](bool open) { on_spool_open(open); },
               .on_problem = warn}),
      site_(
          loop, ports.make_mqtt_client(loop, broker(config_, config_.site_broker, config_.node)),
          ports.make_mqtt_client(loop, broker(config_, config_.site_broker, config_.node + "-host")),
          {.site = config_.site, .node = config_.node, .edges = config_.edges},
          {.birth = [this](std::string_view device, sparkplug::Payload& birth) { describe(device, birth); },
           .on_message = [this](const EdgeMessage& message) { on_edge_message(message); },
           .on_state =
               [](bool connected) { log_info(connected ? "connected to the site broker" : "without the site broker"); },
           .on_problem = warn}),
      source_(std::move(ports.source)),
      assignment_(loop, workers, source_.get(), delivery::ArtifactCache(config_.directory),
                  {.content = delivery::Content::use_cases, .poll_us = config_.poll_us},
                  {.prove = [this](const delivery::Assignment& assignment,
                                   const delivery::ArtifactCache& cache) -> delivery::Proof {
                     auto use_cases = read_use_cases(assignment, cache);
                     if (!use_cases && use_cases.error().code == ErrorCode::unavailable) {
                       return {.unread = use_cases.error().with_context("the assignment waits")};
                     }
                     if (!use_cases) {
                       return {.take = [why = use_cases.error().with_context("the assignment is refused").message] {
                         log_error(why);
                       }};
                     }
                     return {.whole = true, .take = [this, assigned = assignment.use_cases, use_cases = *use_cases] {
                               on_use_cases(assigned, use_cases);
                             }};
                   },
                   .problem = [](const std::string& problem) { log_warning(problem); }}),
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
  for (const auto& edge : config_.edges) uplink_.add_device(edge);  // what they say of several assets, and their gaps
  TRY(uplink_.start());
  site_.start();
  assignment_.start();
  if (!acquisition_) build_acquisition();  // without a use case too the assets are announced
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

void Gateway::on_use_cases(const std::vector<delivery::Assignment::UseCaseRef>& assigned,
                           std::vector<UseCase> use_cases) {
  if (assigned == assigned_) return;  // another model: none of our business
  assigned_ = assigned;
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
          .spool_open = [this] { return uplink_.open(); },
          .event = [this](const std::string& asset, const std::string& detail) { tell_event(asset, detail); }});
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

void Gateway::on_edge_message(const EdgeMessage& message) {
  for (const auto& text : message.texts) {
    if (text.metric == names::decision) act_on(text);
  }
  if (message.is_live) return;  // it comes again, numbered
  const bool numbered = !message.epoch.empty();
  if (numbered && !uplink_.open()) return;  // not acknowledged: the edge keeps it and sends again
  if (numbered) {
    const auto seen = inbox_.add(message.node, message.epoch, message.batch);
    if (seen != EdgeInbox::Seen::first) ++decisions_repeated_;
    if (seen == EdgeInbox::Seen::held) acknowledge(message.node, message.epoch, message.batch);
    if (seen != EdgeInbox::Seen::first) return;
  }
  if (forward(message)) return;
  decisions_lost_ += message.texts.size();
  if (numbered) inbox_.take_back(message.node, message.batch);
}

/// An edge's gap counts in the edge's numbers: only we know which of them arrived all the same.
std::string Gateway::settled(const std::string& edge, const std::string& record) {
  const auto gap = parse_gap(record);
  return gap ? gap_json(inbox_.settle(edge, *gap)) : record;
}

/// To the spool, and acknowledged when it is there for good. False: no room.
bool Gateway::forward(const EdgeMessage& message) {
  const auto& device = message.device.empty() ? message.node : message.device;
  if (platform_devices_.insert(device).second) uplink_.add_device(device);
  sparkplug::DataEncoder encoder;
  for (const auto& [metric, text, time_ms, is_historical] : message.texts) {
    decisions_ += metric == names::decision ? 1 : 0;
    encoder.add_text(metric, time_ms, metric == names::gap ? settled(message.node, text) : text, is_historical);
  }
  Uplink::Item item{.device = device, .metrics = std::string(encoder.bytes()), .points = message.texts.size()};
  if (!message.epoch.empty()) {
    item.remember.emplace_back(inbox_key(message.node), inbox_.to_text(message.node));
    item.on_durable = [this, edge = message.node, epoch = message.epoch, batch = message.batch] {
      inbox_.on_durable(edge, epoch, batch);
      acknowledge(edge, epoch, batch);
    };
  }
  return uplink_.add(std::move(item));
}

void Gateway::acknowledge(const std::string& edge, const std::string& epoch, std::uint64_t batch) {
  site_.acknowledge(edge, epoch, std::to_string(batch));
}

/// An old advice must not surprise anybody: only what was decided just now is shown at the machine.
void Gateway::act_on(const EdgeMessage::Text& decision) {
  auto age_us = loop_.clock().now_us() - static_cast<TimeUs>(decision.time_ms) * 1000;
  if (decision.is_historical || age_us > advice_is_fresh_us || !acquisition_) return;
  if (const auto record = parse_decision_record(decision.text)) acquisition_->on_decision(*record);
}

/// What happened at an asset, on the way of its samples.
void Gateway::tell_event(const std::string& asset, const std::string& detail) {
  sparkplug::DataEncoder encoder;
  encoder.add_text(names::event, static_cast<std::uint64_t>(loop_.clock().now_us() / 1000), detail);
  if (!uplink_.add({.device = asset, .metrics = std::string(encoder.bytes()), .points = 0}))
    log_warning("an event found no room", {{"asset", asset}, {"event", detail}});
}

void Gateway::describe(std::string_view device, sparkplug::Payload& birth) const {
  if (!acquisition_ || device.empty()) return;
  const auto& assets = acquisition_->plan().assets;
  auto found = std::find_if(assets.begin(), assets.end(), [&](const auto& asset) { return asset.id == device; });
  if (found != assets.end()) acquisition_->stream().describe(static_cast<std::uint32_t>(found - assets.begin()), birth);
}

void Gateway::describe_for_platform(std::string_view device, sparkplug::Payload& birth) const {
  describe(device, birth);
  for (const auto name : {names::quality, names::event}) {
    if (device.empty()) break;
    birth.metrics.push_back(
        {.name = std::string(name), .time_ms = birth.time_ms.value_or(0), .type = sparkplug::DataType::string});
  }
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
