// The command line of `ablate`: help, mistakes, exit codes, and what answers cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/e2e/workplace.h"

namespace ablate::e2e {
namespace {

using ::testing::HasSubstr;

constexpr const char* kVerbs[] = {"validate", "plan",        "run",     "evaluate", "status", "cancel",
                                  "retry",    "leaderboard", "compare", "query",    "show",   "diff",
                                  "list",     "gc",          "merge",   "export",   "report", "doctor"};

TEST(Usage, HelpShowsEveryVerbAndEachHelpHasExamples) {
  Workplace place;
  const Outcome help = place.Run({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Exit codes: 0 all well"));
  for (const std::string verb : kVerbs) {
    EXPECT_THAT(help.out, HasSubstr("\n  " + verb + " "));
    const Outcome of_verb = place.Run({verb, "--help"});
    EXPECT_EQ(of_verb.code, 0) << verb;
    EXPECT_THAT(of_verb.out, HasSubstr("Examples:\n  ablate " + verb)) << verb;
  }
  EXPECT_THAT(place.Run({"--version"}).out, ::testing::StartsWith("ablate 0."));
}

struct Mistake {
  const char* name;
  std::vector<std::string> arguments;
  const char* says;
};

class BadUsage : public ::testing::TestWithParam<Mistake> {};

TEST_P(BadUsage, IsExplainedAndExitsWith4) {
  Workplace place;
  const Outcome outcome = place.Run(GetParam().arguments);
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
  EXPECT_EQ(outcome.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, BadUsage,
    ::testing::Values(Mistake{"NoVerb", {}, "Usage: ablate"},
                      Mistake{"Verb", {"leaderbord"}, "unknown verb \"leaderbord\"; did you mean \"leaderboard\"?"},
                      Mistake{"Flag", {"run", "a", "--device"}, "unknown flag --device; did you mean \"--devices\"?"},
                      Mistake{"FlagBeforeTheVerb", {"--hepl", "x"}, "unknown flag --hepl; did you mean \"--help\"?"},
                      Mistake{"OneWordTooMany", {"run", "a", "b"}, "\"b\" is one word too many"},
                      Mistake{"NoSpec", {"plan"}, "spec is required"}, Mistake{"NoValue", {"run", "a", "--db"}, "--db"},
                      Mistake{"Format", {"plan", "a", "--format", "tabel"}, "--format"}),
    [](const auto& info) { return info.param.name; });

TEST(Validate, TellsAllMistakesOfAllFiles) {
  Workplace place;
  place.Copy("eight.textproto");
  EXPECT_EQ(place.Run({"validate", "eight.textproto"}).out, "eight.textproto: OK, 4 arms, 8 trials\n");
  place.Copy("eight_seeds.textproto", {{"width: 16", "width: 15"}, {"steps: 60", "steps: 0"}});
  const Outcome both = place.Run({"validate", "eight_seeds.textproto", "eight.textproto", "none.textproto"});
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.out, HasSubstr("eight.textproto: OK"));
  EXPECT_THAT(both.err, HasSubstr("eight_seeds.textproto:6:"));
  EXPECT_THAT(both.err, HasSubstr("eight_seeds.textproto:5:"));
  EXPECT_THAT(both.err, HasSubstr("none.textproto"));
  EXPECT_EQ(place.Run({"validate", "eight.textproto", "--set", "training.stepz=3"}).code, 2);
}

// Processor time, since other tests share the machine; the wall's share of it is the processes' start.
TEST(Validate, AnswersIn20Milliseconds) {
  Workplace place;
  place.Copy("eight.textproto");
  double least = 1;
  for (int i = 0; i < 5; ++i) least = std::min(least, place.Run({"validate", "eight.textproto"}).cpu_seconds);
  EXPECT_LT(least, 0.020);
}

TEST(Plan, Of100000TrialsStaysSmall) {
  Workplace place;
  place.Copy("eight.textproto",
             {{"[1.25, 1.5]", "[]\n    linear { from: 1.01 to: 1.99 count: 998 }"}, {"count: 2", "count: 100"}});
  const Outcome plan = place.Run({"plan", "eight.textproto", "--format", "csv", "--devices", "cpu:2"});
  ASSERT_EQ(plan.code, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("dense,100,0,0,100,"));
  EXPECT_EQ(std::count(plan.out.begin(), plan.out.end(), '\n'), 1001);  // a header, and 998 + 2 arms
  EXPECT_LT(plan.cpu_seconds, 20);  // 1.5 where nothing else runs; what grows faster than trials takes minutes
  EXPECT_LT(plan.peak_bytes, 200e6);
}

TEST(Plan, CountsWhatIsDoneWhatIsHeldBackAndWhatWouldRun) {
  Workplace place;
  place.Copy("eight.textproto");
  const Outcome before = place.Run({"plan", "eight.textproto", "--devices", "cpu:2"});
  EXPECT_THAT(before.out, HasSubstr("8 trials in 4 arms: 0 done, 8 to run in 2 arrays on 2 slots"));
  EXPECT_EQ(place.Number("SELECT 1"), -1);  // no database was made
  EXPECT_EQ(place.Run({"run", "eight.textproto"}).code, 0);
  place.Copy("eight.textproto", {{"count: 2", "count: 3"}, {"name: \"eight\"", "name: \"twelve\""}});
  const std::string csv = place.Run({"plan", "eight.textproto", "--format", "csv", "--devices", "cpu:1"}).out;
  EXPECT_THAT(csv, ::testing::StartsWith("arm,trials,done,held_back,to_run,arrays,trial_s,time_is,trial_mb,memory_is\r\n"));
  for (const char* arm : {"dense", "entmax alpha=1.25", "entmax alpha=1.5", "sparse"}) {
    EXPECT_THAT(csv, HasSubstr(std::string("\n") + arm + ",3,2,0,1,1,"));
  }
  EXPECT_THAT(place.Run({"plan", "eight.textproto", "--format", "json"}).out, HasSubstr("\"to_run\": 1"));
}

}  // namespace
}  // namespace ablate::e2e
