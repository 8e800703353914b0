#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace millrace {

enum class JobState { queued, running, done, failed };
std::string_view to_string(JobState state);

struct Job {
  std::string id;
  std::string subject;  ///< one job per subject at a time, e.g. "train turbofan-maintenance"
  JobState state = JobState::queued;
  double progress = 0;  ///< 0 to 1
  std::string message;
  nlohmann::json result;  ///< null until done
};

/// Long work that somebody asked for. Remembers the newest `limit` jobs. Loop thread only.
class JobBoard {
 public:
  explicit JobBoard(std::size_t limit = 200) : limit_(limit) {}
  /// `failed_precondition` while another job with the same subject is under way.
  Result<std::string> add(std::string subject, TimeUs now_us);
  void progress(std::string_view id, double fraction, std::string message);
  void finish(std::string_view id, Result<nlohmann::json> result);
  [[nodiscard]] const Job* find(std::string_view id) const;

 private:
  Job* job(std::string_view id);
  std::size_t limit_;
  std::deque<Job> jobs_;
};

}  // namespace millrace
