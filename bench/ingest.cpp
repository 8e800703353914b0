// From Sparkplug messages to rows committed in the lake: points per second of a busy core of the receiving process.
//   bench_ingest                      all variants, one JSON line per figure
//   bench_ingest publish PORT N P DIR (started by itself) a gateway's uplink that sends N messages of P points;
//                                     its certificate and its spool lie in DIR
#include "ingest/ingest.hpp"
#include "ingest_load.hpp"
#include "ingest_publisher.hpp"
#include "lake/duckdb/duckdb_lake.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "platform/config.hpp"
#include "result_line.hpp"
#include "runtime/worker_pool.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace millrace::bench {
namespace {

namespace sp = sparkplug;

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void die(const Error& error) {
  fmt::print(stderr, "bench_ingest: {}\n", error.message);
  std::exit(1);
}

/// The receiving half of the platform, with its defaults: host, ingest and a lake of its own; commits on a worker.
class Receiver {
 public:
  Receiver() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) die({ErrorCode::unavailable, "no temporary folder"});
    folder_ = pattern;
    auto opened = open_duckdb_lake(
        {.folder = folder_, .writer_memory = limits_.writer_memory, .reader_memory = limits_.reader_memory});
    if (!opened) die(opened.error());
    lake_ = std::move(*opened);
    ingest_ = std::make_unique<Ingest>(
        IngestOptions{.commit_rows = limits_.commit_rows,
                      .commit_every_us = limits_.commit_every_us,
                      .buffer_rows = limits_.queue_rows},
        clock_,
        Ingest::Handlers{
            .commit = [this](const LakeCommit& rows, const std::string& marks) { commit(rows, marks); },
            .acknowledge = [this](const std::string& site, const std::string& node, const std::string& epoch,
                                  const std::string& ranges) { acknowledge(site, node, epoch, ranges); }});
    host_ = std::make_unique<sp::Host>(
        sp::HostOptions{.host = "platform"}, clock_,
        sp::Host::Handlers{
            .publish = [this](const sp::Publication& p) { return publish_ ? publish_(p) : Result<void>(); },
            .birth = [this](sp::DeviceState& d, const sp::Payload& p, TimeUs t) { ingest_->on_birth(d, p, t); },
            .death = [this](sp::DeviceState& d, TimeUs t) { ingest_->on_death(d, t); },
            .data = [this](sp::DeviceState& d, std::string_view p, TimeUs t) { ingest_->on_data(d, p, t); }});
    timer_.every_us(20'000, [this] {
      host_->on_timer(now_us());
      ingest_->on_timer(now_us());
    });
  }
  ~Receiver() {
    host_.reset();
    lake_.reset();
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] TimeUs now_us() const { return clock_.now_us(); }
  [[nodiscard]] std::uint64_t stored() const { return ingest_->stats().stored_points; }
  [[nodiscard]] std::size_t buffered() const { return ingest_->stats().buffered_rows; }
  sp::Host& host() { return *host_; }
  Loop& loop() { return loop_; }
  Lake& lake() { return *lake_; }
  std::function<Result<void>(const sp::Publication&)> publish_;

  void check(std::uint64_t points) {
    const auto count = lake_->query("SELECT count(*) FROM samples");
    if (!count) die(count.error());
    if (count->number(0, 0) != static_cast<double>(points)) {
      die({ErrorCode::internal, fmt::format("{} points stored, {} sent", count->number(0, 0), points)});
    }
  }

 private:
  void commit(const LakeCommit& rows, const std::string& marks) {
    auto outcome = std::make_shared<Result<SnapshotId>>();
    const auto submitted =
        workers_.submit([this, &rows, marks, outcome] { *outcome = lake_->commit(rows, "bench", "ingest", marks); },
                        [this, outcome] {
                          if (!*outcome) die(outcome->error());
                          ingest_->on_committed(*outcome, now_us());
                        });
    if (!submitted) die(submitted.error());
  }
  void acknowledge(const std::string& site, const std::string& node, const std::string& epoch,
                   const std::string& ranges) {
    sp::Payload command;
    command.metrics.push_back(sp::text_metric(std::string(sp::names::epoch), epoch, 1));
    command.metrics.push_back(sp::text_metric(std::string(sp::names::acked), ranges, 1));
    if (const auto sent = host_->command(site, node, {}, std::move(command), now_us()); !sent) die(sent.error());
  }

  const PlatformConfig::LakeLimits limits_;  ///< as the platform has them unless told otherwise
  SystemClock clock_;
  Loop loop_{clock_};
  std::filesystem::path folder_;
  std::unique_ptr<Lake> lake_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<sp::Host> host_;
  Timer timer_{loop_};
  WorkerPool workers_{loop_, 1, 4};
};

/// Encoded messages lie in memory: what decoding, collecting and committing cost.
void run_in_memory(std::size_t points_per_message, std::uint64_t messages) {
  Receiver receiver;
  IngestLoad load(points_per_message);
  receiver.host().on_connected(receiver.now_us());
  for (const auto& birth : load.births()) receiver.host().on_message(birth.topic, birth.payload, receiver.now_us());
  std::vector<IngestLoad::Message> data;
  for (std::uint64_t i = 0; i < messages; ++i) data.push_back(load.data(i));
  const std::uint64_t points = messages * points_per_message;
  const double cpu = cpu_seconds(), wall = wall_seconds();
  std::size_t next = 0;
  Timer pause(receiver.loop());
  std::function<void()> feed = [&] {
    for (int i = 0; i < 200 && next < data.size() && receiver.buffered() < 1'500'000; ++i, ++next) {
      receiver.host().on_message(data[next].topic, data[next].payload, receiver.now_us());
    }
    if (next == data.size()) return;
    receiver.buffered() < 1'500'000 ? receiver.loop().post(feed) : pause.after_us(1'000, feed);
  };
  feed();
  if (!receiver.loop().run_until([&] { return receiver.stored() >= points; }, 120'000'000))
    die({ErrorCode::timed_out, "not all was stored"});
  const double used = cpu_seconds() - cpu, took = wall_seconds() - wall;
  receiver.check(points);
  const auto what = fmt::format("{} points a message", points_per_message);
  print_result(fmt::format("ingest: Sparkplug in memory to lake, {}", what), static_cast<double>(points) / used,
               "points/s per busy core", "higher", 2e6);
  print_result(fmt::format("ingest: Sparkplug in memory to lake, {}, elapsed", what),
               static_cast<double>(points) / took, "points/s", "higher");
}

double peak_memory_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

pid_t start_publisher(const mqtt::BrokerProcess& broker, std::uint64_t messages, std::size_t points) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto port_text = std::to_string(broker.port()), messages_text = std::to_string(messages),
             points_text = std::to_string(points);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(self.c_str(), self.c_str(), "publish", port_text.c_str(), messages_text.c_str(), points_text.c_str(),
            broker.folder().c_str(), nullptr);
    ::_exit(127);
  }
  return child;
}

/// With PEERS=1 the hand-made ingest is measured in the same run (points per second of its CPU); else there is none to
/// show.
Peer measure_peer() {
  const char* wanted = std::getenv("PEERS");
  const char* python = std::getenv("MILLRACE_PYTHON");
  if (wanted == nullptr || std::string_view(wanted) != "1" || python == nullptr) return {};
  FILE* pipe = ::popen(fmt::format("'{}' bench/peers/ingest_paho.py", python).c_str(), "r");
  if (pipe == nullptr) return {};
  char line[1024] = {};
  const bool answered = std::fgets(line, sizeof line, pipe) != nullptr;
  ::pclose(pipe);
  const std::string_view text = line;
  const auto at = text.find("\"value\": ");
  if (!answered || at == std::string_view::npos) return {};
  return {"paho + pandas + DuckDB, JSON of 240 points a message", std::atof(line + at + 9)};
}

/// A real broker between a gateway's process and this one: everything the platform does for a point counts.
void run_through_broker(std::size_t points_per_message, std::uint64_t messages) {
  auto broker = mqtt::BrokerProcess::start({.tls = true});
  if (!broker) die(broker.error());
  Receiver receiver;
  if (const auto issued = (*broker)->issue("gateway"); !issued) die(issued.error());
  auto options = (*broker)->client_options("platform");
  options.receive_pause_us = PlatformConfig{}.broker.receive_pause_us;
  auto client = mqtt::make_mosquitto_client(receiver.loop(), options);
  receiver.publish_ = [&](const sp::Publication& p) {
    return client->publish(p.topic, p.payload, p.quality_of_service, p.retain);
  };
  bool ready = false;
  client->start(
      {.will = [&]() -> std::optional<mqtt::Will> { return std::nullopt; },
       .on_connected =
           [&] {
             if (const auto subscribed = client->subscribe(receiver.host().subscriptions(), 1); !subscribed)
               die(subscribed.error());
             receiver.host().on_connected(receiver.now_us());
             ready = true;
           },
       .on_disconnected = [](const Error&) {},
       .on_message =
           [&](const mqtt::Message& m) { receiver.host().on_message(m.topic, m.payload, receiver.now_us()); }});
  receiver.loop().run_until([&] { return ready; }, 10'000'000);
  const std::uint64_t points = messages * points_per_message;
  const pid_t publisher = start_publisher(**broker, messages, points_per_message);
  receiver.loop().run_until([&] { return receiver.stored() > 0; }, 60'000'000);
  const auto before = receiver.stored();
  const double cpu = cpu_seconds(), wall = wall_seconds();
  if (!receiver.loop().run_until([&] { return receiver.stored() >= points; }, 120'000'000)) {
    die({ErrorCode::timed_out, fmt::format("{} of {} points were stored", receiver.stored(), points)});
  }
  const double used = cpu_seconds() - cpu, took = wall_seconds() - wall;
  ::kill(publisher, SIGTERM);
  ::waitpid(publisher, nullptr, 0);
  receiver.check(points);
  const auto what = fmt::format("{} points a message", points_per_message);
  const double measured = static_cast<double>(points - before);
  print_result(fmt::format("ingest: MQTT broker to lake, {}", what), measured / used, "points/s per busy core",
               "higher", 2e6, points_per_message == 240 ? measure_peer() : Peer{});
  print_result(fmt::format("ingest: MQTT broker to lake, {}, elapsed", what), measured / took, "points/s", "higher");
  print_result(fmt::format("ingest: peak memory, {}", what), peak_memory_mb(), "MB", "lower");
  client->stop();
}

/// What a fleet leaves on the disk: FD001's engines live, a commit for every 20,000 points, then maintenance.
void run_storage() {
  Receiver receiver;
  IngestLoad load(24);
  LakeCommit rows;
  std::size_t points = 0;
  const auto commit = [&] {
    if (const auto stored = receiver.lake().commit(rows, "bench", "", ""); !stored) die(stored.error());
    rows.clear();
  };
  const auto& engines = load.fleet();
  for (std::size_t cycle = 0, running = 1; running > 0; ++cycle) {
    running = 0;
    for (std::size_t engine = 0; engine < engines.size(); ++engine) {
      if (cycle >= engines[engine].cycles.size()) continue;
      ++running;
      const auto& values = engines[engine].cycles[cycle].values;
      for (std::size_t i = 0; i < values.size(); ++i, ++points) {
        rows.samples.add(
            static_cast<std::int32_t>(engine * values.size() + i + 1),
            1'790'000'000'000'000 + static_cast<TimeUs>(cycle) * 100'000 + static_cast<TimeUs>(engine) * 1'000,
            values[i], 0);
      }
    }
    if (rows.samples.size() >= 20'000) commit();
  }
  commit();
  const auto before = receiver.lake().size();
  if (const auto maintained = receiver.lake().maintain({}); !maintained) die(maintained.error());
  const auto size = receiver.lake().size();
  if (!before || !size) die(before ? size.error() : before.error());
  const auto what = load.recorded() ? "C-MAPSS FD001" : "simulated engines";
  const auto per_point = [&](std::int64_t bytes) { return static_cast<double>(bytes) / static_cast<double>(points); };
  print_result(fmt::format("lake: bytes a stored point, {}", what), per_point(size->bytes), "bytes", "lower", 3);
  print_result(fmt::format("lake: bytes a stored point before merging, {}", what), per_point(before->bytes), "bytes",
               "lower");
}

}  // namespace
}  // namespace millrace::bench

int main(int count, char** arguments) {
  namespace bench = millrace::bench;
  if (count == 6 && std::string_view(arguments[1]) == "publish") {
    return bench::publish(static_cast<std::uint16_t>(bench::to_number(arguments[2])), bench::to_number(arguments[3]),
                          bench::to_number(arguments[4]), arguments[5]);
  }
  const std::string_view only = count == 2 ? arguments[1] : "";  // for profiling one variant
  // Through the broker first: the peak memory is that of the process, and the others keep all messages in it.
  if (only.empty() || only == "broker24") bench::run_through_broker(24, 200'000);
  if (only.empty() || only == "broker240") bench::run_through_broker(240, 40'000);
  if (only.empty() || only == "memory24") bench::run_in_memory(24, 200'000);
  if (only.empty() || only == "memory240") bench::run_in_memory(240, 40'000);
  if (only.empty() || only == "storage") bench::run_storage();
  return 0;
}
