#include "edge/pipeline.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace millrace {

Pipeline::Pipeline(UseCase use_case, std::string version, PipelineOptions options, const Clock& clock, Sink sink)
    : use_case_(std::move(use_case)),
      version_(std::move(version)),
      options_(std::move(options)),
      clock_(clock),
      sink_(std::move(sink)) {
  // Checked when the use case was applied; without features there is nothing to decide and no asset is bound.
  auto definition = compile_features(use_case_);
  model_.definition =
      std::make_shared<const FeatureDefinition>(definition ? std::move(*definition) : FeatureDefinition{});
  if (const auto* signal = use_case_.signal_with_role(SignalRole::work_order)) work_order_signal_ = signal->name;
  record_.device = options_.device;
  record_.use_case = use_case_.name;
  record_.use_case_version = version_;
  record_.unit = use_case_.model.output_unit;
  record_.reason.reserve(128);
  pending_.reserve(options_.batch_rows);
}

void Pipeline::set_model(ActiveModel model) {
  MILLRACE_ASSERT(model.engine != nullptr && pending_.empty());
  for (auto& asset : assets_) {
    const auto changed = asset->window.change_definition(model.definition);
    MILLRACE_ASSERT(changed.has_value());  // load_model has compared the layouts
  }
  model_ = std::move(model);
  model_since_us_ = clock_.now_us();
  record_.model_version = model_.version;
  record_.feature_hash = model_.feature_hash;
  inputs_.assign(options_.batch_rows * model_.definition->size(), 0);
  outputs_.assign(options_.batch_rows, 0);
  record_.features.reserve(model_.definition->size());
  for (auto& asset : assets_) asset->key = key_of(*asset);
}

DecisionKey Pipeline::key_of(const Asset& asset) {
  record_.site = asset.site;
  record_.asset = asset.name;
  return decision_key(record_);
}

std::optional<std::uint32_t> Pipeline::column_of(std::string_view signal) const {
  if (!work_order_signal_.empty() && signal == work_order_signal_) return work_order;
  const auto column = model_.definition->layout.find(signal);
  if (!column) return std::nullopt;
  return static_cast<std::uint32_t>(*column);
}

std::size_t Pipeline::asset(const std::string& site, const std::string& name) {
  const auto [found, is_new] = by_name_.emplace(std::pair(site, name), assets_.size());
  if (is_new) {
    assets_.push_back(std::make_unique<Asset>(
        Asset{site, name, Aligner(model_.definition->layout.size(), use_case_.features.align_timeout_us),
              AssetWindow(model_.definition), Decider(use_case_.decision, use_case_.quality.missing), DecisionKey{}}));
    assets_.back()->key = key_of(*assets_.back());
  }
  return found->second;
}

void Pipeline::begin(std::int64_t received_us, TimeUs now_us) {
  received_us_ = received_us;
  now_us_ = now_us;
}

void Pipeline::push(std::size_t index, std::uint32_t column, TimeUs source_time_us, StatusCode status, double value) {
  if (column == work_order) return on_work_order(index, source_time_us, status, value);
  assets_[index]->aligner.push(column, source_time_us, status, value, received_us_,
                               [&](const Row& row) { on_row(index, row); });
}

void Pipeline::on_row(std::size_t index, const Row& row) {
  Asset& asset = *assets_[index];
  const auto pushed = asset.window.push(row);
  if (pushed == AssetWindow::Pushed::ignored) return;
  asset.changed = true;
  if (pushed != AssetWindow::Pushed::appended || model_.engine == nullptr || !asset.window.due()) return;
  const std::size_t features = model_.definition->size();
  asset.window.compute(std::span(inputs_).subspan(pending_.size() * features, features));
  pending_.push_back({index, row.source_time_us, asset.window.clock(), asset.window.inputs_good()});
  if (pending_.size() == options_.batch_rows) run_batch();
}

/// A change of the code to non-zero ends the asset's life: what was pending is decided, then the window starts anew.
void Pipeline::on_work_order(std::size_t index, TimeUs source_time_us, StatusCode status, double value) {
  if (is_bad(status) || !std::isfinite(value)) return;
  Asset& asset = *assets_[index];
  const int code = static_cast<int>(std::clamp(std::lround(value), -1'000'000l, 1'000'000l));
  if (code == asset.work_order_code) return;
  asset.work_order_code = code;
  asset.changed = true;
  if (code == 0) return;
  run_batch();
  asset.window.reset(source_time_us);
  asset.decider.reset();
}

void Pipeline::finish() { run_batch(); }

void Pipeline::run_batch() {
  if (pending_.empty()) return;
  const std::size_t rows = pending_.size(), features = model_.definition->size();
  const std::span<const float> inputs = std::span<const float>(inputs_).first(rows * features);
  const std::span<float> outputs = std::span(outputs_).first(rows);
  if (!model_.engine->run(inputs, outputs)) {  // no number: the decision becomes "no advice"
    ++engine_errors_;
    std::fill(outputs.begin(), outputs.end(), std::numeric_limits<float>::quiet_NaN());
  }
  for (std::size_t i = 0; i < rows; ++i) {
    decide(pending_[i], static_cast<double>(outputs[i]), inputs.subspan(i * features, features));
  }
  pending_.clear();
}

void Pipeline::decide(const Pending& pending, double prediction, std::span<const float> features) {
  Asset& asset = *assets_[pending.asset];
  record_.clock = pending.clock;
  record_.prediction = prediction;
  record_.inputs_good = pending.inputs_good;
  record_.source_time_us = pending.source_time_us;
  put_out(asset, asset.decider.decide(prediction, pending.inputs_good, received_us_), 0, features);
}

void Pipeline::put_out(const Asset& asset, const Verdict& verdict, TimeUs silence_us, std::span<const float> features) {
  using Features = PipelineOptions::Features;
  record_.time_us = now_us_;
  record_.asset = asset.name;
  record_.site = asset.site;
  record_.advice = verdict.advice;
  record_.hold = verdict.hold;
  asset.decider.explain(record_.reason);
  write_decision_id(asset.key, record_.source_time_us, silence_us, record_.decision_id);
  const bool with_features =
      options_.features == Features::all || (options_.features == Features::advice && verdict.advice != "none");
  record_.features.clear();
  if (with_features) record_.features.assign(features.begin(), features.end());
  record_.latency_us = clock_.monotonic_us() - received_us_;
  sink_(record_, verdict.begins);
  latency_.add(clock_.monotonic_us() - received_us_);
  ++decisions_;
}

void Pipeline::poll(std::int64_t monotonic_us, TimeUs now_us) {
  begin(monotonic_us, now_us);
  for (std::size_t index = 0; index < assets_.size(); ++index) {
    Asset& asset = *assets_[index];
    asset.aligner.poll(monotonic_us, [&](const Row& row) { on_row(index, row); });
  }
  finish();
  if (model_.engine == nullptr) return;
  for (auto& asset : assets_) {
    if (!asset->decider.timed_out(monotonic_us)) continue;
    record_.clock = asset->window.clock();
    record_.prediction = std::numeric_limits<double>::quiet_NaN();
    record_.inputs_good = 0;
    record_.source_time_us = asset->window.newest_us();
    put_out(*asset, Verdict{"no_advice", 0, true}, now_us, {});
  }
}

std::string Pipeline::state_of(const Asset& asset) const {
  const std::int32_t head[2] = {asset.work_order_code, static_cast<std::int32_t>(asset.decider.hold())};
  std::string bytes(reinterpret_cast<const char*>(head), sizeof head);
  return bytes + asset.window.serialise();
}

void Pipeline::changed(const StateSink& visit) {
  for (auto& asset : assets_) {
    if (!asset->changed) continue;
    asset->changed = false;
    visit(asset->site, asset->name, state_of(*asset));
  }
}

void Pipeline::all(const StateSink& visit) const {
  for (const auto& asset : assets_) visit(asset->site, asset->name, state_of(*asset));
}

Result<void> Pipeline::restore(const std::string& site, const std::string& name, std::string_view bytes) {
  std::int32_t head[2];
  if (bytes.size() < sizeof head) return fail(ErrorCode::corrupt, "stored state of " + name + " is too short");
  std::memcpy(head, bytes.data(), sizeof head);
  Asset& restored = *assets_[asset(site, name)];
  TRY(restored.window.deserialise(bytes.substr(sizeof head)));
  restored.work_order_code = head[0];
  restored.changed = true;  // another pipeline's window may not be stored yet
  restored.decider.restore_hold(static_cast<std::uint32_t>(std::max(0, head[1])));
  restored.aligner.reset(restored.window.newest_us());
  return {};
}

std::optional<TimeUs> Pipeline::known_until_us() const {
  std::optional<TimeUs> known;
  for (const auto& asset : assets_) {
    if (asset->window.rows() == 0) continue;
    known = std::min(known.value_or(asset->window.newest_us()), asset->window.newest_us());
  }
  return known;
}

std::uint64_t Pipeline::late_samples() const {
  return std::accumulate(assets_.begin(), assets_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& asset) { return sum + asset->aligner.late_samples(); });
}

}  // namespace millrace
