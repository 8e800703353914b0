#include "platform/metrics.hpp"

#include "platform/intake.hpp"

namespace millrace {
namespace {

struct IngestCounter {
  const char* name;
  const char* help;
  std::uint64_t IngestStats::* count;
};

constexpr IngestCounter ingest_counters[] = {
    {"points_total", "points taken from brokers and imports", &IngestStats::points},
    {"points_stored_total", "points committed to the lake", &IngestStats::stored_points},
    {"points_lost_total", "points of senders that do not repeat, refused by a full buffer", &IngestStats::lost_points},
    {"decisions_stored_total", "decisions committed to the lake", &IngestStats::stored_decisions},
    {"commits_total", "commits of the lake", &IngestStats::commits},
    {"commits_failed_total", "commits of the lake that failed and were tried again", &IngestStats::failed_commits},
    {"batches_duplicate_total", "batches that were held already", &IngestStats::duplicate_batches},
    {"batches_refused_total", "batches that found the buffer full and will come again", &IngestStats::refused_batches},
    {"spool_gaps_total", "gap records of the sites", &IngestStats::gaps},
    {"messages_corrupt_total", "messages that were no payload", &IngestStats::corrupt_messages},
};

}  // namespace

void add_metrics(MetricRegistry& metrics, const Services& services) {
  metrics.add_process_metrics();
  const auto add = [&](const char* name, const char* help, std::function<double()> value) {
    metrics.watch(std::string("millrace_platform_") + name, help, std::move(value));
  };
  for (const auto& row : ingest_counters) {
    add(row.name, row.help,
        [&services, count = row.count] { return static_cast<double>(services.intake.now_stats().*count); });
  }
  add("ingest_rows", "rows that wait for a commit",
      [&services] { return static_cast<double>(services.intake.now_stats().buffered_rows); });
  add("ingest_lag_seconds", "source time to commit of the newest commit",
      [&services] { return static_cast<double>(services.intake.now_stats().lag_us) / 1e6; });
  add("broker_connected", "1 when the platform's broker is there",
      [&services] { return services.intake.connected() ? 1.0 : 0.0; });
  add("assets", "assets seen live", [&services] { return static_cast<double>(services.live.assets().size()); });
  add("signals_not_shown_total", "signals beyond what is kept live: stored, not shown",
      [&services] { return static_cast<double>(services.live.ignored_signals()); });
  add("event_streams", "consoles that listen", [&services] { return static_cast<double>(services.events.size()); });
}

}  // namespace millrace
