// A sweep through a real Slurm, and what may happen to it every day. What takes longer: slurm_faults_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "tests/e2e/cluster.h"

namespace ablate::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using States = std::map<std::string, int64_t>;

// Each of the two trials of a launch takes 60 steps of 50 ms.
const Environment kSlow = {{"ABLATE_FAKE_STEP_US", "50000"}};
constexpr char kTwoATask[] = "task_seconds: 0 max_tasks: 4";
constexpr char kPoints[] = "SELECT COUNT(*) FROM raw_metric_points";

class SlurmSweep : public OnACluster {};

TEST_F(SlurmSweep, EqualsTheSameOnThisMachine) {
  CopyEight(place_, "", kTwoATask);
  const Environment cluster = {{"SLURM_CONF", Configuration()}};
  const Outcome doctor = place_.Run({"doctor", "--backend", "slurm"}, cluster);
  for (const char* line : {"slurm: version", "partition: main: 4 nodes", "arrays of at most 1000 tasks", "clock: "}) {
    EXPECT_THAT(doctor.out, HasSubstr(line));
  }
  EXPECT_EQ(place_.Run({"doctor", "--backend", "slurm", "--partition", "none"}, cluster).code, 3);
  const Outcome plan =
      place_.Run({"plan", "eight.textproto", "--backend", "slurm", "--partition", "low", "--scripts"}, cluster);
  EXPECT_THAT(plan.out, HasSubstr("#SBATCH --array=\"1-4\"\n#SBATCH --partition=\"low\"\n"));

  const auto run = Start();
  const Outcome outcome = Finish(*run, 60);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  ExpectWholeAndEqual(Undisturbed());
  EXPECT_THAT(outcome.out, HasSubstr("4 launches in 4 tasks"));
  EXPECT_THAT(place_.Column("SELECT DISTINCT backend FROM launches"), ElementsAre("slurm"));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches"), 4);
}

TEST_F(SlurmSweep, ShortLaunchesShareATaskOnTheSharedFolder) {
  CopyEight(place_, "max_array_trials: 2", "");
  const std::string shared = place_.Path("shared");
  const auto run = Start({}, {"--shared", shared, "--gres", "gpu:1", "--sbatch=--comment=x"});
  const Outcome outcome = Finish(*run, 60);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(place_.Column("SELECT DISTINCT device FROM launches"), ElementsAre("cuda:0"));
  // Nobody knows how long a trial takes on a GPU: each launch is a task of its own. On a CPU it can be estimated.
  EXPECT_THAT(outcome.out, HasSubstr("8 launches in 8 tasks"));
  EXPECT_FALSE(Ask("ls " + shared + "/*/slurm/*/script.sh").empty());

  CopyEight(place_, "max_array_trials: 2", "", {{"name: \"eight\"", "name: \"eight_again\""}, {"steps: 60", "steps: 61"}});
  const auto again = Start({}, {"--shared", shared});
  const Outcome second = Finish(*again, 60);
  EXPECT_EQ(second.code, 0) << second.out << second.err;
  EXPECT_THAT(second.out, HasSubstr("4 launches in 1 tasks"));
}

TEST_F(SlurmSweep, AWorkerThatDiesIsItsTrialsFailure) {
  CopyEight(place_, "crash_retries: 0 max_array_trials: 1", "task_seconds: 0", {{"count: 2", "count: 1"}});
  const auto run = Start({{"ABLATE_FAKE_FAULTS", "exit:seed=1:step=30:times=1"}}, {"--gres", "shard:1"});
  const Outcome outcome = Finish(*run, 60);
  EXPECT_EQ(outcome.code, 1) << outcome.out << outcome.err;
  EXPECT_EQ(place_.States(), (States{{"failed", 1}, {"succeeded", 3}}));
  EXPECT_THAT(place_.Column("SELECT message FROM failures WHERE outcome = 'failed'")[0], HasSubstr("exit code 3"));
  EXPECT_THAT(Ask("squeue -h -r -t all -o %T | sort | uniq -c"), HasSubstr("1 FAILED"));
}

TEST_F(SlurmSweep, GoesOnWithoutItsRunnerWhichMayComeBack) {
  CopyEight(place_, "", kTwoATask);
  const auto run = Start(kSlow);
  ASSERT_TRUE(place_.WaitUntil([&] { return place_.Number(kPoints) > 40; }));
  run->Signal(SIGKILL);
  run->Wait();
  const std::string status = place_.Run({"status"}, {{"SLURM_CONF", Configuration()}}).out;
  EXPECT_THAT(status, HasSubstr("No runner is at work"));
  EXPECT_THAT(status, HasSubstr("Tasks of Slurm"));
  EXPECT_THAT(status, HasSubstr("RUNNING"));
  EXPECT_THAT(place_.Run({"gc", "--dry-run"}).out, Not(HasSubstr("no launch of the database")));
  const auto again = Start();
  const Outcome outcome = Finish(*again, 60);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("4 launches have gone on without a runner"));
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches"), 4);  // none was begun anew
  ExpectWholeAndEqual(Undisturbed());
}

TEST_F(SlurmSweep, AHangUpLeavesTheJobsAlone) {
  CopyEight(place_, "", kTwoATask);
  const auto run = Start(kSlow);
  ASSERT_TRUE(place_.WaitUntil([&] { return place_.Number(kPoints) > 20; }));
  run->Signal(SIGHUP);
  EXPECT_EQ(Finish(*run, 10).code, 5);
  EXPECT_EQ(Ask("squeue -h -r -t R -o %T | uniq"), "RUNNING");
  EXPECT_THAT(place_.Run({"cancel", "eight"}).out, HasSubstr("8 trials cancelled"));
  // Nobody wants them any more, which they see by their folders.
  EXPECT_TRUE(place_.WaitUntil([&] { return Ask("squeue -h -r -t PD,R,CG").empty(); }));
  EXPECT_EQ(place_.States(), (States{{"cancelled", 8}}));
}

TEST_F(SlurmSweep, ATaskThatIsRequeuedGoesOnFromItsCheckpoints) {
  CopyEight(place_, "", kTwoATask);
  const auto run = Start(kSlow);
  ASSERT_TRUE(place_.WaitUntil([&] { return place_.Number("SELECT COUNT(*) FROM checkpoints") >= 8; }));
  const std::string job = Job();
  EXPECT_EQ(Ask("scontrol requeue " + job + "_1"), "");
  const Outcome outcome = Finish(*run, 60);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  ExpectWholeAndEqual(Undisturbed());
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches WHERE name LIKE '%.r1'"), 1);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM attempts WHERE first_step > 1"), 2);
}

TEST_F(SlurmSweep, WhatSomebodyCancelsStaysCancelled) {
  CopyEight(place_, "", kTwoATask);
  const auto run = Start(kSlow);
  ASSERT_TRUE(place_.WaitUntil([&] { return place_.Number("SELECT COUNT(*) FROM checkpoints") >= 8; }));
  Ask("scancel " + Job() + "_2");
  const Outcome outcome = Finish(*run, 60);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(place_.States(), (States{{"cancelled", 2}, {"succeeded", 6}}));
  EXPECT_THAT(outcome.out, HasSubstr("CANCELLED"));
  EXPECT_EQ(place_.Run({"retry", "eight"}).code, 0);
  const auto again = Start();
  EXPECT_EQ(Finish(*again, 60).code, 0);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM attempts WHERE first_step > 1"), 2);  // from what they had written
  ExpectWholeAndEqual(Undisturbed());
}

TEST_F(SlurmSweep, CtrlCTakesWhatWaitsOutOfTheQueueAndLetsTheRestLeave) {
  // A node each: four run, four wait.
  CopyEight(place_, "max_array_trials: 1", "task_seconds: 0");
  const auto run = Start(kSlow, {"--sbatch=--exclusive"});
  ASSERT_TRUE(place_.WaitUntil([&] { return place_.Number(kPoints) > 20; }));
  run->Signal(SIGINT);
  const Outcome outcome = Finish(*run, 60);
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_EQ(place_.States(), (States{{"pending", 8}}));
  EXPECT_EQ(Ask("squeue -h -r -t PD,R"), "");
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM attempts WHERE outcome = 'left'"), 4);
  const auto again = Start();
  EXPECT_EQ(Finish(*again, 60).code, 0);
  ExpectWholeAndEqual(Undisturbed());
}

}  // namespace
}  // namespace ablate::e2e
