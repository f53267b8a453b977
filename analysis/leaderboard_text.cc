#include "analysis/leaderboard_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "analysis/table.h"
#include "analysis/terminal_text.h"
#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::analysis {
namespace {

using store::Table;
using store::Value;

constexpr int kMostDecimals = 6;
constexpr size_t kTiesNamed = 3;

Value Finite(double value) { return std::isfinite(value) ? Value(value) : Value(); }

// Decimals that show two digits of the typical half-width; of the largest mean four digits where no arm has two seeds.
int DecimalsFor(const std::vector<Standing>& standings) {
  std::vector<double> half_widths;
  double largest = 0;
  for (const Standing& standing : standings) {
    const Estimate& mean = standing.mean;
    if (std::isfinite(mean.half_width) && mean.half_width > 0) half_widths.push_back(mean.half_width);
    if (std::isfinite(mean.mean)) largest = std::max(largest, std::abs(mean.mean));
  }
  std::sort(half_widths.begin(), half_widths.end());
  const bool intervals = !half_widths.empty();
  const double scale = intervals ? half_widths[half_widths.size() / 2] : largest;
  if (scale == 0) return 1;
  return std::clamp((intervals ? 1 : 3) - static_cast<int>(std::floor(std::log10(scale))), 0, kMostDecimals);
}

std::string WithInterval(const Estimate& estimate, int decimals, bool sign) {
  if (estimate.n == 0) return "";
  const std::string mean = fmt::format(sign ? "{:+.{}f}" : "{:.{}f}", estimate.mean, decimals);
  if (!std::isfinite(estimate.half_width)) return mean;
  return fmt::format("{}±{:.{}f}", mean, estimate.half_width, decimals);
}

std::string Plural(int count, const char* noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

// The difference to another arm; a word where it says nothing yet, or where the arm is that other one.
Value Difference(Comparison comparison, const Estimate& difference, int decimals, const char* same) {
  if (comparison == Comparison::kSame) return std::string(same);
  if (difference.n == 0) return Value();
  const std::string text = WithInterval(difference, decimals, true);
  const bool plain = comparison == Comparison::kBetter || comparison == Comparison::kWorse;
  return plain ? text : fmt::format("{} {}", ComparisonName(comparison), text);
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
  const char* const at =
      results.at == "BEST" ? "best evaluation (biased: chosen on the set it is measured on)" : "last evaluation";
  const char* const goal = results.maximize() ? "larger is better" : "smaller is better";
  text += fmt::format("{}, {}, {}; mean±half of the 95 % t interval over seeds. ", results.metric, goal, at);
  text += Plural(counts.trials, "trial");
  if (counts.failed > 0) text += fmt::format(", {} failed", counts.failed);
  if (counts.unfinished > 0) text += fmt::format(", {} unfinished", counts.unfinished);
  return text + ".\n\n";
}

std::string Answer(const std::vector<Standing>& standings, int decimals) {
  if (standings.empty() || standings[0].mean.n == 0) return "No trial has succeeded yet.\n\n";
  std::vector<std::string> ties;
  int open = 0;
  for (const Standing& standing : standings) {
    if (standing.with_best == Comparison::kTie) ties.push_back(standing.arm->arm);
    if (standing.with_best == Comparison::kOpen && standing.mean.n > 0) ++open;
  }
  std::string text = fmt::format("Best: {}, {}.", standings[0].arm->arm, WithInterval(standings[0].mean, decimals, false));
  if (!ties.empty() && ties.size() <= kTiesNamed) {
    text += fmt::format(" Tied with it: {}", fmt::join(ties, "; "));
  } else if (!ties.empty() && ties.size() + 1 == standings.size()) {
    text += fmt::format(" All {} other arms tie with it", ties.size());
  } else if (!ties.empty()) {
    text += fmt::format(" {} of the other {} arms tie with it", ties.size(), standings.size() - 1);
  }
  if (!ties.empty()) text += " (the 95 % interval of the paired difference contains 0).";
  if (ties.empty() && open == 0 && standings.size() > 1) text += " No other arm ties with it.";
  if (open > 0) text += fmt::format(" Open for {}: fewer than two seeds in common.", Plural(open, "arm"));
  return text + "\n\n";
}

std::string SeedsText(const Standing& standing) {
  const int missing = standing.arm->failed + standing.arm->unfinished;
  return missing == 0 ? fmt::format("{}", standing.mean.n)
                      : fmt::format("{} of {}", standing.mean.n, standing.mean.n + missing);
}

Table ArmsForPeople(const std::vector<Standing>& standings, int decimals, const std::string& baseline) {
  Table table{{"rank", "arm", "seeds", "mean", "to the best"}, {}};
  if (!baseline.empty()) table.columns.push_back("to " + baseline);
  for (const Standing& standing : standings) {
    const std::string mean = WithInterval(standing.mean, decimals, false);
    std::vector<Value> row{standing.rank > 0 ? Value(int64_t{standing.rank}) : Value(), standing.arm->arm, SeedsText(standing),
                           mean.empty() ? Value() : Value(mean),
                           Difference(standing.with_best, standing.to_best, decimals, "best")};
    if (!baseline.empty()) row.push_back(Difference(standing.with_baseline, standing.to_baseline, decimals, "baseline"));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string Failures(const std::vector<Standing>& standings) {
  std::string text;
  for (const Standing& standing : standings) {
    if (standing.arm->failed > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : "; ", standing.arm->arm, standing.arm->failed);
  }
  return text.empty() ? "" : fmt::format("\nFailed trials: {}. Why: ablate query failures", text);
}

std::string ClaimText(const ClaimResult& result, int decimals) {
  const Claim& claim = result.claim;
  std::string text = fmt::format("Claim: {} - {} >= {}", claim.arm, claim.baseline, ShortestNumber(claim.at_least));
  if (!claim.source.empty()) text += fmt::format(" ({})", claim.source);
  text += fmt::format(": {}", VerdictName(result.verdict));
  if (result.difference.n == 0) return text + ", no common seeds yet.";
  return text + fmt::format(", seen {} over {} in common.", WithInterval(result.difference, decimals, true),
                            Plural(result.difference.n, "seed"));
}

std::string Wrapped(const std::string& text, int width) {
  std::string wrapped;
  for (const std::string& line : WrapText(EscapeControls(text), width)) wrapped += line + "\n";
  return wrapped;
}

}  // namespace

Table LeaderboardTable(const std::vector<Standing>& standings, bool baseline) {
  Table table{{"rank", "arm", "n", "mean", "low", "high", "to_best", "to_best_low", "to_best_high", "with_best", "failed",
               "unfinished"},
              {}};
  const std::vector<std::string> more = {"to_baseline", "to_baseline_low", "to_baseline_high", "with_baseline"};
  if (baseline) table.columns.insert(table.columns.end(), more.begin(), more.end());
  for (const Standing& s : standings) {
    const auto mean_of = [](const Estimate& estimate) { return estimate.n > 0 ? Finite(estimate.mean) : Value(); };
    std::vector<Value> row{s.rank > 0 ? Value(int64_t{s.rank}) : Value(),
                           s.arm->arm,
                           int64_t{s.mean.n},
                           mean_of(s.mean),
                           Finite(s.mean.low()),
                           Finite(s.mean.high()),
                           mean_of(s.to_best),
                           Finite(s.to_best.low()),
                           Finite(s.to_best.high()),
                           std::string(ComparisonName(s.with_best)),
                           int64_t{s.arm->failed},
                           int64_t{s.arm->unfinished}};
    if (baseline) {
      row.push_back(mean_of(s.to_baseline));
      row.push_back(Finite(s.to_baseline.low()));
      row.push_back(Finite(s.to_baseline.high()));
      row.emplace_back(ComparisonName(s.with_baseline));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table ClaimsTable(const std::vector<ClaimResult>& claims) {
  Table table{{"arm", "baseline", "at_least", "verdict", "difference", "low", "high", "common_seeds", "source"}, {}};
  for (const ClaimResult& result : claims) {
    const Estimate& difference = result.difference;
    table.rows.push_back({result.claim.arm, result.claim.baseline, result.claim.at_least,
                          std::string(VerdictName(result.verdict)), difference.n > 0 ? Finite(difference.mean) : Value(),
                          Finite(difference.low()), Finite(difference.high()), int64_t{difference.n}, result.claim.source});
  }
  return table;
}

std::string LeaderboardText(const ExperimentResults& results, const std::vector<Standing>& standings,
                            const std::vector<ClaimResult>& claims, const std::string& baseline, int width) {
  const Counts counts = Count(standings);
  const int decimals = DecimalsFor(standings);
  TableOptions options;
  options.width = width;
  std::string text = Wrapped(Heading(results, counts) + Answer(standings, decimals), width);
  text.pop_back();  // the empty line that ends the answer is one line already
  text += FormatTable(ArmsForPeople(standings, decimals, baseline), Format::kTable, options);
  if (counts.failed > 0) text += Wrapped(Failures(standings), width);
  if (!claims.empty()) text += "\n";
  for (const ClaimResult& claim : claims) text += Wrapped(ClaimText(claim, decimals), width);
  return text;
}

}  // namespace ablate::analysis
