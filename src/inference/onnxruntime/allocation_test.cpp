// Counts every allocation of the process, those of libraries too, while engines run.
#include "inference/engine.hpp"
#include "onnx/synthetic.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILLRACE_COUNTS_ALLOCATIONS 0
#else
#define MILLRACE_COUNTS_ALLOCATIONS 1
#endif

namespace {
std::atomic<std::int64_t> allocated{0};
std::atomic<std::int64_t> freed{0};
}  // namespace

#if MILLRACE_COUNTS_ALLOCATIONS
extern "C" {
// glibc's own allocator under its other names; replacing malloc is allowed (glibc manual, "Replacing malloc").
void* __libc_malloc(std::size_t);
void __libc_free(void*);
void* malloc(std::size_t size) {
  allocated.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void free(void* pointer) {
  if (pointer != nullptr) freed.fetch_add(1, std::memory_order_relaxed);
  __libc_free(pointer);
}
}
#endif

namespace millrace {
namespace {

struct Counts {
  std::int64_t allocations;
  std::int64_t left;
};

Counts count_runs(Engine& engine, std::size_t rows) {
  std::vector<float> inputs(rows * engine.features(), 0.5F);
  std::vector<float> outputs(rows);
  for (int warm = 0; warm < 3; ++warm) EXPECT_TRUE(engine.run(inputs, outputs));
  const auto allocated_before = allocated.load();
  const auto freed_before = freed.load();
  bool ok = true;
  for (int k = 0; k < 1000; ++k) ok = engine.run(inputs, outputs).has_value() && ok;
  const Counts counts{allocated.load() - allocated_before,
                      allocated.load() - allocated_before - (freed.load() - freed_before)};
  EXPECT_TRUE(ok);
  return counts;
}

std::string model_bytes() { return onnx::to_bytes(onnx::to_model(onnx::make_synthetic({.trees = 300, .depth = 6}))); }

TEST(Allocations, TheTreeEngineMakesNone) {
  if (!MILLRACE_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer owns malloc";
  auto engine = make_tree_engine(model_bytes());
  ASSERT_TRUE(engine);
  for (const std::size_t rows : {1, 16, 200}) EXPECT_EQ(count_runs(**engine, rows).allocations, 0) << rows << " rows";
}

/// The library makes a few short-lived objects of its own in each run (1.2x: 8 or 9), whatever its options; nothing is
/// kept, and the number does not depend on the model. Where that matters the edge runs the tree engine.
TEST(Allocations, OnnxRuntimeKeepsNothing) {
  if (!MILLRACE_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer owns malloc";
  auto engine = make_onnxruntime_engine(model_bytes());
  ASSERT_TRUE(engine);
  for (const std::size_t rows : {1, 16}) {
    const Counts counts = count_runs(**engine, rows);
    EXPECT_EQ(counts.left, 0) << rows << " rows";
    EXPECT_LE(counts.allocations, 16 * 1000) << rows << " rows";
  }
}

}  // namespace
}  // namespace millrace
