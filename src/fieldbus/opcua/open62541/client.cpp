#include "fieldbus/opcua/client.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "fieldbus/opcua/open62541/handover.hpp"
#include "fieldbus/opcua/open62541/session.hpp"

namespace millrace::opcua {
namespace {

constexpr std::uint32_t turn_ms = 20;  // a write waits at most this long for the thread's attention

class Open62541Client final : public Client, private SessionSink {
 public:
  Open62541Client(Loop& loop, ClientOptions options) : loop_(loop), options_(std::move(options)) {}
  ~Open62541Client() override { stop(); }

  void start(Handlers handlers) override {
    handover_ = std::make_shared<Handover>(loop_, std::move(handlers));
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
  }

  void stop() override {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
    handover_->close();
  }

  Result<void> subscribe(const std::vector<Item>& items) override {
    std::vector<std::pair<SignalIndex, NodeName>> parsed;
    for (const Item& item : items) {
      TRY_ASSIGN(NodeName name, parse_node_name(item.node));
      parsed.emplace_back(item.signal, std::move(name));
    }
    const std::lock_guard lock(mutex_);
    std::ranges::move(parsed, std::back_inserter(added_));
    return {};
  }

  void write(std::string node, double value, std::function<void(Result<double>)> done) override {
    const std::lock_guard lock(mutex_);
    writes_.push_back({std::move(node), value, std::move(done)});
  }

  [[nodiscard]] ClientCounters counters() const override {
    const std::lock_guard lock(counters_mutex_);
    return counters_;
  }

 private:
  struct Write {
    std::string node;
    double value = 0;
    std::function<void(Result<double>)> done;
  };

  // --- the thread ----------------------------------------------------------------------------------------------------
  void run() {
    std::int64_t pause_us = options_.reconnect_min_us;
    while (!stopping_) {
      Session session(options_, certificate_, loop_.clock(), names_, *this);
      Result<void> outcome = session.open();
      if (outcome) {
        state(ConnectionState::connected, fmt::format("connected to {} with {} SignAndEncrypt", options_.endpoint_url,
                                                      to_string(options_.security_policy)));
        pause_us = options_.reconnect_min_us;
        outcome = serve(session);
      }
      flow_.session_lost();
      hand_over();
      if (stopping_) break;
      if (!outcome) state(ConnectionState::lost, outcome.error().message);
      count([&](ClientCounters& counters) { counters.watchdog_teardowns += session.watchdog_fired() ? 1 : 0; });
      refuse_writes();
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, std::chrono::microseconds(pause_us), [this] { return stopping_.load(); });
      pause_us = std::min(pause_us * 2, options_.reconnect_max_us);
    }
    refuse_writes();
  }

  Result<void> serve(Session& session) {
    TRY(session.create_subscription());
    responses_seen_ = 0;
    count([&](ClientCounters& counters) {
      ++counters.sessions;
      counters.revised_publishing_us = session.revised_publishing_us();
    });
    adopt_added();
    std::vector<Flow::Slot> all(names_.size());
    for (Flow::Slot slot = 0; slot < all.size(); ++slot) all[slot] = slot;
    TRY(add_items(session, std::move(all)));
    std::int64_t retry_at_us = now() + options_.retry_unresolved_us;
    while (!stopping_) {
      const bool room = handover_->waiting() < options_.handover_limit && flow_.held() < options_.handover_limit;
      if (!room && had_room_) count([](ClientCounters& counters) { ++counters.held_back; });
      had_room_ = room;
      TRY(session.turn(flow_.holding() && room ? 0 : turn_ms, room));
      if (room) TRY(backfill(session));
      hand_over();
      TRY(do_writes(session));
      if (std::vector<Flow::Slot> added = adopt_added(); !added.empty()) TRY(add_items(session, std::move(added)));
      if (!unresolved_.empty() && now() >= retry_at_us) {
        retry_at_us = now() + options_.retry_unresolved_us;
        TRY(add_items(session, {unresolved_.begin(), unresolved_.end()}));
      }
      update_counters(session);
    }
    return do_writes(session);  // what was asked for before the end still goes out
  }

  /// Creates the monitored items first and reads history afterwards: what happens in between arrives live and is held.
  Result<void> add_items(Session& session, std::vector<Flow::Slot> slots) {
    if (slots.empty()) return {};
    const std::set<Flow::Slot> before = unresolved_;
    flow_.hold();
    TRY_ASSIGN(const auto problems, session.monitor(slots));
    for (const Flow::Slot slot : slots) unresolved_.erase(slot);
    std::vector<Unresolved> report;
    for (const auto& problem : problems) {
      unresolved_.insert(problem.slot);
      reasons_[problem.slot] = problem.reason;
    }
    std::erase_if(slots, [this](Flow::Slot slot) { return unresolved_.contains(slot); });
    if (unresolved_ != before) {
      for (const Flow::Slot slot : unresolved_)
        report.push_back({signals_[slot], to_string(names_[slot]), reasons_[slot]});
      handover_->post([report = std::move(report)](const Handlers& handlers) {
        if (handlers.on_unresolved) handlers.on_unresolved(report);
      });
    }
    hand_over();
    const std::vector<TimeUs> marks = ask_marks(session, slots);
    if (!stopping_) flow_.begin(slots, marks, loop_.clock().now_us() - options_.first_contact_history_us);
    history_refused_ = flow_.without_history();
    return {};
  }

  /// The caller's marks, asked on the loop behind everything handed over before. The session goes on meanwhile.
  std::vector<TimeUs> ask_marks(Session& session, const std::vector<Flow::Slot>& slots) {
    struct Answer {
      std::mutex mutex;
      std::vector<TimeUs> marks;
      bool ready = false;
    };
    auto answer = std::make_shared<Answer>();
    std::vector<SignalIndex> signals;
    for (const Flow::Slot slot : slots) signals.push_back(signals_[slot]);
    handover_->post([answer, signals = std::move(signals)](const Handlers& handlers) {
      std::vector<TimeUs> marks;
      marks.reserve(signals.size());
      for (const SignalIndex signal : signals) marks.push_back(handlers.mark ? handlers.mark(signal) : 0);
      const std::lock_guard lock(answer->mutex);
      answer->marks = std::move(marks);
      answer->ready = true;
    });
    while (!stopping_) {
      {
        const std::lock_guard lock(answer->mutex);
        if (answer->ready) return std::move(answer->marks);
      }
      if (!session.turn(1, flow_.held() < options_.handover_limit)) break;  // a failure shows again at the next turn
    }
    return std::vector<TimeUs>(slots.size(), 0);
  }

  Result<void> backfill(Session& session) {
    if (!flow_.holding()) return {};
    // Memory is bounded by a page for every item: large pages for few items, small ones for many.
    const auto page = static_cast<std::uint32_t>(
        std::clamp<std::size_t>(200'000 / std::max<std::size_t>(names_.size(), 1), 20, 1000));
    const auto wants = flow_.wanted(std::max<std::size_t>(20'000 / page, 10));
    if (wants.empty()) return {};
    TRY(session.read_history(flow_, wants, page));
    if (flow_.without_history() > history_refused_) {
      history_refused_ = flow_.without_history();
      on_notice(fmt::format("the server keeps no history of {} of {} items: an outage leaves a gap there",
                            history_refused_, names_.size()));
    }
    return {};
  }

  void hand_over() {
    while (true) {
      flow_.take(backfilled_, live_);
      if (backfilled_.empty() && live_.empty()) return;
      count([&](ClientCounters& counters) {
        counters.backfilled_samples += backfilled_.size();
        counters.live_samples += live_.size();
      });
      if (!backfilled_.empty()) handover_->give(true, std::exchange(backfilled_, handover_->spare()));
      if (!live_.empty()) handover_->give(false, std::exchange(live_, handover_->spare()));
    }
  }

  Result<void> do_writes(Session& session) {
    while (auto write = next_write()) {
      const auto name = parse_node_name(write->node);
      Result<double> outcome = name ? session.write(*name, write->value) : Result<double>(fail(name.error()));
      const bool is_gone = !outcome && outcome.error().code == ErrorCode::unavailable;
      answer(std::move(*write), std::move(outcome));
      if (is_gone && stopping_) break;  // the rest is refused: who stops does not wait for each of them
    }
    return {};
  }

  std::optional<Write> next_write() {
    const std::lock_guard lock(mutex_);
    if (writes_.empty()) return std::nullopt;
    auto write = std::optional(std::move(writes_.front()));
    writes_.pop_front();
    return write;
  }

  void refuse_writes() {
    std::deque<Write> writes;
    {
      const std::lock_guard lock(mutex_);
      writes.swap(writes_);
    }
    for (Write& write : writes) {
      answer(std::move(write),
             fail(ErrorCode::unavailable, fmt::format("there is no session with {}", options_.endpoint_url)));
    }
  }

  void answer(Write write, Result<double> outcome) {
    handover_->post([done = std::move(write.done), outcome = std::move(outcome)](const Handlers&) {
      if (done) done(outcome);
    });
  }

  std::vector<Flow::Slot> adopt_added() {
    std::vector<std::pair<SignalIndex, NodeName>> added;
    {
      const std::lock_guard lock(mutex_);
      added.swap(added_);
    }
    std::vector<Flow::Slot> slots;
    for (auto& [signal, name] : added) {
      slots.push_back(flow_.add(signal));
      signals_.push_back(signal);
      names_.push_back(std::move(name));
      reasons_.emplace_back();
    }
    return slots;
  }

  void state(ConnectionState now, std::string text) {
    if (now == ConnectionState::lost && text == last_complaint_) return;  // said once, not at every attempt
    last_complaint_ = now == ConnectionState::lost ? text : "";
    handover_->post([now, text = std::move(text)](const Handlers& handlers) {
      if (handlers.on_state) handlers.on_state(now, text);
    });
  }

  void update_counters(const Session& session) {
    count([&](ClientCounters& counters) {
      counters.repeated_samples = flow_.repeated();
      counters.overflows = flow_.overflows();
      counters.unresolved = unresolved_.size();
      counters.without_history = flow_.without_history();
      counters.publish_responses += session.publish_responses() - responses_seen_;
      counters.slowest_revised_sampling_us = session.slowest_sampling_us();
    });
    responses_seen_ = session.publish_responses();
  }

  template <typename Change>
  void count(Change change) {
    const std::lock_guard lock(counters_mutex_);
    change(counters_);
  }

  std::int64_t now() const { return loop_.clock().monotonic_us(); }

  // --- SessionSink ---------------------------------------------------------------------------------------------------
  void on_value(Flow::Slot slot, const Sample& sample, bool overflow) override { flow_.live(slot, sample, overflow); }
  void on_gap() override { flow_.gap(); }
  void on_notice(std::string text) override {
    handover_->post([text = std::move(text)](const Handlers& handlers) {
      if (handlers.on_notice) handlers.on_notice(text);
    });
  }

  Loop& loop_;
  const ClientOptions options_;
  std::shared_ptr<Handover> handover_;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::pair<SignalIndex, NodeName>> added_;
  std::deque<Write> writes_;
  mutable std::mutex counters_mutex_;
  ClientCounters counters_;
  // The thread's own:
  RenewedCertificate certificate_{options_.identity};
  Flow flow_;
  std::vector<Sample> backfilled_, live_;
  std::deque<NodeName> names_;
  std::vector<SignalIndex> signals_;
  std::vector<std::string> reasons_;
  std::set<Flow::Slot> unresolved_;
  std::size_t history_refused_ = 0;
  std::uint64_t responses_seen_ = 0;
  std::string last_complaint_;
  bool had_room_ = true;
};

}  // namespace

std::unique_ptr<Client> make_open62541_client(Loop& loop, ClientOptions options) {
  return std::make_unique<Open62541Client>(loop, std::move(options));
}

}  // namespace millrace::opcua
