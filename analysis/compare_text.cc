#include "analysis/compare_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_join.h"
#include "analysis/estimate_text.h"
#include "analysis/leaderboard_text.h"
#include "analysis/power.h"
#include "analysis/table.h"
#include "fmt/format.h"

namespace ablate::analysis {
namespace {

using store::Table;
using store::Value;

int Decimals(const FieldComparison& comparison) {
  std::vector<Estimate> means;
  for (const ValueStanding& value : comparison.values) means.push_back(value.mean);
  return DecimalsFor(means);
}

std::string Listed(const FieldComparison& comparison, Comparison wanted, const std::string& words) {
  std::vector<std::string> values;
  for (const ValueStanding& value : comparison.values) {
    if (value.to_baseline.comparison == wanted) values.push_back(value.value);
  }
  return values.empty() ? "" : fmt::format(" {}: {}.", words, absl::StrJoin(values, ", "));
}

std::string Answer(const FieldComparison& comparison) {
  std::string text = fmt::format("Against {}:", comparison.baseline);
  const size_t empty = text.size();
  text += Listed(comparison, Comparison::kBetter, "better");
  text += Listed(comparison, Comparison::kWorse, "worse");
  text += Listed(comparison, Comparison::kTie, "no difference seen");
  text += Listed(comparison, Comparison::kOpen, "open, fewer than two seeds in common");
  return text.size() == empty ? text + " nothing to compare." : text;
}

std::string Missing(const FieldComparison& comparison) {
  std::string text;
  for (const ValueStanding& value : comparison.values) {
    const int missing = value.failed + value.unfinished;
    if (missing > 0) text += fmt::format("{}{} {}", text.empty() ? "" : "; ", value.value, missing);
  }
  return text.empty() ? "" : fmt::format("\nFailed or unfinished trials: {}.", text);
}

std::string Footnotes(const FieldComparison& comparison) {
  std::string text = fmt::format(
                         "to {}: at each seed over trials that agree in all other fields. would see: smallest true difference "
                         "that these seeds "
                         "show four times in five.",
                         comparison.baseline) +
                     Missing(comparison);
  const bool stars = std::any_of(comparison.values.begin(), comparison.values.end(), [](const ValueStanding& value) {
    return value.to_baseline.comparison == Comparison::kBetter || value.to_baseline.comparison == Comparison::kWorse;
  });
  return stars ? std::string(kStarsMeaning) + "\n" + text : text;
}

}  // namespace

Table ComparisonForPeople(const FieldComparison& comparison) {
  const int decimals = Decimals(comparison);
  Table table{{comparison.field.substr(comparison.field.rfind('.') + 1), "arms", "n", "mean", "best",
               "to " + comparison.baseline, "would see"},
              {}};
  for (const ValueStanding& value : comparison.values) {
    const std::string mean = WithInterval(value.mean, decimals);
    const double visible = SmallestDifference(value.to_baseline.estimate);
    const bool compared = value.to_baseline.comparison != Comparison::kSame && std::isfinite(visible);
    table.rows.push_back({value.value, int64_t{value.arms}, int64_t{value.mean.n}, mean.empty() ? Value() : Value(mean),
                          mean.empty() ? Value() : Value(fmt::format("{:.{}f}", value.best_seed, decimals)),
                          DifferenceText(value.to_baseline, decimals, "baseline"),
                          compared ? Value(fmt::format("{:.{}f}", visible, decimals)) : Value()});
  }
  return table;
}

Table ComparisonTable(const FieldComparison& comparison) {
  Table table{{"field",
               "value",
               "arms",
               "n",
               "mean",
               "deviation",
               "low",
               "high",
               "bootstrap_low",
               "bootstrap_high",
               "best_seed",
               "baseline",
               "matched",
               "difference",
               "difference_low",
               "difference_high",
               "difference_bootstrap_low",
               "difference_bootstrap_high",
               "p",
               "p_holm",
               "p_benjamini_hochberg",
               "effect_size",
               "could_have_seen",
               "seeds_needed",
               "with_baseline",
               "failed",
               "unfinished"},
              {}};
  for (const ValueStanding& value : comparison.values) {
    const Difference& difference = value.to_baseline;
    const Estimate& estimate = difference.estimate;
    const int seeds_needed = estimate.n < 2 ? 0 : SeedsNeeded(estimate.mean / estimate.deviation);
    table.rows.push_back({comparison.field,
                          value.value,
                          int64_t{value.arms},
                          int64_t{value.mean.n},
                          MeanOrNull(value.mean),
                          Finite(value.mean.deviation),
                          Finite(value.mean.low()),
                          Finite(value.mean.high()),
                          Finite(value.mean_bootstrap.low),
                          Finite(value.mean_bootstrap.high),
                          Finite(value.best_seed),
                          comparison.baseline,
                          int64_t{value.matched},
                          MeanOrNull(estimate),
                          Finite(estimate.low()),
                          Finite(estimate.high()),
                          Finite(value.difference_bootstrap.low),
                          Finite(value.difference_bootstrap.high),
                          Finite(difference.p),
                          Finite(difference.holm_p),
                          Finite(difference.false_discovery_p),
                          Finite(EffectSize(estimate)),
                          Finite(SmallestDifference(estimate)),
                          seeds_needed > 0 ? Value(int64_t{seeds_needed}) : Value(),
                          std::string(ComparisonName(difference.comparison)),
                          int64_t{value.failed},
                          int64_t{value.unfinished}});
  }
  return table;
}

std::string ComparisonText(const ExperimentResults& results, const FieldComparison& comparison, int width) {
  TableOptions options;
  options.width = width;
  std::string text =
      fmt::format("{} by {}{}\n", results.name, comparison.field, results.question.empty() ? "" : ": " + results.question);
  text = Wrapped(text + MetricText(results) + "\n\n" + Answer(comparison) + "\n", width);
  return text + FormatTable(ComparisonForPeople(comparison), Format::kTable, options) + Wrapped(Footnotes(comparison), width);
}

}  // namespace ablate::analysis
