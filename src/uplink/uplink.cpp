#include "uplink/uplink.hpp"

#include "sparkplug/data_encoder.hpp"
#include "sparkplug/names.hpp"
#include "sparkplug/time.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

namespace millrace {

namespace names = sparkplug::names;
using sparkplug::to_ms;

namespace {

constexpr std::int64_t pump_every_us = 50'000;
constexpr std::size_t read_back_batches = 64;
constexpr const char* bd_seq_key = "bd_seq";

std::uint8_t next_bd_seq(const Spool& spool) {
  auto text = spool.recall(bd_seq_key).value_or("255");
  unsigned number = 255;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return static_cast<std::uint8_t>(number + 1);
}

}  // namespace

/// A commit: made on the loop, run on the worker, read on the loop again.
struct Uplink::Job {
  std::vector<Item> items;
  Spool::Memory remember;
  std::vector<BatchRange> acknowledged;
  TimeUs now_us = 0;
  bool offline = false;  ///< nothing was sent since the last commit, and nothing will be before this one is done
  // what came of it
  std::vector<std::uint64_t> numbers;  ///< of the first items; the others were refused
  std::optional<Error> refused, failed;
  std::vector<SpoolGap> gaps;
  std::uint64_t bytes = 0, batches = 0;
  bool ran = false;

  void run(Spool& spool) {
    ran = true;
    spool.set_offline(offline);
    for (auto& item : items) {
      auto number = spool.append(item.device, item.metrics, item.points, now_us);
      if (!number) {
        refused = number.error();
        break;
      }
      for (const auto& [key, value] : item.remember) spool.remember(key, value);
      numbers.push_back(*number);
    }
    for (const auto& [key, value] : remember) spool.remember(key, value);
    (void)spool.acknowledge(acknowledged);
    if (auto outcome = spool.commit(now_us); !outcome) failed = outcome.error();
    gaps = spool.given_up();
    bytes = spool.bytes();
    batches = spool.batches();
  }
};

Uplink::Uplink(Loop& loop, std::unique_ptr<Spool> spool, std::unique_ptr<mqtt::Client> client, UplinkOptions options,
               Handlers handlers)
    : loop_(loop),
      spool_(std::move(spool)),
      client_(std::move(client)),
      options_(std::move(options)),
      handlers_(std::move(handlers)),
      epoch_(spool_->epoch()),
      node_({.group = options_.site,
             .node = options_.node,
             .primary_host = options_.primary_host,
             .first_bd_seq = next_bd_seq(*spool_)},
            {.publish =
                 [this](const sparkplug::Publication& out) {
                   return client_->publish(out.topic, out.payload, out.quality_of_service, out.retain);
                 },
             .birth = [this](std::string_view device, sparkplug::Payload& birth) { births(device, birth); },
             .command =
                 [this](std::string_view device, const sparkplug::Payload& command) {
                   if (device.empty()) on_command(command);
                 },
             .on_born =
                 [this](bool born) {
                   if (!born) delivery_.on_disconnected();
                   if (born) pump();
                 },
             .on_problem = [this](const Error& why) { report(why); }}),
      delivery_({.window = options_.window, .resend_after_us = options_.resend_after_us}),
      flush_timer_(loop),
      pump_timer_(loop) {}

Uplink::~Uplink() { *alive_ = false; }

Result<void> Uplink::start() {
  TRY_ASSIGN(auto stored, spool_->stored());
  for (const auto& range : stored) delivery_.add_backlog(range.first, range.last);
  counters_.spool_bytes = spool_->bytes();
  counters_.spool_batches = spool_->batches();
  worker_ = std::make_unique<WorkerPool>(loop_, 1, 16);
  start_client();
  flush_timer_.every_us(options_.group_commit_us, [this] { flush(); });
  pump_timer_.every_us(pump_every_us, [this] { pump(); });
  return {};
}

void Uplink::report(const Error& problem) const {
  if (handlers_.on_problem) handlers_.on_problem(problem);
}

void Uplink::start_client() {
  client_->start({.will = [this]() -> std::optional<mqtt::Will> {
                    auto testament = node_.testament(loop_.clock().now_us());
                    remember(bd_seq_key, std::to_string(node_.bd_seq()));
                    return mqtt::Will{testament.topic, testament.payload, testament.quality_of_service,
                                      testament.retain};
                  },
                  .on_connected =
                      [this] {
                        if (client_->subscribe(node_.subscriptions(), 1)) node_.on_connected(loop_.clock().now_us());
                      },
                  .on_disconnected =
                      [this](const Error& why) {
                        report(why.with_context("no connection"));
                        node_.on_disconnected();
                      },
                  .on_message =
                      [this](const mqtt::Message& message) {
                        node_.on_message(message.topic, message.payload, loop_.clock().now_us());
                      }});
}

void Uplink::stop() {
  stopping_ = true;
  flush_timer_.cancel();
  pump_timer_.cancel();
  node_.stop(loop_.clock().now_us());
  client_->stop();
  worker_.reset();  // finishes what runs; the spool is ours again
  Job last;
  if (job_) {
    if (!job_->ran) job_->run(*spool_);
    auto refused = job_->items.begin() + static_cast<std::ptrdiff_t>(job_->numbers.size());
    last.items.assign(std::make_move_iterator(refused), std::make_move_iterator(job_->items.end()));
  }
  if (collect && open_) collect(waiting_);
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(last.items));
  last.remember = std::move(remember_);
  last.acknowledged = std::move(acknowledged_);
  last.now_us = loop_.clock().now_us();
  last.run(*spool_);
}

void Uplink::births(std::string_view device, sparkplug::Payload& birth) const {
  auto now_ms = birth.time_ms.value_or(0);
  birth.metrics.push_back(sparkplug::text_metric(std::string(names::epoch), epoch_, now_ms));
  birth.metrics.push_back(sparkplug::unsigned_metric(std::string(names::batch), 0, now_ms));
  for (auto name : {names::gap, names::decision}) {
    birth.metrics.push_back({.name = std::string(name), .time_ms = now_ms, .type = sparkplug::DataType::string});
  }
  if (handlers_.birth) handlers_.birth(device, birth);
}

void Uplink::add_device(const std::string& device) {
  if (auto added = node_.add_device(device, loop_.clock().now_us()); !added) report(added.error());
}

bool Uplink::add(Item item) {
  if (waiting_bytes_ > 2 * options_.queue_bytes) return false;
  waiting_bytes_ += item.metrics.size();
  waiting_.push_back(std::move(item));
  return true;
}

void Uplink::remember(std::string key, std::string value) { remember_.emplace_back(std::move(key), std::move(value)); }

void Uplink::set_open(bool open) {
  if (open_ == open) return;
  open_ = open;
  if (handlers_.on_open) handlers_.on_open(open);
}

void Uplink::flush() {
  if (job_ || stopping_) return;
  if (collect && open_) {
    auto had = waiting_.size();
    collect(waiting_);
    for (auto i = had; i < waiting_.size(); ++i) waiting_bytes_ += waiting_[i].metrics.size();
  }
  if (waiting_.empty() && remember_.empty() && acknowledged_.empty() && uncommitted_.empty()) return;
  job_ = std::make_shared<Job>();
  job_->items = std::exchange(waiting_, {});
  job_->remember = std::exchange(remember_, {});
  job_->acknowledged = std::exchange(acknowledged_, {});
  job_->now_us = loop_.clock().now_us();
  job_->offline = !std::exchange(sent_since_commit_, false) && !node_.born();
  auto submitted = worker_->submit([job = job_, spool = spool_.get()] { job->run(*spool); },
                                   [this, alive = alive_, job = job_] {
                                     if (*alive) on_committed(*job);
                                   });
  if (submitted) return;
  job_->refused = submitted.error();
  auto job = job_;
  on_committed(*job);
}

void Uplink::on_committed(Job& job) {
  if (stopping_) return;
  ++counters_.commits;
  counters_.spool_bytes = job.bytes;
  counters_.spool_batches = job.batches;
  const auto& problem = job.failed ? job.failed : job.refused;
  if (problem && open_) report(*problem);
  for (std::size_t i = 0; i < job.numbers.size(); ++i) {
    auto& item = job.items[i];
    waiting_bytes_ -= item.metrics.size();
    uncommitted_.push_back(job.numbers[i]);
    if (item.on_durable) on_durable_.push_back(std::move(item.on_durable));
    if (!job.failed) keep_recent(job.numbers[i], item);
  }
  if (job.refused) {  // in their old order, before what came since
    auto refused = job.items.begin() + static_cast<std::ptrdiff_t>(job.numbers.size());
    waiting_.insert(waiting_.begin(), std::make_move_iterator(refused), std::make_move_iterator(job.items.end()));
  }
  if (job.failed) {
    ++counters_.failed_commits;
  } else if (job.ran) {
    on_durable();
  }
  set_open(!problem && waiting_bytes_ < options_.queue_bytes);
  for (const auto& gap : job.gaps) {
    ++counters_.gaps;
    delivery_.add_live(gap.number, gap.number);
    for (const auto& range : gap.numbers) delivery_.on_dropped(range.first, range.last);
  }
  job_.reset();
  pump();
}

void Uplink::on_durable() {
  for (auto number : uncommitted_) delivery_.add_live(number, number);
  counters_.batches_committed += uncommitted_.size();
  uncommitted_.clear();
  for (auto& tell : std::exchange(on_durable_, {})) tell();
}

void Uplink::keep_recent(std::uint64_t number, Item& item) {
  recent_bytes_ += item.metrics.size();
  recent_.insert_or_assign(number, Recent{std::move(item.device), std::move(item.metrics)});
  recent_order_.push_back(number);
  while (!recent_order_.empty()) {
    auto old = recent_.find(recent_order_.front());
    if (old != recent_.end() && recent_bytes_ <= options_.recent_bytes) break;
    if (old != recent_.end()) {
      recent_bytes_ -= old->second.metrics.size();
      recent_.erase(old);
    }
    recent_order_.pop_front();
  }
}

void Uplink::pump() {
  if (stopping_) return;
  if (client_->outgoing_bytes() < options_.outgoing_bytes) node_.on_timer(loop_.clock().now_us());
  if (job_ && job_->offline) return;  // what it gives up counts as never sent
  const auto now_us = loop_.clock().monotonic_us();
  while (node_.born() && client_->outgoing_bytes() < options_.outgoing_bytes) {
    auto next = delivery_.next(now_us);
    if (!next) return;
    if (!send(*next)) return;
  }
}

bool Uplink::send(const sparkplug::Delivery::Next& next) {
  auto& from = recent_.contains(next.number) ? recent_ : read_back_;
  auto found = from.find(next.number);
  if (found == from.end()) {
    delivery_.put_back(next);
    read_back(next.number);
    return false;
  }
  sent_since_commit_ = true;
  if (!publish(next.number, found->second.device, found->second.metrics, next.is_historical)) {
    delivery_.put_back(next);
    return false;
  }
  delivery_.on_sent(next, found->second.metrics.size());
  ++(next.is_historical ? counters_.batches_sent_again : counters_.batches_sent);
  if (&from == &recent_) recent_bytes_ -= found->second.metrics.size();
  from.erase(found);
  return true;
}

Result<void> Uplink::publish(std::uint64_t number, const std::string& device, std::string_view metrics,
                             bool is_historical) {
  auto now_us = loop_.clock().now_us();
  buffer_.clear();
  if (device.empty()) {
    sparkplug::append_text(buffer_, names::gap, metrics, to_ms(now_us));
  } else if (!is_historical || !sparkplug::append_as_historical(buffer_, metrics)) {
    buffer_.assign(metrics);
  }
  sparkplug::append_text(buffer_, names::epoch, epoch_, to_ms(now_us));
  sparkplug::append_unsigned(buffer_, names::batch, number, to_ms(now_us));
  return node_.publish_data(device == node_itself ? std::string_view() : device, buffer_, now_us);
}

void Uplink::read_back(std::uint64_t number) {
  if (reading_ || !worker_) return;
  struct Read {
    Result<std::vector<SpoolBatch>> batches;
  };
  auto read = std::make_shared<Read>();
  reading_ = true;
  auto submitted =
      worker_->submit([read, number, spool = spool_.get()] { read->batches = spool->read(number, read_back_batches); },
                      [this, alive = alive_, read, number] {
                        if (!*alive) return;
                        reading_ = false;
                        if (stopping_) return;
                        if (!read->batches) return report(read->batches.error());
                        read_back_.clear();
                        auto expected = number;
                        for (auto& batch : *read->batches) {
                          if (batch.number > expected)
                            delivery_.on_dropped(expected, batch.number - 1);  // the spool gave them up
                          expected = batch.number + 1;
                          read_back_.emplace(batch.number, Recent{std::move(batch.topic), std::move(batch.payload)});
                        }
                        if (read->batches->empty()) delivery_.on_dropped(number, number);
                        pump();
                      });
  if (!submitted) reading_ = false;
}

void Uplink::on_command(const sparkplug::Payload& command) {
  const auto* epoch = command.find(names::epoch);
  const auto* acked = command.find(names::acked);
  if (epoch == nullptr || acked == nullptr || epoch->value != sparkplug::Value(epoch_)) return;
  const auto* text = std::get_if<std::string>(&acked->value);
  if (text == nullptr) return;
  auto batches = sparkplug::BatchSet::parse(*text);
  if (!batches) return report(batches.error().with_context("acknowledgement"));
  auto ranges = batches->ranges();
  counters_.batches_acknowledged += batches->count();
  acknowledged_.insert(acknowledged_.end(), ranges.begin(), ranges.end());
  delivery_.on_acknowledged(*batches);
  pump();
}

}  // namespace millrace
