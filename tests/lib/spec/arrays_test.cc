// Which trials may share an array, and what a trial's settings are.
#include <gtest/gtest.h>

#include <string>

#include "tests/lib/spec/experiments.h"

namespace ablate::spec {
namespace {

std::string KeyOf(const std::string& base) {
  const Plan plan = PlanOf("name: \"x\" base { " + std::string(kTaskAndModel) + base + " }");
  return plan.trials.empty() ? "none" : ArrayKey(plan.trials[0].trial());
}

TEST(ArrayKey, IsEqualWhereOnlyArrayableFieldsDiffer) {
  const std::string key = KeyOf("");
  for (const char* base :
       {" attention { normalizer: \"entmax\" alpha: 1.3 }", " attention { normalizer: \"top_k_softmax\" top_k: 3 }",
        " attention { sparsity { structure: TOP_K_PER_QUERY level: 0.5 } }",
        " attention { normalizer: \"sparsemax\" balance { k: 4 weight: 0.3 } }",
        " optimizer { learning_rate: 0.1 schedule: COSINE } training { checkpoint_seconds: 3 }"}) {
    EXPECT_EQ(KeyOf(base), key) << base;
  }
}

TEST(ArrayKey, DiffersWhereOtherFieldsDiffer) {
  const std::string key = KeyOf("");
  for (const char* base : {" training { steps: 3 }", " training { batch_size: 8 }", " training { precision: BF16 }"}) {
    EXPECT_NE(KeyOf(base), key) << base;
  }
  EXPECT_NE(ArrayKey(PlanOf("name: \"x\" base { task { majority {} } model { encoder {} } }").trials[0].trial()), key);
  EXPECT_NE(ArrayKey(PlanOf("name: \"x\" base { task { recall { keys: 9 } } model { encoder {} } }").trials[0].trial()), key);
}

TEST(ArrayKey, OfATrialThatWritesDefaultsOutIsTheSame) {
  Trial bare, full;
  bare.mutable_task()->mutable_recall();
  full.mutable_task()->mutable_recall()->set_keys(8);
  full.mutable_training()->set_steps(1000);
  EXPECT_EQ(ArrayKey(bare), ArrayKey(full));
}

TEST(Settings, AreWhatCountsSorted) {
  const Plan plan = PlanOf(
      ExperimentText("attention { normalizer: \"entmax\" alpha: 1.3 top_k: 3 } training { steps: 1000 "
                     "checkpoint_seconds: 3 } optimizer { learning_rate: 1e-5 }",
                     "sweep { name: \"a\" } sweep { name: \"b\" base { attention { normalizer: \"top_k_softmax\" } } }"));
  std::string text;
  for (const Setting& setting : SettingsOf(plan, plan.trials[0].trial())) text += setting.field + "=" + setting.value + "\n";
  EXPECT_EQ(
      text,
      "attention.alpha=1.3\nattention.normalizer=entmax\nmodel=encoder\noptimizer.learning_rate=1e-05\nseed=1\ntask=recall\n");
}

// The trial itself keeps what is run but doesn't count.
TEST(Trials, AreCanonical) {
  const Plan plan =
      PlanOf(ExperimentText("attention { alpha: 1.3 } training { steps: 1000 checkpoint_seconds: 3 }",
                            "sweep { name: \"a\" } sweep { name: \"b\" base { attention { normalizer: \"entmax\" } } }"));
  EXPECT_EQ(plan.trials[0].trial().ShortDebugString(),
            "task { recall { } } model { encoder { } } training { checkpoint_seconds: 3 } seed: 1");
  EXPECT_EQ(plan.trials[1].trial().attention().alpha(), 1.3);
}

}  // namespace
}  // namespace ablate::spec
