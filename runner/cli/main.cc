// `ablate`: every verb, in the order of its help.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "runner/cli/analyze.h"
#include "runner/cli/attention.h"
#include "runner/cli/cancel.h"
#include "runner/cli/command_line.h"
#include "runner/cli/compare.h"
#include "runner/cli/diff.h"
#include "runner/cli/doctor.h"
#include "runner/cli/evaluate.h"
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

namespace ablate::runner {
namespace {

constexpr char kFooter[] = R"(Examples:
  ablate plan experiments/quickstart.textproto
  ablate run experiments/quickstart.textproto
  ablate leaderboard quickstart
  ablate VERB --help

Exit codes: 0 all well, 1 some trials failed, 2 bad experiment or data, 3 no device, 4 bad usage, 5 interrupted,
6 results database unusable, 7 a bug of ablate.)";

int Main(int argc, char** argv) {
  CommandLine line("Ablation studies of sparse attention: one file in, a database of answers out.", kFooter);
  AddValidate(line);
  AddPlan(line);
  AddRun(line, argc, argv);
  AddEvaluate(line, argc, argv);
  AddAnalyze(line, argc, argv);
  AddAttention(line);
  AddStatus(line);
  AddCancel(line);
  AddRetry(line);
  AddLeaderboard(line);
  AddCompare(line);
  AddQuery(line);
  AddReport(line);
  AddExport(line);
  AddShow(line);
  AddDiff(line);
  AddList(line);
  AddGc(line);
  AddMerge(line);
  AddDoctor(line);
  AddSlurmTask(line);
  return static_cast<int>(line.Run(std::vector<std::string>(argv + 1, argv + argc)));
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
