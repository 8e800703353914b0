#include "cli/command.hpp"

#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

namespace millrace::cli {
namespace {

constexpr int exit_not_so = 1;
constexpr int exit_wrong_usage = 2;

int exit_code(ErrorCode code) { return code == ErrorCode::invalid_argument ? exit_wrong_usage : exit_not_so; }

struct Declared {
  CLI::App* app = nullptr;
  Run run;
};

/// Options that every command takes.
void add_common_options(CLI::App& app, Context& context) {
  app.add_option("--dir", context.directory, "The folder of `millrace up` (default: $MILLRACE_DIR or ./millrace-data)");
  app.add_flag("--json", context.json, "Print data as JSON");
}

CLI::App* noun_of(CLI::App& root, std::map<std::string, CLI::App*>& nouns, const Command& command) {
  const std::string name(command.noun);
  auto& noun = nouns[name];
  if (noun == nullptr) {
    noun = root.add_subcommand(name);
    noun->require_subcommand(1);
  }
  return noun;
}

/// An answer that is not as documented must not end in a crash: the JSON library's exceptions stop here.
Result<int> guarded(const Run& command, Context& context) {
  try {
    return command(context);
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::corrupt, std::string("the platform's answer is not as documented: ") + error.what());
  }
}

/// A noun's help line lists its verbs.
void describe_nouns(const std::vector<Command>& commands, const std::map<std::string, CLI::App*>& nouns) {
  for (const auto& [name, app] : nouns) {
    std::string verbs;
    for (const auto& command : commands) {
      if (command.noun == name) verbs += (verbs.empty() ? "" : " | ") + std::string(command.verb);
    }
    app->description(verbs);
  }
}

}  // namespace

int run(const std::vector<Command>& commands, const std::vector<std::string>& arguments, Context& context) {
  CLI::App root("Millrace: from plant data to decisions whose worth is measured", "millrace");
  root.require_subcommand(1);
  root.set_version_flag("--version", std::string("millrace ") + MILLRACE_VERSION);
  std::map<std::string, CLI::App*> nouns;
  std::vector<Declared> declared;
  for (const auto& command : commands) {
    CLI::App* app = nullptr;
    if (command.verb.empty()) {
      app = root.add_subcommand(std::string(command.noun), std::string(command.summary));
    } else {
      app = noun_of(root, nouns, command)->add_subcommand(std::string(command.verb), std::string(command.summary));
    }
    add_common_options(*app, context);
    declared.push_back({app, command.declare(*app)});
  }
  describe_nouns(commands, nouns);
  try {
    root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them last first
  } catch (const CLI::ParseError& error) {
    return root.exit(error, context.output, context.errors) == 0 ? 0 : exit_wrong_usage;
  }
  for (auto& [app, command] : declared) {
    if (!app->parsed()) continue;
    const auto outcome = guarded(command, context);
    if (outcome) return *outcome;
    context.errors << "millrace: " << outcome.error().message << '\n';
    return exit_code(outcome.error().code);
  }
  return exit_wrong_usage;
}

}  // namespace millrace::cli
