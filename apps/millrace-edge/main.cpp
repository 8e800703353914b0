// millrace-edge: beside the machine. Reads the site's data from the broker, computes features, runs the model, decides.
#include "base/time.hpp"
#include "edge/config.hpp"
#include "edge/service.hpp"
#include "runtime/components.hpp"
#include "runtime/loop.hpp"
#include "runtime/program.hpp"
#include "runtime/worker_pool.hpp"

namespace millrace {
namespace {

Result<void> serve(const EdgeConfig& config) {
  const SystemClock clock;
  Loop loop(clock);
  constexpr std::size_t threads = 1, queue = 16;  // one: windows and models are written and loaded in order
  WorkerPool workers(loop, threads, queue);
  TRY_ASSIGN(auto ports, make_edge_ports(loop, config));
  EdgeService service(loop, workers, config, std::move(ports));
  ComponentGroup group(loop);
  group.add({"edge", [&] { return service.start(); }, [&] { service.stop(); }});
  return group.run();
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  return millrace::run_program(argc, argv, {"edge", "Millrace edge: decides beside the machine"},
                               millrace::load_edge_config, millrace::serve);
}
