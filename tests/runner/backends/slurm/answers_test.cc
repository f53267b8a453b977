// Answers as Slurm 22.05.8 gave them.
#include "runner/backends/slurm/answers.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace ablate::runner::slurm {
namespace {

constexpr char kQueue[] =
    "ablate-5f3a9c1e-1-1|1|1|COMPLETED|None|n1\n"
    "ablate-5f3a9c1e-1-1|1|3|RUNNING|None|n1\n"
    "ablate-5f3a9c1e-1-1|1|2|FAILED|NonZeroExitCode|n1\n"
    "ablate-5f3a9c1e-2-1|2|1|PENDING|BeginTime|\n"
    "ablate-5f3a9c1e-2-1|2|2|PENDING|Resources|\n";

TEST(Answers, OfTheQueueAreByNameAndIndex) {
  const Tasks tasks = ParseQueue(kQueue);
  ASSERT_EQ(tasks.size(), 5u);
  const TaskStatus& failed = tasks.at({"ablate-5f3a9c1e-1-1", 2});
  EXPECT_EQ(failed.job, "1");
  EXPECT_EQ(failed.state, "FAILED");
  EXPECT_EQ(failed.reason, "NonZeroExitCode");
  EXPECT_EQ(failed.nodes, "n1");
  EXPECT_EQ(failed.exit_code, std::nullopt);
  const TaskStatus& waiting = tasks.at({"ablate-5f3a9c1e-2-1", 2});
  EXPECT_EQ(waiting.reason, "Resources");
  EXPECT_EQ(waiting.nodes, "");
}

TEST(Answers, ThatMakeNoSenseTellNothing) {
  for (const char* answer : {"", "\n", "slurm_load_jobs error: Unable to contact slurm controller\n", "a|b|c|d|e|f\n",
                             "a|1|2|3\n", "ablate-1-1-1|7|4-10|PENDING|Resources|\n"}) {
    EXPECT_TRUE(ParseQueue(answer).empty()) << answer;
    EXPECT_TRUE(ParseAccounting(answer).empty()) << answer;
  }
}

TEST(Answers, WhatWasCancelledInTheQueueIsOneLine) {
  const Tasks tasks =
      ParseQueue("ablate-00da1865-1-1|36|N/A|CANCELLED|Resources|\nablate-00da1865-1-1|36|1|COMPLETED|None|n1\n");
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks.at({"ablate-00da1865-1-1", 0}).state, "CANCELLED");
}

TEST(Answers, OfAccountingHaveExitCodes) {
  const Tasks tasks = ParseAccounting(
      "ablate-5f3a9c1e-1-1|12_1|COMPLETED|0:0|n1\n"
      "ablate-5f3a9c1e-1-1|12_2|CANCELLED by 1000|0:15|n2\n"
      "ablate-5f3a9c1e-1-1|12_3|FAILED|85:0|n[3-4]\n"
      "ablate-5f3a9c1e-1-1|12_[4-10]|PENDING|0:0|None assigned\n");
  ASSERT_EQ(tasks.size(), 3u);
  EXPECT_EQ(tasks.at({"ablate-5f3a9c1e-1-1", 1}).exit_code, 0);
  EXPECT_EQ(tasks.at({"ablate-5f3a9c1e-1-1", 2}).state, "CANCELLED");
  EXPECT_EQ(tasks.at({"ablate-5f3a9c1e-1-1", 2}).exit_code, 128 + 15);
  EXPECT_EQ(tasks.at({"ablate-5f3a9c1e-1-1", 3}).exit_code, 85);
}

TEST(Answers, OfSbatchAreANumber) {
  EXPECT_EQ(ParseSubmission("12\n"), "12");
  EXPECT_EQ(ParseSubmission("12;cluster\n"), "12");
  EXPECT_EQ(ParseSubmission(""), std::nullopt);
  EXPECT_EQ(ParseSubmission("Submitted batch job\n"), std::nullopt);
}

TEST(Answers, OfAJobHoldItsExitCode) {
  const std::string job =
      "JobId=3 ArrayJobId=1 ArrayTaskId=2 JobName=x JobState=FAILED Reason=NonZeroExitCode Requeue=1 Restarts=0 BatchFlag=1 "
      "Reboot=0 ExitCode=3:0 RunTime=00:00:00 TimeLimit=00:05:00\n";
  EXPECT_EQ(ParseExitCode(job), 3);
  EXPECT_EQ(ParseExitCode("JobId=3 ExitCode=0:9"), 137);
  EXPECT_EQ(ParseExitCode("slurm_load_jobs error: Invalid job id specified"), std::nullopt);
}

TEST(Answers, OfTheConfigurationAreValuesByName) {
  const auto values = ParseConfiguration(
      "Configuration data as of 2026-11-22T14:53:31\nAccountingStorageType   = accounting_storage/none\n"
      "MaxArraySize            = 1001\nMaxJobCount             = 10000\nSLURM_VERSION           = 22.05.8\n");
  EXPECT_EQ(values.at("MaxArraySize"), "1001");
  EXPECT_EQ(values.at("AccountingStorageType"), "accounting_storage/none");
  EXPECT_EQ(values.count("Configuration data as of 2026-11-22T14:53:31"), 0u);
}

TEST(Answers, OfPartitionsAreOneAPartition) {
  const auto partitions = ParsePartitions(
      "PartitionName=main AllowGroups=ALL Default=YES GraceTime=0 MaxTime=1-00:00:00 State=UP TRES=cpu=32,mem=16000M\n"
      "PartitionName=low AllowGroups=ALL Default=NO GraceTime=5 MaxTime=UNLIMITED State=DOWN\n");
  ASSERT_EQ(partitions.size(), 2u);
  EXPECT_EQ(partitions[0].at("PartitionName"), "main");
  EXPECT_EQ(partitions[0].at("TRES"), "cpu=32,mem=16000M");
  EXPECT_EQ(partitions[1].at("State"), "DOWN");
}

TEST(Answers, DurationsAreSeconds) {
  EXPECT_EQ(ParseDuration("1-00:00:00"), 86400);
  EXPECT_EQ(ParseDuration("00:10:00"), 600);
  EXPECT_EQ(ParseDuration("10:00"), 600);
  EXPECT_EQ(ParseDuration("7-12:30:01"), 7 * 86400 + 12 * 3600 + 1801);
  for (const char* text : {"UNLIMITED", "", "x-1:00", "Partition_Limit"}) EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace ablate::runner::slurm
