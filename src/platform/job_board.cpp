#include "platform/job_board.hpp"

#include "base/id.hpp"
#include "metadata/database.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<JobState, std::string_view>, 4> state_names{{{JobState::queued, "queued"},
                                                                            {JobState::running, "running"},
                                                                            {JobState::done, "done"},
                                                                            {JobState::failed, "failed"}}};

/// All that may happen to a job; what ended stays as it is.
constexpr std::array<std::pair<JobState, JobState>, 5> transitions{{{JobState::queued, JobState::running},
                                                                    {JobState::queued, JobState::done},
                                                                    {JobState::queued, JobState::failed},
                                                                    {JobState::running, JobState::done},
                                                                    {JobState::running, JobState::failed}}};

constexpr const char* interrupted = "the platform stopped while this ran; start it again";

bool may_become(JobState from, JobState to) {
  return std::find(transitions.begin(), transitions.end(), std::pair(from, to)) != transitions.end();
}

bool has_ended(JobState state) { return state == JobState::done || state == JobState::failed; }

JobState state_of(std::string_view name) {
  const auto* found =
      std::find_if(state_names.begin(), state_names.end(), [&](const auto& entry) { return entry.second == name; });
  return found == state_names.end() ? JobState::failed : found->first;
}

std::string stored(const json& result) { return result.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string_view to_string(JobState state) {
  return std::find_if(state_names.begin(), state_names.end(), [&](const auto& entry) { return entry.first == state; })
      ->second;
}

Result<JobBoard> JobBoard::open(Database& database, TimeUs now_us, std::size_t limit) {
  JobBoard board(database, limit);
  TRY(database.execute(
      "UPDATE jobs SET state = 'failed', message = ?, finished_us = ? WHERE state IN ('queued', 'running')",
      {std::string(interrupted), now_us}));
  TRY(board.read());
  return board;
}

Result<void> JobBoard::read() {
  TRY_ASSIGN(const auto rows, database_->query("SELECT id, subject, state, progress, message, result_json FROM jobs "
                                               "ORDER BY created_us DESC, id DESC LIMIT ?",
                                               {static_cast<std::int64_t>(limit_)}));
  for (const auto& row : rows) {
    Job job{row.text(0), row.text(1), state_of(row.text(2)), row.real(3), row.text(4), {}};
    if (!row.is_null(5)) job.result = json::parse(row.text(5), nullptr, false);
    jobs_.push_front(std::move(job));
  }
  return {};
}

Result<std::string> JobBoard::add(std::string subject, TimeUs now_us) {
  for (const auto& job : jobs_) {
    if (job.subject == subject && !has_ended(job.state)) {
      return fail(ErrorCode::failed_precondition, subject + " is under way already: job " + job.id);
    }
  }
  TRY(forget_oldest());
  Job job{.id = time_ordered_id(now_us), .subject = std::move(subject), .message = "waiting"};
  TRY(database_->execute(
      "INSERT INTO jobs (id, subject, state, progress, message, created_us) VALUES (?, ?, ?, 0, ?, ?)",
      {job.id, job.subject, std::string(to_string(job.state)), job.message, now_us}));
  jobs_.push_back(std::move(job));
  return jobs_.back().id;
}

Result<void> JobBoard::forget_oldest() {
  while (jobs_.size() >= limit_) {
    const auto ended = std::find_if(jobs_.begin(), jobs_.end(), [](const Job& job) { return has_ended(job.state); });
    if (ended == jobs_.end()) return fail(ErrorCode::exhausted, "too many jobs wait: try again when some are done");
    TRY(database_->execute("DELETE FROM jobs WHERE id = ?", {ended->id}));
    jobs_.erase(ended);
  }
  return {};
}

/// One write; the state that the transition starts from is part of it.
Result<void> JobBoard::write(const Job& job, const Job& next, TimeUs finished_us) {
  if (!may_become(job.state, next.state)) {
    return fail(ErrorCode::failed_precondition, "job " + job.id + " is " + std::string(to_string(job.state)) +
                                                    " and cannot become " + std::string(to_string(next.state)));
  }
  TRY(
      database_->execute("UPDATE jobs SET state = ?, progress = ?, message = ?, result_json = ?, finished_us = ? "
                         "WHERE id = ? AND state = ?",
                         {std::string(to_string(next.state)), next.progress, next.message,
                          next.result.is_null() ? DatabaseValue() : DatabaseValue(stored(next.result)),
                          has_ended(next.state) ? DatabaseValue(finished_us) : DatabaseValue(), job.id,
                          std::string(to_string(job.state))}));
  return {};
}

void JobBoard::progress(std::string_view id, double fraction, std::string message) {
  auto* found = job(id);
  if (found == nullptr || has_ended(found->state)) return;
  auto next = *found;
  next.state = JobState::running;
  next.progress = std::clamp(fraction, 0.0, 1.0);
  next.message = std::move(message);
  if (found->state != next.state) {
    if (const auto written = write(*found, next, 0); !written) log_error(written.error().message);
  }
  *found = std::move(next);
}

void JobBoard::finish(std::string_view id, TimeUs now_us, const std::function<Result<json>()>& conclude) {
  auto* found = job(id);
  if (found == nullptr || has_ended(found->state)) return;
  Job next;
  const auto write_end = [&](const Result<json>& result) {
    next = *found;
    next.state = result ? JobState::done : JobState::failed;
    next.progress = 1;
    next.message = result ? "done" : result.error().message;
    if (result) next.result = *result;
    return write(*found, next, now_us);
  };
  auto written = database_->transaction([&]() -> Result<void> {
    TRY_ASSIGN(const auto result, conclude());
    return write_end(result);
  });
  if (!written) written = write_end(fail(written.error()));
  if (!written) log_error(written.error().message);  // the next start tells that it was interrupted
  *found = std::move(next);
}

Job* JobBoard::job(std::string_view id) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& candidate) { return candidate.id == id; });
  return found == jobs_.end() ? nullptr : &*found;
}

const Job* JobBoard::find(std::string_view id) const { return const_cast<JobBoard*>(this)->job(id); }

}  // namespace millrace
