#include "platform/assignments.hpp"

#include "base/hash.hpp"
#include "platform/api_json.hpp"

namespace millrace {

const Assignment& Assignments::of_site(const std::string& site) {
  const auto found = by_site_.find(site);
  return found != by_site_.end() ? found->second : by_site_.emplace(site, make(site)).first->second;
}

Assignment Assignments::make(const std::string& site) const {
  Assignment assignment;
  auto use_cases = nlohmann::json::array();
  auto models = nlohmann::json::array();
  for (const auto& [name, applied] : use_cases_.all()) {
    if (applied.use_case.assets.site != "*" && applied.use_case.assets.site != site) continue;
    const auto sha256 = sha256_hex(applied.yaml);
    assignment.files.insert(sha256);
    use_cases.push_back({{"name", name}, {"version", applied.version.version}, {"sha256", sha256}});
    const auto model = models_.approved(name);
    if (!model || !*model) continue;  // nothing approved yet: the devices collect data and give no advice
    auto files = nlohmann::json::array();
    for (const auto& file : (*model)->files) {
      assignment.files.insert(file.sha256);
      files.push_back(json_file(file));
    }
    models.push_back({{"use_case", name}, {"version", (*model)->number}, {"files", files}});
  }
  nlohmann::json content{{"use_cases", use_cases}, {"models", models}};
  assignment.revision = sha256_hex(dump(content)).substr(0, 16);
  content["revision"] = assignment.revision;
  assignment.json = dump(content);
  return assignment;
}

}  // namespace millrace
