// From sweeps to arms and trials.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/lib/spec/experiments.h"

namespace ablate::spec {
namespace {

using Names = std::vector<std::string>;

TEST(Expansion, WithoutSweepsTheBaseIsTheArm) {
  const Plan plan = PlanOf(ExperimentText("training { steps: 5 }", ""));
  EXPECT_EQ(plan.arms, Names({"base"}));
  ASSERT_EQ(plan.trials.size(), 1u);
  EXPECT_EQ(plan.trials[0].trial().training().steps(), 5u);
  EXPECT_EQ(plan.trials[0].trial().seed(), 1u);
}

TEST(Expansion, GridIsAProductInWhichTheLastAxisVariesFastest) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep {
        name: "s"
        grid { field: "training.steps" number: [10, 20] }
        grid { field: "optimizer.schedule" text: ["COSINE", "CONSTANT"] }
      }
      seeds { first: 5 count: 2 })"));
  EXPECT_EQ(plan.arms, Names({"s steps=10 schedule=COSINE", "s steps=10 schedule=CONSTANT", "s steps=20 schedule=COSINE",
                              "s steps=20 schedule=CONSTANT"}));
  ASSERT_EQ(plan.trials.size(), 8u);
  EXPECT_EQ(plan.trials[2].arm, plan.arms[1]);
  EXPECT_EQ(plan.trials[2].trial().seed(), 5u);
  EXPECT_EQ(plan.trials[3].trial().seed(), 6u);
  EXPECT_EQ(plan.trials[3].trial().optimizer().schedule(), Optimizer::CONSTANT);
}

TEST(Expansion, ZipRunsInStep) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep {
        zip { field: "training.steps" number: [10, 20, 30] }
        zip { field: "training.batch_size" number: [8, 8, 16] }
        grid { field: "attention.alpha_learned" flag: [true, false] }
        base { attention { normalizer: "entmax" } }
      })"));
  EXPECT_EQ(plan.arms, Names({"alpha_learned=true steps=10 batch_size=8", "alpha_learned=true steps=20 batch_size=8",
                              "alpha_learned=true steps=30 batch_size=16", "alpha_learned=false steps=10 batch_size=8",
                              "alpha_learned=false steps=20 batch_size=8", "alpha_learned=false steps=30 batch_size=16"}));
}

TEST(Expansion, CasesHaveAxesOfTheirOwn) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep {
        case { name: "dense" }
        case { name: "sparse" base { attention { normalizer: "entmax" } } grid { field: "attention.alpha" number: [1.2, 1.8] } }
        case { name: "other" base { task { majority {} } } }
        grid { field: "training.steps" number: [10, 20] }
      })"));
  EXPECT_EQ(plan.arms, Names({"dense steps=10", "dense steps=20", "sparse alpha=1.2 steps=10", "sparse alpha=1.2 steps=20",
                              "sparse alpha=1.8 steps=10", "sparse alpha=1.8 steps=20", "other steps=10", "other steps=20"}));
  EXPECT_TRUE(plan.trials.back().trial().task().has_majority());
  EXPECT_FALSE(plan.trials.back().trial().task().has_recall());
}

TEST(Expansion, LaterBasesAreLaidOverFormerOnes) {
  const Plan plan = PlanOf(ExperimentText("training { steps: 1 batch_size: 2 evaluations: 3 } optimizer { beta1: 0.5 }", R"(
      sweep {
        base { training { batch_size: 4 evaluations: 5 } }
        case { name: "c" base { training { evaluations: 6 } } }
      })"));
  const Trial trial = plan.trials[0].trial();
  EXPECT_EQ(trial.training().steps(), 1u);
  EXPECT_EQ(trial.training().batch_size(), 4u);
  EXPECT_EQ(trial.training().evaluations(), 6u);
  EXPECT_EQ(trial.optimizer().beta1(), 0.5);
}

TEST(Expansion, AnotherTaskReplacesTheFormerOne) {
  const Plan plan = PlanOf(R"(name: "x" base { task { recall { keys: 16 } } model { encoder {} } }
      sweep { name: "a" }
      sweep { name: "b" base { task { majority { symbols: 3 } } }
              case { name: "c" base { task { recall { values: 3 } } } } })");
  ASSERT_EQ(plan.trials.size(), 2u);
  EXPECT_EQ(plan.trials[0].trial().task().recall().keys(), 16u);
  EXPECT_EQ(plan.trials[1].trial().task().recall().keys(), 8u) << "as messages merge: the first recall is gone";
}

// Labels are the ends of paths that tell a sweep's axes apart.
TEST(Expansion, NamesStayShortAndTellAxesApart) {
  const Plan plan = PlanOf(ExperimentText("attention { normalizer: \"entmax\" balance { k: 4 } }", R"(
      sweep { grid { field: "attention.balance.epsilon" number: 0.5 } grid { field: "optimizer.epsilon" number: 1e-6 }
              grid { field: "attention.balance.weight" number: 1 } })"));
  EXPECT_EQ(plan.arms, Names({"balance.epsilon=0.5 optimizer.epsilon=1e-06 weight=1"}));
}

TEST(Expansion, TextsInNamesAreQuotedWhereTheyMustBe) {
  Options options;
  options.check_files = false;
  const Plan plan =
      PlanOf(R"(name: "x" base { model { encoder {} } task { text_classification { train: "t.tsv" validation: "v.tsv" } } }
      sweep { grid { field: "task.text_classification.text_column" text: ["sentence", "two words", "a=b", ""] } })",
             options);
  EXPECT_EQ(plan.arms, Names({"text_column=sentence", "text_column=\"two words\"", "text_column=\"a=b\"", "text_column=\"\""}));
}

TEST(Expansion, AnAxisThatIsNotReadMakesNoTrials) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep {
        grid { field: "attention.normalizer" text: ["softmax", "entmax", "sparsemax"] }
        grid { field: "attention.alpha" number: [1.2, 1.5, 1.8] }
      })"));
  EXPECT_EQ(plan.arms, Names({"normalizer=softmax", "normalizer=entmax alpha=1.2", "normalizer=entmax alpha=1.5",
                              "normalizer=entmax alpha=1.8", "normalizer=sparsemax"}));
  EXPECT_EQ(plan.remarks,
            Names({"test.textproto:6:23: attention.alpha is read in 3 of 9 combinations, where attention.normalizer = "
                   "entmax or adaptive_scalable_entmax; the others are folded together"}));
}

TEST(Expansion, EqualArmsOfTwoSweepsAreTrainedOnceAndClaimsFollow) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep { name: "dense" }
      sweep { name: "norm" grid { field: "attention.normalizer" text: ["softmax", "entmax"] } }
      claim { arm: "norm normalizer=entmax" baseline: "norm normalizer=softmax" })"));
  EXPECT_EQ(plan.arms, Names({"dense", "norm normalizer=entmax"}));
  EXPECT_EQ(plan.remarks,
            Names({"sweep \"norm\": 1 of its arms equal arms of sweep \"dense\" and are trained once; the first is "
                   "\"norm normalizer=softmax\", kept as \"dense\""}));
  EXPECT_EQ(plan.experiment.claim(0).baseline(), "dense");
}

TEST(Expansion, AFieldGivenInVainInOneSweepIsARemark) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep { name: "a" base { attention { alpha: 1.3 } } }
      sweep { name: "b" base { attention { normalizer: "entmax" alpha: 1.4 } } })"));
  EXPECT_EQ(plan.remarks,
            Names({"test.textproto:4:51: attention.alpha is given here, but no trial that it is given to reads it; it "
                   "is read where attention.normalizer = entmax or adaptive_scalable_entmax"}));
}

TEST(Expansion, ExclusionsLeaveOutWhatAgreesInAllTheirFields) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep {
        grid { field: "attention.normalizer" text: ["softmax", "entmax"] }
        grid { field: "attention.alpha" number: [1.2, 1.5] }
        grid { field: "training.steps" number: [10, 1000] }
        exclude { attention { normalizer: "entmax" alpha: 1.5 } }
        exclude { attention { alpha: 1.2 } training { steps: 1000 } }
        exclude { training { steps: 7 } }
      })"));
  EXPECT_EQ(plan.arms,
            Names({"normalizer=softmax steps=10", "normalizer=softmax steps=1000", "normalizer=entmax alpha=1.2 steps=10"}));
  ASSERT_FALSE(plan.remarks.empty());
  EXPECT_EQ(plan.remarks[0], "test.textproto:10:9: this exclusion leaves out nothing");
}

// A default is a value as any other.
TEST(Expansion, ExclusionsSeeDefaults) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep { case { name: "a" } case { name: "b" base { training { steps: 5 } } } exclude { training { steps: 1000 } } })"));
  EXPECT_EQ(plan.arms, Names({"b"}));
}

TEST(Expansion, RangesOfWholeNumbersAreRounded) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep { grid { field: "training.steps" log { from: 10 to: 1000 count: 4 } } })"));
  EXPECT_EQ(plan.arms, Names({"steps=10", "steps=46", "steps=215", "steps=1000"}));
}

TEST(Expansion, SamplesStayInTheirRanges) {
  for (const char* sampling : {"RANDOM", "QUASI_RANDOM"}) {
    const Plan plan = PlanOf(ExperimentText("", std::string(R"(
        sweep {
          sample { field: "optimizer.learning_rate" log { from: 1e-4 to: 1e-2 } }
          sample { field: "training.batch_size" linear { from: 4 to: 7 } }
          sample { field: "optimizer.schedule" text: ["LINEAR", "COSINE"] }
          sample { field: "optimizer.beta1" number: [0.8, 0.9] }
          samples: 300
          sample_seed: 4
          sampling: )") + sampling + " }"));
    EXPECT_EQ(plan.trials.size(), 300u);
    std::set<uint32_t> batch_sizes;
    int small_rates = 0, cosine = 0;
    for (const PlannedTrial& planned : plan.trials) {
      const Trial trial = planned.trial();
      EXPECT_GE(trial.optimizer().learning_rate(), 1e-4);
      EXPECT_LE(trial.optimizer().learning_rate(), 1e-2);
      small_rates += trial.optimizer().learning_rate() < 1e-3;
      cosine += trial.optimizer().schedule() == Optimizer::COSINE;
      batch_sizes.insert(trial.training().batch_size());
    }
    EXPECT_EQ(batch_sizes, std::set<uint32_t>({4, 5, 6, 7}));
    // Five standard deviations of 300 fair draws: 5 * sqrt(300) / 2 = 43.
    EXPECT_NEAR(small_rates, 150, 43);
    EXPECT_NEAR(cosine, 150, 43);
  }
}

TEST(Expansion, EqualSamplesAreOneArm) {
  const Plan plan = PlanOf(ExperimentText("", R"(
      sweep { name: "s" sample { field: "training.batch_size" linear { from: 4 to: 7 } } samples: 10 })"));
  EXPECT_EQ(plan.arms.size(), 4u);
  EXPECT_EQ(plan.remarks, Names({"test.textproto:4:7: 6 of the 10 samples of sweep \"s\" are equal to earlier ones"}));
}

TEST(Expansion, MoreSamplesKeepTheFirstOnes) {
  const auto plan = [](int samples) {
    return PlanOf(ExperimentText("", "sweep { sample { field: \"optimizer.beta2\" linear { from: 0.5 to: 0.999 } } samples: " +
                                         std::to_string(samples) + " }"));
  };
  const std::vector<std::string> few = Ids(plan(5)), many = Ids(plan(8));
  EXPECT_EQ(few, std::vector<std::string>(many.begin(), many.begin() + 5));
}

TEST(Expansion, AnotherValueOnAnAxisLeavesTheOthersAsTheyAre) {
  const auto plan = [](const std::string& values) {
    return PlanOf(ExperimentText("", "sweep { name: \"s\" grid { field: \"training.steps\" number: [" + values + "] } }"));
  };
  const Plan one = plan("10"), two = plan("10, 20");
  EXPECT_EQ(one.trials[0].id, two.trials[0].id);
  EXPECT_EQ(one.arms[0], two.arms[0]);
}

TEST(Expansion, SettingsComeBeforeCasesAndAxes) {
  Options options;
  options.settings = {"training.steps=3", "attention.normalizer=entmax", "optimizer.learning_rate=1e-4",
                      "attention.alpha_learned=true", "training.precision=BF16"};
  const Plan plan = PlanOf(ExperimentText("training { steps: 1 }", R"(
      sweep { name: "a" base { training { steps: 2 } } }
      sweep { name: "b" grid { field: "training.steps" number: 9 } })"),
                           options);
  ASSERT_EQ(plan.trials.size(), 2u);
  const Trial a = plan.trials[0].trial(), b = plan.trials[1].trial();
  EXPECT_EQ(a.training().steps(), 3u);
  EXPECT_EQ(b.training().steps(), 9u);
  EXPECT_EQ(a.attention().normalizer(), "entmax");
  EXPECT_TRUE(a.attention().alpha_learned());
  EXPECT_EQ(a.optimizer().learning_rate(), 1e-4);
  EXPECT_EQ(a.training().precision(), Training::BF16);
  EXPECT_NE(plan.digest, PlanOf(plan.text).digest);
}

// The same experiment gives the same plan, byte for byte.
TEST(Expansion, IsRepeatable) {
  const std::string text =
      ExperimentText("", "sweep { sample { field: \"optimizer.beta2\" linear { from: 0.5 to: 0.9 } } samples: 9 }");
  const Plan a = PlanOf(text), b = PlanOf(text);
  EXPECT_EQ(Ids(a), Ids(b));
  EXPECT_EQ(a.arms, b.arms);
  EXPECT_EQ(a.digest, b.digest);
}

}  // namespace
}  // namespace ablate::spec
