// What a device runs, over the real thing: HTTPS with client certificates, files on disk, a worker.
#include "delivery/http/http_source.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "delivery/http/testing/device_platform.hpp"
#include "delivery/watch.hpp"
#include "net/tls/testing/test_pki.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace millrace::delivery {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t limit_us = 30'000'000;

class AssignmentOverHttps : public ::testing::Test {
 protected:
  void TearDown() override {
    if (watch_) watch_->stop();
  }

  /// One model of these bytes; `sent` comes instead when it is asked for.
  void assign(const std::string& revision, const std::string& bytes, const std::optional<std::string>& sent = {}) {
    platform_.assign(
        revision,
        Assigned().model("pump", 1, {{"model.onnx", bytes}, {"golden.json", bytes}, {"features.json", bytes}}));
    if (sent) platform_.falsify(bytes, *sent);
  }
  void start_watch(const Credentials& credentials) {
    if (watch_) watch_->stop();
    client_ = http::make_beast_client(loop_, {.base_url = platform_.url(), .credentials = credentials});
    source_ = make_http_source(*client_);
    watch_ = std::make_unique<AssignmentWatch>(
        loop_, workers_, source_.get(), ArtifactCache(pki_.folder() / "device"),
        AssignmentWatch::Options{.poll_us = 10'000},
        AssignmentWatch::Handlers{.prove = [this](const Assignment& assignment,
                                                  const ArtifactCache& cache) { return prove(assignment, cache); },
                                  .problem = [this](const std::string& problem) { problems_.push_back(problem); }});
    watch_->start();
  }
  Proof prove(const Assignment& assignment, const ArtifactCache& cache) {
    const auto model = cache.read(assignment.model_of("pump")->find("model.onnx")->sha256);
    if (!model && model.error().code == ErrorCode::unavailable) return {.unread = model.error()};
    if (!model || *model == "fails its golden vectors") return {.whole = false, .take = [this] { ++refused_; }};
    return {.whole = true, .take = [this, bytes = *model] { active_.push_back(bytes); }};
  }
  /// Where the device keeps these bytes.
  [[nodiscard]] std::filesystem::path cached(const std::string& bytes) const {
    return pki_.folder() / "device/artifacts" / sha256_hex(bytes);
  }
  [[nodiscard]] bool until(const std::function<bool()>& done) { return loop_.run_until(done, limit_us); }
  [[nodiscard]] bool until_active(const std::string& bytes) {
    return until([&] { return !active_.empty() && active_.back() == bytes; });
  }
  /// Several more polls are answered, or fail.
  [[nodiscard]] bool some_polls() {
    const int before = platform_.whole_answers + platform_.unchanged_answers;
    return until([&] { return platform_.whole_answers + platform_.unchanged_answers >= before + 5; });
  }

  SystemClock clock_;
  Loop loop_{clock_};
  WorkerPool workers_{loop_, 1, 4};
  tls::TestPki pki_;
  DevicePlatform platform_{loop_, pki_.issue("platform")};
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<AssignmentWatch> watch_;
  std::vector<std::string> active_, problems_;
  int refused_ = 0;
};

TEST_F(AssignmentOverHttps, TakesWhatIsAssignedOnceAndAChangedRevisionAgain) {
  assign("1", "first");
  start_watch(pki_.issue("edge-1"));
  ASSERT_TRUE(until_active("first"));
  ASSERT_TRUE(some_polls());
  EXPECT_EQ(platform_.peer, "edge-1");
  EXPECT_EQ(platform_.whole_answers, 1) << "all further ones are 304";
  EXPECT_EQ(platform_.artifacts_asked, 1) << "one content, whatever its names";
  assign("2", "second");
  ASSERT_TRUE(until_active("second"));
  EXPECT_THAT(active_, ElementsAre("first", "second"));
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(AssignmentOverHttps, BytesThatAreNotWhatWasAssignedNeverRun) {
  assign("1", "first");
  start_watch(pki_.issue("edge-1"));
  ASSERT_TRUE(until_active("first"));
  assign("2", "second", "secand");
  ASSERT_TRUE(until([&] { return !problems_.empty(); }));
  ASSERT_TRUE(some_polls());
  EXPECT_THAT(problems_, ElementsAre(AllOf(HasSubstr("could not be fetched"), HasSubstr("other bytes came"))));
  assign("2", "second", "sec");  // cut short
  ASSERT_TRUE(until([&] { return problems_.size() == 2; }));
  ASSERT_TRUE(some_polls());
  EXPECT_THAT(problems_.back(), HasSubstr("3 of 6 bytes came"));
  EXPECT_THAT(active_, ElementsAre("first"));
  assign("2", "second");
  EXPECT_TRUE(until_active("second"));
}

TEST_F(AssignmentOverHttps, WhatFailsItsProofIsRefusedOnceAndTheLastGoodOneComesBackAfterARestart) {
  assign("1", "first");
  start_watch(pki_.issue("edge-1"));
  ASSERT_TRUE(until_active("first"));
  assign("2", "fails its golden vectors");
  ASSERT_TRUE(until([&] { return refused_ == 1; }));
  ASSERT_TRUE(some_polls());
  EXPECT_EQ(refused_, 1);
  EXPECT_THAT(active_, ElementsAre("first"));
  active_.clear();
  platform_.stop();
  start_watch(pki_.issue("edge-1"));
  EXPECT_TRUE(until_active("first"));
}

TEST_F(AssignmentOverHttps, AFileThatRottedInTheCacheIsFetchedAgain) {
  assign("1", "first");
  ASSERT_TRUE(write_file(cached("first"), "fir5t"));
  start_watch(pki_.issue("edge-1"));
  ASSERT_TRUE(until_active("first"));
  EXPECT_EQ(refused_, 1);
  EXPECT_EQ(platform_.artifacts_asked, 1);
}

TEST_F(AssignmentOverHttps, AFileThatCannotBeReadForAWhileIsToldOnceAndTriedAgain) {
  assign("1", "first");
  std::filesystem::create_directories(cached("first").parent_path());
  std::filesystem::create_symlink("/proc/self/mem", cached("first"));  // opens, then EIO
  start_watch(pki_.issue("edge-1"));
  ASSERT_TRUE(until([&] { return !problems_.empty(); }));
  ASSERT_TRUE(some_polls());
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("cannot read")));
  ASSERT_TRUE(write_file(cached("first"), "first"));
  ASSERT_TRUE(until_active("first"));
  EXPECT_EQ(refused_, 0);
  EXPECT_EQ(platform_.artifacts_asked, 0);
}

TEST_F(AssignmentOverHttps, APlatformThatIsGoneIsToldOnceAndAskedUntilItIsBack) {
  assign("1", "first");
  start_watch(pki_.issue("edge-1"));
  ASSERT_TRUE(until_active("first"));
  platform_.hold_artifacts = true;
  assign("2", "second");
  ASSERT_TRUE(until([&] { return platform_.artifacts_asked == 2; }));
  platform_.stop();  // in the middle of a file
  ASSERT_TRUE(until([&] { return problems_.size() >= 2; }));
  EXPECT_THAT(problems_[0], AllOf(HasSubstr("model.onnx"), HasSubstr("the platform does not answer")));
  EXPECT_THAT(problems_[1], AllOf(HasSubstr("the platform does not answer"), HasSubstr(platform_.url())));
  platform_.hold_artifacts = false;
  platform_.start();
  ASSERT_TRUE(until_active("second"));
  EXPECT_EQ(problems_.size(), 2u);
}

TEST_F(AssignmentOverHttps, ARefusedCertificateIsOneClearMessageAndTheLastGoodStateStaysActive) {
  assign("1", "first");
  start_watch(pki_.issue("edge-1"));
  ASSERT_TRUE(until_active("first"));
  active_.clear();
  assign("2", "second");
  start_watch(pki_.issue_by_a_stranger("edge-1"));
  ASSERT_TRUE(until_active("first"));  // from disk
  ASSERT_TRUE(until([&] { return !problems_.empty(); }));
  int polls = 0;
  client_->send("GET", "/api/v1/device/assignment", {}, {}, [&](const Result<http::Response>&) { ++polls; });
  ASSERT_TRUE(until([&] { return polls == 1; }));
  EXPECT_THAT(problems_, ElementsAre(AllOf(HasSubstr("refuses the certificate"), HasSubstr("edge-1.pem"))));
  EXPECT_THAT(active_, ElementsAre("first"));
  start_watch(pki_.issue("edge-1"));
  EXPECT_TRUE(until_active("second"));
}

TEST_F(AssignmentOverHttps, AnExpiredCertificateIsOneClearMessage) {
  start_watch(pki_.issue("edge-1", -5));
  ASSERT_TRUE(until([&] { return !problems_.empty(); }));
  EXPECT_THAT(problems_, ElementsAre(AllOf(HasSubstr("'edge-1'"), HasSubstr("expired on"))));
}

}  // namespace
}  // namespace millrace::delivery
