#include "registry/model_registry.hpp"

#include "metadata/database.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace millrace {
namespace {

using nlohmann::json;

constexpr std::string_view columns =
    "use_case, number, state, created_us, manifest_json, approved_by, approved_for, approval_comment, approved_us";

/// What does not change after the version was made.
std::string to_manifest(const ModelVersion& model) {
  json metrics = json::array(), gates = json::array(), files = json::array();
  for (const auto& metric : model.metrics) metrics.push_back({{"name", metric.name}, {"value", metric.value}});
  for (const auto& gate : model.gates) {
    gates.push_back({{"name", gate.name},
                     {"comparison", gate.comparison},
                     {"limit", gate.limit},
                     {"value", gate.value ? json(*gate.value) : json()},
                     {"passed", gate.passed}});
  }
  for (const auto& file : model.files)
    files.push_back({{"name", file.name}, {"sha256", file.sha256}, {"size", file.size}});
  const auto& dataset = model.dataset;
  return json{{"use_case_version", model.use_case_version},
              {"code_commit", model.code_commit},
              {"dataset",
               {{"snapshot", dataset.snapshot},
                {"rows", dataset.rows},
                {"assets", dataset.assets},
                {"sha256", dataset.sha256}}},
              {"metrics", metrics},
              {"gates", gates},
              {"files", files}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

void read_manifest(const json& manifest, ModelVersion& model) {
  model.use_case_version = manifest.at("use_case_version");
  model.code_commit = manifest.at("code_commit");
  const auto& dataset = manifest.at("dataset");
  model.dataset = {dataset.at("snapshot"), dataset.at("rows"), dataset.at("assets"), dataset.at("sha256")};
  for (const auto& metric : manifest.at("metrics")) {
    if (metric.at("value").is_number()) model.metrics.push_back({metric.at("name"), metric.at("value")});
  }
  for (const auto& gate : manifest.at("gates")) {
    std::optional<double> value;
    if (gate.at("value").is_number()) value = gate.at("value").get<double>();
    model.gates.push_back({gate.at("name"), gate.at("comparison"), gate.at("limit"), value, gate.at("passed")});
  }
  for (const auto& file : manifest.at("files"))
    model.files.push_back({file.at("name"), file.at("sha256"), file.at("size")});
}

Result<ModelVersion> from_row(const DatabaseRow& row) {
  ModelVersion model;
  model.use_case = row.text(0);
  model.number = row.integer(1);
  TRY_ASSIGN(model.state, parse_model_state(row.text(2)));
  model.created_us = row.integer(3);
  try {
    read_manifest(json::parse(row.text(4)), model);
  } catch (const json::exception& error) {
    return fail(ErrorCode::corrupt,
                "the stored manifest of model " + model.name() + " cannot be read: " + error.what());
  }
  model.approval = {row.text(5), row.text(6), row.text(7), row.integer(8)};
  return model;
}

Result<std::vector<ModelVersion>> from_rows(const std::vector<DatabaseRow>& rows) {
  std::vector<ModelVersion> models;
  for (const auto& row : rows) {
    TRY_ASSIGN(auto model, from_row(row));
    models.push_back(std::move(model));
  }
  return models;
}

DatabaseValue or_null(const std::string& text) { return text.empty() ? DatabaseValue() : DatabaseValue(text); }
DatabaseValue or_null(TimeUs time_us) { return time_us == 0 ? DatabaseValue() : DatabaseValue(time_us); }

}  // namespace

Result<std::int64_t> ModelRegistry::next_number(std::string_view use_case) const {
  TRY_ASSIGN(const auto rows, database_->query("SELECT coalesce(max(number), 0) + 1 FROM models WHERE use_case = ?",
                                               {std::string(use_case)}));
  return rows.front().integer(0);
}

Result<ModelVersion> ModelRegistry::add(ModelVersion model) {
  const bool passed = std::all_of(model.gates.begin(), model.gates.end(), [](const auto& gate) { return gate.passed; });
  model.state = passed ? ModelState::candidate : ModelState::refused;
  model.approval = {};
  TRY(database_->execute(
      "INSERT INTO models (use_case, number, state, created_us, manifest_json) VALUES (?, ?, ?, ?, ?)",
      {model.use_case, model.number, std::string(to_string(model.state)), model.created_us, to_manifest(model)}));
  return model;
}

Result<std::vector<ModelVersion>> ModelRegistry::list() const {
  TRY_ASSIGN(const auto rows, database_->query("SELECT " + std::string(columns) +
                                               " FROM models ORDER BY created_us DESC, use_case, number DESC"));
  return from_rows(rows);
}

Result<ModelVersion> ModelRegistry::find(std::string_view use_case, std::int64_t number) const {
  TRY_ASSIGN(const auto rows,
             database_->query("SELECT " + std::string(columns) + " FROM models WHERE use_case = ? AND number = ?",
                              {std::string(use_case), number}));
  if (rows.empty())
    return fail(ErrorCode::not_found, "no model " + std::string(use_case) + "/" + std::to_string(number));
  return from_row(rows.front());
}

Result<std::optional<ModelVersion>> ModelRegistry::approved(std::string_view use_case) const {
  TRY_ASSIGN(const auto rows, database_->query("SELECT " + std::string(columns) +
                                                   " FROM models WHERE use_case = ? AND state = 'approved'",
                                               {std::string(use_case)}));
  if (rows.empty()) return std::optional<ModelVersion>();
  TRY_ASSIGN(auto model, from_row(rows.front()));
  return std::optional<ModelVersion>(std::move(model));
}

Result<void> ModelRegistry::store_state(const ModelVersion& model) {
  TRY(database_->execute(
      "UPDATE models SET state = ?, approved_by = ?, approved_for = ?, approval_comment = ?, approved_us = ? "
      "WHERE use_case = ? AND number = ?",
      {std::string(to_string(model.state)), or_null(model.approval.by), or_null(model.approval.on_behalf_of),
       or_null(model.approval.comment), or_null(model.approval.time_us), model.use_case, model.number}));
  return {};
}

Result<ModelVersion> ModelRegistry::approve(std::string_view use_case, std::int64_t number, Approval approval) {
  TRY_ASSIGN(auto model, find(use_case, number));
  TRY(may_be_approved(model, approval.by));
  model.state = ModelState::approved;
  model.approval = std::move(approval);
  const auto stored = database_->transaction([&]() -> Result<void> {
    TRY_ASSIGN(auto before, approved(use_case));
    if (before) {
      before->state = ModelState::retired;
      TRY(store_state(*before));
    }
    return store_state(model);
  });
  if (!stored) return fail(stored.error());
  return model;
}

}  // namespace millrace
