// Sparkplug payloads, topics and whole host sessions from bytes that anybody on the broker may have written.
#include "sparkplug/batch_set.hpp"
#include "sparkplug/data_decoder.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/host.hpp"
#include "sparkplug/state.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace sparkplug = millrace::sparkplug;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto payload = sparkplug::decode(bytes);
  sparkplug::DataDecoder decoder(bytes);
  std::size_t metrics = 0;
  for (sparkplug::DataMetric metric; decoder.next(metric);) ++metrics;
  if (payload) {
    // Both readers agree, and what is written is read back.
    if (!decoder.ok() || metrics != payload->metrics.size()) std::abort();
    if (!sparkplug::decode(sparkplug::encode(*payload))) std::abort();
    std::string marked;
    if (!sparkplug::append_as_historical(marked, bytes) || !sparkplug::decode(marked)) std::abort();
  }
  (void)sparkplug::parse_topic(bytes);
  (void)sparkplug::parse_state(bytes);
  if (auto set = sparkplug::BatchSet::parse(bytes)) {
    auto again = sparkplug::BatchSet::parse(set->to_text());
    if (!again || !(*again == *set)) std::abort();
  }
  // The same bytes as a birth and as data of a node and of a device.
  millrace::ManualClock clock(1);
  sparkplug::Host host({.host = "host"}, clock,
                       {.publish = [](const sparkplug::Publication&) { return millrace::Result<void>{}; },
                        .data =
                            [](sparkplug::DeviceState& device, std::string_view in, millrace::TimeUs) {
                              sparkplug::DataDecoder data_in(in);
                              for (sparkplug::DataMetric metric; data_in.next(metric);) {
                                (void)device.metrics.find(metric);
                              }
                            }});
  host.on_connected(1);
  for (const auto* topic : {"spBv1.0/g/NBIRTH/n", "spBv1.0/g/DBIRTH/n/d", "spBv1.0/g/DDATA/n/d", "spBv1.0/g/NDATA/n",
                            "spBv1.0/g/NDEATH/n", "spBv1.0/STATE/host"}) {
    host.on_message(topic, bytes, 1);
  }
  clock.advance_us(1'000'000'000);
  host.on_timer(clock.now_us());
  return 0;
}
