#include "runner/cli/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/spec/spec.h"
#include "lib/store/reader.h"
#include "runner/backends/local/find_worker.h"
#include "runner/cli/backend_options.h"
#include "runner/cli/common_options.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/paths.h"
#include "runner/cli/plain_view.h"
#include "runner/cli/run_devices.h"
#include "runner/cli/slurm_setup.h"
#include "runner/cli/spec_options.h"
#include "runner/cli/workload.h"
#include "runner/scheduler/ledger.h"
#include "runner/scheduler/scheduler.h"

namespace ablate::runner {
namespace {

struct Options : SpecOptions {
  std::string budget;
  BackendOptions backend;
  bool scripts = false;
  Output output;
};

constexpr double kMegabyte = 1e6;

constexpr char kFooter[] =
    R"(Per arm: its trials, how many are done, how many are held back (failed, stopped or cancelled before; `ablate retry`), how
many would run, and in how many arrays (an array may hold trials of several arms); how long a trial takes by itself and how
many megabytes its tensors, and how that is known: recorded by launches of its kind in the database, estimated from its
settings (times to a factor of about three), or unknown. Nothing is written.

Examples:
  ablate plan experiments/quickstart.textproto
  ablate plan sst2.textproto --data ~/data --devices cuda:0,1 --budget 2h
  ablate plan sst2.textproto --devices eight_gpus.textproto
  ablate plan sst2.textproto --set training.steps=100 --format json
  ablate plan sst2.textproto --backend slurm --gres gpu:1 --scripts)";

struct ArmPlan {
  std::string arm;
  int64_t trials = 0, done = 0, held_back = 0, to_run = 0, arrays = 0;
  uint32_t shape = 0;  // of its first trial
  double seconds = 0;  // of one trial, from the start; 0: unknown
};

struct Work {
  std::vector<ArmPlan> arms;
  std::vector<slurm::Waiting> launches;
  int64_t arrays = 0, largest_array = 0;
  double seconds = 0;  // until the last array ends
  double largest_bytes = 0;
  CostSource time_source = CostSource::kRecorded, bytes_source = CostSource::kRecorded;  // the poorest of what is to run
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

std::vector<TrialIndex> CountArms(const Ledger& ledger, const std::vector<ShapeCost>& costs, Work* work,
                                  std::unordered_map<std::string, size_t>* place) {
  std::vector<TrialIndex> to_run;
  for (TrialIndex i = 0; i < ledger.size(); ++i) {
    const auto [arm, is_new] = place->emplace(ledger.arm(i), work->arms.size());
    if (is_new) {
      const double seconds = static_cast<double>(ledger.steps(i)) * costs[ledger.shape(i)].step_seconds;
      work->arms.push_back({ledger.arm(i), 0, 0, 0, 0, 0, ledger.shape(i), seconds});
    }
    ArmPlan& counts = work->arms[arm->second];
    const TrialState state = ledger.state(i);
    const bool runs = state == TrialState::kPending || state == TrialState::kRunning;
    ++counts.trials;
    counts.done += state == TrialState::kSucceeded;
    counts.held_back += state != TrialState::kSucceeded && !runs;
    counts.to_run += runs;
    if (runs) to_run.push_back(i);
  }
  return to_run;
}

void AddArray(const Array& array, const Ledger& ledger, const Workload& workload,
              const std::unordered_map<std::string, size_t>& place, Work* work) {
  const ShapeCost& cost = workload.costs[array.trials.front().shape];
  ++work->arrays;
  work->largest_array = std::max<int64_t>(work->largest_array, static_cast<int64_t>(array.trials.size()));
  work->largest_bytes =
      std::max(work->largest_bytes, static_cast<double>(cost.trial_bytes) * static_cast<double>(array.trials.size()));
  work->time_source = std::min(work->time_source, cost.step_source);
  work->bytes_source = std::min(work->bytes_source, cost.bytes_source);
  double seconds = 0;
  for (const Runnable& trial : array.trials) seconds += trial.work;
  work->launches.push_back({"", "", cost.step_source == CostSource::kUnknown ? 0 : seconds});
  std::set<size_t> arms;
  for (const Runnable& trial : array.trials) arms.insert(place.at(ledger.arm(trial.trial)));
  for (const size_t arm : arms) ++work->arms[arm].arrays;
}

// Arrays as a run would start them, each on the slot that is free first.
Work WorkOf(const spec::Plan& plan, Ledger* ledger, const Workload& workload, uint32_t slots) {
  Work work;
  std::unordered_map<std::string, size_t> place;
  ledger->set_step_seconds(workload.StepSeconds());
  const std::vector<TrialIndex> to_run = CountArms(*ledger, workload.costs, &work, &place);
  const Launching& launching = plan.experiment.launching();
  Scheduler scheduler({slots, launching.max_array_trials(), launching.crash_retries()});
  for (uint32_t shape = 0; shape < workload.costs.size(); ++shape) {
    scheduler.Limit(shape, MostTrials(workload.costs[shape], workload.slot_bytes));
  }
  scheduler.Add(ledger->Runnables(to_run));
  std::vector<double> busy(slots, 0.0);
  while (const auto array = scheduler.Next()) {
    AddArray(*array, *ledger, workload, place, &work);
    double& slot = *std::min_element(busy.begin(), busy.end());
    for (const Runnable& trial : array->trials) slot += trial.work;
    scheduler.Ended(array->number, {}, false);
  }
  work.seconds = *std::max_element(busy.begin(), busy.end());
  return work;
}

store::Table TableOf(const Work& work, const Workload& workload) {
  store::Table table;
  table.columns = {"arm", "trials", "done", "held_back", "to_run", "arrays", "trial_s", "time_is", "trial_mb", "memory_is"};
  for (const ArmPlan& arm : work.arms) {
    const ShapeCost& cost = workload.costs[arm.shape];
    store::Value seconds, megabytes;
    if (cost.step_source != CostSource::kUnknown) seconds = std::round(arm.seconds * 1000) / 1000;
    if (cost.bytes_source != CostSource::kUnknown) {
      megabytes = std::ceil(static_cast<double>(cost.trial_bytes) / kMegabyte * 10) / 10;
    }
    table.rows.push_back({arm.arm, arm.trials, arm.done, arm.held_back, arm.to_run, arm.arrays, seconds,
                          std::string(NameOf(cost.step_source)), megabytes, std::string(NameOf(cost.bytes_source))});
  }
  return table;
}

std::string Totals(const Work& work, uint32_t slots) {
  ArmPlan all;
  for (const ArmPlan& arm : work.arms) {
    all.trials += arm.trials;
    all.done += arm.done;
    all.held_back += arm.held_back;
    all.to_run += arm.to_run;
  }
  std::string text = fmt::format("{} trials in {} arms: {} done", all.trials, work.arms.size(), all.done);
  if (all.held_back > 0) text += fmt::format(", {} held back", all.held_back);
  text += fmt::format(", {} to run in {} arrays on {} slots", all.to_run, work.arrays, slots);
  if (work.arrays == 0) return text;
  text += work.time_source == CostSource::kUnknown
              ? "; time unknown"
              : fmt::format("; about {} ({})", DurationText(work.seconds), NameOf(work.time_source));
  if (work.bytes_source == CostSource::kUnknown) return text;
  return text + fmt::format("; at most {} trials and {:.0f} MB of tensors in an array ({})", work.largest_array,
                            std::ceil(work.largest_bytes / kMegabyte), NameOf(work.bytes_source));
}

// What is unknown can't be held to a budget.
absl::Status HoldToBudget(const std::string& budget, const Work& work) {
  if (budget.empty()) return absl::OkStatus();
  absl::Duration most;
  if (!absl::ParseDuration(budget, &most) || most <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(fmt::format("--budget {}: allowed are durations as 2h, 90m, 1h30m, 45s", budget));
  }
  if (work.arrays == 0) return absl::OkStatus();
  if (work.time_source == CostSource::kUnknown) {
    return absl::InvalidArgumentError(fmt::format(
        "how long the trials take is unknown, so they can't be held to --budget {}; a run of some of them tells", budget));
  }
  if (work.seconds <= absl::ToDoubleSeconds(most)) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("the trials take about {} ({}); allowed by --budget: {}",
                                                DurationText(work.seconds), NameOf(work.time_source), budget));
}

ExitCode PrintScripts(const Options& options, const Slurm& settings, const Work& work, const Workload& workload) {
  if (!options.backend.slurm()) return Fail(ExitCode::kBadUsage, absl::InvalidArgumentError("--scripts needs --backend slurm"));
  if (work.launches.empty()) fmt::print("# nothing is to run\n");
  const auto workers = static_cast<uint32_t>(workload.slots.size());
  for (const std::string& script : ScriptsFor(work.launches, settings, workers, AbsolutePath(options.database))) {
    fmt::print("{}\n", script);
  }
  return ExitCode::kAllWell;
}

ExitCode Run(const Options& options) {
  const auto plan = spec::LoadPlan(options.spec, LoadOptions(options));
  if (!plan.ok()) return Fail(ExitCode::kBadSpec, plan.status());
  const auto worker = FindWorker();
  const Slurm& slurm = plan->experiment.launching().slurm();
  const auto devices = DevicesOfBackend(options.backend, slurm, options.devices, worker.ok() ? *worker : "");
  if (!devices.ok()) return Fail(CodeOfDevices(devices.status()), devices.status());
  Ledger ledger(*plan);
  const absl::Status states = TakeOverStates(options, *plan, &ledger);
  if (!states.ok()) return Fail(ExitCode::kStoreUnusable, states);
  const uint64_t to_run = Count(ledger.counts(), TrialState::kPending) + Count(ledger.counts(), TrialState::kRunning);
  const auto workload = WorkloadOf(*plan, ledger, devices->inventory, options.database, to_run);
  if (!workload.ok()) return Fail(ExitCode::kStoreUnusable, workload.status());

  const auto settings = SettingsOf(slurm, options.backend);
  if (!settings.ok()) return Fail(ExitCode::kBadUsage, settings.status());
  const uint32_t slots =
      options.backend.slurm() ? ParallelArrays(ledger, *workload, *settings) : static_cast<uint32_t>(workload->slots.size());
  const Work work = WorkOf(*plan, &ledger, *workload, slots);
  if (options.scripts) return PrintScripts(options, *settings, work, *workload);
  auto context = Context(options.database, options.spec);
  context.emplace_back("totals", Totals(work, slots));
  const absl::Status printed = Print(TableOf(work, *workload), options.output, context);
  if (!printed.ok()) return Fail(ExitCode::kBadUsage, printed);
  if (IsTable(options.output)) {
    fmt::print("\n{}\n", Totals(work, slots));
    for (const std::string& remark : plan->remarks) fmt::print("note: {}\n", remark);
    if (!devices->remark.empty()) fmt::print("note: {}\n", devices->remark);
  }
  const absl::Status held = HoldToBudget(options.budget, work);
  return held.ok() ? ExitCode::kAllWell : Fail(ExitCode::kBadUsage, held);
}

}  // namespace

void AddPlan(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb =
      line.AddVerb("plan", "Show what a run would do: arms, trials, arrays", [options] { return Run(*options); });
  AddSpecOptions(verb, *options);
  AddBackendOptions(verb, options->backend);
  verb.AddFlag("--scripts", options->scripts, "Print the batch scripts that a run would submit instead").Group("Slurm");
  verb.Add("--budget", options->budget, "Refuse (exit code 4) what takes longer: 2h, 90m, 1h30m").Type("TIME");
  AddOutputOptions(verb, options->output);
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
