#include "ingest/signal_table.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(SignalTable, GivesEachSignalOneNumberForEver) {
  SignalTable table;
  EXPECT_EQ(table.assign("s", "a", "x").id, 1);
  EXPECT_EQ(table.assign("s", "a", "y").id, 2);
  const auto again = table.assign("s", "a", "x");
  EXPECT_EQ(again.id, 1);
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(table.find("s", "b", "x"), std::nullopt);

  SignalTable reloaded;
  reloaded.load({{7, "s", "a", "x", "degC", ""}, {3, "s", "a", "y", "", ""}});
  EXPECT_EQ(reloaded.assign("s", "a", "x").id, 7);
  EXPECT_EQ(reloaded.row(7).unit, "degC");
  EXPECT_EQ(reloaded.assign("s", "a", "z").id, 8);
  EXPECT_EQ(reloaded.row(99).signal, "");
  EXPECT_EQ(reloaded.row(-1).signal, "");
}

}  // namespace
}  // namespace millrace
