#include "platform/intake.hpp"

#include "platform/api_json.hpp"
#include "runtime/log.hpp"
#include "sparkplug/names.hpp"
#include "usecase/selection.hpp"

#include <algorithm>

namespace millrace {
namespace {

constexpr std::string_view storing = "storing what comes in";
constexpr std::string_view connecting = "the connection to the platform's broker";
constexpr std::int64_t tick_us = 20'000;
constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t replay_us =
    3ll * 24 * 3600 * second_us;  // longer than sites are away, shorter than the lake is deep

sparkplug::Payload acknowledgement(const std::string& epoch, const std::string& ranges, TimeUs now_us) {
  const auto time_ms = static_cast<std::uint64_t>(now_us / 1000);
  sparkplug::Payload command;
  command.metrics.push_back(sparkplug::text_metric(std::string(sparkplug::names::epoch), epoch, time_ms));
  command.metrics.push_back(sparkplug::text_metric(std::string(sparkplug::names::acked), ranges, time_ms));
  return command;
}

Intake::Stored ignore_nothing(Intake::Stored done) {
  return done ? std::move(done) : [](const Result<void>&) {};
}

}  // namespace

Intake::Intake(Parts parts, IntakeOptions options)
    : parts_(parts),
      options_(std::move(options)),
      ingest_(options_.ingest, parts.loop.clock(), ingest_handlers()),
      host_({.host = options_.host}, parts.loop.clock(), host_handlers()),
      timer_(parts.loop),
      measuring_(parts.loop),
      committer_(parts.loop, 1, 4) {}

Result<void> Intake::start() {
  started_us_ = parts_.loop.clock().monotonic_us();
  TRY_ASSIGN(const auto before, read_ingest_start(parts_.lake));
  ingest_.start(before);
  TRY(replay_work_orders());
  TRY_ASSIGN(const auto count, parts_.lake.query("SELECT count(*) FROM samples"));
  points_before_ = static_cast<std::uint64_t>(count.number(0, 0));
  use_cases_changed();
  timer_.every_us(tick_us, [this] {
    host_.on_timer(now_us());
    ingest_.on_timer(now_us());
  });
  measuring_.every_us(second_us, [this] { measure(); });
  if (options_.broker) connect();
  return {};
}

Result<void> Intake::replay_work_orders() {
  const auto watched = ingest_.watched_signals();
  if (watched.empty()) return {};
  SampleBatch stored;
  TRY(parts_.lake.scan({.signal_ids = watched, .from_us = now_us() - replay_us},
                       [&](const ScanBlock& block) -> Result<void> {
                         for (std::size_t i = 0; i < block.signal_id.size(); ++i) {
                           stored.add(block.signal_id[i], block.source_time_us[i], block.value[i], block.status[i]);
                         }
                         return {};
                       }));
  ingest_.replay(stored);
  return {};
}

void Intake::connect() {
  client_ = mqtt::make_mosquitto_client(parts_.loop, *options_.broker);
  client_->start(
      {.will =
           [this] {
             auto testament = host_.testament(now_us());
             return std::optional<mqtt::Will>(
                 {testament.topic, testament.payload, testament.quality_of_service, testament.retain});
           },
       .on_connected = [this] { on_connected(); },
       .on_disconnected = [this](const Error& why) { on_disconnected(why); },
       .on_message =
           [this](const mqtt::Message& message) { host_.on_message(message.topic, message.payload, now_us()); }});
}

void Intake::on_connected() {
  if (parts_.problems.works(connecting)) log_info("connected to the platform's broker");
  // A refused subscription shows as a missing one: the connection is made anew by the broker's close.
  if (client_->subscribe(host_.subscriptions(), 1)) host_.on_connected(now_us());
}

/// The client tells each reason once.
void Intake::on_disconnected(const Error& why) {
  log_warning("no connection to the platform's broker", {{"why", why.message}});
  parts_.problems.fails(connecting, why, now_us());
  host_.on_disconnected(now_us());
}

void Intake::stop() {
  timer_.cancel();
  measuring_.cancel();
  if (client_ == nullptr) return;
  host_.stop(now_us());
  client_->stop();
}

sparkplug::Host::Handlers Intake::host_handlers() {
  return {.publish = [this](const sparkplug::Publication& publication) -> Result<void> {
            if (client_ == nullptr) return fail(ErrorCode::unavailable, "no broker");
            return client_->publish(publication.topic, publication.payload, publication.quality_of_service,
                                    publication.retain);
          },
          .birth = [this](sparkplug::DeviceState& device, const sparkplug::Payload& birth,
                          TimeUs time_us) { on_birth(device, birth, time_us); },
          .death =
              [this](sparkplug::DeviceState& device, TimeUs time_us) {
                ingest_.on_death(device, time_us);
                on_death(device, time_us);
              },
          .data =
              [this](sparkplug::DeviceState& device, std::string_view payload, TimeUs time_us) {
                last_received_us_ = time_us;
                parts_.fleet.seen(device.group, device.node, time_us);
                ingest_.on_data(device, payload, time_us);
              }};
}

Ingest::Handlers Intake::ingest_handlers() {
  return {.commit = [this](const LakeCommit& rows, const std::string& marks) { commit(rows, marks); },
          .acknowledge = [this](const std::string& site, const std::string& node, const std::string& epoch,
                                const std::string& ranges) { acknowledge(site, node, epoch, ranges); },
          .meaning = [this](std::string_view site, std::string_view asset,
                            std::string_view signal) { return meaning_of(site, asset, signal); },
          .samples = [this](const SampleBatch& samples, std::size_t first) { show_samples(samples, first); },
          .decision = [this](const DecisionRow& decision) { show_decision(decision); }};
}

void Intake::commit(const LakeCommit& rows, const std::string& marks) {
  auto outcome = std::make_shared<Result<SnapshotId>>();
  const auto submitted = committer_.submit(
      [&lake = parts_.lake, &rows, marks, outcome] { *outcome = lake.commit(rows, "platform", "ingest", marks); },
      [this, outcome] { on_committed(*outcome); });
  if (!submitted) on_committed(fail(submitted.error()));
}

void Intake::on_committed(const Result<SnapshotId>& outcome) {
  ingest_.on_committed(outcome, now_us());
  if (!outcome) {
    if (parts_.problems.fails(storing, outcome.error(), now_us())) {
      log_error("what comes in cannot be stored now; it waits here and at its senders, and nothing is lost yet",
                {{"why", outcome.error().message}});
    }
    return;
  }
  if (const auto over = parts_.problems.works(storing)) {
    log_info("what comes in is stored again", {{"after_s", (now_us() - over->since_us) / second_us}});
  }
  if (!first_decision_s_ && ingest_.stats().stored_decisions > 0) {
    first_decision_s_ = static_cast<double>(parts_.loop.clock().monotonic_us() - started_us_) / second_us;
  }
}

void Intake::acknowledge(const std::string& site, const std::string& node, const std::string& epoch,
                         const std::string& ranges) {
  // An acknowledgement that does not get through is made up for: the batches come again and are acknowledged again.
  const auto sent = host_.command(site, node, {}, acknowledgement(epoch, ranges, now_us()), now_us());
  static_cast<void>(sent.has_value());
}

void Intake::on_birth(sparkplug::DeviceState& device, const sparkplug::Payload& birth, TimeUs time_us) {
  if (auto properties = sparkplug::asset_properties(birth); !properties.type.empty())
    parts_.live.describe(device.group, device.device, std::move(properties));
  ingest_.on_birth(device, birth, time_us);
  parts_.fleet.online(device.group, device.node, true, time_us);
  if (device.device.empty()) return;
  for (const auto& metric : device.metrics.metrics()) {
    if (metric.tag == UINT32_MAX) continue;
    const auto id = static_cast<std::int32_t>(metric.tag);
    parts_.live.declare(ingest_.signals().row(id));
    const auto* born = birth.find(metric.name);
    const auto value = born != nullptr ? sparkplug::to_number(born->value) : std::nullopt;
    if (value && born->time_ms != 0)
      parts_.live.update(id, static_cast<TimeUs>(born->time_ms) * 1000, *value, status::good);
  }
  parts_.live.set_online(device.group, device.device, true);
}

void Intake::on_death(const sparkplug::DeviceState& device, TimeUs time_us) {
  if (device.device.empty()) {
    parts_.fleet.online(device.group, device.node, false, time_us);
  } else {
    parts_.live.set_online(device.group, device.device, false);
  }
}

void Intake::show_samples(const SampleBatch& samples, std::size_t first) {
  for (std::size_t i = first; i < samples.size(); ++i) {
    parts_.live.update(samples.signal_id[i], samples.source_time_us[i], samples.value[i], samples.status[i]);
  }
}

void Intake::show_decision(const DecisionRow& decision) {
  parts_.live.decide(decision);
  if (!parts_.events.empty()) parts_.events.send("decision", dump(json_decision(decision)));
}

/// An asset that was only imported told no type: then the site and the signal's name must do.
std::optional<SignalMeaning> Intake::meaning_of(std::string_view site, std::string_view asset,
                                                std::string_view signal) const {
  const auto* live = parts_.live.find(site, asset);
  const bool is_typed = live != nullptr && !live->properties.type.empty();
  for (const auto& [name, applied] : parts_.use_cases.all()) {
    const auto& use_case = applied.use_case;
    const bool is_meant = is_typed ? selects(use_case.assets, site, live->properties.type, live->properties.tags)
                                   : use_case.assets.site == "*" || use_case.assets.site == site;
    if (!is_meant) continue;
    if (const auto* declared = use_case.find_signal(signal); declared != nullptr) {
      return SignalMeaning{declared->role, declared->codes, name, declared->unit, declared->quantity};
    }
  }
  return std::nullopt;
}

void Intake::use_cases_changed() {
  std::vector<UseCase> use_cases;
  for (const auto& [name, applied] : parts_.use_cases.all()) use_cases.push_back(applied.use_case);
  parts_.live.set_use_cases(std::move(use_cases));
  ingest_.meanings_changed();
}

void Intake::store(LakeCommit rows, Stored done) {
  done = ignore_nothing(std::move(done));
  const auto taken = ingest_.submit(
      std::move(rows),
      [done](const Result<SnapshotId>& outcome) {
        done(outcome ? Result<void>() : Result<void>(fail(outcome.error())));
      },
      now_us());
  if (!taken) done(fail(taken.error()));
}

void Intake::import_samples(const std::string& site, const UseCase& use_case, const CsvSamples& samples,
                            std::vector<QualityRow> quality, Stored done) {
  std::vector<std::int32_t> ids;  // asset after asset
  for (const auto& asset : samples.assets) {
    for (const auto& signal : samples.signals) {
      const auto* declared = use_case.find_signal(signal);
      ids.push_back(ingest_.assign(site, asset, signal, declared != nullptr ? declared->unit : "",
                                   declared != nullptr ? declared->quantity : ""));
    }
  }
  LakeCommit rows;
  rows.samples.reserve(samples.points.size());
  for (const auto& point : samples.points) {
    rows.samples.add(ids[point.asset * samples.signals.size() + point.signal], point.time_us, point.value,
                     point.status);
  }
  rows.quality = std::move(quality);
  store(std::move(rows), std::move(done));
}

void Intake::import_work_orders(std::vector<WorkOrderRow> orders, Stored done) {
  LakeCommit rows;
  rows.work_orders = std::move(orders);
  store(std::move(rows), std::move(done));
}

void Intake::measure() {
  std::rotate(stored_points_.rbegin(), stored_points_.rbegin() + 1, stored_points_.rend());
  stored_points_.front() = ingest_.stats().stored_points;
}

IntakeStatistics Intake::statistics() const {
  const auto stats = ingest_.stats();
  return {.points_total = points_before_ + stats.stored_points,
          .points_per_s = static_cast<double>(stored_points_.front() - stored_points_.back()) /
                          static_cast<double>(stored_points_.size() - 1),
          .lag_ms = stats.commits > 0 && stats.lag_us != 0 ? std::optional(static_cast<double>(stats.lag_us) / 1000)
                                                           : std::nullopt,
          .duplicate_batches = stats.duplicate_batches,
          .gaps = stats.gaps,
          .last_received_us = last_received_us_,
          .first_decision_s = first_decision_s_};
}

}  // namespace millrace
