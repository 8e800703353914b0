#include "gateway/assignment.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace {

namespace {

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Result<std::vector<AssignedUseCase>> parse_assigned_use_cases(std::string_view text) {
  auto wrong = [](std::string_view why) {
    return fail(ErrorCode::corrupt, fmt::format("the platform's assignment cannot be used: {}", why));
  };
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("use_cases") || !json["use_cases"].is_array()) return wrong("no use_cases");
  std::vector<AssignedUseCase> assigned;
  for (const auto& entry : json["use_cases"]) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string() || !entry.contains("sha256") ||
        !entry["sha256"].is_string()) {
      return wrong("a use case without name or sha256");
    }
    AssignedUseCase use_case{entry["name"].get<std::string>(), entry["sha256"].get<std::string>()};
    if (!is_sha256(use_case.sha256)) return wrong("'" + use_case.sha256 + "' is no SHA-256");
    assigned.push_back(std::move(use_case));
  }
  return assigned;
}

AssignmentWatch::AssignmentWatch(Loop& loop, std::unique_ptr<http::Client> client, std::filesystem::path folder,
                                 std::int64_t poll_us, Handlers handlers)
    : loop_(loop),
      client_(std::move(client)),
      folder_(std::move(folder)),
      poll_us_(poll_us),
      handlers_(std::move(handlers)),
      timer_(loop) {}

AssignmentWatch::~AssignmentWatch() { *alive_ = false; }

void AssignmentWatch::start() {
  started_ = true;
  if (auto stored = read_file(folder_ / "assignment.json")) {
    auto assigned = parse_assigned_use_cases(*stored);
    auto use_cases = assigned ? load(*assigned) : Result<std::vector<UseCase>>(fail(assigned.error()));
    if (use_cases) {
      active_ = *assigned;
      handlers_.on_change(std::move(*use_cases));
    } else {
      problem(use_cases.error().with_context("the assignment on disk"));
    }
  }
  poll();
}

void AssignmentWatch::stop() {
  started_ = false;
  timer_.cancel();
}

void AssignmentWatch::wait() {
  if (started_) timer_.after_us(poll_us_, [this] { poll(); });
}

void AssignmentWatch::poll() {
  if (!client_ || !started_) return;
  http::Headers headers;
  if (!etag_.empty()) headers["if-none-match"] = etag_;
  client_->send("GET", "/api/v1/device/assignment", {}, std::move(headers),
                [this, alive = alive_](Result<http::Response> response) {
                  if (*alive) on_assignment(response);
                });
}

void AssignmentWatch::on_assignment(const Result<http::Response>& response) {
  if (!response) {
    problem(response.error().with_context("asking the platform for the assignment"));
    return wait();
  }
  if (response->status == 304) {
    last_problem_.clear();
    return wait();
  }
  if (response->status != 200) {
    problem({ErrorCode::unavailable, fmt::format("the platform answers {} to the question for the assignment: {}",
                                                 response->status, response->body.substr(0, 200))});
    return wait();
  }
  auto assigned = parse_assigned_use_cases(response->body);
  if (!assigned) {
    problem(assigned.error());
    return wait();
  }
  auto etag = response->headers.find("etag");
  pending_etag_ = etag != response->headers.end() ? etag->second : std::string();
  pending_json_ = response->body;
  pending_ = std::move(*assigned);
  fetch_missing();
}

std::filesystem::path AssignmentWatch::file_of(const std::string& sha256) const { return folder_ / (sha256 + ".yaml"); }

void AssignmentWatch::fetch_missing() {
  std::error_code ignored;
  auto missing = std::find_if(pending_.begin(), pending_.end(), [&](const AssignedUseCase& use_case) {
    return !std::filesystem::exists(file_of(use_case.sha256), ignored);
  });
  if (missing == pending_.end()) return finish();
  client_->send(
      "GET", "/api/v1/artifacts/" + missing->sha256, {}, {},
      [this, alive = alive_, wanted = *missing](Result<http::Response> response) {
        if (!*alive || !started_) return;
        if (!response || response->status != 200) {
          problem(response ? Error{ErrorCode::unavailable, fmt::format("the platform answers {} for use case {}",
                                                                       response->status, wanted.name)}
                           : response.error());
          return wait();
        }
        if (sha256_hex(response->body) != wanted.sha256) {
          problem({ErrorCode::corrupt, "use case " + wanted.name + " came with other bytes than its SHA-256 says"});
          return wait();
        }
        if (auto written = write_file(file_of(wanted.sha256), response->body); !written) {
          problem(written.error());
          return wait();
        }
        fetch_missing();
      });
}

void AssignmentWatch::finish() {
  auto use_cases = load(pending_);
  if (!use_cases) {
    problem(use_cases.error());
    return wait();
  }
  if (auto written = write_file(folder_ / "assignment.json", pending_json_); !written) problem(written.error());
  etag_ = pending_etag_;
  last_problem_.clear();
  if (pending_ != active_) {
    active_ = pending_;
    handlers_.on_change(std::move(*use_cases));
  }
  wait();
}

Result<std::vector<UseCase>> AssignmentWatch::load(const std::vector<AssignedUseCase>& assigned) const {
  std::vector<UseCase> use_cases;
  for (const auto& each : assigned) {
    TRY_ASSIGN(auto yaml, read_file(file_of(each.sha256)));
    if (sha256_hex(yaml) != each.sha256) {
      std::error_code ignored;
      std::filesystem::remove(file_of(each.sha256), ignored);  // fetched anew
      return fail(ErrorCode::corrupt, "use case " + each.name + " on disk is not what its SHA-256 says");
    }
    TRY_ASSIGN(auto use_case, parse_use_case(yaml, each.name));
    use_cases.push_back(std::move(use_case));
  }
  return use_cases;
}

void AssignmentWatch::problem(const Error& error) {
  if (error.message == last_problem_) return;  // a platform that is away is said once
  last_problem_ = error.message;
  if (handlers_.on_problem) handlers_.on_problem(error);
}

}  // namespace millrace
