// How fast a Sparkplug data message is written and read, per metric, on one core.
#include "result_line.hpp"
#include "sparkplug/data_decoder.hpp"
#include "sparkplug/data_encoder.hpp"

#include <chrono>
#include <string>

int main() {
  using std::chrono::duration;
  using std::chrono::steady_clock;
  namespace sparkplug = millrace::sparkplug;
  constexpr int metrics = 200;
  constexpr int rounds = 20'000;
  sparkplug::DataEncoder encoder;
  auto begin = steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    encoder.clear();
    for (int i = 0; i < metrics; ++i) {
      encoder.add({.alias = static_cast<std::uint64_t>(300 + i),
                   .time_ms = 1'700'000'000'000 + static_cast<std::uint64_t>(round),
                   .value = 600.0 + i});
    }
  }
  double encode_s = duration<double>(steady_clock::now() - begin).count();
  std::string payload(encoder.bytes());
  sparkplug::append_seq(payload, 7);
  double sum = 0;
  begin = steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    sparkplug::DataDecoder decoder(payload);
    for (sparkplug::DataMetric metric; decoder.next(metric);) sum += metric.value;
  }
  double decode_s = duration<double>(steady_clock::now() - begin).count();
  if (sum < 0) return 1;
  constexpr double total = static_cast<double>(metrics) * rounds;
  millrace::bench::print_result("sparkplug encode", total / encode_s, "metrics/s", "higher", 10e6);
  millrace::bench::print_result("sparkplug decode", total / decode_s, "metrics/s", "higher", 10e6);
  return 0;
}
