#include "runner/cli/plan.h"

#include <fmt/format.h>

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/spec/spec.h"
#include "lib/store/reader.h"
#include "runner/backends/local/find_worker.h"
#include "runner/cli/common_options.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/run_devices.h"
#include "runner/scheduler/ledger.h"
#include "runner/scheduler/scheduler.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string spec, database, data, devices;
  std::vector<std::string> settings;
  Output output;
};

constexpr char kFooter[] =
    R"(Per arm: its trials, how many are done, how many are held back (failed, stopped or cancelled before; `ablate retry`), how
many would run, and in how many arrays (an array may hold trials of several arms). Nothing is written.

Examples:
  ablate plan experiments/quickstart.textproto
  ablate plan sst2.textproto --data ~/data --devices cuda:0,1
  ablate plan sst2.textproto --set training.steps=100 --format json)";

struct ArmPlan {
  std::string arm;
  int64_t trials = 0, done = 0, held_back = 0, to_run = 0, arrays = 0;
};

struct Work {
  std::vector<ArmPlan> arms;
  int64_t arrays = 0;
};

// What a database knows of the plan's trials. A success counts whatever experiment it was in.
absl::Status TakeOverStates(const Options& options, const spec::Plan& plan, Ledger* ledger) {
  if (!FileExists(options.database)) return absl::OkStatus();
  std::unordered_map<std::string_view, TrialIndex> index;
  for (TrialIndex i = 0; i < ledger->size(); ++i) index.emplace(ledger->id(i), i);
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(options.database));
  return reader->ForEachRow(
      "SELECT trial_id, state FROM experiment_trials JOIN trials USING (trial) JOIN experiments USING (experiment) "
      "WHERE name = :experiment OR state = 'succeeded'",
      {{"experiment", plan.experiment.name()}}, [&](const auto&, const std::vector<store::Value>& row) {
        const auto trial = index.find(std::get<std::string>(row[0]));
        const auto state = ParseTrialState(std::get<std::string>(row[1]));
        if (trial == index.end() || !state || ledger->state(trial->second) == TrialState::kSucceeded) return true;
        ledger->SetState(trial->second, *state);
        return true;
      });
}

Work WorkOf(const spec::Plan& plan, const Ledger& ledger, size_t slots) {
  Work work;
  std::unordered_map<std::string, size_t> place;
  std::vector<TrialIndex> to_run;
  for (TrialIndex i = 0; i < ledger.size(); ++i) {
    const auto [arm, is_new] = place.emplace(ledger.arm(i), work.arms.size());
    if (is_new) work.arms.push_back({ledger.arm(i)});
    ArmPlan& counts = work.arms[arm->second];
    const TrialState state = ledger.state(i);
    const bool runs = state == TrialState::kPending || state == TrialState::kRunning;
    ++counts.trials;
    counts.done += state == TrialState::kSucceeded;
    counts.held_back += state != TrialState::kSucceeded && !runs;
    counts.to_run += runs;
    if (runs) to_run.push_back(i);
  }
  const Launching& launching = plan.experiment.launching();
  Scheduler scheduler({static_cast<uint32_t>(slots), launching.max_array_trials(), launching.crash_retries()});
  scheduler.Add(ledger.Runnables(to_run));
  while (const auto array = scheduler.Next()) {
    ++work.arrays;
    std::set<size_t> arms;
    for (const Runnable& trial : array->trials) arms.insert(place.at(ledger.arm(trial.trial)));
    for (const size_t arm : arms) ++work.arms[arm].arrays;
    scheduler.Ended(array->number, {}, false);
  }
  return work;
}

store::Table TableOf(const Work& work) {
  store::Table table;
  table.columns = {"arm", "trials", "done", "held_back", "to_run", "arrays"};
  for (const ArmPlan& arm : work.arms) {
    table.rows.push_back({arm.arm, arm.trials, arm.done, arm.held_back, arm.to_run, arm.arrays});
  }
  return table;
}

std::string Totals(const Work& work, size_t slots) {
  ArmPlan all;
  for (const ArmPlan& arm : work.arms) {
    all.trials += arm.trials;
    all.done += arm.done;
    all.held_back += arm.held_back;
    all.to_run += arm.to_run;
  }
  std::string text = fmt::format("{} trials in {} arms: {} done", all.trials, work.arms.size(), all.done);
  if (all.held_back > 0) text += fmt::format(", {} held back", all.held_back);
  return text + fmt::format(", {} to run in {} arrays on {} slots", all.to_run, work.arrays, slots);
}

ExitCode Run(const Options& options) {
  spec::Options load;
  load.data_folder = DataFolder(options.data, options.spec);
  load.settings = options.settings;
  const auto plan = spec::LoadPlan(options.spec, load);
  if (!plan.ok()) return Fail(ExitCode::kBadSpec, plan.status());
  const auto worker = FindWorker();
  const auto slots = SlotsOfThisMachine(options.devices, worker.ok() ? *worker : "");
  if (!slots.ok())
    return Fail(absl::IsInvalidArgument(slots.status()) ? ExitCode::kBadUsage : ExitCode::kNoDevice, slots.status());
  Ledger ledger(*plan);
  const absl::Status states = TakeOverStates(options, *plan, &ledger);
  if (!states.ok()) return Fail(ExitCode::kStoreUnusable, states);

  const Work work = WorkOf(*plan, ledger, slots->devices.size());
  auto context = Context(options.database, options.spec);
  context.emplace_back("totals", Totals(work, slots->devices.size()));
  const absl::Status printed = Print(TableOf(work), options.output, context);
  if (!printed.ok()) return Fail(ExitCode::kBadUsage, printed);
  if (!IsTable(options.output)) return ExitCode::kAllWell;
  fmt::print("\n{}\n", Totals(work, slots->devices.size()));
  for (const std::string& remark : plan->remarks) fmt::print("note: {}\n", remark);
  return ExitCode::kAllWell;
}

}  // namespace

Verb AddPlan(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("plan", "Show what a run would do: arms, trials, arrays");
  command->add_option("spec", options->spec, "Experiment file")->required()->type_name("FILE");
  AddDatabaseOption(*command, options->database);
  AddDataOption(*command, options->data);
  AddDevicesOption(*command, options->devices);
  AddSettingsOption(*command, options->settings);
  AddOutputOptions(*command, options->output);
  command->footer(kFooter);
  return {command, [options] { return Run(*options); }};
}

}  // namespace ablate::runner
