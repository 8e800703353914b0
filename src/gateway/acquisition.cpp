#include "gateway/acquisition.hpp"

#include "runtime/log.hpp"

#include <algorithm>

namespace millrace {

namespace {
constexpr std::int64_t setpoints_every_us = 200'000;
}

Acquisition::Acquisition(Loop& loop, const std::vector<ConnectionConfig>& connections, AcquisitionPlan plan,
                         AliasTable& aliases, std::size_t replay_bytes, const MakeOpcuaClient& make_client,
                         Handlers handlers)
    : loop_(loop),
      plan_(std::move(plan)),
      stream_(plan_, aliases, replay_bytes,
              {.live = std::move(handlers.live), .spool_open = std::move(handlers.spool_open)}),
      connected_(connections.size(), false),
      setpoints_(plan_.setpoints, loop.clock(),
                 {.write = [this](const OutputNode& node, double value,
                                  auto done) { clients_[node.connection]->write(node.node, value, std::move(done)); },
                  .event = std::move(handlers.event)}),
      setpoint_timer_(loop) {
  for (const auto& connection : connections) {
    names_.push_back(connection.name);
    clients_.push_back(make_client(loop, connection.opcua));
  }
}

Acquisition::~Acquisition() = default;

void Acquisition::start() {
  if (!setpoints_.empty()) setpoint_timer_.every_us(setpoints_every_us, [this] { setpoints_.poll(); });
  for (const auto& problem : plan_.problems) log_warning(problem);
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (plan_.items[i].empty()) continue;
    const auto& name = names_[i];
    clients_[i]->start(
        {.on_samples =
             [this](std::span<const Sample> samples) { stream_.on_samples(samples, false, loop_.clock().now_us()); },
         .on_backfill =
             [this](std::span<const Sample> samples) { stream_.on_samples(samples, true, loop_.clock().now_us()); },
         .mark = [this](SignalIndex signal) { return stream_.mark_us(signal); },
         .on_state =
             [this, i, name](opcua::ConnectionState state, const std::string& text) {
               connected_[i] = state == opcua::ConnectionState::connected;
               log(connected_[i] ? LogLevel::info : LogLevel::warning, text, {{"connection", name}});
             },
         .on_unresolved =
             [name](const std::vector<opcua::Unresolved>& items) {
               if (items.empty()) return log_info("the server has all signals", {{"connection", name}});
               log_warning("the server does not have " + std::to_string(items.size()) +
                               " of the signals, the first is " + items.front().node + ": " + items.front().reason +
                               "; they are tried again",
                           {{"connection", name}});
             },
         .on_notice = [name](const std::string& text) { log_info(text, {{"connection", name}}); }});
    if (auto subscribed = clients_[i]->subscribe(plan_.items[i]); !subscribed) {
      log_error(subscribed.error().message, {{"connection", name}});
    }
  }
}

void Acquisition::stop() {
  setpoint_timer_.cancel();
  setpoints_.release();  // the clients carry that out before they stop
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (!plan_.items[i].empty()) clients_[i]->stop();
  }
}

void Acquisition::poll_quality() {
  stream_.poll_quality(loop_.clock().now_us());
  log_findings();
}

void Acquisition::log_findings() {
  constexpr int most = 20;  // a line each; the rest is counted
  int said = 0;
  int passed_over = 0;
  while (auto finding = stream_.checks().take_finding()) {
    if (said >= most) {
      ++passed_over;
      continue;
    }
    const auto& signal = plan_.catalogue.at(finding->signal);
    if (!log_enabled(LogLevel::debug) && finding->over) continue;
    ++said;
    log_debug(finding->over ? "data quality: over" : "data quality: begun",
              {{"check", to_string(finding->check)}, {"asset", signal.asset}, {"signal", signal.name}});
  }
  if (passed_over > 0) log_debug("more findings of data quality", {{"count", passed_over}});
}

void Acquisition::on_decision(const DecisionRecord& decision) {
  setpoints_.decide(decision);
  if (decision.advice != "none" && decision.advice != "no_advice") write_advice(decision);
}

void Acquisition::write_advice(const DecisionRecord& decision) {
  auto write = plan_.writes.find({decision.use_case, decision.asset});
  if (write == plan_.writes.end()) return;
  const auto& [node, value] = write->second;
  clients_[node.connection]->write(
      node.node, value, [asset = decision.asset, node = node.node](const Result<double>& outcome) {
        if (outcome) {
          log_debug("advice written", {{"asset", asset}, {"node", node}});
        } else {
          log_warning("advice could not be written: " + outcome.error().message, {{"asset", asset}, {"node", node}});
        }
      });
}

opcua::ClientCounters Acquisition::counters() const {
  opcua::ClientCounters sum;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (plan_.items[i].empty()) continue;
    auto one = clients_[i]->counters();
    sum.live_samples += one.live_samples;
    sum.backfilled_samples += one.backfilled_samples;
    sum.repeated_samples += one.repeated_samples;
    sum.overflows += one.overflows;
    sum.sessions += one.sessions;
    sum.unresolved += one.unresolved;
    sum.held_back += one.held_back;
  }
  return sum;
}

std::size_t Acquisition::connected() const {
  return static_cast<std::size_t>(std::count(connected_.begin(), connected_.end(), true));
}

}  // namespace millrace
