#pragma once

#include "usecase/yaml_reader.hpp"

namespace millrace {

/// Where things stand in the file, for the checks that look across sections.
struct UseCaseLines {
  int when = 0, label_until = 0, each = 0, of = 0, regimes = 0, age = 0, envelope = 0;
  std::vector<int> privacy;
};

// One function per section of the file. Internal to this library.
void read_outcome(const YamlMap& outcome, UseCase::Outcome& out);
void read_signals(YamlReader& reader, const YAML::Node& list, UseCase& use_case);
void read_quality(const YamlMap& quality, UseCase::Quality& out);
void read_privacy(YamlReader& reader, const YAML::Node& list, UseCase& use_case, UseCaseLines& lines);
void read_features(const YamlMap& features, UseCase::Features& out, UseCaseLines& lines);
void read_model(const YamlMap& model, UseCase::Model& out, UseCaseLines& lines);
void read_decision(const YamlMap& decision, UseCase::Decision& out, UseCaseLines& lines);
void read_rollout(const YamlMap& rollout, UseCase::Rollout& out);
void read_monitor(const YamlMap& monitor, UseCase::Monitor& out);
void read_retrain(const YamlMap& retrain, UseCase::Retrain& out);
void read_feedback(const YamlMap& feedback, UseCase::Feedback& out);
/// Key -> limit; a bare number means "at most".
void read_gates(const YamlMap& gates, std::initializer_list<std::string_view> leave_out,
                std::vector<UseCase::Gate>& out);
/// A node address: by namespace URI, never by index, and one per asset.
void check_address(const YamlMap& map, std::string_view key, const std::string& address);

/// What the file asks for and this version does not do, beside privacy rules.
void find_not_carried_out(const YAML::Node& document, YamlReader& warnings);
/// A privacy rule that is not carried out does harm: personal data would be stored.
void refuse_privacy(const UseCase& use_case, const UseCaseLines& lines, YamlReader& refused);

/// What can only be judged with all sections read: names that refer to each other.
void check_references(YamlReader& reader, const UseCase& use_case, const UseCaseLines& lines);

}  // namespace millrace
