#include "gateway/site_link.hpp"

#include "sparkplug/data_decoder.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/names.hpp"

#include <algorithm>

namespace millrace {

namespace names = sparkplug::names;

namespace {

constexpr std::int64_t timer_us = 500'000;
constexpr std::int64_t replay_pause_us = 5'000;
constexpr std::size_t replay_message_bytes = 32 * 1024;

sparkplug::Publish publish_to(mqtt::Client& client) {
  return [&client](const sparkplug::Publication& out) {
    return client.publish(out.topic, out.payload, out.quality_of_service, out.retain);
  };
}

std::optional<mqtt::Will> as_will(sparkplug::Testament testament) {
  return mqtt::Will{std::move(testament.topic), std::move(testament.payload), testament.quality_of_service,
                    testament.retain};
}

}  // namespace

SiteLink::SiteLink(Loop& loop, std::unique_ptr<mqtt::Client> node_client, std::unique_ptr<mqtt::Client> host_client,
                   SiteLinkOptions options, Handlers handlers)
    : loop_(loop),
      node_client_(std::move(node_client)),
      host_client_(std::move(host_client)),
      options_(std::move(options)),
      handlers_(std::move(handlers)),
      // The first bdSeq differs from start to start, so that a late will of an earlier life is told from this one.
      node_({.group = options_.site,
             .node = options_.node,
             .first_bd_seq = static_cast<std::uint8_t>(loop.clock().now_us() / 1'000'000)},
            {.publish = publish_to(*node_client_),
             .birth =
                 [this](std::string_view device, sparkplug::Payload& birth) {
                   if (device.empty())
                     birth.metrics.push_back(
                         sparkplug::unsigned_metric(std::string(names::replay), 0, birth.time_ms.value_or(0)));
                   handlers_.birth(device, birth);
                 },
             .command =
                 [this](std::string_view device, const sparkplug::Payload& command) {
                   if (device.empty()) on_command(command);
                 },
             .on_born =
                 [this](bool born) {
                   if (handlers_.on_state) handlers_.on_state(born);
                 },
             .on_problem = [this](const Error& why) { report(why); }}),
      host_({.host = options_.node, .group = options_.site, .nodes = options_.edges}, loop.clock(),
            {.publish = publish_to(*host_client_),
             .data = [this](sparkplug::DeviceState& device, std::string_view payload,
                            TimeUs) { on_data(device, payload); }}),
      timer_(loop),
      replay_timer_(loop) {}

SiteLink::~SiteLink() = default;

void SiteLink::report(const Error& why) const {
  if (handlers_.on_problem) handlers_.on_problem(why);
}

void SiteLink::start() {
  auto now = [this] { return loop_.clock().now_us(); };
  node_client_->start(
      {.will = [this, now] { return as_will(node_.testament(now())); },
       .on_connected =
           [this, now] {
             if (node_client_->subscribe(node_.subscriptions(), 1)) node_.on_connected(now());
           },
       .on_disconnected =
           [this](const Error& why) {
             report(why.with_context("no connection"));
             node_.on_disconnected();
           },
       .on_message = [this,
                      now](const mqtt::Message& message) { node_.on_message(message.topic, message.payload, now()); }});
  timer_.every_us(timer_us, [this, now] {
    node_.on_timer(now());
    host_.on_timer(now());
  });
  if (options_.edges.empty()) return;
  host_client_->start(
      {.will = [this, now] { return as_will(host_.testament(now())); },
       .on_connected =
           [this, now] {
             if (host_client_->subscribe(host_.subscriptions(), 1)) host_.on_connected(now());
           },
       .on_disconnected =
           [this, now](const Error& why) {
             report(why.with_context("no connection to hear the edges"));
             host_.on_disconnected(now());
           },
       .on_message = [this,
                      now](const mqtt::Message& message) { host_.on_message(message.topic, message.payload, now()); }});
}

void SiteLink::stop() {
  timer_.cancel();
  replay_timer_.cancel();
  node_.stop(loop_.clock().now_us());
  node_client_->stop();
  host_.stop(loop_.clock().now_us());
  if (!options_.edges.empty()) host_client_->stop();
}

void SiteLink::add_device(const std::string& device) { (void)node_.add_device(device, loop_.clock().now_us()); }
void SiteLink::remove_device(const std::string& device) { node_.remove_device(device, loop_.clock().now_us()); }

void SiteLink::publish(const std::string& device, std::string_view metrics) {
  buffer_.assign(metrics);
  ++(node_.publish_data(device, buffer_, loop_.clock().now_us()) ? counters_.messages : counters_.lost);
}

void SiteLink::set_replay(const ReplayRing* ring, std::function<const std::string&(std::uint32_t)> device_name) {
  replay_timer_.cancel();
  end_replay();
  ring_ = ring;
  device_name_ = std::move(device_name);
}

void SiteLink::acknowledge(const std::string& edge, const std::string& epoch, const std::string& ranges) {
  auto now_us = loop_.clock().now_us();
  auto now_ms = static_cast<std::uint64_t>(now_us / 1000);
  sparkplug::Payload command;
  command.metrics.push_back(sparkplug::text_metric(std::string(names::epoch), epoch, now_ms));
  command.metrics.push_back(sparkplug::text_metric(std::string(names::acked), ranges, now_ms));
  (void)host_.command(options_.site, edge, {}, std::move(command), now_us);  // lost: the edge sends again
}

void SiteLink::on_data(const sparkplug::DeviceState& device, std::string_view payload) {
  EdgeMessage message{.node = device.node, .device = device.device};
  sparkplug::DataDecoder decoder(payload);
  for (sparkplug::DataMetric metric; decoder.next(metric);) {
    const auto* born = device.metrics.find(metric);
    std::string_view name = born != nullptr ? std::string_view(born->name) : metric.name;
    if (name == names::epoch) {
      message.epoch = metric.text;
    } else if (name == names::batch) {
      message.batch = metric.bits;
    } else if (metric.kind == sparkplug::ValueKind::text) {
      message.texts.push_back({std::string(name), std::string(metric.text), metric.time_ms, metric.is_historical});
    }
  }
  message.is_live = message.epoch.empty() && device.metrics.find(names::epoch) != nullptr;
  if (decoder.ok() && !message.texts.empty()) handlers_.on_message(message);
}

void SiteLink::on_command(const sparkplug::Payload& command) {
  const auto* wish = command.find(names::replay);
  auto from_ms = wish != nullptr ? sparkplug::to_number(wish->value) : std::nullopt;
  if (!from_ms || *from_ms < 0) return;
  // A second wish while one is being fulfilled begins anew, from the earlier of both times.
  auto from = static_cast<std::uint64_t>(*from_ms);
  replay_from_ms_ = std::min(replay_from_ms_.value_or(from), from);
  replay_asset_ = 0;
  replay();
}

void SiteLink::replay() {
  while (ring_ != nullptr && replay_asset_ < ring_->assets() && node_.born()) {
    if (node_client_->outgoing_bytes() > options_.outgoing_bytes) {
      replay_timer_.after_us(replay_pause_us, [this] { replay(); });
      return;
    }
    const auto& device = device_name_(replay_asset_);
    const auto& chunks = ring_->chunks(replay_asset_);
    ++replay_asset_;
    buffer_.clear();
    auto send = [&] {
      if (!buffer_.empty() && node_.publish_data(device, buffer_, loop_.clock().now_us())) ++counters_.replayed;
      buffer_.clear();
    };
    for (const auto& chunk : chunks) {
      if (chunk.newest_ms < *replay_from_ms_) continue;
      sparkplug::append_as_historical(buffer_, chunk.metrics);
      if (buffer_.size() > replay_message_bytes) send();
    }
    send();
  }
  end_replay();
}

/// Tells the asker that what comes now is fresh.
void SiteLink::end_replay() {
  if (!replay_from_ms_) return;
  buffer_.clear();
  sparkplug::append_unsigned(buffer_, names::replay, *replay_from_ms_,
                             static_cast<std::uint64_t>(loop_.clock().now_us() / 1000));
  (void)node_.publish_data({}, buffer_, loop_.clock().now_us());  // without the broker nobody waits for it
  replay_from_ms_.reset();
}

}  // namespace millrace
