#include "runner/backends/slurm/states.h"

#include <gtest/gtest.h>

#include <optional>

namespace ablate::runner::slurm {
namespace {

using Cause = LaunchReport::Cause;

TEST(States, HaveAPhase) {
  for (const char* state : {"PENDING", "REQUEUED", "REQUEUE_HOLD"}) EXPECT_EQ(PhaseOf(state), Phase::kWaiting) << state;
  for (const char* state : {"RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "SOMETHING_NEW"}) {
    EXPECT_EQ(PhaseOf(state), Phase::kRunning) << state;
  }
  for (const char* state : {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY"}) {
    EXPECT_EQ(PhaseOf(state), Phase::kOver) << state;
  }
}

TEST(States, HeldForGoodIsAsGoodAsOver) {
  const TaskStatus held = {"10", "PENDING", "launch failed requeued held", "", {}};
  EXPECT_TRUE(IsHeldForGood(held));
  EXPECT_FALSE(IsHeldForGood({"10", "PENDING", "BeginTime", "", {}}));
  EXPECT_EQ(VerdictOn(held, true, false).cause, Cause::kInterrupted);
}

struct Case {
  const char* name;
  TaskStatus status;
  bool begun, left;
  Cause cause;
  const char* how;
};

class OnATaskThatIsOver : public testing::TestWithParam<Case> {};

TEST_P(OnATaskThatIsOver, TheVerdictIs) {
  const Case& c = GetParam();
  const Verdict verdict = VerdictOn(c.status, c.begun, c.left);
  EXPECT_EQ(verdict.cause, c.cause);
  EXPECT_EQ(verdict.how, c.how);
}

INSTANTIATE_TEST_SUITE_P(
    Verdicts, OnATaskThatIsOver,
    testing::Values(
        Case{"TimeLimit", {"1", "TIMEOUT", "TimeLimit", "n3", {}}, true, false, Cause::kTimeLimit, "TIMEOUT (TimeLimit) on n3"},
        Case{"LostNode", {"1", "NODE_FAIL", "None", "n2", {}}, true, false, Cause::kInterrupted, "NODE_FAIL on n2"},
        Case{"Cancelled", {"1", "CANCELLED", "None", "", {}}, false, false, Cause::kCancelled, "CANCELLED"},
        Case{"CancelledInOrder", {"1", "CANCELLED", "None", "n1", {}}, true, true, Cause::kCancelled, "CANCELLED on n1"},
        Case{"OutOfMemory",
             {"1", "OUT_OF_MEMORY", "OutOfMemory", "n1", {}},
             true,
             false,
             Cause::kOutOfMemory,
             "OUT_OF_MEMORY (OutOfMemory) on n1"},
        Case{"ExitCode",
             {"1", "FAILED", "NonZeroExitCode", "n1", 3},
             true,
             false,
             Cause::kItself,
             "FAILED (NonZeroExitCode) on n1, exit code 3"},
        Case{"CannotRun", {"1", "FAILED", "NonZeroExitCode", "n1", 127}, false, false, Cause::kItself, "exit code 127"},
        Case{"NotRequeued",
             {"1", "FAILED", "NonZeroExitCode", "n1", 85},
             true,
             false,
             Cause::kInterrupted,
             "FAILED (NonZeroExitCode) on n1, exit code 85"},
        Case{"PreemptedInItsGrace", {"1", "COMPLETED", "None", "n1", {}}, true, true, Cause::kInterrupted, "COMPLETED on n1"},
        Case{"NeverLookedAt", {"1", "COMPLETED", "None", "n1", 0}, false, false, Cause::kNotBegun, "COMPLETED on n1"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace ablate::runner::slurm
