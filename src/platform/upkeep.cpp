#include "platform/upkeep.hpp"

#include "platform/config.hpp"
#include "platform/intake.hpp"
#include "platform/training_desk.hpp"
#include "runtime/log.hpp"

#include <fmt/format.h>

#include <memory>

namespace millrace {
namespace {

constexpr std::int64_t turn_us = 60'000'000;
constexpr std::int64_t snapshots_last_us = 600'000'000;
constexpr std::string_view maintenance = "maintenance of the lake";
constexpr std::string_view saving_fleet = "saving what the nodes said";

}  // namespace

void Upkeep::start() {
  timer_.every_us(turn_us, [this] { turn(); });
}

void Upkeep::stop() {
  timer_.cancel();
  save_fleet();
}

void Upkeep::turn() {
  save_fleet();
  if (maintaining_) return;
  auto wanted = options();
  if (!wanted) return note(maintenance, fail(wanted.error()));
  auto outcome = std::make_shared<Result<void>>();
  const auto submitted = services_.workers.submit(
      [&lake = services_.lake, options = std::move(*wanted), outcome] { *outcome = lake.maintain(options); },
      [this, outcome] {
        maintaining_ = false;
        note(maintenance, *outcome);
      });
  if (!submitted) return note(maintenance, submitted);
  maintaining_ = true;
}

Result<MaintenanceOptions> Upkeep::options() const {
  TRY_ASSIGN(const auto models, services_.models.list());
  const auto now_us = services_.now_us();
  MaintenanceOptions options{.keep = services_.snapshots.kept(now_us),
                             .expire_before_us = services_.training.busy() ? 0 : now_us - snapshots_last_us,
                             .spared_signals = services_.intake.outcome_signals()};
  for (const auto& [table, keep_us] : services_.config.lake.keep_us)
    options.retention.push_back({table, now_us - keep_us});
  for (const auto& model : models) options.keep.push_back(static_cast<SnapshotId>(model.dataset.snapshot));
  return options;
}

void Upkeep::save_fleet() { note(saving_fleet, services_.fleet.save()); }

void Upkeep::note(std::string_view what, const Result<void>& outcome) {
  if (!outcome) {
    if (services_.problems.fails(what, outcome.error(), services_.now_us())) {
      log_warning(fmt::format("{} fails, and is tried again every minute", what), {{"why", outcome.error().message}});
    }
  } else if (services_.problems.works(what)) {
    log_info(fmt::format("{} works again", what));
  }
}

}  // namespace millrace
