#include "runtime/components.hpp"
#include "runtime/loop.hpp"
#include "runtime/worker_pool.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace millrace {
namespace {

class RuntimeTest : public testing::Test {
 protected:
  SystemClock clock_;
  Loop loop_{clock_};
};

TEST_F(RuntimeTest, timer_fires_once_and_a_cancelled_one_never) {
  int fired = 0, cancelled = 0;
  Timer once(loop_), never(loop_);
  never.after_us(0, [&] { ++cancelled; });
  never.cancel();
  once.after_us(1000, [&] { ++fired; });
  EXPECT_TRUE(loop_.run_until([&] { return fired > 0; }, 5'000'000));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(cancelled, 0);
}

TEST_F(RuntimeTest, periodic_timer_goes_on_until_cancelled_from_inside) {
  int fired = 0;
  Timer timer(loop_);
  timer.every_us(500, [&] {
    if (++fired == 3) timer.cancel();
  });
  EXPECT_TRUE(loop_.run_until([&] { return fired == 3; }, 5'000'000));
}

TEST_F(RuntimeTest, pool_works_elsewhere_and_answers_on_the_loop) {
  WorkerPool pool(loop_, 1, 4);
  std::thread::id worked_on, answered_on;
  ASSERT_TRUE(
      pool.submit([&] { worked_on = std::this_thread::get_id(); }, [&] { answered_on = std::this_thread::get_id(); }));
  ASSERT_TRUE(loop_.run_until([&] { return answered_on != std::thread::id(); }, 5'000'000));
  EXPECT_EQ(answered_on, std::this_thread::get_id());
  EXPECT_NE(worked_on, answered_on);
}

TEST_F(RuntimeTest, pool_refuses_beyond_its_bound) {
  WorkerPool pool(loop_, 0, 1);
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_EQ(pool.submit([] {}).error().code, ErrorCode::exhausted);
}

TEST_F(RuntimeTest, stopped_workers_have_ended_and_take_nothing_more) {
  WorkerPool pool(loop_, 1, 4);
  std::promise<void> running, go_on;
  bool finished = false;
  ASSERT_TRUE(pool.submit([&] {
    running.set_value();
    go_on.get_future().wait();
    finished = true;
  }));
  running.get_future().wait();
  std::jthread other([&] { go_on.set_value(); });
  pool.stop();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(pool.submit([] {}));
}

TEST_F(RuntimeTest, components_stop_in_reverse_order_when_one_fails) {
  std::string story;
  ComponentGroup group(loop_);
  group.add({"a",
             [&] {
               story += "+a";
               return Result<void>{};
             },
             [&] { story += "-a"; }});
  group.add({"b",
             [&] {
               story += "+b";
               loop_.post([&] { group.fail_with({ErrorCode::unavailable, "gone"}); });
               return Result<void>{};
             },
             [&] { story += "-b"; }});
  auto outcome = group.run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "gone");
  EXPECT_EQ(story, "+a+b-b-a");
}

}  // namespace
}  // namespace millrace
