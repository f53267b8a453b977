#include "analysis/leaderboard_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "analysis/estimate_text.h"
#include "analysis/power.h"
#include "analysis/table.h"
#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::analysis {
namespace {

using store::Table;
using store::Value;

constexpr size_t kTiesNamed = 3;

int Decimals(const std::vector<Standing>& standings) {
  std::vector<Estimate> means;
  for (const Standing& standing : standings) means.push_back(standing.mean);
  return DecimalsFor(means);
}

struct Counts {
  int trials = 0, failed = 0, unfinished = 0;
};

Counts Count(const std::vector<Standing>& standings) {
  Counts counts;
  for (const Standing& standing : standings) {
    counts.failed += standing.arm->failed;
    counts.unfinished += standing.arm->unfinished;
    counts.trials += standing.mean.n + standing.arm->failed + standing.arm->unfinished;
  }
  return counts;
}

std::string Heading(const ExperimentResults& results, const Counts& counts) {
  std::string text = results.name + (results.question.empty() ? "" : ": " + results.question) + "\n";
  text += MetricText(results) + " " + Plural(counts.trials, "trial");
  if (counts.failed > 0) text += fmt::format(", {} failed", counts.failed);
  if (counts.unfinished > 0) text += fmt::format(", {} unfinished", counts.unfinished);
  return text + ".\n\n";
}

// What a tie can hide: the largest of the smallest differences that the ties' seeds would have shown.
std::string BlindSpot(const std::vector<const Standing*>& ties, int decimals) {
  double widest = 0;
  for (const Standing* tie : ties) widest = std::max(widest, SmallestDifference(tie->to_best.estimate));
  if (widest == 0) return ".";
  return fmt::format("; with these seeds only differences from {:.{}f}{} on would be seen four times in five.", widest,
                     decimals, ties.size() > 1 ? " (in the worst case)" : "");
}

std::string TiesText(const std::vector<const Standing*>& ties, size_t arms, int decimals) {
  std::vector<std::string> names;
  for (const Standing* tie : ties) names.push_back(tie->arm->arm);
  std::string text;
  if (ties.size() <= kTiesNamed) {
    text = fmt::format(" Tied with it: {}", fmt::join(names, "; "));
  } else if (ties.size() + 1 == arms) {
    text = fmt::format(" All {} other arms tie with it", ties.size());
  } else {
    text = fmt::format(" {} of the other {} arms tie with it", ties.size(), arms - 1);
  }
  return text + BlindSpot(ties, decimals);
}

std::string SeedsText(const Standing& standing) {
  const int missing = standing.arm->failed + standing.arm->unfinished;
  return missing == 0 ? fmt::format("{}", standing.mean.n) : fmt::format("{}/{}", standing.mean.n, standing.mean.n + missing);
}

std::string Failures(const std::vector<Standing>& standings) {
  std::string text;
  for (const Standing& standing : standings) {
    if (standing.arm->failed > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : "; ", standing.arm->arm, standing.arm->failed);
  }
  return text.empty() ? "" : fmt::format("\nFailed trials: {}. Why: ablate query failures", text);
}

void AppendDifference(const Difference& difference, std::vector<Value>* row) {
  row->push_back(MeanOrNull(difference.estimate));
  row->push_back(Finite(difference.estimate.low()));
  row->push_back(Finite(difference.estimate.high()));
  row->push_back(Finite(difference.holm_p));
  row->emplace_back(ComparisonName(difference.comparison));
}

bool HasStars(const Difference& difference) {
  return difference.comparison == Comparison::kBetter || difference.comparison == Comparison::kWorse;
}

}  // namespace

std::string AnswerText(const std::vector<Standing>& standings) {
  const int decimals = Decimals(standings);
  if (standings.empty() || standings[0].mean.n == 0) return "No trial has succeeded yet.";
  std::vector<const Standing*> ties;
  int open = 0;
  for (const Standing& standing : standings) {
    if (standing.to_best.comparison == Comparison::kTie) ties.push_back(&standing);
    if (standing.to_best.comparison == Comparison::kOpen && standing.mean.n > 0) ++open;
  }
  std::string text = fmt::format("Best: {}, {}.", standings[0].arm->arm, WithInterval(standings[0].mean, decimals));
  if (!ties.empty()) text += TiesText(ties, standings.size(), decimals);
  if (ties.empty() && open == 0 && standings.size() > 1) text += " No other arm ties with it.";
  if (open > 0) text += fmt::format(" Open for {}: fewer than two seeds in common.", Plural(open, "arm"));
  return text;
}

std::string MetricText(const ExperimentResults& results) {
  const char* const at =
      results.at == "BEST" ? "best evaluation (biased: chosen on the set it is measured on)" : "last evaluation";
  const char* const goal = results.maximize() ? "larger is better" : "smaller is better";
  return fmt::format("{}, {}, {}; mean±half of the 95 % t interval over n seeds; best of these.", results.metric, goal, at);
}

Table LeaderboardForPeople(const std::vector<Standing>& standings, const std::string& baseline) {
  const int decimals = Decimals(standings);
  Table table{{"#", "arm", "n", "mean", "best", "to the best"}, {}};
  if (!baseline.empty()) table.columns.push_back("to " + baseline);
  for (const Standing& standing : standings) {
    const std::string mean = WithInterval(standing.mean, decimals);
    std::vector<Value> row{standing.rank > 0 ? Value(int64_t{standing.rank}) : Value(),
                           standing.arm->arm,
                           SeedsText(standing),
                           mean.empty() ? Value() : Value(mean),
                           mean.empty() ? Value() : Value(fmt::format("{:.{}f}", standing.best_seed, decimals)),
                           DifferenceText(standing.to_best, decimals, "best")};
    if (!baseline.empty()) row.push_back(DifferenceText(standing.to_baseline, decimals, "baseline"));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string ClaimText(const ClaimResult& result) {
  const Claim& claim = result.claim;
  std::string text = fmt::format("Claim: {} - {} >= {}", claim.arm, claim.baseline, ShortestNumber(claim.at_least));
  if (!claim.source.empty()) text += fmt::format(" ({})", claim.source);
  text += fmt::format(": {}", VerdictName(result.verdict));
  if (result.difference.n == 0) return text + ", no common seeds yet.";
  const int decimals = DecimalsFor({result.difference});
  text += fmt::format(", seen {} over {} in common", WithInterval(result.difference, decimals, true),
                      Plural(result.difference.n, "seed"));
  if (result.difference.n < 2) return text + ".";
  text += fmt::format(", which would show differences from {:.{}f} on", result.could_have_seen, decimals);
  if (result.verdict == Verdict::kUndecided && result.seeds_needed > 0) {
    text += fmt::format("; one of {} needs {}", ShortestNumber(std::abs(claim.at_least)), Plural(result.seeds_needed, "seed"));
  }
  return text + ".";
}

Table LeaderboardTable(const std::vector<Standing>& standings, bool baseline) {
  Table table{{"rank", "arm", "n", "mean", "deviation", "low", "high", "best_seed", "to_best", "to_best_low", "to_best_high",
               "to_best_p_holm", "with_best", "failed", "unfinished"},
              {}};
  const std::vector<std::string> more = {"to_baseline", "to_baseline_low", "to_baseline_high", "to_baseline_p_holm",
                                         "with_baseline"};
  if (baseline) table.columns.insert(table.columns.end(), more.begin(), more.end());
  for (const Standing& s : standings) {
    std::vector<Value> row{s.rank > 0 ? Value(int64_t{s.rank}) : Value(),
                           s.arm->arm,
                           int64_t{s.mean.n},
                           MeanOrNull(s.mean),
                           Finite(s.mean.deviation),
                           Finite(s.mean.low()),
                           Finite(s.mean.high()),
                           Finite(s.best_seed)};
    AppendDifference(s.to_best, &row);
    row.emplace_back(int64_t{s.arm->failed});
    row.emplace_back(int64_t{s.arm->unfinished});
    if (baseline) AppendDifference(s.to_baseline, &row);
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table ClaimsTable(const std::vector<ClaimResult>& claims) {
  Table table{{"arm", "baseline", "at_least", "verdict", "difference", "low", "high", "common_seeds", "could_have_seen",
               "seeds_needed", "source"},
              {}};
  for (const ClaimResult& result : claims) {
    const Estimate& difference = result.difference;
    table.rows.push_back({result.claim.arm, result.claim.baseline, result.claim.at_least,
                          std::string(VerdictName(result.verdict)), MeanOrNull(difference), Finite(difference.low()),
                          Finite(difference.high()), int64_t{difference.n}, Finite(result.could_have_seen),
                          result.seeds_needed > 0 ? Value(int64_t{result.seeds_needed}) : Value(), result.claim.source});
  }
  return table;
}

std::string LeaderboardText(const ExperimentResults& results, const std::vector<Standing>& standings,
                            const std::vector<ClaimResult>& claims, const std::string& baseline, int width) {
  const Counts counts = Count(standings);
  TableOptions options;
  options.width = width;
  std::string text = Wrapped(Heading(results, counts) + AnswerText(standings) + "\n\n", width);
  text.pop_back();  // the empty line that ends the answer is one line already
  text += FormatTable(LeaderboardForPeople(standings, baseline), Format::kTable, options);
  const bool stars = std::any_of(standings.begin(), standings.end(),
                                 [](const Standing& s) { return HasStars(s.to_best) || HasStars(s.to_baseline); });
  if (stars) text += Wrapped(kStarsMeaning, width);
  if (counts.failed > 0) text += Wrapped(Failures(standings), width);
  if (!claims.empty()) text += "\n";
  for (const ClaimResult& claim : claims) text += Wrapped(ClaimText(claim), width);
  return text;
}

}  // namespace ablate::analysis
