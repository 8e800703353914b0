// A set-point from the edge's decision to the machine's node and back, with everything real around the gateway.
#include "gateway/testing/deciding_edge.hpp"
#include "gateway/testing/site.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

std::string with_setpoint(const std::string& write, const std::string& envelope, const std::string& timeout) {
  std::string yaml = use_case_yaml;
  const auto replace = [&](const std::string& from, const std::string& to) {
    yaml.replace(yaml.find(from), from.size(), to);
  };
  replace("{opcua: \"nsu=urn:millrace:plant;s={asset}.Advice\", value: 1}", write);
  replace("mode: advisory", "mode: setpoint\n  envelope: " + envelope);
  replace("{after: 5 s, then: no_advice}", "{after: " + timeout + ", then: safe}");
  return yaml;
}

class SetpointFlow : public GatewayFlow {
 protected:
  void start(const std::string& yaml) {
    EXPECT_TRUE(delivery::Assigned().use_case("watch", yaml).store(delivery::ArtifactCache(config_.directory)));
    start_platform();
    start_gateway();
    ASSERT_TRUE(wait([&] { return server_->monitored_items() == 6; }));
    edge_ = std::make_unique<Edge>(loop_, *site_broker_);
    ASSERT_TRUE(wait([&] { return edge_->born() && metric("millrace_gateway_site_connected") == "1"; }));
  }
  void decide(const std::string& advice, double prediction = 10) {
    if (edge_->born()) edge_->decide(advice, ++batch_, prediction);
  }
  /// Decides the same again and again, as an edge does with every row, until `done`.
  bool decide_until(const std::string& advice, const std::function<bool()>& done, double prediction = 10) {
    return wait([&] {
      if (done()) return true;
      const auto now_us = loop_.clock().monotonic_us();
      if (now_us - decided_us_ > 50'000) {
        decided_us_ = now_us;
        decide(advice, prediction);
      }
      return false;
    });
  }
  [[nodiscard]] std::vector<double> written() const {
    std::vector<double> values;
    for (const auto& [variable, value] : writes_) {
      if (variable == variables_.at("engine-1.Derate")) values.push_back(value);
    }
    return values;
  }
  [[nodiscard]] bool has_written(double value) const {
    const auto values = written();
    return !values.empty() && std::abs(values.back() - value) < 1e-9;
  }
  /// Events of the platform with a member of this value.
  [[nodiscard]] std::size_t events(const char* member, const nlohmann::json& value) const {
    const auto& all = platform_->events;
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const std::string& text) {
      return nlohmann::json::parse(text).at(member) == value;
    }));
  }

  std::unique_ptr<Edge> edge_;
  std::uint64_t batch_ = 0;
  std::int64_t decided_us_ = 0;
};

constexpr const char* derate = "{opcua: \"nsu=urn:millrace:plant;s={asset}.Derate\", value: 0.8}";

TEST_F(SetpointFlow, walks_from_the_safe_value_to_the_wish_and_back_when_the_edge_falls_silent) {
  start(with_setpoint(derate, "{range: [0, 1], rate_per_s: 2, safe: 0.1}", "1 s"));
  ASSERT_TRUE(decide_until("overhaul", [&] { return has_written(0.8); }));
  const auto values = written();
  EXPECT_EQ(values.front(), 0.1) << "the safe value comes first";
  EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
  EXPECT_GT(values.size(), 2u) << "in steps";
  ASSERT_TRUE(wait([&] { return has_written(0.1); })) << "nobody decides any more";
  ASSERT_TRUE(wait([&] { return events("value", 0.8) > 0 && events("value", 0.1) >= 2; }));
  EXPECT_EQ(events("kind", "setpoint"), platform_->events.size());
  EXPECT_EQ(events("read_back", 0.8), events("value", 0.8)) << "what was written stands there";
  EXPECT_GT(events("guard", "rate"), 0u);
}

TEST_F(SetpointFlow, begins_and_ends_with_the_safe_value) {
  start(with_setpoint(derate, "{range: [0, 1], safe: 0.1}", "30 s"));
  ASSERT_TRUE(wait([&] { return has_written(0.1); })) << "before anybody decides";
  ASSERT_TRUE(decide_until("overhaul", [&] { return has_written(0.8); }));
  stop_gateway();
  ASSERT_TRUE(wait([&] { return has_written(0.1); }));
}

TEST_F(SetpointFlow, nothing_wished_is_the_safe_value) {
  start(with_setpoint(derate, "{range: [0, 1], safe: 0.1}", "30 s"));
  ASSERT_TRUE(decide_until("overhaul", [&] { return has_written(0.8); }));
  ASSERT_TRUE(decide_until("no_advice", [&] { return has_written(0.1); }));
}

// Invariant f: a guard violation never reaches an output.
TEST_F(SetpointFlow, invariant_f_whatever_the_model_predicts_the_machine_sees_the_envelope_only) {
  start(with_setpoint("{opcua: \"nsu=urn:millrace:plant;s={asset}.Derate\", value: prediction}",
                      "{range: [0.2, 0.9], safe: 0.5}", "30 s"));
  ASSERT_TRUE(decide_until("overhaul", [&] { return has_written(0.9); }, 1e9));
  ASSERT_TRUE(decide_until("overhaul", [&] { return has_written(0.2); }, -7));
  ASSERT_TRUE(decide_until("overhaul", [&] { return has_written(0.3); }, 0.3));
  for (const double value : written()) {
    EXPECT_GE(value, 0.2);
    EXPECT_LE(value, 0.9);
  }
  ASSERT_TRUE(wait([&] { return events("guard", "range") > 0; }));
}

TEST_F(SetpointFlow, a_node_that_the_gateway_does_not_allow_is_never_written) {
  start(with_setpoint("{opcua: \"nsu=urn:millrace:plant;s={asset}.Interlock\", value: 0.5}",
                      "{range: [0, 1], safe: 0.1}", "30 s"));
  ASSERT_TRUE(decide_until("overhaul", [&] { return platform_->decisions.size() > 5; }));
  EXPECT_TRUE(writes_.empty());
}

TEST_F(SetpointFlow, bounds_that_are_wider_than_the_gateway_allows_are_refused) {
  start(with_setpoint(derate, "{range: [0, 5], safe: 0.1}", "30 s"));
  ASSERT_TRUE(decide_until("overhaul", [&] { return platform_->decisions.size() > 5; }));
  EXPECT_TRUE(writes_.empty());
}

}  // namespace
}  // namespace millrace
