// `ablate`: every verb, in the order of its help.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "lib/base/text.h"
#include "lib/base/version.h"
#include "runner/cli/cancel.h"
#include "runner/cli/compare.h"
#include "runner/cli/diff.h"
#include "runner/cli/doctor.h"
#include "runner/cli/export.h"
#include "runner/cli/gc.h"
#include "runner/cli/leaderboard.h"
#include "runner/cli/list.h"
#include "runner/cli/merge.h"
#include "runner/cli/plan.h"
#include "runner/cli/query.h"
#include "runner/cli/report.h"
#include "runner/cli/retry.h"
#include "runner/cli/run.h"
#include "runner/cli/show.h"
#include "runner/cli/slurm_task.h"
#include "runner/cli/status.h"
#include "runner/cli/validate.h"
#include "runner/cli/verb.h"

namespace ablate::runner {
namespace {

constexpr char kFooter[] = R"(Examples:
  ablate plan experiments/quickstart.textproto
  ablate run experiments/quickstart.textproto
  ablate leaderboard quickstart
  ablate VERB --help

Exit codes: 0 all well, 1 some trials failed, 2 bad experiment or data, 3 no device, 4 bad usage, 5 interrupted,
6 results database unusable, 7 a bug of ablate.)";

std::vector<Verb> AddVerbs(CLI::App& app, int argc, const char* const* argv) {
  return {
      AddValidate(app),    AddPlan(app),    AddRun(app, argc, argv),
      AddStatus(app),      AddCancel(app),  AddRetry(app),
      AddLeaderboard(app), AddCompare(app), AddQuery(app),
      AddReport(app),      AddExport(app),  AddShow(app),
      AddDiff(app),        AddList(app),    AddGc(app),
      AddMerge(app),       AddDoctor(app),   AddSlurmTask(app),
  };
}

// The names that a mistyped one may have meant.
std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> VerbsOf(const std::vector<Verb>& verbs) {
  std::vector<std::string> names;
  for (const Verb& verb : verbs) names.push_back(verb.command->get_name());
  return names;
}

int BadUsage(const std::string& message, const CLI::App& app) {
  const std::string help = app.get_parent() ? "ablate " + app.get_name() + " --help" : "ablate --help";
  std::fprintf(stderr, "ablate: %s\nSee: %s\n", message.c_str(), help.c_str());
  return static_cast<int>(ExitCode::kBadUsage);
}

// CLI11 reports all words that it could not place; the first is the one to explain.
int Unplaced(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  const std::string word = words.empty() ? "" : words.front();
  if (word.rfind('-', 0) == 0) return BadUsage("unknown flag " + word + DidYouMean(word, FlagsOf(app)), app);
  return BadUsage("\"" + word + "\" is one word too many", app);
}

int Main(int argc, char** argv) {
  CLI::App app("Ablation studies of sparse attention: one file in, a database of answers out.", "ablate");
  app.set_version_flag("--version", std::string("ablate ") + kVersion);
  app.footer(kFooter);
  app.require_subcommand(1);
  const std::vector<Verb> verbs = AddVerbs(app, argc, argv);

  const std::string first = argc > 1 ? argv[1] : "";
  const std::vector<std::string> names = VerbsOf(verbs);
  if (first.empty()) {
    std::fputs(app.help().c_str(), stderr);
    return static_cast<int>(ExitCode::kBadUsage);
  }
  if (first[0] != '-' && std::find(names.begin(), names.end(), first) == names.end()) {
    return BadUsage("unknown verb \"" + first + "\"" + DidYouMean(first, names), app);
  }
  // CLI11 would only say that a verb is missing.
  if (first[0] == '-' && app.get_option_no_throw(first) == nullptr) {
    return BadUsage("unknown flag " + first + DidYouMean(first, FlagsOf(app)), app);
  }

  const Verb* given = nullptr;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    const CLI::App* at = &app;
    for (const Verb& verb : verbs) at = verb.command->get_name() == first ? verb.command : at;
    if (dynamic_cast<const CLI::ExtrasError*>(&error)) return Unplaced(*at);
    return BadUsage(error.what(), *at);
  }
  for (const Verb& verb : verbs) given = *verb.command ? &verb : given;
  return static_cast<int>(given->run());
}

}  // namespace
}  // namespace ablate::runner

int main(int argc, char** argv) {
  try {
    return ablate::runner::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ablate: a bug: %s\n", error.what());
    return static_cast<int>(ablate::runner::ExitCode::kOurBug);
  }
}
