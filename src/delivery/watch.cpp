#include "delivery/watch.hpp"

#include <utility>

namespace millrace::delivery {

struct AssignmentWatch::Outcome {
  Proof proof;
  Result<void> kept;
};

AssignmentWatch::AssignmentWatch(Loop& loop, WorkerPool& workers, Source* source, ArtifactCache cache, Options options,
                                 Handlers handlers)
    : workers_(workers),
      source_(source),
      cache_(std::move(cache)),
      options_(options),
      handlers_(std::move(handlers)),
      machine_(options.content, [this](const std::string& sha256) { return cache_.holds(sha256); }),
      timer_(loop) {}

void AssignmentWatch::start() {
  start_from_disk();
  if (source_ == nullptr) return;
  timer_.every_us(options_.poll_us, [this] { run(machine_.on_due()); });
  run(machine_.on_due());
}

void AssignmentWatch::start_from_disk() {
  const auto stored = cache_.read_assignment();
  if (!stored) return;
  const Action action = machine_.on_stored(*stored);
  if (action != Action::prove) return run(action);
  Outcome outcome;
  work()(outcome);
  conclude(outcome);
}

void AssignmentWatch::stop() {
  timer_.cancel();
  alive_.reset();
}

void AssignmentWatch::run(Action action) {
  switch (action) {
    case Action::none:
      return;
    case Action::ask:
      return ask();
    case Action::fetch:
      return fetch();
    case Action::prove:
      return prove();
    case Action::tell:
      return handlers_.problem(machine_.problem());
  }
}

template <typename Handler>
auto AssignmentWatch::later(Handler handler) {
  return [handler = std::move(handler), alive = std::weak_ptr(alive_)](auto&&... arguments) mutable {
    if (!alive.expired()) handler(std::forward<decltype(arguments)>(arguments)...);
  };
}

void AssignmentWatch::ask() {
  source_->what_should_run(machine_.tag(), later([this](Result<std::optional<Offer>> answer) {
                             run(machine_.on_answer(std::move(answer)));
                           }));
}

void AssignmentWatch::fetch() {
  source_->bytes_of(machine_.wanted().sha256, later([this](Result<std::string> bytes) {
                      if (!bytes) return run(machine_.on_artifact(fail(std::move(bytes).error())));
                      auto stored = std::make_shared<Result<void>>();
                      auto work = [stored, cache = cache_, artifact = machine_.wanted(), bytes = std::move(*bytes)] {
                        *stored = cache.store(artifact, bytes);
                      };
                      auto submitted = workers_.submit(std::move(work),
                                                       later([this, stored] { run(machine_.on_artifact(*stored)); }));
                      if (!submitted) run(machine_.on_artifact(submitted));
                    }));
}

/// For any thread: proves what the machine has now, and keeps it when it is good.
std::function<void(AssignmentWatch::Outcome&)> AssignmentWatch::work() const {
  return [prove = handlers_.prove, cache = cache_, assignment = machine_.assignment(),
          document = machine_.document()](Outcome& outcome) {
    outcome.proof = prove(assignment, cache);
    if (!outcome.proof.whole) return;
    outcome.kept = cache.store_assignment(document);
    cache.keep_only(assignment);
  };
}

void AssignmentWatch::prove() {
  auto outcome = std::make_shared<Outcome>();
  auto submitted =
      workers_.submit([outcome, work = work()] { work(*outcome); }, later([this, outcome] { conclude(*outcome); }));
  if (!submitted) run(machine_.on_failure(submitted.error()));
}

void AssignmentWatch::conclude(const Outcome& outcome) {
  run(outcome.proof.unread ? machine_.on_failure(*outcome.proof.unread) : machine_.on_proved(outcome.proof.whole));
  if (!outcome.kept) handlers_.problem("the assignment could not be kept: " + outcome.kept.error().message);
  if (outcome.proof.take) outcome.proof.take();
}

}  // namespace millrace::delivery
