#include "runner/cli/evaluate.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/status_macros.h"
#include "lib/spec/spec.h"
#include "lib/store/reader.h"
#include "lib/store/writer.h"
#include "runner/backends/local/find_worker.h"
#include "runner/backends/local/local_backend.h"
#include "runner/cli/common_options.h"
#include "runner/cli/missing_evaluations.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/paths.h"
#include "runner/cli/plain_view.h"
#include "runner/cli/provenance.h"
#include "runner/cli/run_devices.h"
#include "runner/cli/spec_options.h"
#include "runner/cli/workload.h"
#include "runner/scheduler/evaluation_run.h"

namespace ablate::runner {
namespace {

struct Options : SpecOptions {
  int argc = 0;
  const char* const* argv = nullptr;
};

constexpr char kFooter[] =
    R"(The sets are the experiment's `evaluation` blocks; adding one changes no trial. Weights are there where trials were run with
`evaluation` blocks or launching { keep_weights: true }. What was evaluated before is not evaluated again, whatever the file is
called now. Each example's prediction is kept. Ctrl-C once: stop between two evaluations.

Examples:
  ablate evaluate experiments/crisp/levels.textproto --data ~/data --db crisp.db
  ablate query evaluation_results --db crisp.db
  ablate query paired_errors --param experiment=NAME --param arm=A --param baseline=B --param evaluation=SET)";

constexpr char kSummary[] =
    "SELECT evaluation, arm, COUNT(*) AS trials, AVG(value) AS mean_accuracy, MIN(value) AS lowest, MAX(value) AS highest,"
    "       MAX(examples) AS examples"
    "  FROM evaluation_results WHERE experiment = :experiment AND metric = 'accuracy' GROUP BY evaluation, arm ORDER BY 1, 4 "
    "DESC";

absl::StatusOr<EvaluationRunResult> Make(const Options& options, const spec::Plan& plan, MissingEvaluations missing,
                                         const Inventory& inventory, const std::string& worker, Provenance& provenance,
                                         store::Writer& store) {
  Ledger ledger(plan);
  ASSIGN_OR_RETURN(const Workload workload, WorkloadOf(plan, ledger, inventory, store.path(), missing.trials.size()));
  LocalBackend backend(worker, workload.Devices(), workload.MemoryBytes());
  EvaluationRunOptions run;
  run.data_folder = AbsolutePath(DataFolder(options.data, options.spec));
  run.provenance = provenance.Into(store, plan);
  run.told = [](const EvaluationResult& result) {
    const bool failed = result.has_failure();
    fmt::print("{} {}: {}\n", result.trial(), result.set().name(),
               failed ? "failed: " + OneLine(result.failure()) : fmt::format("accuracy {:.4f}", result.value(0)));
    std::fflush(stdout);
  };
  run.complained = [](const std::string& what) { fmt::print(stderr, "ablate: {}\n", OneLine(what)); };
  return EvaluationRun(std::move(missing.trials), std::move(run), store, backend).Run();
}

void PrintFound(const MissingEvaluations& missing) {
  fmt::print("{} evaluations to make, {} made before, {} trials not finished\n", missing.evaluations, missing.there,
             missing.unfinished);
  for (const std::string& trial : missing.without_weights) {
    fmt::print("note: trial {} has no weights any more; launching {{ keep_weights: true }} would have kept them\n", trial);
  }
}

absl::Status PrintSummary(const store::Reader& reader, const std::string& experiment) {
  ASSIGN_OR_RETURN(const store::Table summary, reader.Query(kSummary, {{"experiment", experiment}}));
  return Print(summary, Output(), {});
}

ExitCode Evaluate(const Options& options) {
  Provenance provenance(options.argc, options.argv);
  const auto plan = spec::LoadPlan(options.spec, LoadOptions(options));
  if (!plan.ok()) return Fail(ExitCode::kBadSpec, plan.status());
  if (plan->experiment.evaluation().empty()) {
    return Fail(ExitCode::kBadSpec, absl::InvalidArgumentError(options.spec + ": has no evaluation { name: ... file: ... }"));
  }
  const auto worker = FindWorker();
  if (!worker.ok()) return Fail(ExitCode::kNoDevice, worker.status());
  const auto devices = ChosenDevices(options.devices, *worker);
  if (!devices.ok()) return Fail(CodeOfDevices(devices.status()), devices.status());

  const std::string database = AbsolutePath(options.database);
  const auto reader = OpenStore(database);
  if (!reader.ok()) return Fail(CodeOf(reader.status()), reader.status());
  const auto store = store::Writer::Open(database);  // migrates
  if (!store.ok()) return Fail(ExitCode::kStoreUnusable, store.status());
  auto missing = FindMissingEvaluations(*plan, DataFolder(options.data, options.spec), **reader, database);
  if (absl::IsNotFound(missing.status())) return Fail(ExitCode::kBadSpec, missing.status());
  if (!missing.ok()) return Fail(ExitCode::kStoreUnusable, missing.status());
  PrintFound(*missing);
  const bool some_gone = !missing->without_weights.empty();

  const auto result = Make(options, *plan, *std::move(missing), devices->inventory, *worker, provenance, **store);
  if (!result.ok()) {
    return Fail(absl::IsUnavailable(result.status()) ? ExitCode::kNoDevice : ExitCode::kStoreUnusable, result.status());
  }
  const absl::Status printed = PrintSummary(**reader, plan->experiment.name());
  if (!printed.ok()) return Fail(CodeOf(printed), printed);
  if (result->interrupted) return ExitCode::kInterrupted;
  return result->failed > 0 || some_gone ? ExitCode::kSomeTrialsFailed : ExitCode::kAllWell;
}

}  // namespace

void AddEvaluate(CommandLine& line, int argc, const char* const* argv) {
  auto options = std::make_shared<Options>();
  options->argc = argc;
  options->argv = argv;
  VerbOptions verb = line.AddVerb("evaluate", "Evaluate finished trials of an experiment on its second sets",
                                  [options] { return Evaluate(*options); });
  AddSpecOptions(verb, *options);
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
