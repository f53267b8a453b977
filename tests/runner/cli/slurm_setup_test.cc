// What `run`, `plan` and `doctor` make of --backend slurm before a cluster is asked for anything.
#include "runner/cli/slurm_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "lib/base/files.h"
#include "runner/cli/backend_options.h"
#include "runner/cli/doctor_slurm.h"

namespace ablate::runner {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Level = Finding::Level;

slurm::Cluster TwoPartitions() {
  slurm::Cluster cluster;
  cluster.version = "22.05.8";
  cluster.max_array_size = 1001;
  cluster.max_jobs = 10000;
  cluster.partitions = {
      {{"PartitionName", "gpu"}, {"Default", "YES"}, {"State", "UP"}, {"MaxTime", "04:00:00"}, {"TotalNodes", "4"}},
      {{"PartitionName", "old"}, {"Default", "NO"}, {"State", "DOWN"}, {"MaxTime", "UNLIMITED"}}};
  return cluster;
}

TEST(DoctorOfSlurm, LooksAtThePartition) {
  Slurm settings;
  EXPECT_EQ(CheckPartition(TwoPartitions(), settings).level, Level::kOk);
  settings.set_time_minutes(241);
  EXPECT_THAT(CheckPartition(TwoPartitions(), settings).text, HasSubstr("wait for ever"));
  settings.set_time_minutes(240);
  EXPECT_EQ(CheckPartition(TwoPartitions(), settings).level, Level::kOk);
  settings.set_partition("old");
  EXPECT_THAT(CheckPartition(TwoPartitions(), settings).text, HasSubstr("old is DOWN"));
  settings.set_partition("gqu");
  EXPECT_THAT(CheckPartition(TwoPartitions(), settings).text, HasSubstr("there are gpu, old"));
}

TEST(DoctorOfSlurm, LooksAtTheLimits) {
  Slurm settings;
  EXPECT_EQ(CheckLimits(TwoPartitions(), settings).level, Level::kOk);
  settings.set_max_tasks(20000);
  EXPECT_EQ(CheckLimits(TwoPartitions(), settings).level, Level::kNote);
}

TEST(DoctorOfSlurm, TriesOutTheSharedFolder) {
  const std::string folder = testing::TempDir();
  const auto findings = CheckSharedFolder(folder);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_NE(findings[0].level, Level::kProblem) << findings[0].text;
  EXPECT_EQ(findings[1].level, Level::kOk) << findings[1].text;
  for (const auto& entry : fs::directory_iterator(folder)) {
    EXPECT_THAT(entry.path().filename().string(), ::testing::Not(StartsWith("ablate-doctor")));
  }
  EXPECT_EQ(CheckSharedFolder("/no/such/folder")[0].level, Level::kProblem);
  EXPECT_EQ(CheckSharedFolder("/proc")[0].level, Level::kProblem);
}

TEST(BackendFlags, TakeThePlaceOfTheExperimentsFields) {
  Slurm experiment;
  experiment.set_partition("gpu");
  experiment.set_account("physics");
  experiment.add_sbatch_line("--exclude=n3");
  BackendOptions flags;
  flags.partition = "low";
  flags.time_minutes = 30;
  flags.sbatch_lines = {"--nice"};
  const auto settings = SettingsOf(experiment, flags);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->partition(), "low");
  EXPECT_EQ(settings->account(), "physics");
  EXPECT_EQ(settings->time_minutes(), 30u);
  EXPECT_EQ(settings->sbatch_line_size(), 2);
  flags.sbatch_lines = {"nice"};
  EXPECT_FALSE(SettingsOf(experiment, flags).ok());
}

TEST(BackendFlags, ATaskHasWhatItAsksFor) {
  BackendOptions flags;
  flags.backend = "slurm";
  Slurm settings;
  settings.set_cpus(3);
  const auto cpus = DevicesOfBackend(flags, settings, "auto", "");
  ASSERT_TRUE(cpus.ok());
  EXPECT_EQ(cpus->inventory.device(0).device(), "cpu");
  EXPECT_EQ(cpus->inventory.device(0).cores(), 3u);
  settings.set_gres("gpu:1");
  const auto gpu = DevicesOfBackend(flags, settings, "auto", "");
  ASSERT_TRUE(gpu.ok());
  EXPECT_EQ(gpu->inventory.device(0).device(), "cuda:0");
}

class SharedLaunches : public testing::Test {
 protected:
  SharedLaunches() : folder_(testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ + "/shared");
    folder_ = fs::canonical(folder_);
  }
  std::string folder_;
};

TEST_F(SharedLaunches, LieBehindALink) {
  const auto launches = PrepareLaunches(folder_ + "/a.db", folder_ + "/shared");
  ASSERT_TRUE(launches.ok()) << launches.status();
  EXPECT_THAT(*launches, StartsWith(folder_ + "/shared/a.db-"));
  ASSERT_TRUE(WriteFileAtomically(*launches + "/x", "x").ok());
  EXPECT_TRUE(FileExists(folder_ + "/a.db.launches/x"));
  EXPECT_EQ(*PrepareLaunches(folder_ + "/a.db", folder_ + "/shared"), *launches);
  // Without the flag the link still leads there.
  EXPECT_EQ(*PrepareLaunches(folder_ + "/a.db", ""), *launches);
  EXPECT_TRUE(absl::IsFailedPrecondition(PrepareLaunches(folder_ + "/a.db", folder_).status()));
}

TEST_F(SharedLaunches, AreNotMovedByThemselves) {
  EXPECT_EQ(*PrepareLaunches(folder_ + "/a.db", ""), folder_ + "/a.db.launches");
  EXPECT_TRUE(PrepareLaunches(folder_ + "/a.db", folder_ + "/shared").ok());  // it was empty
  EXPECT_EQ(*PrepareLaunches(folder_ + "/b.db", ""), folder_ + "/b.db.launches");
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/b.db.launches/x", "x").ok());
  EXPECT_THAT(std::string(PrepareLaunches(folder_ + "/b.db", folder_ + "/shared").status().message()), HasSubstr("mv "));
}

}  // namespace
}  // namespace ablate::runner
