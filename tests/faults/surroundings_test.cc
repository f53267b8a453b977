// What happens around a run and is nobody's fault in it: files taken away, processes stopped, a clock set back, a folder that
// may not be written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/workplace.h"
#include "tests/faults/fault.h"

namespace ablate::faults {
namespace {

namespace fs = std::filesystem;
using e2e::Outcome;
using e2e::Workplace;
using ::testing::HasSubstr;
using States = std::map<std::string, int64_t>;

const std::vector<std::string> kRun = {"run", "eight.textproto", "--devices", "cpu:2"};
const e2e::Environment kSlow = {{"ABLATE_FAKE_STEP_US", "5000"}};
constexpr char kPoints[] = "SELECT COUNT(*) FROM raw_metric_points";

// Seconds that processes are stopped for. The nightly size is a minute.
unsigned StopSeconds() {
  const char* const seconds = std::getenv("ABLATE_STOP_SECONDS");
  return seconds == nullptr ? 2 : std::strtoul(seconds, nullptr, 10);
}

e2e::Points Undisturbed() {
  Workplace quiet("Undisturbed");
  quiet.Copy("eight.textproto");
  EXPECT_EQ(quiet.Run(kRun).code, 0);
  return quiet.MetricPoints();
}

class Surroundings : public ::testing::Test {
 protected:
  void SetUp() override { place_.Copy("eight.textproto"); }

  std::unique_ptr<e2e::Process> StartAndWaitForPoints() {
    auto run = place_.Start(kRun, kSlow);
    EXPECT_TRUE(place_.WaitUntil([&] { return place_.Number(kPoints) > 0; }));
    return run;
  }

  void ExpectWhole() {
    EXPECT_EQ(place_.States(), (States{{"succeeded", 8}}));
    EXPECT_TRUE(place_.MetricPoints() == Undisturbed());
    EXPECT_TRUE(e2e::LiveWorkers().empty());
  }

  Workplace place_;
};

TEST_F(Surroundings, ADeletedDatabaseIsToldAndSaved) {
  const auto run = StartAndWaitForPoints();
  fs::remove(place_.Path("results.db"));
  const Outcome outcome = run->Wait();
  EXPECT_EQ(outcome.code, 6) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("was moved, deleted or replaced"));
  EXPECT_TRUE(e2e::LiveWorkers().empty());
  for (const char* const rest : {"results.db-wal", "results.db-shm"}) fs::remove(place_.Path(rest));
  fs::rename(place_.Path("results.db.rescued"), place_.Path("results.db"));
  EXPECT_GT(place_.Number(kPoints), 0);
  EXPECT_EQ(place_.Run(kRun).code, 0);
  ExpectWhole();
}

TEST_F(Surroundings, AReplacedDatabaseIsNotWrittenTo) {
  Workplace other("Other");
  other.Copy("eight_seeds.textproto");
  ASSERT_EQ(other.Run({"run", "eight_seeds.textproto"}).code, 0);
  const auto run = StartAndWaitForPoints();
  fs::rename(other.Path("results.db"), place_.Path("results.db"));
  const Outcome outcome = run->Wait();
  EXPECT_EQ(outcome.code, 6) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("was moved, deleted or replaced"));
  EXPECT_TRUE(fs::exists(place_.Path("results.db.rescued")));
}

TEST_F(Surroundings, AStoppedWorkerGoesOn) {
  const auto run = StartAndWaitForPoints();
  for (const pid_t worker : e2e::LiveWorkers()) kill(worker, SIGSTOP);
  sleep(StopSeconds());
  EXPECT_TRUE(run->Running());
  for (const pid_t worker : e2e::LiveWorkers()) kill(worker, SIGCONT);
  EXPECT_EQ(run->Wait().code, 0);
  ExpectWhole();
}

TEST_F(Surroundings, AStoppedRunnerGoesOn) {
  const auto run = StartAndWaitForPoints();
  run->Signal(SIGSTOP);
  sleep(StopSeconds());
  run->Signal(SIGCONT);
  EXPECT_EQ(run->Wait().code, 0);
  ExpectWhole();
}

// Names of checkpoints in all launch folders, sorted: trials' ids.
std::vector<std::string> Checkpoints(const Workplace& place) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(place.Path("results.db.launches"))) {
    if (entry.path().parent_path().filename() == "checkpoints") names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST_F(Surroundings, WeightsThatAreToStayDoSoWhereAWorkerDied) {
  const std::pair<std::string, std::string> keep = {"seeds {", "launching { keep_weights: true }\nseeds {"};
  const e2e::Environment slow = {{"ABLATE_FAKE_STEP_US", "1000"}};
  Workplace quiet("Quiet");
  quiet.Copy("eight_seeds.textproto", {keep});
  ASSERT_EQ(quiet.Run({"run", "eight_seeds.textproto"}, slow).code, 0);
  ASSERT_EQ(Checkpoints(quiet).size(), 8u);
  place_.Copy("eight_seeds.textproto", {keep});
  e2e::Environment crash = slow;
  crash["ABLATE_FAKE_FAULTS"] = "crash:seed=3:step=40:times=1";
  ASSERT_EQ(place_.Run({"run", "eight_seeds.textproto"}, crash).code, 0);
  EXPECT_EQ(Checkpoints(place_), Checkpoints(quiet));
}

// Not even root may write there.
TEST_F(Surroundings, AFolderThatMayNotBeWrittenIsTold) {
  const Outcome outcome = place_.Run({"run", "eight.textproto", "--db", "/sys/kernel/results.db"});
  EXPECT_EQ(outcome.code, 6) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("/sys/kernel/results.db"));
}

}  // namespace
}  // namespace ablate::faults
