#include "platform/platform.hpp"

#include "base/file.hpp"
#include "lake/duckdb/duckdb_lake.hpp"
#include "metadata/migrations.hpp"
#include "metadata/sqlite/sqlite_database.hpp"
#include "platform/api_json.hpp"
#include "platform/build_info.hpp"
#include "platform/metrics.hpp"
#include "platform/routes.hpp"
#include "platform/static_files.hpp"
#include "platform/status.hpp"

#include <unistd.h>

namespace millrace {
namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::size_t query_threads = 2;
constexpr std::size_t query_queue = 64;    // more than this many waiting requests are refused with 429
constexpr std::size_t live_limit = 5'000;  // signals in one event

IntakeOptions intake_options(const PlatformConfig& config) {
  IntakeOptions options;
  options.ingest = {.commit_rows = config.lake.commit_rows,
                    .commit_every_us = config.lake.commit_every_us,
                    .buffer_rows = config.lake.queue_rows};
  if (config.broker.port != 0) {
    options.broker = mqtt::ClientOptions{.host = config.broker.host,
                                         .port = config.broker.port,
                                         .client_id = "millrace-platform",
                                         .credentials = config.credentials,
                                         .receive_pause_us = config.broker.receive_pause_us};
  }
  return options;
}

}  // namespace

Result<Platform::Stores> Platform::open_stores(const Loop& loop, const PlatformConfig& config) {
  TRY_ASSIGN(auto database, open_sqlite_database(config.directory / "metadata.sqlite"));
  const auto now_us = loop.clock().now_us();
  TRY(migrate(*database, now_us));
  TRY_ASSIGN(auto lake, open_duckdb_lake({.folder = config.directory / "lake",
                                          .writer_memory = config.lake.writer_memory,
                                          .reader_memory = config.lake.reader_memory}));
  TRY_ASSIGN(auto use_cases, UseCaseStore::open(*database));
  TRY_ASSIGN(
      auto sessions,
      Sessions::open(*database, {.token_file = config.console.token_file, .login_file = config.console.login_file},
                     now_us));
  TRY_ASSIGN(auto jobs, JobBoard::open(*database, now_us));
  TRY_ASSIGN(auto fleet, Fleet::open(*database, config.devices));
  return Stores{std::move(database), std::move(lake), std::move(use_cases),
                std::move(sessions), std::move(jobs), std::move(fleet)};
}

Result<std::unique_ptr<Platform>> Platform::open(Loop& loop, PlatformConfig config) {
  TRY_ASSIGN(auto stores, open_stores(loop, config));
  return std::make_unique<Platform>(loop, std::move(config), std::move(stores));
}

Platform::Platform(Loop& loop, PlatformConfig config, Stores stores)
    : loop_(loop),
      config_(std::move(config)),
      stores_(std::move(stores)),
      models_(*stores_.database),
      artifacts_(config_.directory / "artifacts"),
      verdicts_(*stores_.database),
      assignments_(stores_.use_cases, models_),
      workers_(loop, query_threads, query_queue),
      intake_({loop, *stores_.lake, stores_.use_cases, live_, stores_.fleet, events_, problems_},
              intake_options(config_)),
      kpis_(services_),
      training_(services_, loop, config_.training, std::string(build_commit())),
      services_{
          loop,       config_,   *stores_.lake, workers_, stores_.sessions, stores_.use_cases, models_,
          artifacts_, verdicts_, live_,         events_,  stores_.jobs,     stores_.fleet,     assignments_,
          intake_,    kpis_,     training_,     metrics_, snapshots_,       problems_,         loop.clock().now_us()},
      upkeep_(services_),
      live_timer_(loop),
      status_timer_(loop),
      kpi_timer_(loop) {
  add_metrics(metrics_, services_);
}

Platform::~Platform() { end_workers(); }

Result<void> Platform::start() {
  // What is assigned to devices must be there to be fetched, also when a crash fell between applying and storing.
  for (const auto& [name, applied] : stores_.use_cases.all()) TRY(artifacts_.put(applied.yaml));
  TRY(intake_.start());
  TRY(start_servers());
  start_timers();
  return write_run_file();
}

Result<void> Platform::start_servers() {
  const auto guard = [this](const http::Request& request) {
    return refuse(request, console_server_->port(), stores_.sessions, services_.now_us());
  };
  console_server_ = http::make_beast_server(loop_,
                                            {.address = config_.console.address,
                                             .port = config_.console.port,
                                             .body_limit_bytes = import_body_bytes,
                                             .headers = security_headers(),
                                             .guard = guard},
                                            console_routes(services_));
  TRY(console_server_->start());
  if (config_.credentials.certificate.empty()) return {};
  device_server_ = http::make_beast_server(loop_,
                                           {.address = config_.device_api.address,
                                            .port = config_.device_api.port,
                                            .credentials = config_.credentials,
                                            .headers = security_headers()},
                                           device_routes(services_));
  return device_server_->start();
}

void Platform::start_timers() {
  live_timer_.every_us(second_us / 4, [this] { send_live(); });
  status_timer_.every_us(2 * second_us, [this] {
    if (!events_.empty()) events_.send("status", dump(json_status(services_)));
  });
  kpi_timer_.every_us(2 * second_us, [this] { kpis_.refresh(); });
  upkeep_.start();
}

void Platform::send_live() {
  if (events_.empty()) return;
  const auto changes = live_.take_changes(live_limit);
  if (!changes.empty()) events_.send("live", dump(json_live_event(live_, changes)));
}

Result<void> Platform::write_run_file() const {
  if (config_.console.run_file.empty()) return {};
  const nlohmann::json content{
      {"port", console_port()}, {"device_port", device_port()}, {"pid", getpid()}, {"version", build_version()}};
  return write_file(config_.console.run_file, content.dump() + "\n");
}

void Platform::stop() {
  live_timer_.cancel();
  status_timer_.cancel();
  kpi_timer_.cancel();
  if (device_server_) device_server_->stop();
  if (console_server_) console_server_->stop();
  end_workers();
  intake_.stop();
  upkeep_.stop();
}

/// What they use is declared after them, and would go first.
void Platform::end_workers() {
  training_.stop();
  workers_.stop();
}

std::uint16_t Platform::console_port() const { return console_server_ ? console_server_->port() : 0; }
std::uint16_t Platform::device_port() const { return device_server_ ? device_server_->port() : 0; }

}  // namespace millrace
