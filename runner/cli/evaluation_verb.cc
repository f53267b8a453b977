#include "runner/cli/evaluation_verb.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <utility>

#include "lib/base/status_macros.h"
#include "lib/spec/spec.h"
#include "lib/store/reader.h"
#include "lib/store/writer.h"
#include "runner/backends/local/find_worker.h"
#include "runner/backends/local/local_backend.h"
#include "runner/cli/common_options.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/paths.h"
#include "runner/cli/plain_view.h"
#include "runner/cli/run_devices.h"
#include "runner/cli/workload.h"
#include "runner/scheduler/evaluation_run.h"

namespace ablate::runner {
namespace {

absl::StatusOr<EvaluationRunResult> Make(const SpecOptions& options, const EvaluationVerb& verb, const spec::Plan& plan,
                                         MissingEvaluations missing, const Inventory& inventory, const std::string& worker,
                                         Provenance& provenance, store::Writer& store) {
  Ledger ledger(plan);
  ASSIGN_OR_RETURN(const Workload workload, WorkloadOf(plan, ledger, inventory, store.path(), missing.trials.size()));
  LocalBackend backend(worker, workload.Devices(), workload.MemoryBytes());
  EvaluationRunOptions run;
  run.data_folder = AbsolutePath(DataFolder(options.data, options.spec));
  run.provenance = provenance.Into(store, plan);
  run.told = [&verb](const EvaluationResult& result) {
    const bool failed = result.has_failure();
    fmt::print("{} {}: {}\n", result.trial(), result.set().name(),
               failed ? "failed: " + OneLine(result.failure()) : verb.told(result));
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

absl::Status PrintSummary(const store::Reader& reader, const std::string& sql, const std::string& experiment) {
  ASSIGN_OR_RETURN(const store::Table summary, reader.Query(sql, {{"experiment", experiment}}));
  return Print(summary, Output(), {});
}

}  // namespace

ExitCode MakeEvaluations(const SpecOptions& options, Provenance& provenance, const EvaluationVerb& verb) {
  const auto plan = spec::LoadPlan(options.spec, LoadOptions(options));
  if (!plan.ok()) return Fail(ExitCode::kBadSpec, plan.status());
  const auto wanted = verb.wanted(*plan, DataFolder(options.data, options.spec));
  if (!wanted.ok()) return Fail(ExitCode::kBadSpec, wanted.status());
  const auto worker = FindWorker();
  if (!worker.ok()) return Fail(ExitCode::kNoDevice, worker.status());
  const auto devices = ChosenDevices(options.devices, *worker);
  if (!devices.ok()) return Fail(CodeOfDevices(devices.status()), devices.status());

  const std::string database = AbsolutePath(options.database);
  const auto reader = OpenStore(database);
  if (!reader.ok()) return Fail(CodeOf(reader.status()), reader.status());
  const auto store = store::Writer::Open(database);  // migrates
  if (!store.ok()) return Fail(ExitCode::kStoreUnusable, store.status());
  auto missing = FindMissingEvaluations(*plan, *wanted, **reader, database);
  if (!missing.ok()) return Fail(ExitCode::kStoreUnusable, missing.status());
  PrintFound(*missing);
  const bool some_gone = !missing->without_weights.empty();

  const auto result = Make(options, verb, *plan, *std::move(missing), devices->inventory, *worker, provenance, **store);
  if (!result.ok()) {
    return Fail(absl::IsUnavailable(result.status()) ? ExitCode::kNoDevice : ExitCode::kStoreUnusable, result.status());
  }
  const absl::Status printed = PrintSummary(**reader, verb.summary, plan->experiment.name());
  if (!printed.ok()) return Fail(CodeOf(printed), printed);
  if (result->interrupted) return ExitCode::kInterrupted;
  return result->failed > 0 || some_gone ? ExitCode::kSomeTrialsFailed : ExitCode::kAllWell;
}

}  // namespace ablate::runner
