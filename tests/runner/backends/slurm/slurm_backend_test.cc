// The backend against commands that answer what a test wants: what is rare on a real cluster, or takes long there.
#include "runner/backends/slurm/slurm_backend.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "proto/launch.pb.h"
#include "runner/backends/slurm/attempts.h"
#include "runner/scheduler/launch_folder.h"

namespace ablate::runner::slurm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = LaunchReport::Kind;
using Cause = LaunchReport::Cause;

constexpr int kPatienceMs = 20'000;

class Backends : public testing::Test {
 protected:
  Backends() : folder_(testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/launches");
    folder_ = std::filesystem::canonical(folder_);
    for (const char* name : {"sbatch", "squeue", "scancel", "scontrol"}) Answer(name, "");
    Answer("sbatch", "echo 12");
  }

  // What the command does from now on. Each call's arguments are a line of NAME.log.
  void Answer(const std::string& name, const std::string& shell) {
    const std::string path = folder_ + "/" + name;
    ASSERT_TRUE(WriteFileAtomically(path + ".new", "#!/bin/sh\necho \"$*\" >> " + path + ".log\n" + shell + "\n").ok());
    chmod((path + ".new").c_str(), 0755);
    std::filesystem::rename(path + ".new", path);
  }

  // Of each of the launches: its task is the first, second, ... of job 12.
  void AnswerStates(const std::vector<std::string>& states) {
    std::string shell;
    for (size_t i = 0; i < states.size(); ++i) shell += fmt::format("echo \"$6|12|{}|{}|None|n1\"\n", i + 1, states[i]);
    Answer("squeue", shell);
  }

  std::string Calls(const std::string& name) { return ReadFile(folder_ + "/" + name + ".log").value_or(""); }

  void Make(uint32_t max_tasks = 100) {
    SlurmBackend::Options options;
    options.settings.set_poll_seconds(0.5);
    options.settings.set_task_seconds(0);
    options.settings.set_max_tasks(max_tasks);
    options.commands = {folder_ + "/sbatch", folder_ + "/squeue", folder_ + "/scancel", folder_ + "/scontrol", "", ""};
    options.cluster.max_array_size = 1001;
    options.cluster.max_jobs = 10000;
    options.launches = folder_ + "/launches";
    options.capabilities = {"slurm", {"cpu"}, {}};
    backend_ = std::make_unique<SlurmBackend>(options);
  }

  std::string Folder(const std::string& launch) const { return folder_ + "/launches/" + launch; }

  void Submit(const std::vector<std::string>& launches) {
    for (const std::string& launch : launches) {
      LaunchRequest request;
      request.set_launch(launch);
      request.add_trial()->set_id("trial of " + launch);
      ASSERT_TRUE(MakeLaunchFolder(Folder(launch), request).ok());
      ASSERT_TRUE(backend_->Submit(0, launch, Folder(launch)).ok());
    }
  }

  // Until a report of the kind comes, which is given back with all remarks before it in `said_`.
  LaunchReport Next(Kind kind) {
    for (int waited = 0; waited < kPatienceMs; waited += 10) {
      for (LaunchReport& report : backend_->Poll()) {
        if (report.kind == Kind::kRemark) said_ += report.how + "\n";
        reports_.push_back(std::move(report));
      }
      for (auto report = reports_.begin(); report != reports_.end(); ++report) {
        if (report->kind != kind) continue;
        const LaunchReport found = *report;
        reports_.erase(report);
        return found;
      }
      usleep(10'000);
    }
    ADD_FAILURE() << "nothing comes; so far: " << said_;
    return {};
  }

  std::string folder_;
  std::string said_;
  std::vector<LaunchReport> reports_;
  std::unique_ptr<SlurmBackend> backend_;
};

TEST_F(Backends, OutcomesComeFromLaunchFolders) {
  Make();
  Submit({"a", "b", "c"});
  EXPECT_THAT(Next(Kind::kRemark).how, HasSubstr("job 12 (ablate-"));
  ASSERT_TRUE(WriteOutcome(Folder("b"), kDone).ok());
  EXPECT_EQ(Next(Kind::kDone).launch, "b");
  ASSERT_TRUE(WriteOutcome(Folder("c"), "signal 11, Segmentation fault").ok());
  const LaunchReport died = Next(Kind::kDied);
  EXPECT_EQ(died.launch, "c");
  EXPECT_EQ(died.how, "signal 11, Segmentation fault");
  ASSERT_TRUE(WriteOutcome(Folder("a"), kMemory).ok());
  EXPECT_EQ(Next(Kind::kDied).cause, Cause::kOutOfMemory);
}

TEST_F(Backends, AJobThatSbatchDidNotTellOfIsFoundByItsName) {
  Answer("sbatch", "echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2; exit 1");
  AnswerStates({"RUNNING"});
  Make();
  Submit({"a"});
  EXPECT_THAT(Next(Kind::kRemark).how, HasSubstr("job 12 (ablate-"));
  const std::string calls = Calls("sbatch");
  EXPECT_EQ(std::count(calls.begin(), calls.end(), '\n'), 1);
}

TEST_F(Backends, AJobThatSlurmDoesNotKnowIsSubmittedAgain) {
  Answer("sbatch",
         fmt::format("if mkdir {}/once; then echo 'sbatch: error: Unable to contact slurm controller' >&2; exit 1; fi\n"
                     "echo 13",
                     folder_));
  Make();
  Submit({"a"});
  EXPECT_THAT(Next(Kind::kRemark).how, HasSubstr("job 13 (ablate-"));
  const std::string calls = Calls("sbatch");
  EXPECT_EQ(std::count(calls.begin(), calls.end(), '\n'), 2);
  EXPECT_THAT(calls, HasSubstr("-2-1/script.sh"));
}

TEST_F(Backends, ARefusalIsTold) {
  Answer("sbatch", "echo 'sbatch: error: Batch job submission failed: Invalid partition name specified' >&2; exit 1");
  Make();
  Submit({"a"});
  const LaunchReport died = Next(Kind::kDied);
  EXPECT_EQ(died.cause, Cause::kItself);
  EXPECT_THAT(died.how, HasSubstr("Invalid partition name"));
}

TEST_F(Backends, ALimitOnJobsMeansFewerOfThem) {
  Answer("sbatch", "echo 'sbatch: error: Job violates accounting/QOS policy (job submit limit, size or time)' >&2; exit 1");
  Make();
  Submit({"a", "b", "c", "d"});
  EXPECT_THAT(Next(Kind::kRemark).how, HasSubstr("from now on at most 2"));
  backend_->Leave("a");  // it waits still
  EXPECT_EQ(Next(Kind::kDied).cause, Cause::kNotBegun);
}

TEST_F(Backends, NoMoreThanMaxTasksAreInTheQueue) {
  Make(2);
  Submit({"a", "b", "c"});
  EXPECT_THAT(Next(Kind::kRemark).how, HasSubstr("2 launches in 2 tasks"));
  ASSERT_TRUE(WriteOutcome(Folder("a"), kDone).ok());
  EXPECT_THAT(Next(Kind::kRemark).how, HasSubstr("1 launches in 1 tasks"));
}

TEST_F(Backends, WhatLeavesTheQueueByOurWishHasNotBegun) {
  AnswerStates({"PENDING"});
  Make();
  Submit({"a"});
  Next(Kind::kRemark);
  backend_->Leave("a");
  Answer("scancel", fmt::format("mv {0}/squeue.cancelled {0}/squeue", folder_));
  Answer("squeue.cancelled", "echo \"$6|12|N/A|CANCELLED|None|\"");
  EXPECT_EQ(Next(Kind::kDied).cause, Cause::kNotBegun);
  EXPECT_THAT(Calls("scancel"), HasSubstr("--state=PENDING 12_1\n"));
}

TEST_F(Backends, WhatSomebodyElseCancelsIsCancelled) {
  AnswerStates({"RUNNING", "CANCELLED"});
  Make();
  Submit({"a", "b"});
  const LaunchReport died = Next(Kind::kDied);
  EXPECT_EQ(died.launch, "b");
  EXPECT_EQ(died.cause, Cause::kCancelled);
  EXPECT_THAT(Calls("scancel"), Not(HasSubstr("12_")));
}

TEST_F(Backends, AnAnswerThatFailsMeansNothing) {
  AnswerStates({"RUNNING"});
  Make();
  Submit({"a"});
  Next(Kind::kRemark);
  Answer("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1");
  EXPECT_THAT(Next(Kind::kRemark).how, HasSubstr("Slurm does not answer: slurm_load_jobs error"));
  AnswerStates({"RUNNING"});
  EXPECT_EQ(Next(Kind::kRemark).how, "Slurm answers again");
  EXPECT_TRUE(reports_.empty());
}

TEST_F(Backends, ATaskThatWasStartedAgainGoesOnBesideIt) {
  AnswerStates({"RUNNING"});
  Make();
  Submit({"a"});
  Next(Kind::kRemark);
  ASSERT_TRUE(*ClaimAttempt(Folder("a")));
  EXPECT_EQ(*ClaimAttempt(Folder("a")), Folder("a") + ".r1");
  EXPECT_EQ(Next(Kind::kRestarted).successor, "a.r1");
  // What the first still says counts no more.
  ASSERT_TRUE(WriteOutcome(Folder("a"), "exit code 1").ok());
  ASSERT_TRUE(WriteOutcome(Folder("a") + ".r1", kDone).ok());
  EXPECT_EQ(Next(Kind::kDone).launch, "a.r1");
}

TEST_F(Backends, ALaterRunnerFollowsWhatItFinds) {
  AnswerStates({"RUNNING", "TIMEOUT"});
  Make();
  Submit({"a", "b"});
  Next(Kind::kRemark);
  Make();
  const Backend::Launches adopted = backend_->Adopt({{"a", Folder("a")}, {"b", Folder("b")}, {"other", folder_}});
  EXPECT_EQ(adopted.size(), 2u);
  const LaunchReport died = Next(Kind::kDied);
  EXPECT_EQ(died.launch, "b");
  EXPECT_EQ(died.cause, Cause::kTimeLimit);
}

}  // namespace
}  // namespace ablate::runner::slurm
