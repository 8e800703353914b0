#pragma once

#include "base/time.hpp"
#include "decision/decider.hpp"
#include "decision/record.hpp"
#include "edge/active_model.hpp"
#include "edge/latency.hpp"
#include "features/aligner.hpp"
#include "features/window.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct PipelineOptions {
  std::string device;                                                     ///< who decides: goes into every record
  enum class Features { none, advice, all } features = Features::advice;  ///< which records carry the feature vector
  std::size_t batch_rows = 64;  ///< rows of one message that go through the engine at once
};

/// One use case on this device: samples in, decisions out. Sans-I/O: the clock is read for latency and ids only.
/// Between `begin` and `finish` of a message nothing is allocated (invariant of the edge's latency).
class Pipeline {
 public:
  /// `record` is valid during the call only. `begins`: the first of a run of the same advice.
  using Sink = std::function<void(const DecisionRecord& record, bool begins)>;

  Pipeline(UseCase use_case, std::string version, PipelineOptions options, const Clock& clock, Sink sink);

  [[nodiscard]] const UseCase& use_case() const { return use_case_; }
  [[nodiscard]] const std::string& version() const { return version_; }
  [[nodiscard]] const std::string& model_version() const { return model_.version; }
  [[nodiscard]] TimeUs model_since_us() const { return model_since_us_; }

  /// Takes over decisions from the next row on; the windows keep their raw rows.
  void set_model(ActiveModel model);

  /// What a signal of an asset means here. Columns count from 0; `work_order` stands for the maintenance code.
  static constexpr std::uint32_t work_order = UINT32_MAX - 1;
  [[nodiscard]] std::optional<std::uint32_t> column_of(std::string_view signal) const;
  /// Known already, or new and empty. The index stays valid.
  std::size_t asset(const std::string& site, const std::string& name);
  [[nodiscard]] std::size_t assets() const { return assets_.size(); }

  /// A message arrived at `received_us` (monotonic) and `now_us` (wall clock).
  void begin(std::int64_t received_us, TimeUs now_us);
  void push(std::size_t asset, std::uint32_t column, TimeUs source_time_us, StatusCode status, double value);
  /// The message is read: decides on every row that it completed.
  void finish();

  /// Rows whose time is up, assets that fell silent. Call it a few times a second.
  void poll(std::int64_t monotonic_us, TimeUs now_us);

  /// State of the assets for a restart. `changed` visits those that changed since the last call.
  using StateSink = std::function<void(const std::string& site, const std::string& asset, std::string bytes)>;
  void changed(const StateSink& visit);
  void all(const StateSink& visit) const;
  Result<void> restore(const std::string& site, const std::string& asset, std::string_view bytes);
  /// Up to this source time each asset's rows are known: the newest row's, of the asset that is behind the others (each
  /// may have a clock of its own). Nothing when there is no row.
  [[nodiscard]] std::optional<TimeUs> known_until_us() const;

  [[nodiscard]] const LatencyHistogram& latency() const { return latency_; }
  [[nodiscard]] std::uint64_t decisions() const { return decisions_; }
  [[nodiscard]] std::uint64_t engine_errors() const { return engine_errors_; }
  /// Came after their row was closed: they mend the window, for the decisions that follow.
  [[nodiscard]] std::uint64_t late_samples() const;

 private:
  struct Asset {
    std::string site, name;
    Aligner aligner;
    AssetWindow window;
    Decider decider;
    DecisionKey key;
    int work_order_code = 0;
    bool changed = false;
  };
  struct Pending {
    std::size_t asset = 0;
    TimeUs source_time_us = 0;
    double clock = 0, inputs_good = 0;
  };
  void on_row(std::size_t index, const Row& row);
  void on_work_order(std::size_t index, TimeUs source_time_us, StatusCode status, double value);
  void run_batch();
  void decide(const Pending& pending, double prediction, std::span<const float> features);
  /// `silence_us`: see write_decision_id.
  void put_out(const Asset& asset, const Verdict& verdict, TimeUs silence_us, std::span<const float> features);
  [[nodiscard]] DecisionKey key_of(const Asset& asset);
  [[nodiscard]] std::string state_of(const Asset& asset) const;

  UseCase use_case_;
  std::string version_;
  PipelineOptions options_;
  const Clock& clock_;
  Sink sink_;
  ActiveModel model_;  ///< without engine: rows are collected, nothing is decided
  TimeUs model_since_us_ = 0;
  std::string work_order_signal_;
  std::vector<std::unique_ptr<Asset>> assets_;
  std::map<std::pair<std::string, std::string>, std::size_t> by_name_;
  std::vector<float> inputs_, outputs_;
  std::vector<Pending> pending_;
  DecisionRecord record_;
  std::int64_t received_us_ = 0;
  TimeUs now_us_ = 0;
  LatencyHistogram latency_;
  std::uint64_t decisions_ = 0, engine_errors_ = 0;
};

}  // namespace millrace
