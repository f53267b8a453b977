#include "runner/backends/slurm/attempts.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/eventlog/writer.h"
#include "proto/event.pb.h"
#include "proto/launch.pb.h"
#include "runner/backends/backend.h"
#include "runner/scheduler/launch_folder.h"

namespace ablate::runner::slurm {
namespace {

class Attempts : public testing::Test {
 protected:
  Attempts() : base_(testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name() + "/L") {
    std::filesystem::remove_all(ParentFolder(base_));
    LaunchRequest request;
    request.set_launch("L");
    request.set_leave_after_step(40);
    for (const char* id : {"a", "b", "c"}) request.add_trial()->set_id(id);
    request.mutable_trial(2)->set_checkpoint("/before/c");
    request.mutable_trial(2)->set_attempt(3);
    EXPECT_TRUE(MakeLaunchFolder(base_, request).ok());
    EXPECT_TRUE(WriteFileAtomically(base_ + "/" + kSubmissionFile, "ablate-1-1-1 1\n").ok());
  }

  // The folder, or "" where nothing is left to do.
  std::string Claim() {
    const auto folder = ClaimAttempt(base_);
    EXPECT_TRUE(folder.ok()) << folder.status();
    return folder.ok() && *folder ? **folder : "";
  }

  void Log(const std::string& folder, const std::vector<Event>& events) {
    const auto log = eventlog::Writer::Open(folder + "/events.log");
    ASSERT_TRUE(log.ok()) << log.status();
    for (const Event& event : events) ASSERT_TRUE((*log)->Append(event).ok());
  }

  Event End(const std::string& trial, AttemptEnd::Outcome outcome) {
    Event event;
    event.mutable_attempt_end()->set_trial(trial);
    event.mutable_attempt_end()->set_outcome(outcome);
    return event;
  }

  Event Checkpoint(const std::string& folder, const std::string& trial, uint64_t step) {
    EXPECT_TRUE(MakeFolders(folder + "/checkpoints").ok());
    EXPECT_TRUE(WriteFileAtomically(folder + "/checkpoints/" + trial, "x").ok());
    Event event;
    event.mutable_checkpoint_written()->set_trial(trial);
    event.mutable_checkpoint_written()->set_step(step);
    event.mutable_checkpoint_written()->set_path("checkpoints/" + trial);
    return event;
  }

  LaunchRequest RequestIn(const std::string& folder) {
    LaunchRequest request;
    const auto bytes = ReadFile(folder + "/launch.pb");
    EXPECT_TRUE(bytes.ok() && request.ParseFromString(*bytes));
    return request;
  }

  const std::string base_;
};

TEST_F(Attempts, TheFirstRunsInTheLaunchsFolder) {
  EXPECT_EQ(Claim(), base_);
  EXPECT_EQ(ParseAttempt("L").number, 0u);
  EXPECT_EQ(ParseAttempt("L.r12").number, 12u);
  EXPECT_EQ(ParseAttempt("L.r12").launch, "L");
}

TEST_F(Attempts, TheNextGoesOnBesideItFromItsCheckpoints) {
  EXPECT_EQ(Claim(), base_);
  Log(base_, {Checkpoint(base_, "b", 20), End("a", AttemptEnd::SUCCEEDED), End("b", AttemptEnd::LEFT)});
  EXPECT_EQ(Claim(), base_ + ".r1");
  const LaunchRequest request = RequestIn(base_ + ".r1");
  EXPECT_EQ(request.launch(), "L.r1");
  EXPECT_EQ(request.leave_after_step(), 40u);
  ASSERT_EQ(request.trial_size(), 2);
  EXPECT_EQ(request.trial(0).id(), "b");
  EXPECT_EQ(request.trial(0).attempt(), 2u);
  EXPECT_EQ(request.trial(0).checkpoint(), base_ + "/checkpoints/b");
  EXPECT_EQ(request.trial(1).checkpoint(), "/before/c");
  EXPECT_EQ(request.trial(1).attempt(), 4u);
  EXPECT_TRUE(FileExists(base_ + ".r1/" + kSubmissionFile));
  EXPECT_FALSE(IsClosed(base_ + ".r1"));

  // The runner closes the folder that has been gone beyond; the third goes on from what the second wrote.
  TidyLaunchFolder(base_);
  Log(base_ + ".r1", {Checkpoint(base_ + ".r1", "b", 30)});
  EXPECT_EQ(Claim(), base_ + ".r2");
  EXPECT_EQ(RequestIn(base_ + ".r2").trial(0).checkpoint(), base_ + ".r1/checkpoints/b");
  EXPECT_EQ(RequestIn(base_ + ".r2").trial(0).attempt(), 3u);
}

TEST_F(Attempts, AnOutcomeIsThereOnceItsLogIs) {
  EXPECT_EQ(Claim(), base_);
  Log(base_, {End("a", AttemptEnd::SUCCEEDED)});
  ASSERT_TRUE(WriteOutcome(base_, kDone).ok());
  EXPECT_EQ(ReadOutcome(base_), kDone);
  std::filesystem::resize_file(base_ + "/events.log", 1);  // as a slow network file system may show it
  EXPECT_EQ(ReadOutcome(base_), "");
}

TEST_F(Attempts, NobodyRunsWhatIsOver) {
  EXPECT_EQ(Claim(), base_);
  ASSERT_TRUE(WriteOutcome(base_, "signal 11, Segmentation fault").ok());
  EXPECT_EQ(ReadOutcome(base_), "signal 11, Segmentation fault");
  EXPECT_EQ(Claim(), "");
}

TEST_F(Attempts, WhatLeftInOrderGoesOn) {
  EXPECT_EQ(Claim(), base_);
  ASSERT_TRUE(AskToLeaveTask(base_).ok());
  ASSERT_TRUE(WriteOutcome(base_, kLeftTask).ok());
  EXPECT_EQ(Claim(), base_ + ".r1");
}

TEST_F(Attempts, WhoseTrialsHaveAllEndedIsDone) {
  EXPECT_EQ(Claim(), base_);
  Log(base_, {End("a", AttemptEnd::SUCCEEDED), End("b", AttemptEnd::FAILED), End("c", AttemptEnd::STOPPED)});
  EXPECT_EQ(Claim(), "");
  EXPECT_EQ(ReadOutcome(base_), kDone);
}

TEST_F(Attempts, TheRunnerClosesOrAsksToLeave) {
  ASSERT_TRUE(AskToLeave(base_).ok());
  EXPECT_EQ(Claim(), "");
  EXPECT_FALSE(IsToDie(base_));
  ASSERT_TRUE(AskToDie(base_).ok());
  EXPECT_TRUE(IsToDie(base_));
  TidyLaunchFolder(base_);
  EXPECT_TRUE(IsClosed(base_));
  EXPECT_EQ(Claim(), "");
}

}  // namespace
}  // namespace ablate::runner::slurm
