#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>

#include "lib/base/files.h"
#include "tests/lib/training/launches.h"

namespace ablate::training {
namespace {

constexpr uint64_t kSteps = 150;

// Long enough to be interrupted.
std::vector<NamedTrial> LongTrials() {
  std::vector<NamedTrial> named;
  for (Trial trial : FiveTrials()) {
    trial.mutable_training()->set_steps(kSteps);
    trial.mutable_training()->set_log_every_steps(7);
    named.push_back({"trial" + std::to_string(named.size()), trial, ""});
  }
  return named;
}

std::string CheckpointIn(const std::string& folder, const std::string& id) {
  return JoinPath(folder, "checkpoints/" + id + ".safetensors");
}

// Runs a launch and gives the command as soon as its log has grown to `bytes`: somewhere in the middle of training.
LaunchLog RunAndCommand(const std::string& folder, const std::vector<NamedTrial>& trials, const std::string& command,
                        uint64_t bytes) {
  std::atomic<bool> over = false;
  std::thread commander([&] {
    while (!over && FileSize(JoinPath(folder, "events.log")).value_or(0) < bytes) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const std::string path = JoinPath(folder, "control/" + command);
    EXPECT_TRUE(WriteFileAtomically(path, "").ok());
  });
  LaunchLog log = RunInFolder(folder, trials);
  over = true;
  commander.join();
  return log;
}

const LaunchLog& Undisturbed() {
  static const auto* const kLog = new LaunchLog(RunInFolder(FreshFolder(), LongTrials()));
  return *kLog;
}

// The points of `later` and of `earlier` before it are those of an undisturbed run, none missing.
void ExpectWhole(const TrialLog& earlier, const TrialLog& later, const std::string& id) {
  const TrialLog& whole = Undisturbed().trials.at(id);
  TrialLog both = later;
  for (const auto& [key, value] : earlier.points) {
    if (key.second >= later.first_step) continue;
    EXPECT_TRUE(both.points.emplace(key, value).second) << key.first << " doubled at step " << key.second;
  }
  for (const auto& [step, value] : earlier.statistics) {
    if (step < later.first_step) both.statistics.emplace(step, value);
  }
  ExpectSamePoints(both, whole, id);
  EXPECT_EQ(both.points.size(), whole.points.size()) << id;
  EXPECT_EQ(both.statistics.size(), whole.statistics.size()) << id;
  EXPECT_EQ(later.end.outcome(), AttemptEnd::SUCCEEDED) << id << later.end.message();
}

// Trials of all forms of balance that may share an array.
std::vector<NamedTrial> BalancedTrials(Balance::Multipliers multipliers) {
  std::vector<Balance::Form> forms = {Balance::EXPONENTIAL_EXTREMUM, Balance::EXPONENTIAL_COUNT, Balance::NEAREST_GRAPH};
  if (multipliers == Balance::PER_HEAD) {
    for (const Balance::Form form : {Balance::PENALTY, Balance::ORACLE_GRAPH, Balance::PROJECTION}) forms.push_back(form);
  }
  std::vector<NamedTrial> named;
  for (const Balance::Form form : forms) {
    Trial trial = SmallTrial();
    trial.mutable_attention()->set_normalizer("sparsemax");
    Balance& balance = *trial.mutable_attention()->mutable_balance();
    balance.set_k(3);
    balance.set_form(form);
    balance.set_multipliers(multipliers);
    balance.set_multiplier_rate(1);
    balance.set_rho_growth(3);
    balance.set_warmup_share(.3);
    trial.mutable_training()->set_steps(100);
    trial.mutable_training()->set_log_every_steps(7);
    named.push_back({"trial" + std::to_string(named.size()), trial, ""});
  }
  return named;
}

// In one array undisturbed; and left in the middle, then each gone on with alone.
TEST(ResumeTest, BalanceHasTheSameBitsInAnArrayAndAloneAfterAResume) {
  for (const Balance::Multipliers multipliers : {Balance::PER_HEAD, Balance::PER_RELATIVE_ROW}) {
    std::vector<NamedTrial> trials = BalancedTrials(multipliers);
    const LaunchLog whole = RunInFolder(FreshFolder(), trials);
    const std::string folder = FreshFolder();
    const LaunchLog left = RunAndCommand(folder, trials, "checkpoint_and_leave", 3000);
    ASSERT_TRUE(left.status.ok()) << left.status;
    std::set<std::string> moved;
    for (NamedTrial& trial : trials) {
      ASSERT_EQ(left.trials.at(trial.id).end.outcome(), AttemptEnd::LEFT) << left.trials.at(trial.id).end.message();
      trial.checkpoint = CheckpointIn(folder, trial.id);
      const LaunchLog later = RunInFolder(FreshFolder(), {trial});
      const std::string name = Balance::Form_Name(trial.trial.attention().balance().form());
      ASSERT_EQ(later.trials.at(trial.id).end.outcome(), AttemptEnd::SUCCEEDED) << later.trials.at(trial.id).end.message();
      EXPECT_GT(later.trials.at(trial.id).first_step, 1u);
      EXPECT_GT(ExpectSamePoints(later.trials.at(trial.id), whole.trials.at(trial.id), name), 0);
      AttentionStatistics last;
      ASSERT_TRUE(last.ParseFromString(whole.trials.at(trial.id).statistics.at(100)));
      for (const HeadStatistic& head : last.head()) {
        if (head.statistic() == "multiplier_row_lower" && head.value() != 1 && head.value() != 0) moved.insert(name);
      }
    }
    EXPECT_EQ(moved.size(), 3u) << "of the forms with multipliers";
  }
}

TEST(ResumeTest, LeavingAndGoingOnInOtherArraysGivesTheSameBits) {
  ASSERT_TRUE(Undisturbed().status.ok());
  const std::string folder = FreshFolder();
  std::vector<NamedTrial> trials = LongTrials();
  const LaunchLog left = RunAndCommand(folder, trials, "checkpoint_and_leave", 3000);
  ASSERT_TRUE(left.status.ok()) << left.status;
  for (NamedTrial& trial : trials) {
    const TrialLog& log = left.trials.at(trial.id);
    ASSERT_EQ(log.end.outcome(), AttemptEnd::LEFT) << log.end.message();
    ASSERT_GT(log.end.step(), 0u);
    ASSERT_LT(log.end.step(), kSteps);
    EXPECT_EQ(log.checkpoints, (std::vector<uint64_t>{log.end.step()}));
    trial.checkpoint = CheckpointIn(folder, trial.id);
  }
  const LaunchLog first = RunInFolder(FreshFolder(), {trials[4], trials[0], trials[1]});
  const LaunchLog second = RunInFolder(FreshFolder(), {trials[2], trials[3]});
  for (const LaunchLog* log : {&first, &second}) {
    ASSERT_TRUE(log->status.ok()) << log->status;
    EXPECT_TRUE(log->notes.empty());
    for (const auto& [id, trial] : log->trials) {
      EXPECT_EQ(trial.first_step, left.trials.at(id).end.step() + 1);
      ExpectWhole(left.trials.at(id), trial, id);
    }
  }
}

TEST(ResumeTest, TrialsOfDifferentStepsAreTrainedOneAfterTheOther) {
  const std::string folder = FreshFolder();
  std::vector<NamedTrial> trials = LongTrials();
  const LaunchLog left = RunAndCommand(folder, {trials[0], trials[3]}, "checkpoint_and_leave", 1500);
  trials[3].checkpoint = CheckpointIn(folder, "trial3");
  const LaunchLog log = RunInFolder(FreshFolder(), {trials[3], trials[2]});
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_GT(log.trials.at("trial3").first_step, 1u);
  EXPECT_EQ(log.trials.at("trial2").first_step, 1u);
  ExpectWhole(left.trials.at("trial3"), log.trials.at("trial3"), "trial3");
  ExpectWhole({}, log.trials.at("trial2"), "trial2");
}

TEST(ResumeTest, ACheckpointThatCannotBeUsedCostsTimeOnly) {
  const std::string folder = FreshFolder();
  std::vector<NamedTrial> trials = LongTrials();
  const LaunchLog left = RunAndCommand(folder, {trials[0], trials[3]}, "checkpoint_and_leave", 1500);
  const std::string broken = JoinPath(folder, "broken");
  const auto whole_file = ReadFile(CheckpointIn(folder, "trial3"));
  ASSERT_TRUE(whole_file.ok() && WriteFileAtomically(broken, whole_file->substr(0, whole_file->size() / 2)).ok());
  trials[2].checkpoint = CheckpointIn(folder, "trial3");
  trials[3].checkpoint = broken;
  trials[4].checkpoint = JoinPath(folder, "missing");
  const LaunchLog log = RunInFolder(FreshFolder(), {trials[2], trials[3], trials[4]});
  ASSERT_TRUE(log.status.ok()) << log.status;
  for (const char* const id : {"trial2", "trial3", "trial4"}) {
    EXPECT_EQ(log.trials.at(id).first_step, 1u);
    ExpectWhole({}, log.trials.at(id), id);
  }
  ASSERT_EQ(log.notes.size(), 3u);
  for (const std::string& note : log.notes)
    EXPECT_EQ(note.find("checkpoint can't be used, the trial starts anew: "), 0u) << note;
  EXPECT_NE(log.notes[0].find("is of trial trial3, not trial2"), std::string::npos) << log.notes[0];
}

TEST(ResumeTest, AFinishedTrialOnlyEnds) {
  const std::string folder = FreshFolder();
  NamedTrial trial = LongTrials()[3];
  trial.trial.mutable_training()->set_steps(10);
  const LaunchLog finished = RunInFolder(folder, {trial});
  EXPECT_EQ(finished.trials.at(trial.id).checkpoints, (std::vector<uint64_t>{10}));
  trial.checkpoint = CheckpointIn(folder, trial.id);
  const LaunchLog again = RunInFolder(FreshFolder(), {trial});
  EXPECT_TRUE(again.notes.empty());
  EXPECT_EQ(again.trials.at(trial.id).first_step, 11u);
  EXPECT_TRUE(again.trials.at(trial.id).points.empty());
  EXPECT_EQ(again.trials.at(trial.id).end.outcome(), AttemptEnd::SUCCEEDED);
  // Weights alone are no place to go on from.
  trial.trial.mutable_training()->set_steps(20);
  EXPECT_EQ(RunInFolder(FreshFolder(), {trial}).trials.at(trial.id).first_step, 1u);
}

TEST(ResumeTest, CheckpointsComeAsOftenAsAllowed) {
  std::vector<NamedTrial> trials = {LongTrials()[0], LongTrials()[4]};
  for (NamedTrial& trial : trials) trial.trial.mutable_training()->set_checkpoint_seconds(0);
  const LaunchLog log = RunInFolder(FreshFolder(), trials);
  const std::vector<uint64_t>& steps = log.trials.at("trial0").checkpoints;
  EXPECT_GT(steps.size(), 1u);  // in between, and the weights at the end
  EXPECT_EQ(steps.back(), kSteps);
  EXPECT_EQ(steps, log.trials.at("trial4").checkpoints);
  for (const auto& [id, trial] : log.trials) ExpectWhole({}, trial, id);
}

TEST(ControlTest, ALaunchToldToLeaveAtOnceDoesNothing) {
  const LaunchLog log = RunInFolder(FreshFolder(), LongTrials(), {"checkpoint_and_leave"});
  ASSERT_TRUE(log.status.ok());
  for (const auto& [id, trial] : log.trials) {
    EXPECT_EQ(trial.end.outcome(), AttemptEnd::LEFT) << id;
    EXPECT_EQ(trial.end.step(), 0u);
    EXPECT_TRUE(trial.points.empty());
  }
}

TEST(ControlTest, AStoppedTrialLeavesTheOthersAlone) {
  const std::vector<NamedTrial> trials = LongTrials();
  const LaunchLog log = RunAndCommand(FreshFolder(), trials, "stop_trial1", 3000);
  ASSERT_TRUE(log.status.ok());
  const TrialLog& stopped = log.trials.at("trial1");
  EXPECT_EQ(stopped.end.outcome(), AttemptEnd::STOPPED);
  EXPECT_GT(stopped.end.step(), 0u);
  EXPECT_LT(stopped.end.step(), kSteps);
  EXPECT_TRUE(stopped.checkpoints.empty());
  ExpectSamePoints(stopped, Undisturbed().trials.at("trial1"), "before the stop");
  for (const char* const id : {"trial0", "trial2", "trial3", "trial4"}) ExpectWhole({}, log.trials.at(id), id);
}

}  // namespace
}  // namespace ablate::training
