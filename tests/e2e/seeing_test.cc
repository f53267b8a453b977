// What a person does with what was run: why it runs, where it came from, what differs, merging, and tidying up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/e2e/workplace.h"

namespace ablate::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kRun = {"run", "eight.textproto", "--devices", "cpu:2"};

std::vector<std::string> WithWhy() {
  std::vector<std::string> words = kRun;
  words.push_back("--why");
  return words;
}

void Git(const Workplace& place, const std::string& commands) {
  const std::string git = "cd " + place.folder() + " && git init -q . && " + commands;
  ASSERT_EQ(std::system(git.c_str()), 0) << git;
}

constexpr char kCommit[] = "git -c user.name=a -c user.email=a@example.org commit -q -m first";

TEST(Why, TellsForEachTrialWhyItRuns) {
  Workplace place;
  place.Copy("eight.textproto");
  const Outcome first = place.Run(WithWhy(), {{"ABLATE_FAKE_FAULTS", "nan:seed=2:step=5"}});
  EXPECT_THAT(first.out, HasSubstr("has never run"));
  EXPECT_THAT(first.out, Not(HasSubstr("succeeded at step")));
  place.Copy("eight.textproto", {{"count: 2", "count: 3"}});
  const Outcome second = place.Run(WithWhy());
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.out, HasSubstr("succeeded at step 60"));
  EXPECT_THAT(second.out, HasSubstr("failed (nan: the loss is NaN"));
  EXPECT_THAT(second.out, HasSubstr("has never run"));
}

TEST(Why, ATrialWithACheckpointGoesOnFromIt) {
  Workplace place;
  place.Copy("eight.textproto");
  const auto run = place.Start(kRun, {{"ABLATE_FAKE_STEP_US", "5000"}});
  ASSERT_TRUE(place.WaitUntil([&] { return place.Number("SELECT COUNT(*) FROM checkpoints") >= 8; }));
  run->Signal(SIGINT);
  EXPECT_EQ(run->Wait().code, 5);
  EXPECT_THAT(place.Run(WithWhy()).out, HasSubstr("goes on from its checkpoint at step"));
}

TEST(Provenance, ShowTellsWhereATrialCameFrom) {
  Workplace place;
  place.Copy("eight.textproto");
  std::ofstream(place.Path("code.txt")) << "one\n";
  Git(place, "git add eight.textproto code.txt && " + std::string(kCommit));
  std::ofstream(place.Path("code.txt")) << "two\n";
  std::ofstream(place.Path("new.txt")) << "never added\n";
  std::ofstream(place.Path("large.bin")) << std::string(300'000, 'x');
  ASSERT_EQ(place.Run(kRun).code, 0);
  const std::string trial = place.Column("SELECT trial_id FROM trial_overview LIMIT 1")[0];
  const std::string report = place.Run({"show", trial, "--width", "200"}).out;
  EXPECT_THAT(report, HasSubstr(place.Column("SELECT git_commit FROM launches")[0]));
  EXPECT_THAT(report, HasSubstr("with changes"));
  EXPECT_THAT(report, HasSubstr("Linux"));
  EXPECT_THAT(report, HasSubstr("run eight.textproto --devices cpu:2"));
  EXPECT_THAT(place.Run({"show", trial, "--spec"}).out, HasSubstr("# Eight trials that may share one array"));

  // The patch makes the working folder as it was, but for what is named as left out.
  const std::string patch = place.Run({"show", trial, "--patch"}).out;
  EXPECT_THAT(patch, HasSubstr("left out: large.bin, 300000 bytes, sha256:"));
  EXPECT_THAT(patch, Not(HasSubstr("results.db")));
  std::ofstream(place.Path("../patch." + std::string("ShowTells"))) << patch;
  Git(place,
      "git checkout -q code.txt && rm new.txt && git apply --include=code.txt --include=new.txt ../patch.ShowTells && "
      "test \"$(cat code.txt new.txt)\" = \"$(printf 'two\\nnever added')\"");
}

TEST(Diff, NamesSettingsAndResultsThatDiffer) {
  Workplace place;
  place.Copy("eight.textproto");
  ASSERT_EQ(place.Run(kRun).code, 0);
  const auto ids = place.Column("SELECT trial_id FROM trial_overview WHERE arm LIKE 'entmax%' AND seed = 1 ORDER BY alpha");
  ASSERT_EQ(ids.size(), 2u);
  const Outcome diff = place.Run({"diff", ids[0], ids[1], "--format", "csv"});
  EXPECT_EQ(diff.code, 0) << diff.err;
  // 1.5 is the default.
  EXPECT_THAT(diff.out, HasSubstr("setting,attention.alpha,1.25,,"));
  EXPECT_THAT(diff.out, HasSubstr("result,validation/accuracy,"));
  EXPECT_THAT(diff.out, Not(HasSubstr("origin,git_commit")));
  EXPECT_THAT(diff.out, Not(HasSubstr("finished_step")));
  EXPECT_THAT(place.Run({"diff", ids[0], ids[0]}).out, HasSubstr("Nothing differs"));
  EXPECT_EQ(place.Run({"diff", ids[0], "ffff0000ffff"}).code, 4);
}

TEST(Merge, MakesOneDatabaseOfTwo) {
  Workplace place;
  place.Copy("eight.textproto");
  place.Copy("eight_seeds.textproto");
  ASSERT_EQ(place.Run(kRun).code, 0);
  ASSERT_EQ(place.Run({"run", "eight_seeds.textproto", "--db", "other.db"}).code, 0);
  const Outcome merged = place.Run({"merge", "results.db", "other.db"});
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_THAT(merged.out, HasSubstr("1 new experiments, 6 new trials (2 were there)"));
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM trial_overview WHERE state = 'succeeded'"), 16);
  // Nothing of either is run again.
  EXPECT_EQ(place.Run({"run", "eight_seeds.textproto"}).code, 0);
  EXPECT_EQ(place.Number("SELECT COUNT(*) FROM attempts"), 14);
  EXPECT_EQ(place.Run({"merge", "results.db", "none.db"}).code, 6);
  EXPECT_EQ(place.Run({"merge", "results.db", "results.db"}).code, 4);
  EXPECT_EQ(place.Run({"merge", "none.db", "results.db"}).code, 6);
}

std::vector<std::string> Checkpoints(const Workplace& place) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place.Path("results.db.launches"))) {
    if (entry.path().parent_path().filename() == "checkpoints") paths.push_back(entry.path());
  }
  return paths;
}

TEST(Gc, KeepsWhatItsPolicySays) {
  Workplace place;
  place.Copy("eight.textproto", {{"steps: 60", "steps: 1000"}});
  const auto run = place.Start(kRun, {{"ABLATE_FAKE_STEP_US", "5000"}});
  ASSERT_TRUE(place.WaitUntil([&] { return place.Number("SELECT COUNT(DISTINCT attempt) FROM checkpoints") == 8; }));
  EXPECT_EQ(place.Run({"gc"}).code, 6);  // a run goes on
  EXPECT_EQ(place.Run({"gc", "--dry-run"}).code, 0);
  run->Signal(SIGINT);
  EXPECT_EQ(run->Wait().code, 5);
  EXPECT_EQ(Checkpoints(place).size(), 8u);

  std::filesystem::create_directories(place.Path("results.db.launches/20200101-000000-00000000/checkpoints"));
  std::ofstream(place.Path("results.db.launches/20200101-000000-00000000/checkpoints/x")) << "1234";
  EXPECT_THAT(place.Run({"gc", "--dry-run"}).out, HasSubstr("would free 0.000 MB in 1 places"));
  EXPECT_EQ(Checkpoints(place).size(), 9u);
  EXPECT_THAT(place.Run({"gc"}).out, HasSubstr("no launch of the database"));
  EXPECT_EQ(Checkpoints(place).size(), 8u);

  EXPECT_EQ(place.Run({"cancel", "eight"}).code, 0);
  EXPECT_THAT(place.Run({"gc"}).out, HasSubstr("in 0 places"));
  EXPECT_THAT(place.Run({"gc", "--keep", "waiting"}).out, HasSubstr("in 8 places"));
  EXPECT_EQ(Checkpoints(place).size(), 0u);
  EXPECT_EQ(place.Run({"retry", "eight"}).code, 0);
  EXPECT_EQ(place.Run(kRun).code, 0);  // anew
  EXPECT_EQ(place.States()["succeeded"], 8);
  EXPECT_EQ(place.Run({"gc", "--keep", "all"}).code, 4);
}

}  // namespace
}  // namespace ablate::e2e
