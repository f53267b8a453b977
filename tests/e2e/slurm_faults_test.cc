// What happens to a cluster, and to a sweep on it: preemption, lost nodes, daemons that die, a controller that is away, time
// limits, more tasks than an array may have. Whatever it was, the numbers are those of an undisturbed run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "tests/e2e/cluster.h"

namespace ablate::e2e {
namespace {

using ::testing::HasSubstr;
using States = std::map<std::string, int64_t>;

// A launch of two trials takes 60 steps of 0.4 s: long enough for Slurm to notice what is done to it.
const Environment kSlow = {{"ABLATE_FAKE_STEP_US", "400000"}};
constexpr char kTwoATask[] = "task_seconds: 0 max_tasks: 4";
constexpr char kCheckpoints[] = "SELECT COUNT(*) FROM checkpoints";
constexpr char kRestarted[] = "SELECT COUNT(*) FROM launches WHERE name LIKE '%.r1'";
constexpr char kResumed[] = "SELECT COUNT(*) FROM attempts WHERE first_step > 1";

class SlurmFaults : public OnACluster {
 protected:
  // Until all eight trials have a checkpoint to go on from.
  void WaitForCheckpoints() {
    ASSERT_TRUE(place_.WaitUntil([&] { return place_.Number(kCheckpoints) >= 8; }));
  }
};

TEST_F(SlurmFaults, TwoThousandTrialsGoThroughArraysOf1000) {
  const Edits edits = {{"name: \"eight\"", "name: \"many\""},
                       {"steps: 60", "steps: 1"},
                       {"evaluations: 3", "evaluations: 1"},
                       {"count: 2", "count: 500"}};
  CopyEight(place_, "max_array_trials: 1", "task_seconds: 0 max_tasks: 2000", edits);
  const auto run = Start();
  const Outcome outcome = Finish(*run, 280);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1000 launches in 1000 tasks"));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches"), 2000);
  ExpectWholeAndEqual(Undisturbed(edits), 2000);
}

TEST_F(SlurmFaults, PreemptedTasksGoOnWhenTheirNodesAreFree) {
  CopyEight(place_, "", kTwoATask);
  const auto run = Start(kSlow, {"--partition", "low"});
  WaitForCheckpoints();
  Ask("sbatch -p main -N4 --exclusive -o /dev/null --wrap 'sleep 5'");
  const Outcome outcome = Finish(*run, 200);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  ExpectWholeAndEqual(Undisturbed());
  EXPECT_GE(place_.Number(kResumed), 2);
}

TEST_F(SlurmFaults, ALostNodesTasksGoOnElsewhere) {
  CopyEight(place_, "", kTwoATask);
  const auto run = Start(kSlow, {"--sbatch=--exclusive"});
  WaitForCheckpoints();
  Cluster("kill-node n2");
  const Outcome outcome = Finish(*run, 200);
  Cluster("start-node n2");
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  ExpectWholeAndEqual(Undisturbed());
  EXPECT_EQ(place_.Number(kRestarted), 1);
  EXPECT_EQ(place_.Number(kResumed), 2);
}

// Slurm starts the node's tasks again elsewhere while they run on: two attempts at once. All four fit onto the first node.
TEST_F(SlurmFaults, SlurmdIsKilledAlone) {
  CopyEight(place_, "", kTwoATask);
  const auto run = Start({{"ABLATE_FAKE_STEP_US", "1500000"}});
  WaitForCheckpoints();
  ASSERT_EQ(Ask("squeue -h -r -t R -o %N | uniq"), "n1");
  Cluster("kill-slurmd n1");
  const Outcome outcome = Finish(*run, 250);
  Cluster("start-node n1");
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  ExpectWholeAndEqual(Undisturbed());
  EXPECT_EQ(place_.Number(kRestarted), 4);
}

TEST_F(SlurmFaults, TheControllerIsAwayFor20Seconds) {
  CopyEight(place_, "max_array_trials: 1", "task_seconds: 0 max_tasks: 4");  // so that some are submitted meanwhile
  const auto run = Start({{"ABLATE_FAKE_STEP_US", "200000"}});
  ASSERT_TRUE(place_.WaitUntil([&] { return place_.Number(kCheckpoints) >= 4; }));
  Cluster("stop-controller");
  sleep(20);
  EXPECT_TRUE(run->Running());
  Cluster("start-controller");
  const Outcome outcome = Finish(*run, 200);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Slurm does not answer"));
  EXPECT_THAT(outcome.out, HasSubstr("Slurm answers again"));
  ExpectWholeAndEqual(Undisturbed());
}

// Slurm warns up to a minute before the end: the tasks have themselves put back into the queue, and go on.
TEST_F(SlurmFaults, TasksThatReachTheirTimeLimitGoOn) {
  CopyEight(place_, "", std::string(kTwoATask) + " time_minutes: 2");
  const auto run = Start({{"ABLATE_FAKE_STEP_US", "2000000"}});  // two minutes of steps
  const Outcome outcome = Finish(*run, 290);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  ExpectWholeAndEqual(Undisturbed());
  EXPECT_GE(place_.Number(kRestarted), 4);
}

// Slurm's warning means nothing to the task, and the limit ends it: in the middle of two minutes of steps.
TEST_F(SlurmFaults, ATimeLimitWithoutWarningIsATryOfThree) {
  CopyEight(place_, "max_array_trials: 1", "task_seconds: 0 time_minutes: 1", {{"count: 2", "count: 1"}});
  const auto run = Start({{"ABLATE_FAKE_STEP_US", "2000000"}}, {"--sbatch=--signal=B:CONT@1"});
  const Outcome outcome = Finish(*run, 290);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("TIMEOUT"));
  ExpectWholeAndEqual(Undisturbed({{"count: 2", "count: 1"}}), 4);
}

TEST_F(SlurmFaults, TheRunnerIsAwayWhileATaskIsStartedAgain) {
  CopyEight(place_, "", kTwoATask);
  const auto run = Start(kSlow);
  WaitForCheckpoints();
  run->Signal(SIGKILL);
  run->Wait();
  Ask("scontrol requeue " + Job() + "_1");
  ASSERT_TRUE(place_.WaitUntil(
      [&] { return Ask("ls -d " + place_.Path("results.db.launches/*.r1/events.log")).find("No such") == std::string::npos; }));
  const auto again = Start();
  const Outcome outcome = Finish(*again, 100);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  ExpectWholeAndEqual(Undisturbed());
  EXPECT_EQ(place_.Number(kRestarted), 1);
}

}  // namespace
}  // namespace ablate::e2e
