// A plan of 100,000 trials takes at most 2 seconds and 200 MB. Processor time: other tests run beside this one.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <string>

#include "lib/spec/spec.h"

namespace ablate::spec {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
constexpr bool kMeasures = false;  // sanitizers and debug builds cost a multiple
#else
constexpr bool kMeasures = true;
#endif

double Seconds(const rusage& usage) {
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// The dearest kind: every trial an arm of its own, with many settings.
constexpr char kText[] = R"(
name: "large"
base {
  task { recall { keys: 32 values: 8 min_pairs: 10 max_pairs: 20 train_examples: 500 } }
  model { encoder { layers: 3 heads: 4 width: 64 feed_forward: 300 dropout: 0.2 } }
  optimizer { weight_decay: 0.05 clip_norm: 2 schedule: COSINE }
  training { steps: 500 evaluations: 2 }
}
sweep {
  name: "all"
  base { attention { normalizer: "entmax" alpha: 1.3 balance { k: 5 } sparsity { structure: TOP_K_PER_QUERY } } }
  grid { field: "optimizer.learning_rate" log { from: 1e-5 to: 1e-2 count: 100 } }
  grid { field: "attention.sparsity.level" linear { from: 0.01 to: 0.9 count: 100 } }
  grid { field: "optimizer.beta1" linear { from: 0.8 to: 0.95 count: 10 } }
}
)";

TEST(PlanSize, OfAHundredThousandTrials) {
  rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  const auto plan = ParsePlan(kText, "large.textproto", {});
  getrusage(RUSAGE_SELF, &after);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->trials.size(), 100'000u);
  const double seconds = Seconds(after) - Seconds(before), megabytes = static_cast<double>(after.ru_maxrss) / 1e3;
  std::printf("100,000 trials: %.2f s, %.0f MB resident at most\n", seconds, megabytes);
  if (!kMeasures) GTEST_SKIP() << "not an optimised build";
  EXPECT_LE(seconds, 2);
  EXPECT_LE(megabytes, 200);
}

}  // namespace
}  // namespace ablate::spec
