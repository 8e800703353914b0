#include "platform/job_board.hpp"

#include "base/id.hpp"

#include <algorithm>

namespace millrace {

std::string_view to_string(JobState state) {
  switch (state) {
    case JobState::queued:
      return "queued";
    case JobState::running:
      return "running";
    case JobState::done:
      return "done";
    case JobState::failed:
      return "failed";
  }
  return "failed";
}

Result<std::string> JobBoard::add(std::string subject, TimeUs now_us) {
  for (const auto& job : jobs_) {
    const bool under_way = job.state == JobState::queued || job.state == JobState::running;
    if (job.subject == subject && under_way) {
      return fail(ErrorCode::failed_precondition, subject + " is under way already: job " + job.id);
    }
  }
  while (jobs_.size() >= limit_) {
    const auto ended = std::find_if(jobs_.begin(), jobs_.end(), [](const Job& job) {
      return job.state == JobState::done || job.state == JobState::failed;
    });
    if (ended == jobs_.end()) return fail(ErrorCode::exhausted, "too many jobs wait: try again when some are done");
    jobs_.erase(ended);
  }
  jobs_.push_back({.id = time_ordered_id(now_us), .subject = std::move(subject), .message = "waiting"});
  return jobs_.back().id;
}

void JobBoard::progress(std::string_view id, double fraction, std::string message) {
  if (auto* found = job(id); found != nullptr) {
    found->state = JobState::running;
    found->progress = std::clamp(fraction, 0.0, 1.0);
    found->message = std::move(message);
  }
}

void JobBoard::finish(std::string_view id, Result<nlohmann::json> result) {
  auto* found = job(id);
  if (found == nullptr) return;
  found->state = result ? JobState::done : JobState::failed;
  found->progress = 1;
  found->message = result ? "done" : result.error().message;
  if (result) found->result = std::move(*result);
}

Job* JobBoard::job(std::string_view id) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& candidate) { return candidate.id == id; });
  return found == jobs_.end() ? nullptr : &*found;
}

const Job* JobBoard::find(std::string_view id) const { return const_cast<JobBoard*>(this)->job(id); }

}  // namespace millrace
