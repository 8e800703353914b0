#include "base/file.hpp"
#include "lake/duckdb/duckdb_lake.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <random>

namespace millrace {
namespace {

class DurabilityTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-durable-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Lake> open() const {
    auto lake = open_duckdb_lake({.folder = folder_ / "lake"});
    EXPECT_TRUE(lake) << lake.error().message;
    return lake ? std::move(*lake) : nullptr;
  }
  static double number(Lake& lake, const std::string& sql) {
    const auto result = lake.query(sql);
    EXPECT_TRUE(result) << result.error().message;
    return result ? result->number(0, 0) : no_value;
  }
  std::filesystem::path folder_;
};

int to_number(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// A child process whose output is read; killed with this object.
class Child {
 public:
  explicit Child(std::vector<std::string> command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      std::vector<char*> arguments;
      for (auto& word : command) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
  }
  ~Child() {
    kill();
    ::close(output_);
  }
  /// Reads what comes within the time; false at the end of the output.
  bool read(int limit_ms) {
    pollfd wait{output_, POLLIN, 0};
    if (::poll(&wait, 1, limit_ms) <= 0) return true;
    char buffer[4096];
    const auto size = ::read(output_, buffer, sizeof buffer);
    if (size <= 0) return false;
    text_.append(buffer, static_cast<std::size_t>(size));
    return true;
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    while (read(0)) {
    }
  }
  int wait() {
    int status = 0;
    while (read(-1)) {
    }
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] int last_number() const {
    const auto end = text_.rfind('\n');
    if (end == std::string::npos) return 0;
    const auto start = end == 0 ? std::string::npos : text_.rfind('\n', end - 1);
    return to_number(std::string_view(text_).substr(start == std::string::npos ? 0 : start + 1));
  }

 private:
  pid_t pid_ = 0;
  int output_ = -1;
  std::string text_;
};

// Invariant a: what was acknowledged is never lost, under kill -9 at any instant; and nothing is there by half or
// twice.
TEST_F(DurabilityTest, InvariantA_KilledAtAnyInstantEveryReportedCommitIsThereWhole) {
  std::mt19937 random(11);
  int reported = 0;
  for (int round = 0; round < 6; ++round) {
    {
      Child writer({MILLRACE_KILL_WRITER, (folder_ / "lake").string()});
      const int enough = reported + 3 + static_cast<int>(random() % 12);
      while (writer.last_number() < enough && writer.read(20'000)) {
      }
      ASSERT_GE(writer.last_number(), enough) << "the writer died by itself: " << writer.text();
      writer.read(static_cast<int>(random() % 25));  // somewhere inside the next commit or maintenance
      writer.kill();
      reported = std::max(reported, writer.last_number());
    }
    const auto lake = open();
    ASSERT_NE(lake, nullptr);
    const auto marks = lake->recover_marks();
    ASSERT_TRUE(marks) << marks.error().message;
    const int stored = to_number(*marks);
    ASSERT_GE(stored, reported) << "a commit that was reported is gone";
    ASSERT_LE(stored, reported + 1);
    EXPECT_EQ(number(*lake, "SELECT count(*) FROM events"), stored);
    EXPECT_EQ(number(*lake, "SELECT count(DISTINCT signal_id) FROM samples"), stored);
    EXPECT_EQ(number(*lake,
                     "SELECT count(*) FROM (SELECT signal_id, count(*) AS n, count(DISTINCT source_time) AS times FROM "
                     "samples GROUP BY 1) s "
                     "JOIN (SELECT epoch_us(time) AS id, detail::BIGINT AS n FROM events) e ON e.id = s.signal_id "
                     "WHERE s.n <> e.n OR s.times <> e.n"),
              0)
        << "a batch is there by half or twice";
    reported = stored;
  }
}

TEST_F(DurabilityTest, AFullDiskIsAClearErrorAndTheSameCommitGoesThroughLater) {
  const auto lake = open();
  ASSERT_NE(lake, nullptr);
  std::mt19937_64 random(3);
  LakeCommit rows;
  for (int i = 0; i < 300'000; ++i) rows.samples.add(1, i + 1, static_cast<double>(random()), status::good);
  ASSERT_TRUE(lake->commit(LakeCommit{.events = {{.time_us = 1, .kind = "before"}}}, "", "", "1"));

  // A limit on the size of files stands in for a full disk: the write of the Parquet file fails in the middle.
  rlimit unlimited{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t bytes : {rlim_t{1'000'000}, rlim_t{2'000}}) {  // the data; then even the catalogue
    const rlimit tight{bytes, unlimited.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
    const auto refused = lake->commit(rows, "", "", "2");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().code == ErrorCode::exhausted || refused.error().code == ErrorCode::unavailable)
        << to_string(refused.error().code) << ": " << refused.error().message;
    EXPECT_NE(refused.error().message.find(folder_.string()), std::string::npos) << refused.error().message;
    EXPECT_EQ(number(*lake, "SELECT count(*) FROM samples"), 0);
    EXPECT_EQ(*lake->recover_marks(), "1");
  }
  ::signal(SIGXFSZ, handler);
  const auto stored = lake->commit(rows, "", "", "2");
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(number(*lake, "SELECT count(*) FROM samples"), 300'000);
  EXPECT_EQ(number(*lake, "SELECT count(*) FROM events"), 1);
  EXPECT_EQ(*lake->recover_marks(), "2");
}

// Invariant h: a table in the lake can be read with plain DuckDB, also while we write.
TEST_F(DurabilityTest, InvariantH_PlainPythonDuckDbReadsWhileTheWriterIsOpen) {
  if (!std::filesystem::exists(MILLRACE_TEST_PYTHON))
    GTEST_SKIP() << MILLRACE_TEST_PYTHON << " is missing: run scripts/bootstrap";
  const auto lake = open();
  ASSERT_NE(lake, nullptr);
  LakeCommit rows;
  rows.signals.push_back({1, "plant", "engine-001", "T24", "degR", "temperature"});
  for (int i = 0; i < 5'000; ++i) rows.samples.add(1, 1'000'000 + i, 640 + i * 0.25, status::good);
  ASSERT_TRUE(lake->commit(rows, "", "", ""));
  LakeCommit small;  // inlined in the catalogue
  for (int i = 0; i < 10; ++i) small.samples.add(1, 9'000'000 + i, 1, status::bad);
  ASSERT_TRUE(lake->commit(small, "", "", ""));
  const auto catalog = (folder_ / "lake" / "catalog.sqlite").string();
  for (int i = 0; i < 2; ++i) {
    Child reader({MILLRACE_TEST_PYTHON, MILLRACE_READ_LAKE, catalog, MILLRACE_DUCKDB_EXTENSIONS});
    EXPECT_EQ(reader.wait(), 0);
    EXPECT_EQ(reader.text(),
              "points 5010 bad 10 asset engine-001 sum_good " + std::to_string(640 * 5'000 + 3'124'375) + "\n");
    ASSERT_TRUE(lake->maintain({}));  // once inlined and in two files, once in one
  }
  ASSERT_TRUE(lake->commit(small, "", "", "")) << "the readers leave no lock behind";
}

}  // namespace
}  // namespace millrace
