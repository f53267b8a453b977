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
    if (std::isfinite(standing.mean.half_width) && standing.mean.half_width > 0) half_widths.push_back(standing.mean.half_width);
    if (std::isfinite(standing.mean.mean)) largest = std::max(largest, std::abs(standing.mean.mean));
  }
  std::sort(half_widths.begin(), half_widths.end());
  const bool intervals = !half_widths.empty();
  const double scale = intervals ? half_widths[half_widths.size() / 2] : largest;
  if (scale == 0) return 1;
  return std::clamp((intervals ? 1 : 3) - static_cast<int>(std::floor(std::log10(scale))), 0, kMostDecimals);
}

std::string WithInterval(const Estimate& estimate, int decimals, bool sign) {
  if (estimate.n == 0) return "";
  const std::string mean = sign ? fmt::format("{:+.{}f}", estimate.mean, decimals) : fmt::format("{:.{}f}", estimate.mean, decimals);
  if (!std::isfinite(estimate.half_width)) return mean;
  return fmt::format("{} ± {:.{}f}", mean, estimate.half_width, decimals);
}

Value TextOrNull(const std::string& text) { return text.empty() ? Value() : Value(text); }

// What the difference says, with the difference unless the arm is that other one.
Value Difference(Comparison comparison, const Estimate& difference, int decimals, const char* same) {
  if (comparison == Comparison::kSame) return std::string(same);
  if (difference.n == 0) return Value();
  return fmt::format("{} {}", WithInterval(difference, decimals, true), ComparisonName(comparison));
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
  text += fmt::format("{}, {}, {}; mean ± 95 % t interval over seeds. ", results.metric,
                      results.maximize() ? "larger is better" : "smaller is better",
                      results.at == "BEST" ? "best evaluation (biased: chosen on the set it is measured on)" : "last evaluation");
  text += fmt::format("{} trials", counts.trials);
  if (counts.failed > 0) text += fmt::format(", {} failed", counts.failed);
  if (counts.unfinished > 0) text += fmt::format(", {} unfinished", counts.unfinished);
  return text + ".\n\n";
}

std::string Answer(const std::vector<Standing>& standings, int decimals) {
  if (standings.empty() || standings[0].mean.n == 0) return "No trial has succeeded yet.\n\n";
  std::vector<std::string> ties;
  size_t open = 0;
  for (const Standing& standing : standings) {
    if (standing.with_best == Comparison::kTie) ties.push_back(standing.arm->arm);
    if (standing.with_best == Comparison::kOpen && standing.mean.n > 0) ++open;
  }
  std::string text = fmt::format("Best: {}, {}.", standings[0].arm->arm, WithInterval(standings[0].mean, decimals, false));
  if (!ties.empty() && ties.size() <= kTiesNamed) {
    text += fmt::format(" Tied with it: {}", fmt::join(ties, "; "));
  } else if (!ties.empty()) {
    text += fmt::format(" {} of the other {} arms tie with it", ties.size(), standings.size() - 1);
  }
  if (!ties.empty()) text += " (the 95 % interval of the paired difference contains 0).";
  if (ties.empty() && open == 0 && standings.size() > 1) text += " No other arm ties with it.";
  if (open > 0) text += fmt::format(" Open for {} arms: fewer than two seeds in common.", open);
  return text + "\n\n";
}

Table ArmsForPeople(const std::vector<Standing>& standings, int decimals, const Counts& counts, const std::string& baseline) {
  Table table{{"rank", "arm", "n", "mean", "to the best"}, {}};
  if (!baseline.empty()) table.columns.push_back("to " + baseline);
  if (counts.failed > 0) table.columns.push_back("failed");
  if (counts.unfinished > 0) table.columns.push_back("unfinished");
  for (const Standing& standing : standings) {
    std::vector<Value> row{standing.rank > 0 ? Value(int64_t{standing.rank}) : Value(), standing.arm->arm,
                           int64_t{standing.mean.n}, TextOrNull(WithInterval(standing.mean, decimals, false)),
                           Difference(standing.with_best, standing.to_best, decimals, "best")};
    if (!baseline.empty()) row.push_back(Difference(standing.with_baseline, standing.to_baseline, decimals, "baseline"));
    if (counts.failed > 0) row.emplace_back(int64_t{standing.arm->failed});
    if (counts.unfinished > 0) row.emplace_back(int64_t{standing.arm->unfinished});
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string ClaimText(const ClaimResult& result, int decimals) {
  std::string text = fmt::format("Claim: {} - {} >= {}", result.claim.arm, result.claim.baseline, ShortestNumber(result.claim.at_least));
  if (!result.claim.source.empty()) text += fmt::format(" ({})", result.claim.source);
  text += fmt::format(": {}", VerdictName(result.verdict));
  if (result.difference.n == 0) return text + ", no common seeds yet.";
  return text + fmt::format(", seen {} over {} common seed{}.", WithInterval(result.difference, decimals, true), result.difference.n,
                            result.difference.n == 1 ? "" : "s");
}

std::string Wrapped(const std::string& text, int width) {
  std::string wrapped;
  for (const std::string& line : WrapText(EscapeControls(text), width)) wrapped += line + "\n";
  return wrapped;
}

}  // namespace

Table LeaderboardTable(const std::vector<Standing>& standings, bool baseline) {
  Table table{{"rank", "arm", "n", "mean", "low", "high", "to_best", "to_best_low", "to_best_high", "with_best", "failed", "unfinished"},
              {}};
  if (baseline) {
    for (const char* name : {"to_baseline", "to_baseline_low", "to_baseline_high", "with_baseline"}) table.columns.emplace_back(name);
  }
  for (const Standing& s : standings) {
    const auto mean_of = [](const Estimate& estimate) { return estimate.n > 0 ? Finite(estimate.mean) : Value(); };
    std::vector<Value> row{s.rank > 0 ? Value(int64_t{s.rank}) : Value(), s.arm->arm, int64_t{s.mean.n}, mean_of(s.mean),
                           Finite(s.mean.low()), Finite(s.mean.high()), mean_of(s.to_best), Finite(s.to_best.low()),
                           Finite(s.to_best.high()), std::string(ComparisonName(s.with_best)), int64_t{s.arm->failed},
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
    table.rows.push_back({result.claim.arm, result.claim.baseline, result.claim.at_least, std::string(VerdictName(result.verdict)),
                          difference.n > 0 ? Finite(difference.mean) : Value(), Finite(difference.low()), Finite(difference.high()),
                          int64_t{difference.n}, result.claim.source});
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
  text += FormatTable(ArmsForPeople(standings, decimals, counts, baseline), Format::kTable, options);
  if (!claims.empty()) text += "\n";
  for (const ClaimResult& claim : claims) text += Wrapped(ClaimText(claim, decimals), width);
  return text;
}

}  // namespace ablate::analysis
