#include "delivery/watch.hpp"

#include <utility>

namespace millrace::delivery {

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
  if (auto stored = cache_.read_assignment()) run(machine_.on_stored(*stored));
  if (source_ == nullptr) return;
  timer_.every_us(options_.poll_us, [this] { run(machine_.on_due()); });
  run(machine_.on_due());
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
                      const auto work = [stored, cache = cache_, artifact = machine_.wanted(),
                                         bytes = std::move(*bytes)] { *stored = cache.store(artifact, bytes); };
                      auto submitted =
                          workers_.submit(work, later([this, stored] { run(machine_.on_artifact(*stored)); }));
                      if (!submitted) run(machine_.on_artifact(submitted));
                    }));
}

void AssignmentWatch::prove() {
  struct Outcome {
    Proof proof;
    Result<void> kept;
  };
  auto outcome = std::make_shared<Outcome>();
  const auto work = [outcome, prove = handlers_.prove, cache = cache_, assignment = machine_.assignment(),
                     document = machine_.document()] {
    outcome->proof = prove(assignment, cache);
    if (!outcome->proof.whole) return;
    outcome->kept = cache.store_assignment(document);
    cache.keep_only(assignment);
  };
  const auto done = [this, outcome] {
    run(machine_.on_proved(outcome->proof.whole));
    if (!outcome->kept) handlers_.problem("the assignment could not be kept: " + outcome->kept.error().message);
    if (outcome->proof.take) outcome->proof.take();
  };
  if (auto submitted = workers_.submit(work, later(done)); !submitted) run(machine_.on_failure(submitted.error()));
}

}  // namespace millrace::delivery
