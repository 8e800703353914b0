#pragma once

#include "net/http/client.hpp"
#include "runtime/loop.hpp"
#include "usecase/usecase.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

/// One use case that this device works for.
struct AssignedUseCase {
  std::string name;
  std::string sha256;  ///< of the file's bytes
  bool operator==(const AssignedUseCase&) const = default;
};

/// The use cases of GET /api/v1/device/assignment. `corrupt` when it is no such document.
Result<std::vector<AssignedUseCase>> parse_assigned_use_cases(std::string_view json);

/// Keeps the use cases of this device up to date: asks the platform, fetches files by content, verifies them, keeps the
/// last good set on disk. Without the platform the set on disk counts (the gateway works offline for days).
class AssignmentWatch {
 public:
  struct Handlers {
    /// A new set, complete and checked. Called once at `start` when there is one on disk.
    std::function<void(std::vector<UseCase>)> on_change;
    std::function<void(const Error&)> on_problem = {};
  };
  /// `client` may be null: only the disk counts.
  AssignmentWatch(Loop& loop, std::unique_ptr<http::Client> client, std::filesystem::path folder, std::int64_t poll_us,
                  Handlers handlers);
  ~AssignmentWatch();
  AssignmentWatch(const AssignmentWatch&) = delete;
  AssignmentWatch& operator=(const AssignmentWatch&) = delete;
  void start();
  void stop();

 private:
  void poll();
  void wait();
  void on_assignment(const Result<http::Response>& response);
  void fetch_missing();
  void finish();
  Result<std::vector<UseCase>> load(const std::vector<AssignedUseCase>& assigned) const;
  [[nodiscard]] std::filesystem::path file_of(const std::string& sha256) const;
  void problem(const Error& error);

  Loop& loop_;
  std::unique_ptr<http::Client> client_;
  std::filesystem::path folder_;
  std::int64_t poll_us_;
  Handlers handlers_;
  Timer timer_;
  std::string etag_, pending_etag_, pending_json_;
  std::vector<AssignedUseCase> active_, pending_;
  std::string last_problem_;
  bool started_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace millrace
