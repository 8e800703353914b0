#include "plant/plant.hpp"

#include "base/file.hpp"
#include "plant/simulator.hpp"
#include "runtime/log.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace millrace::plant {

namespace {
constexpr const char* namespace_uri = "urn:millrace:plant";
constexpr const char* other_namespace_uri = "urn:millrace:plant:diagnostics";
constexpr std::int64_t client_check_us = 100'000;
constexpr std::int64_t client_wait_limit_us = 30'000'000;
constexpr std::int64_t ledger_period_us = 500'000;
}  // namespace

Plant::Plant(Loop& loop, opcua::Server& server, PlantConfig config)
    : loop_(loop),
      server_(server),
      config_(std::move(config)),
      step_timer_(loop),
      ledger_timer_(loop),
      restart_timer_(loop) {}

Result<void> Plant::start() {
  server_.set_namespaces({namespace_uri, other_namespace_uri});
  if (config_.replay) TRY(prepare_replay());
  if (config_.load) TRY(prepare_load());
  TRY(prepare_faults());
  server_.on_write([this](opcua::VariableIndex variable, double value) {
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      if (variables_[i].advice == variable && value != 0) fleet_->advise(i);
      if (variables_[i].derate == variable) derates_[i].push_back(value);
    }
  });
  TRY_ASSIGN(auto port, server_.start());
  log_info("plant is up", {{"port", std::to_string(port)}, {"source", source_}});
  waited_since_us_ = loop_.clock().monotonic_us();
  wait_for_client();
  ledger_timer_.every_us(ledger_period_us, [this] { write_ledger(); });
  return {};
}

void Plant::stop() {
  step_timer_.cancel();
  ledger_timer_.cancel();
  restart_timer_.cancel();
  server_.stop();
  write_ledger();
}

Result<void> Plant::prepare_replay() {
  auto& replay = *config_.replay;
  std::vector<cmapss::Engine> engines;
  if (replay.source.empty()) {
    engines = simulate_engines(100, 1);
    source_ = "simulated: turbofan wear model";
  } else {
    TRY_ASSIGN(engines, cmapss::read_engines(replay.source / ("train_" + replay.subset + ".txt")));
    source_ = "recorded: C-MAPSS " + replay.subset;
  }
  std::erase_if(engines,
                [&](auto& engine) { return engine.unit < replay.first_unit || engine.unit > replay.last_unit; });
  if (engines.empty()) return fail(ErrorCode::not_found, "no engine of the file has one of the units asked for");
  for (auto& engine : engines) {
    auto asset = engine.asset();
    EngineVariables of_engine;
    auto add = [&](std::string_view signal, bool writable = false) {
      return server_.add_variable({.namespace_uri = namespace_uri,
                                   .name = fmt::format("{}.{}", asset, signal),
                                   .folder = asset,
                                   .writable = writable,
                                   .history = !writable});
    };
    for (auto signal : cmapss::signal_names) {
      TRY_ASSIGN(auto variable, add(signal));
      of_engine.signals.push_back(variable);
    }
    TRY_ASSIGN(of_engine.cycle, add("cycle"));
    TRY_ASSIGN(of_engine.maintenance, add("Maintenance"));
    TRY_ASSIGN(of_engine.remaining_life, add("RemainingLife"));
    TRY_ASSIGN(of_engine.advice, add("Advice", true));
    TRY_ASSIGN(of_engine.derate, add("Derate", true));
    variables_.push_back(std::move(of_engine));
  }
  derates_.resize(variables_.size());
  fleet_ = std::make_unique<Fleet>(std::move(engines));
  return {};
}

Result<void> Plant::prepare_faults() {
  TRY_ASSIGN(
      faults_, Faults::make(config_.faults, [&](std::string_view asset, std::string_view signal) {
        for (std::size_t i = 0; i < variables_.size(); ++i) {
          if (fleet_->engines()[i].engine->asset() != asset) continue;
          const auto found = std::find(cmapss::signal_names.begin(), cmapss::signal_names.end(), signal);
          if (found == cmapss::signal_names.end()) break;
          return std::optional(variables_[i].signals[static_cast<std::size_t>(found - cmapss::signal_names.begin())]);
        }
        return std::optional<opcua::VariableIndex>();
      }));
  return {};
}

Result<void> Plant::prepare_load() {
  auto& load = *config_.load;
  source_ = "simulated: load";
  for (std::uint32_t i = 0; i < load.tags; ++i) {
    auto asset = fmt::format("load-{:04}", i / load.tags_per_asset);
    TRY_ASSIGN(auto variable, server_.add_variable({.namespace_uri = namespace_uri,
                                                    .name = fmt::format("{}.v{:02}", asset, i % load.tags_per_asset),
                                                    .folder = asset,
                                                    .history = false}));
    load_.push_back(variable);
  }
  return {};
}

void Plant::wait_for_client() {
  auto waited_us = loop_.clock().monotonic_us() - waited_since_us_;
  auto wanted = config_.load ? load_.size() : variables_.size();
  bool wait = config_.load || config_.replay->wait_for_client;
  if (wait && server_.monitored_items() < wanted && (config_.load || waited_us < client_wait_limit_us)) {
    step_timer_.after_us(client_check_us, [this] { wait_for_client(); });
  } else if (config_.load) {
    step_timer_.every_us(static_cast<std::int64_t>(1e6 / config_.load->rate_hz), [this] { step_load(); });
  } else {
    step_timer_.every_us(config_.replay->cycle_us, [this] { step_replay(); });
  }
}

TimeUs Plant::next_source_time_us() {
  // Whole milliseconds, rising: what is told apart here is told apart everywhere (decision 1).
  last_source_time_us_ = std::max(loop_.clock().now_us() / 1000 * 1000, last_source_time_us_ + 1000);
  return last_source_time_us_;
}

void Plant::step_replay() {
  values_.clear();
  const auto now_us = next_source_time_us();
  auto put = [&](opcua::VariableIndex variable, double value) {
    row_.push_back({.variable = variable, .source_time_us = now_us, .value = value});
  };
  for (auto& step : fleet_->step()) {
    auto& variables = variables_[step.engine];
    row_.clear();
    for (std::size_t i = 0; i < variables.signals.size(); ++i) put(variables.signals[i], step.cycle->values[i]);
    put(variables.cycle, step.cycle->number);
    if (step.work_order != 0) {
      put(variables.remaining_life, step.remaining_life);
      put(variables.maintenance, step.work_order);
    }
    faults_.apply(fleet_->engines()[step.engine].engine->asset(), step.cycle->number, step.work_order != 0, row_);
    values_.insert(values_.end(), row_.begin(), row_.end());
  }
  publish();
  if (fleet_->finished()) {
    step_timer_.cancel();
    log_info("every engine's life has ended", {{"published_points", std::to_string(published_points_)}});
    write_ledger();
  }
}

void Plant::step_load() {
  values_.clear();
  const auto now_us = next_source_time_us();
  ++ticks_;
  for (std::size_t i = 0; i < load_.size(); ++i) {
    double phase = 0.01 * static_cast<double>(ticks_) + 0.1 * static_cast<double>(i);
    values_.push_back(
        {.variable = load_[i], .source_time_us = now_us, .value = std::round(2000 * std::sin(phase)) / 100});
  }
  publish();
  if (config_.load->ticks != 0 && ticks_ >= config_.load->ticks) {
    step_timer_.cancel();
    write_ledger();
  }
}

void Plant::publish() {
  server_.write(values_);
  published_points_ += values_.size();
}

void Plant::restart_server(std::int64_t pause_us, std::function<void(Error why)> lost) {
  log_info("OPC UA server goes away");
  server_.stop();
  reversed_ = !reversed_;
  if (reversed_) {
    server_.set_namespaces({other_namespace_uri, namespace_uri});
  } else {
    server_.set_namespaces({namespace_uri, other_namespace_uri});
  }
  restart_timer_.after_us(pause_us, [this, lost = std::move(lost)] {
    if (auto started = server_.start(); !started) return lost(started.error());
    log_info("OPC UA server is back, namespaces in another order");
  });
}

void Plant::write_ledger() {
  if (config_.ledger.empty()) return;
  nlohmann::json ledger{
      {"source", source_}, {"published_points", published_points_ - faults_.duplicates()}, {"ticks", ticks_}};
  ledger["finished"] =
      fleet_ ? fleet_->finished() : config_.load && config_.load->ticks != 0 && ticks_ >= config_.load->ticks;
  ledger["engines"] = nlohmann::json::array();
  if (fleet_) {
    for (std::size_t i = 0; i < derates_.size(); ++i) {
      const auto& progress = fleet_->engines()[i];
      ledger["engines"].push_back({{"asset", progress.engine->asset()},
                                   {"state", to_string(progress.state)},
                                   {"cycles", progress.cycle},
                                   {"life", progress.engine->cycles.size()},
                                   {"wasted", progress.wasted},
                                   {"derates", derates_[i]}});
    }
  }
  if (auto written = write_file(config_.ledger, ledger.dump(1)); !written) log_error(written.error().message);
}

}  // namespace millrace::plant
