#include "platform/snapshot_leases.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Snapshots = std::vector<SnapshotId>;

TEST(SnapshotLeases, LastAsLongAsSomebodyReads) {
  SnapshotLeases leases;
  leases.keep(7, 0);
  leases.keep(9, SnapshotLeases::lease_us / 2);
  EXPECT_EQ(leases.kept(SnapshotLeases::lease_us - 1), (Snapshots{7, 9}));
  leases.keep(9, SnapshotLeases::lease_us);
  EXPECT_EQ(leases.kept(SnapshotLeases::lease_us), Snapshots{9});
  EXPECT_EQ(leases.kept(2 * SnapshotLeases::lease_us), Snapshots{});
}

TEST(SnapshotLeases, AreBounded) {
  SnapshotLeases leases;
  for (SnapshotId i = 0; i < 1000; ++i) leases.keep(i, i);
  const auto kept = leases.kept(1000);
  ASSERT_EQ(kept.size(), SnapshotLeases::limit);
  EXPECT_EQ(kept.back(), 999);
}

}  // namespace
}  // namespace millrace
