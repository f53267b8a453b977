#include "runner/cli/validate.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/spec/spec.h"
#include "runner/cli/common_options.h"

namespace ablate::runner {
namespace {

struct Options {
  std::vector<std::string> specs, settings;
  std::string data;
};

constexpr char kFooter[] = R"(Prints one line per good file, all mistakes of a bad one, and exits with 2 if any is bad.

Examples:
  ablate validate experiments/quickstart.textproto
  ablate validate experiments/*.textproto --data ~/data
  ablate validate sst2.textproto --set training.steps=100)";

bool Validate(const std::string& path, const Options& options) {
  spec::Options load;
  load.data_folder = DataFolder(options.data, path);
  load.settings = options.settings;
  const auto plan = spec::LoadPlan(path, load);
  if (!plan.ok()) {
    fmt::print(stderr, "{}\n", std::string(plan.status().message()));
    return false;
  }
  fmt::print("{}: OK, {} {}, {} {}\n", path, plan->arms.size(), plan->arms.size() == 1 ? "arm" : "arms", plan->trials.size(),
             plan->trials.size() == 1 ? "trial" : "trials");
  for (const std::string& remark : plan->remarks) fmt::print("  note: {}\n", remark);
  return true;
}

ExitCode Run(const Options& options) {
  bool good = true;
  for (const std::string& path : options.specs) good &= Validate(path, options);
  return good ? ExitCode::kAllWell : ExitCode::kBadSpec;
}

}  // namespace

void AddValidate(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb =
      line.AddVerb("validate", "Check experiment files and the data files that they name", [options] { return Run(*options); });
  verb.Add("spec", options->specs, "Experiment files").Required().Type("FILE");
  AddDataOption(verb, options->data);
  AddSettingsOption(verb, options->settings);
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
