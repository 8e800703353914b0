#include "gateway/gateway.hpp"

namespace millrace {

void Gateway::add_metrics(MetricRegistry& metrics) {
  auto add = [&](const char* name, const char* help, std::function<double()> value) {
    metrics.watch(std::string("millrace_gateway_") + name, help, std::move(value));
  };
  auto points = [this](auto member) {
    return [this, member] { return acquisition_ ? static_cast<double>(acquisition_->stream().counters().*member) : 0; };
  };
  using Points = PointStream::Counters;
  add("points_total", "points read and passed on", points(&Points::points));
  add("points_repeated_total", "points that had been passed on before", points(&Points::repeated));
  add("points_not_good_total", "points whose status is not good", points(&Points::not_good));
  add("points_not_spooled_total", "points that the full spool refused", points(&Points::not_spooled));

  auto opcua = [this](auto member) {
    return [this, member] { return acquisition_ ? static_cast<double>(acquisition_->counters().*member) : 0; };
  };
  using Opcua = opcua::ClientCounters;
  add("signals_unresolved", "signals that the server does not have", opcua(&Opcua::unresolved));
  add("opcua_sessions_total", "OPC UA sessions made", opcua(&Opcua::sessions));
  add("opcua_backfilled_total", "points read from history", opcua(&Opcua::backfilled_samples));
  add("signals", "signals that are read",
      [this] { return acquisition_ ? static_cast<double>(acquisition_->plan().catalogue.size()) : 0; });
  add("opcua_connected", "OPC UA connections",
      [this] { return acquisition_ ? static_cast<double>(acquisition_->connected()) : 0; });

  auto site = [this](auto member) { return [this, member] { return static_cast<double>(site_.counters().*member); }; };
  using Site = SiteLink::Counters;
  add("site_connected", "1 when the site broker is there", [this] { return site_.connected() ? 1.0 : 0.0; });
  add("site_messages_total", "messages for the site", site(&Site::messages));
  add("site_messages_lost_total", "messages that the site broker did not take", site(&Site::lost));
  add("site_messages_replayed_total", "messages sent again for a restarted edge", site(&Site::replayed));

  auto uplink = [this](auto member) {
    return [this, member] { return static_cast<double>(uplink_.counters().*member); };
  };
  using Up = Uplink::Counters;
  add("platform_connected", "1 when the platform listens", [this] { return uplink_.connected() ? 1.0 : 0.0; });
  add("batches_committed_total", "batches made durable", uplink(&Up::batches_committed));
  add("batches_sent_total", "batches sent the first time", uplink(&Up::batches_sent));
  add("batches_sent_again_total", "batches sent from the backlog", uplink(&Up::batches_sent_again));
  add("commits_failed_total", "commits of the spool that failed", uplink(&Up::failed_commits));
  add("spool_bytes", "bytes that wait for the platform", uplink(&Up::spool_bytes));
  add("spool_batches", "batches that wait for the platform", uplink(&Up::spool_batches));
  add("spool_gaps_total", "gap records since the start", uplink(&Up::gaps));

  add("decisions_total", "decisions heard from edges", [this] { return static_cast<double>(decisions_); });
  add("decisions_repeated_total", "decisions heard again", [this] { return static_cast<double>(decisions_repeated_); });
  add("decisions_lost_total", "decisions that found no room", [this] { return static_cast<double>(decisions_lost_); });
}

}  // namespace millrace
