#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace millrace {

class Database;

enum class JobState { queued, running, done, failed };
std::string_view to_string(JobState state);

struct Job {
  std::string id;
  std::string subject;  ///< one job per subject at a time, e.g. "training turbofan-maintenance"
  JobState state = JobState::queued;
  double progress = 0;  ///< 0 to 1
  std::string message;
  nlohmann::json result;  ///< null until done
};

/// Long work that somebody asked for; the newest `limit` jobs are kept, over restarts too. Each change of state is one
/// write; how far a running job is lies in memory only. Loop thread only.
class JobBoard {
 public:
  /// Reads what was stored. A job that was under way when the last process ended is failed from now on and says so:
  /// nothing of it was registered, and the same work can be started again (decision 14).
  static Result<JobBoard> open(Database& database, TimeUs now_us, std::size_t limit = 200);

  /// `failed_precondition` while another job with the same subject is under way.
  Result<std::string> add(std::string subject, TimeUs now_us);
  void progress(std::string_view id, double fraction, std::string message);
  /// Ends a job. `conclude` gives its result; what it writes to the database and the job's end are one transaction.
  void finish(std::string_view id, TimeUs now_us, const std::function<Result<nlohmann::json>()>& conclude);
  [[nodiscard]] const Job* find(std::string_view id) const;

 private:
  JobBoard(Database& database, std::size_t limit) : database_(&database), limit_(limit) {}
  Job* job(std::string_view id);
  Result<void> read();
  Result<void> forget_oldest();
  Result<void> write(const Job& job, const Job& next, TimeUs finished_us);

  Database* database_;
  std::size_t limit_;
  std::deque<Job> jobs_;  ///< oldest first
};

}  // namespace millrace
