#include "edge/updater.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

Result<PreparedUseCase> prepare_one(const Assignment& assignment, const Assignment::UseCaseRef& ref,
                                    const ArtifactCache& cache, EngineChoice choice) {
  PreparedUseCase prepared{.ref = ref};
  TRY_ASSIGN(const std::string yaml, cache.read(ref.sha256));
  TRY_ASSIGN(prepared.use_case, parse_use_case(yaml, ref.name));
  if (prepared.use_case.name != ref.name) {
    return fail(ErrorCode::corrupt, fmt::format("the file is for use case {}", prepared.use_case.name));
  }
  TRY(compile_features(prepared.use_case));
  const auto* model = assignment.model_of(ref.name);
  if (model == nullptr) return prepared;
  ModelFiles files;
  for (const auto& [name, bytes] :
       {std::pair("model.onnx", &files.model_onnx), std::pair("golden.json", &files.golden_json),
        std::pair("features.json", &files.features_json)}) {
    TRY_ASSIGN(*bytes, cache.read(model->find(name)->sha256));
  }
  auto loaded = load_model(model->version, files, prepared.use_case, choice);
  if (!loaded) return fail(loaded.error().with_context("model " + model->version));
  prepared.model = std::move(*loaded);
  return prepared;
}

}  // namespace

PreparedAssignment prepare(Assignment assignment, const ArtifactCache& cache, EngineChoice choice) {
  PreparedAssignment prepared;
  for (const auto& ref : assignment.use_cases) {
    auto one = prepare_one(assignment, ref, cache, choice);
    if (one) {
      prepared.use_cases.push_back(std::move(*one));
    } else {
      prepared.refused.push_back(fmt::format("{} version {} refused: {}", ref.name, ref.version, one.error().message));
    }
  }
  prepared.assignment = std::move(assignment);
  return prepared;
}

Updater::Updater(Loop& loop, WorkerPool& workers, http::Client* platform, ArtifactCache cache, EngineChoice choice,
                 std::int64_t poll_us, Handlers handlers)
    : workers_(workers),
      platform_(platform),
      cache_(std::move(cache)),
      choice_(choice),
      poll_us_(poll_us),
      handlers_(std::move(handlers)),
      timer_(loop) {}

void Updater::start() {
  auto stored = cache_.read_assignment();
  if (stored) {
    auto assignment = parse_assignment(*stored);
    if (assignment) {
      prove(std::move(*assignment), {});
    } else {
      tell("the assignment on disk: " + assignment.error().message);
    }
  }
  if (platform_ == nullptr) return;
  timer_.every_us(poll_us_, [this] { poll(); });
  poll();
}

void Updater::stop() {
  timer_.cancel();
  alive_.reset();
}

void Updater::tell(const std::string& problem) {
  if (problem == last_problem_) return;
  last_problem_ = problem;
  if (!problem.empty()) handlers_.problem(problem);
}

void Updater::poll() {
  if (busy_) return;
  busy_ = true;
  http::Headers headers;
  if (!etag_.empty()) headers["if-none-match"] = etag_;
  platform_->send("GET", "/api/v1/device/assignment", {}, std::move(headers),
                  [this, alive = std::weak_ptr(alive_)](Result<http::Response> answer) {
                    if (!alive.expired()) on_answer(std::move(answer));
                  });
}

void Updater::on_answer(Result<http::Response> answer) {
  busy_ = false;
  if (!answer) return tell("the platform does not answer: " + answer.error().message);
  if (answer->status == 304) return tell("");
  if (answer->status != 200)
    return tell(fmt::format("the platform answers {}: {}", answer->status, answer->body.substr(0, 300)));
  auto assignment = parse_assignment(answer->body);
  if (!assignment) return tell("the platform's " + assignment.error().message);
  const auto etag = answer->headers.find("etag");
  etag_ = etag == answer->headers.end() ? "" : etag->second;
  if (assignment->revision == revision_) return tell("");
  fetching_ = std::move(*assignment);
  fetching_json_ = std::move(answer->body);
  missing_ = fetching_->needed_files();
  std::erase_if(missing_, [&](const std::string& sha256) { return cache_.holds(sha256); });
  busy_ = true;
  fetch_next();
}

void Updater::fetch_next() {
  if (missing_.empty()) {
    busy_ = false;
    auto assignment = std::exchange(fetching_, std::nullopt);
    return prove(std::move(*assignment), std::exchange(fetching_json_, {}));
  }
  const std::string sha256 = missing_.back();
  platform_->send("GET", "/api/v1/artifacts/" + sha256, {}, {},
                  [this, sha256, alive = std::weak_ptr(alive_)](Result<http::Response> answer) {
                    if (alive.expired()) return;
                    std::string problem;
                    if (!answer) {
                      problem = answer.error().message;
                    } else if (answer->status != 200) {
                      problem = fmt::format("the platform answers {}", answer->status);
                    } else if (auto stored = cache_.store(sha256, answer->body); !stored) {
                      problem = stored.error().message;
                    }
                    if (problem.empty()) {
                      missing_.pop_back();
                      return fetch_next();
                    }
                    busy_ = false;
                    etag_.clear();  // ask for the whole again
                    tell(fmt::format("file {} could not be fetched: {}", sha256.substr(0, 12), problem));
                  });
}

void Updater::prove(Assignment assignment, std::string json) {
  revision_ = assignment.revision;
  last_problem_.clear();
  auto prepared = std::make_shared<PreparedAssignment>();
  prepared->assignment = std::move(assignment);
  busy_ = true;
  const auto work = [prepared, cache = cache_, choice = choice_] {
    *prepared = prepare(std::move(prepared->assignment), cache, choice);
  };
  const auto done = [this, prepared, json = std::move(json), alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    busy_ = false;
    if (prepared->refused.empty() && !json.empty()) {
      if (auto stored = cache_.store_assignment(json); !stored)
        tell("the assignment could not be kept: " + stored.error().message);
      cache_.keep_only(prepared->assignment);
    }
    handlers_.ready(std::move(*prepared));
  };
  if (auto submitted = workers_.submit(work, done); !submitted) {
    busy_ = false;
    revision_.clear();
    etag_.clear();
  }
}

}  // namespace millrace
