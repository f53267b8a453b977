#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "tests/lib/training/launches.h"

namespace ablate::training {
namespace {

std::vector<NamedTrial> Named(const std::vector<Trial>& trials) {
  std::vector<NamedTrial> named;
  for (size_t t = 0; t < trials.size(); ++t) named.push_back({"trial" + std::to_string(t), trials[t], ""});
  return named;
}

// Decay of 10 at a rate of 10 multiplies the weights by -99 a step, until they overflow.
void DriveToNan(Trial& trial) {
  trial.mutable_optimizer()->set_learning_rate(10);
  trial.mutable_optimizer()->set_weight_decay(10);
  trial.mutable_optimizer()->set_clip_norm(0);
}

void ExpectNanFailure(const AttemptEnd& end) {
  EXPECT_EQ(end.outcome(), AttemptEnd::FAILED);
  EXPECT_EQ(end.failure_class(), "nan");
  EXPECT_GT(end.step(), 1u);
  EXPECT_LT(end.step(), 24u);
  EXPECT_EQ(end.message().find("step " + std::to_string(end.step()) + ": "), 0u) << end.message();
  const std::string before = " at step " + std::to_string(end.step() - 1);
  EXPECT_NE(end.message().find("; the last finite training loss was "), std::string::npos) << end.message();
  EXPECT_NE(end.message().find(before), std::string::npos) << end.message();
}

TEST(FailureTest, ATrialDrivenToNanFailsAloneAndTheOthersAreUntouched) {
  const std::vector<NamedTrial> trials = Named(FiveTrials());
  const LaunchLog healthy = RunInFolder(FreshFolder(), trials);
  // Each in turn: every normalizer has to bear NaN.
  for (size_t sick = 0; sick < trials.size(); ++sick) {
    std::vector<NamedTrial> array = trials;
    DriveToNan(array[sick].trial);
    const LaunchLog log = RunInFolder(FreshFolder(), array);
    ASSERT_TRUE(log.status.ok()) << log.status;
    for (size_t t = 0; t < trials.size(); ++t) {
      const std::string& id = trials[t].id;
      if (t == sick) {
        ExpectNanFailure(log.trials.at(id).end);
        continue;
      }
      EXPECT_EQ(log.trials.at(id).end.outcome(), AttemptEnd::SUCCEEDED);
      ExpectSamePoints(healthy.trials.at(id), log.trials.at(id), id);
    }
  }
}

TEST(FailureTest, AllTrialsNan) {
  Trial trial = SmallTrial();
  DriveToNan(trial);
  const LaunchLog log = RunInFolder(FreshFolder(), Named({trial, trial}));
  ASSERT_TRUE(log.status.ok()) << log.status;
  for (const auto& [id, failed] : log.trials) EXPECT_EQ(failed.end.failure_class(), "nan") << id;
}

TEST(FailureTest, BadDataIsTheTrialsFailureWithFileAndLine) {
  const std::string folder = FreshFolder();
  ASSERT_TRUE(MakeFolders(folder).ok());
  const std::string train = JoinPath(folder, "train.tsv"), validation = JoinPath(folder, "validation.tsv");
  ASSERT_TRUE(WriteFileAtomically(train, "sentence\tlabel\nfine\t1\nno label\n").ok());
  ASSERT_TRUE(WriteFileAtomically(validation, "sentence\tlabel\nfine\t1\nbad\t0\n").ok());
  Trial trial = SmallTrial();
  trial.mutable_task()->mutable_text_classification()->set_train(train);
  trial.mutable_task()->mutable_text_classification()->set_validation(validation);
  LaunchLog log = RunInFolder(JoinPath(folder, "one"), Named({trial}));
  ASSERT_TRUE(log.status.ok()) << log.status;
  EXPECT_EQ(log.trials.at("trial0").end.failure_class(), "bad_data");
  EXPECT_NE(log.trials.at("trial0").end.message().find(train + ":3"), std::string::npos)
      << log.trials.at("trial0").end.message();
  // Mended: a warm worker reads the file again.
  ASSERT_TRUE(WriteFileAtomically(train, "sentence\tlabel\nfine\t1\na label\t0\n").ok());
  log = RunInFolder(JoinPath(folder, "two"), Named({trial}));
  EXPECT_EQ(log.trials.at("trial0").end.outcome(), AttemptEnd::SUCCEEDED) << log.trials.at("trial0").end.message();
}

TEST(FailureTest, PretrainedWeightsThatCannotBeUsedAreTheTrialsFailure) {
  const std::string folder = FreshFolder(), weights = JoinPath(folder, "weights.safetensors");
  ASSERT_TRUE(MakeFolders(folder).ok());
  ASSERT_TRUE(WriteFileAtomically(weights, "no weights").ok());
  Trial trial = SmallTrial();
  trial.mutable_model()->mutable_encoder()->set_pretrained(weights);
  for (const bool missing : {false, true}) {
    if (missing) {
      ASSERT_EQ(unlink(weights.c_str()), 0);
    }
    const LaunchLog log = RunInFolder(FreshFolder(), Named({trial, trial}));
    ASSERT_TRUE(log.status.ok()) << log.status;
    for (const auto& [id, failed] : log.trials) {
      EXPECT_EQ(failed.end.outcome(), AttemptEnd::FAILED) << id;
      EXPECT_EQ(failed.end.failure_class(), "bad_data") << id;
      EXPECT_EQ(failed.end.message().find(weights), 0u) << failed.end.message();
    }
  }
}

TEST(FailureTest, SkippedRowsAreCountedAndTold) {
  const std::string folder = FreshFolder();
  ASSERT_TRUE(MakeFolders(folder).ok());
  const std::string train = JoinPath(folder, "train.tsv"), validation = JoinPath(folder, "validation.tsv");
  ASSERT_TRUE(WriteFileAtomically(train, "sentence\tlabel\nfine\t1\nno label\nbad\t0\n\t1\n").ok());
  ASSERT_TRUE(WriteFileAtomically(validation, "sentence\tlabel\nfine\t1\nbad\t0\nodd\t7\n").ok());
  Trial trial = SmallTrial();
  TextClassification& task = *trial.mutable_task()->mutable_text_classification();
  task.set_train(train);
  task.set_validation(validation);
  task.set_on_bad_row(TextClassification::SKIP);
  const LaunchLog log = RunInFolder(JoinPath(folder, "one"), Named({trial}));
  EXPECT_EQ(log.trials.at("trial0").end.outcome(), AttemptEnd::SUCCEEDED) << log.trials.at("trial0").end.message();
  EXPECT_EQ(log.trials.at("trial0").points.at({"data/skipped_rows", 1}), 3);
  ASSERT_EQ(log.notes.size(), 2u);
  EXPECT_NE(log.notes[0].find(train + ": 2 rows skipped; " + train + ":3: 1 cell, the header has 2"), std::string::npos)
      << log.notes[0];
  EXPECT_NE(log.notes[1].find(validation + ": 1 row skipped; " + validation + ":4: label \"7\""), std::string::npos)
      << log.notes[1];
}

// Address space of this process, in bytes.
uint64_t AddressSpace() {
  const std::string pages = ReadFile("/proc/self/statm").value_or("0");
  return std::stoull(pages) * sysconf(_SC_PAGESIZE);
}

TEST(FailureTest, TooLittleMemoryIsTheTrialsFailure) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need the address space that this test takes away";
#endif
  Trial trial = SmallTrial();
  trial.mutable_model()->mutable_encoder()->set_width(8190);  // the first projection has 8190 * 24570 weights of 4 bytes
  rlimit limits, low;
  ASSERT_EQ(getrlimit(RLIMIT_AS, &limits), 0);
  low = limits;
  low.rlim_cur = AddressSpace() + (uint64_t{300} << 20);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &low), 0);
  const LaunchLog log = RunInFolder(FreshFolder(), Named({trial, trial}));
  ASSERT_EQ(setrlimit(RLIMIT_AS, &limits), 0);
  ASSERT_TRUE(log.status.ok()) << log.status;
  for (const auto& [id, failed] : log.trials) {
    EXPECT_EQ(failed.end.failure_class(), "out_of_memory") << id << failed.end.message();
    EXPECT_EQ(failed.end.message().find("in an array of 2 trials: "), 0u) << failed.end.message();
  }
}

TEST(FailureTest, WhatCannotBeALaunchIsRefused) {
  EXPECT_EQ(RunInFolder(FreshFolder(), {}).status.code(), absl::StatusCode::kInvalidArgument);
  std::vector<Trial> trials(2, SmallTrial());
  trials[1].mutable_training()->set_steps(25);
  const absl::Status status = RunInFolder(FreshFolder(), Named(trials)).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("trials trial0 and trial1 can't share an array"), std::string::npos) << status;
}

}  // namespace
}  // namespace ablate::training
