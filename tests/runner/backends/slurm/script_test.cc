#include "runner/backends/slurm/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "runner/backends/slurm/cluster.h"
#include "runner/backends/slurm/commands.h"
#include "runner/backends/slurm/packing.h"

namespace ablate::runner::slurm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ScriptFacts Facts() {
  return {Slurm(),
          "ablate-5f3a9c1e-1-1",
          "/shared/l/slurm/ablate-5f3a9c1e-1-1",
          40,
          "/shared/p/ablate",
          "/shared/p/ablate-worker",
          "/usr/bin/scontrol",
          1};
}

TEST(Script, SaysAllThatMattersItself) {
  EXPECT_EQ(ScriptOf(Facts()),
            R"(#!/bin/bash
#SBATCH --job-name="ablate-5f3a9c1e-1-1"
#SBATCH --array="1-40"
#SBATCH --nodes="1"
#SBATCH --ntasks="1"
#SBATCH --cpus-per-task="1"
#SBATCH --signal="B:USR2@120"
#SBATCH --output="/shared/l/slurm/ablate-5f3a9c1e-1-1/logs/%a.txt"
#SBATCH --chdir="/shared/l/slurm/ablate-5f3a9c1e-1-1"
#SBATCH --open-mode="append"
#SBATCH --requeue

exec '/shared/p/ablate' slurm-task '/shared/l/slurm/ablate-5f3a9c1e-1-1' --worker '/shared/p/ablate-worker' --workers 1 --scontrol '/usr/bin/scontrol'
)");
}

TEST(Script, HoldsTheSettings) {
  ScriptFacts facts = Facts();
  facts.workers = 2;
  facts.settings.set_partition("low");
  facts.settings.set_account("physics");
  facts.settings.set_qos("long");
  facts.settings.set_constraint("a100|h100");
  facts.settings.set_gres("gpu:1");
  facts.settings.set_memory_mb(16000);
  facts.settings.set_time_minutes(240);
  facts.settings.add_sbatch_line("--exclude=n3");
  facts.settings.add_setup_line("module load cuda/13");
  facts.ablate = "/it's/ablate";
  const std::string script = ScriptOf(facts);
  for (const char* line :
       {"--partition=\"low\"\n", "--account=\"physics\"\n", "--qos=\"long\"\n", "--constraint=\"a100|h100\"\n",
        "--gres=\"gpu:1\"\n", "--mem=\"16000M\"\n", "--time=\"240\"\n", "--cpus-per-task=\"2\"\n", "#SBATCH --exclude=n3\n"}) {
    EXPECT_THAT(script, HasSubstr(line));
  }
  EXPECT_THAT(script, HasSubstr("\nmodule load cuda/13\nexec '/it'\\''s/ablate' slurm-task "));
}

TEST(Script, WarnsAQuarterOfShortTimesBefore) {
  Slurm settings;
  EXPECT_EQ(WarningSeconds(settings), 120u);
  settings.set_time_minutes(60);
  EXPECT_EQ(WarningSeconds(settings), 120u);
  settings.set_time_minutes(4);
  EXPECT_EQ(WarningSeconds(settings), 60u);
}

TEST(Script, NoSettingEndsItsLine) {
  Slurm settings;
  EXPECT_TRUE(CheckSettings(settings).ok());
  settings.set_partition("a\n#SBATCH --account=b");
  EXPECT_THAT(std::string(CheckSettings(settings).message()), HasSubstr("launching.slurm.partition"));
  settings.set_partition("a\"b");
  EXPECT_FALSE(CheckSettings(settings).ok());
  settings.set_partition("a");
  settings.add_sbatch_line("exclude=n3");
  EXPECT_THAT(std::string(CheckSettings(settings).message()), HasSubstr("--exclude=n3"));
  settings.set_sbatch_line(0, "--exclude=n3\nrm x");
  EXPECT_FALSE(CheckSettings(settings).ok());
  settings.set_sbatch_line(0, "--exclude=n3");
  EXPECT_TRUE(CheckSettings(settings).ok());
  settings.set_shared_folder("relative");
  EXPECT_FALSE(CheckSettings(settings).ok());
}

TEST(Commands, AreAbsoluteAndWithoutAShell) {
  const Commands commands = {"/usr/bin/sbatch",   "/usr/bin/squeue", "/usr/bin/scancel",
                             "/usr/bin/scontrol", "/usr/bin/sacct",  ""};
  EXPECT_THAT(SubmitArguments(commands, "/a/script.sh"), ElementsAre("/usr/bin/sbatch", "--parsable", "/a/script.sh"));
  EXPECT_THAT(QueueArguments(commands, {"a", "b"}),
              ElementsAre("/usr/bin/squeue", "-h", "-r", "-t", "all", "-n", "a,b", "-o", "%j|%F|%K|%T|%r|%N"));
  EXPECT_THAT(CancelArguments(commands, {"12_1", "12_2"}, true),
              ElementsAre("/usr/bin/scancel", "--state=PENDING", "12_1", "12_2"));
  EXPECT_THAT(CancelArguments(commands, {"12_1"}, false), ElementsAre("/usr/bin/scancel", "12_1"));
}

TEST(Cluster, TheLargestIndexCapsAnArray) {
  Cluster cluster;
  cluster.max_array_size = 1001;
  EXPECT_EQ(MostTasks(cluster), 1000u);
}

std::vector<size_t> Sizes(const std::vector<double>& seconds, double task_seconds, uint32_t workers) {
  std::vector<Waiting> launches;
  for (const double one : seconds) launches.push_back({"launch", "folder", one});
  std::vector<size_t> sizes;
  for (const auto& task : Pack(launches, task_seconds, workers)) sizes.push_back(task.size());
  return sizes;
}

TEST(Packing, FillsTasksUpToTheirTime) {
  EXPECT_THAT(Sizes({300, 300, 300, 300, 300}, 600, 1), ElementsAre(2, 2, 1));
  EXPECT_THAT(Sizes({300, 300, 300, 300, 300}, 600, 2), ElementsAre(4, 1));
  EXPECT_THAT(Sizes({700, 10, 10, 900}, 600, 1), ElementsAre(1, 3));
  EXPECT_THAT(Sizes({10, 10, 10}, 0, 1), ElementsAre(1, 1, 1));
  EXPECT_THAT(Sizes({}, 600, 1), ElementsAre());
}

TEST(Packing, WhatIsUnknownHasATaskOfItsOwn) { EXPECT_THAT(Sizes({10, 0, 0, 10, 10}, 600, 1), ElementsAre(1, 1, 1, 2)); }

}  // namespace
}  // namespace ablate::runner::slurm
