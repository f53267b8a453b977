#include "runner/cli/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/spec/spec.h"
#include "lib/store/reader.h"
#include "lib/store/writer.h"
#include "runner/backends/local/find_worker.h"
#include "runner/backends/local/local_backend.h"
#include "runner/cli/backend_options.h"
#include "runner/cli/common_options.h"
#include "runner/cli/live_view.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/paths.h"
#include "runner/cli/plain_view.h"
#include "runner/cli/provenance.h"
#include "runner/cli/run_devices.h"
#include "runner/cli/slurm_setup.h"
#include "runner/cli/spec_options.h"
#include "runner/cli/why.h"
#include "runner/cli/workload.h"
#include "runner/scheduler/session.h"

namespace ablate::runner {
namespace {

struct Options : SpecOptions {
  BackendOptions backend;
  bool why = false;
  int argc = 0;
  const char* const* argv = nullptr;
};

constexpr char kFooter[] =
    R"(Trials that succeeded before, in this experiment or another one of the database, are not run again; those that
were interrupted go on from their checkpoints; failed, stopped and cancelled ones wait for `ablate retry`.
Ctrl-C once: checkpoint, stop, exit with 5. Twice: stop at once. Nothing recorded is lost either way.

Examples:
  ablate run experiments/quickstart.textproto
  ablate run sst2.textproto --data ~/data --devices cuda:0,1 --db sst2.db
  ablate run experiments/quickstart.textproto --why
  ablate run sst2.textproto --set training.steps=100 > log.txt
  ablate run sst2.textproto --backend slurm --gres gpu:1 --shared ~/ablate)";

ExitCode CodeOfSession(const absl::Status& status) {
  if (absl::IsInvalidArgument(status)) return ExitCode::kBadUsage;
  return absl::IsUnavailable(status) || absl::IsNotFound(status) ? ExitCode::kNoDevice : ExitCode::kStoreUnusable;
}

// "best so far: ARM  METRIC 0.8123 [0.8011, 0.8235] (n = 3)", or nothing. The interval is that of the leaderboard: 95 %, over
// seeds.
std::string BestArm(const std::string& database, const std::string& experiment) {
  const auto reader = store::Reader::Open(database);
  if (!reader.ok()) return "";
  const auto best =
      (*reader)->Query("SELECT arm, metric, mean, n, low, high FROM leaderboard WHERE experiment = :experiment AND rank = 1",
                       {{"experiment", experiment}});
  if (!best.ok() || best->rows.empty()) return "";
  const auto& row = best->rows[0];
  const auto* mean = std::get_if<double>(&row[2]);
  const auto* n = std::get_if<int64_t>(&row[3]);
  if (mean == nullptr || n == nullptr) return "";
  const auto* low = std::get_if<double>(&row[4]);
  const auto* high = std::get_if<double>(&row[5]);
  const std::string interval = low != nullptr && high != nullptr ? fmt::format(" [{:.4f}, {:.4f}]", *low, *high) : "";
  return fmt::format("best so far: {}  {} {:.4f}{} (n = {})", std::get<std::string>(row[0]), std::get<std::string>(row[1]),
                     *mean, interval, *n);
}

std::unique_ptr<Observer> MakeView(const spec::Plan& plan, const std::string& database) {
  const std::string& name = plan.experiment.name();
  const std::string& metric = plan.experiment.metric().name();
  const char* terminal = std::getenv("TERM");
  if (isatty(STDOUT_FILENO) == 0 || terminal == nullptr || std::string(terminal) == "dumb") {
    return std::make_unique<PlainView>(name, metric, stdout);
  }
  return std::make_unique<LiveView>(
      name, metric, [=] { return BestArm(database, name); }, stdout);
}

std::string DatabaseFlag(const std::string& database) {
  const char* fixed = std::getenv("ABLATE_DB");
  const bool found_anyway = database == (fixed != nullptr && *fixed != '\0' ? fixed : "results.db");
  return found_anyway ? "" : " --db " + database;
}

void PrintSummary(const Options& options, const spec::Plan& plan, const SessionResult& result) {
  const std::string flag = DatabaseFlag(options.database);
  const std::string& name = plan.experiment.name();
  fmt::print("{}: {}; {} ended here, in {}\n", name, CountsText(result.counts), result.ended_here,
             DurationText(result.seconds));
  if (result.interrupted) {
    fmt::print("Interrupted. The same command goes on from the checkpoints:\n  {}\n", Quoted(options.argc, options.argv));
    return;
  }
  fmt::print("Try next:\n  ablate leaderboard {}{}\n", name, flag);
  if (Count(result.counts, TrialState::kFailed) > 0) {
    fmt::print("  ablate query{} failures\n  ablate retry {}{}\n", flag, name, flag);
  } else {
    fmt::print("  ablate query{} head_density\n  ablate show TRIAL{}\n", flag, flag);
  }
}

absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const Options& options, const spec::Plan& plan, const Ledger& ledger,
                                                     const Workload& workload, const std::string& worker,
                                                     const std::string& database) {
  const Launching& launching = plan.experiment.launching();
  if (options.backend.slurm()) {
    ASSIGN_OR_RETURN(const Slurm settings, SettingsOf(launching.slurm(), options.backend));
    return MakeSlurmBackend(settings, ledger, workload, worker, database);
  }
  return std::make_unique<LocalBackend>(
      worker, workload.Devices(), workload.MemoryBytes(),
      launching.finish_without_runner() ? LocalBackend::Orphaned::kFinishes : LocalBackend::Orphaned::kDies);
}

// What a run needs beside its plan. The store goes after the backend: its lock is held until no worker lives.
struct Parts {
  explicit Parts(const spec::Plan& plan) : ledger(plan) {}

  Ledger ledger;
  Workload workload;
  absl::StatusOr<std::unique_ptr<store::Writer>> store;
  std::unique_ptr<Backend> backend;
};

absl::Status MakeBackendOf(const Options& options, const spec::Plan& plan, const Inventory& inventory,
                           const std::string& worker, const std::string& database, Parts& parts) {
  ASSIGN_OR_RETURN(parts.workload, WorkloadOf(plan, parts.ledger, inventory, database, plan.trials.size()));
  ASSIGN_OR_RETURN(parts.backend, MakeBackend(options, plan, parts.ledger, parts.workload, worker, database));
  return absl::OkStatus();
}

// A database that is there is opened first: costs are read from it, and it may have to be brought up to date before. A new one
// is made while workers start, since all trials are missing.
ExitCode Assemble(const Options& options, const spec::Plan& plan, const Inventory& inventory, const std::string& worker,
                  Parts& parts) {
  const std::string database = AbsolutePath(options.database);
  const bool is_new = !FileExists(database);
  if (!is_new) {
    parts.store = store::Writer::Open(database);
    if (!parts.store.ok()) return Fail(ExitCode::kStoreUnusable, parts.store.status());
  }
  const absl::Status made = MakeBackendOf(options, plan, inventory, worker, database, parts);
  if (!made.ok()) return Fail(CodeOfSession(made), made);
  if (is_new) {
    parts.backend->Prepare(std::max<uint64_t>(1, plan.trials.size() / plan.experiment.launching().max_array_trials()));
    parts.store = store::Writer::Open(database);
  }
  return parts.store.ok() ? ExitCode::kAllWell : Fail(ExitCode::kStoreUnusable, parts.store.status());
}

absl::StatusOr<SessionResult> RunSession(const Options& options, const spec::Plan& plan, Provenance& provenance, Parts& parts) {
  store::Writer& store = **parts.store;
  SessionOptions session_options;
  session_options.data_folder = AbsolutePath(DataFolder(options.data, options.spec));
  session_options.costs = std::move(parts.workload.costs);
  session_options.provenance = provenance.Into(store, plan);
  const std::unique_ptr<Observer> view = MakeView(plan, store.path());
  Session session(plan, parts.ledger, std::move(session_options), store, *parts.backend, *view);
  return session.Run();
}

absl::Status PrintReasons(const spec::Plan& plan, const std::string& database) {
  ASSIGN_OR_RETURN(const store::Table reasons, ReasonsOf(plan, database));
  return Print(reasons, Output(), {});
}

ExitCode Run(const Options& options) {
  Provenance provenance(options.argc, options.argv);
  const auto plan = spec::LoadPlan(options.spec, LoadOptions(options));
  if (!plan.ok()) return Fail(ExitCode::kBadSpec, plan.status());

  const auto worker = FindWorker();
  if (!worker.ok()) return Fail(ExitCode::kNoDevice, worker.status());
  const auto devices = DevicesOfBackend(options.backend, plan->experiment.launching().slurm(), options.devices, *worker);
  if (!devices.ok()) return Fail(CodeOfDevices(devices.status()), devices.status());
  for (const std::string& remark : plan->remarks) fmt::print("note: {}\n", remark);
  if (!devices->remark.empty()) fmt::print("note: {}\n", devices->remark);

  if (options.why) {
    const absl::Status printed = PrintReasons(*plan, AbsolutePath(options.database));
    if (!printed.ok()) return Fail(CodeOf(printed), printed);
  }
  Parts parts(*plan);
  const ExitCode assembled = Assemble(options, *plan, devices->inventory, *worker, parts);
  if (assembled != ExitCode::kAllWell) return assembled;
  const auto result = RunSession(options, *plan, provenance, parts);
  if (!result.ok()) return Fail(CodeOfSession(result.status()), result.status());
  PrintSummary(options, *plan, *result);
  if (result->interrupted) return ExitCode::kInterrupted;
  return Count(result->counts, TrialState::kFailed) > 0 ? ExitCode::kSomeTrialsFailed : ExitCode::kAllWell;
}

}  // namespace

void AddRun(CommandLine& line, int argc, const char* const* argv) {
  auto options = std::make_shared<Options>();
  options->argc = argc;
  options->argv = argv;
  VerbOptions verb =
      line.AddVerb("run", "Train the trials of an experiment that are missing", [options] { return Run(*options); });
  AddSpecOptions(verb, *options);
  AddBackendOptions(verb, options->backend);
  verb.AddFlag("--why", options->why, "First print for each trial why it runs, or why not");
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
