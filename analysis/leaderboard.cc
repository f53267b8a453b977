#include "analysis/leaderboard.h"

#include <algorithm>
#include <cmath>

#include "analysis/multiple_tests.h"
#include "analysis/power.h"

namespace ablate::analysis {
namespace {

Comparison Compare(const Difference& difference, bool maximize) {
  if (std::isnan(difference.holm_p)) return Comparison::kOpen;
  if (difference.holm_p >= kLevel) return Comparison::kTie;
  return (difference.estimate.mean > 0) == maximize ? Comparison::kBetter : Comparison::kWorse;
}

void CompareWith(const ArmResults* other, bool maximize, Difference Standing::*member, std::vector<Standing>* standings) {
  std::vector<Difference*> differences;
  int same = -1;
  for (size_t i = 0; i < standings->size(); ++i) {
    Standing& standing = (*standings)[i];
    if (other != nullptr) (standing.*member).estimate = PairedDifference(standing.arm->values, other->values);
    if (standing.arm == other) same = static_cast<int>(i);
    differences.push_back(&(standing.*member));
  }
  TestDifferences(same, maximize, std::move(differences));
}

}  // namespace

const char* ComparisonName(Comparison comparison) {
  constexpr const char* kNames[] = {"same", "better", "tie", "worse", "open"};
  return kNames[static_cast<int>(comparison)];
}

void TestDifferences(int same, bool maximize, std::vector<Difference*> differences) {
  std::vector<double> p;
  for (int i = 0; i < static_cast<int>(differences.size()); ++i) {
    p.push_back(i == same ? std::nan("") : PValue(differences[i]->estimate));
  }
  const std::vector<double> holm = Holm(p), false_discovery = BenjaminiHochberg(p);
  for (int i = 0; i < static_cast<int>(differences.size()); ++i) {
    Difference& difference = *differences[i];
    difference.p = p[i];
    difference.holm_p = holm[i];
    difference.false_discovery_p = false_discovery[i];
    difference.comparison = i == same ? Comparison::kSame : Compare(difference, maximize);
  }
}

double BestOf(const BySeed& values, bool maximize) {
  double best = std::nan("");
  for (const auto& [seed, value] : values) {
    if (std::isnan(best) || (maximize ? value > best : value < best)) best = value;
  }
  return best;
}

std::vector<Standing> Leaderboard(const std::vector<ArmResults>& arms, bool maximize, const std::string& baseline) {
  std::vector<Standing> standings(arms.size());
  for (size_t i = 0; i < arms.size(); ++i) {
    standings[i].arm = &arms[i];
    standings[i].mean = Mean(arms[i].values);
    standings[i].best_seed = BestOf(arms[i].values, maximize);
  }
  std::stable_sort(standings.begin(), standings.end(), [&](const Standing& a, const Standing& b) {
    if (a.mean.n == 0 || b.mean.n == 0) return a.mean.n > 0 && b.mean.n == 0;
    return maximize ? a.mean.mean > b.mean.mean : a.mean.mean < b.mean.mean;
  });
  const auto base = std::find_if(arms.begin(), arms.end(), [&](const ArmResults& arm) { return arm.arm == baseline; });
  const ArmResults* best = standings.empty() || standings[0].mean.n == 0 ? nullptr : standings[0].arm;
  CompareWith(best, maximize, &Standing::to_best, &standings);
  CompareWith(base == arms.end() ? nullptr : &*base, maximize, &Standing::to_baseline, &standings);
  for (size_t i = 0; i < standings.size(); ++i) {
    const Comparison with_best = standings[i].to_best.comparison;
    const bool first = with_best == Comparison::kSame || with_best == Comparison::kTie;
    if (standings[i].mean.n > 0) standings[i].rank = first ? 1 : static_cast<int>(i) + 1;
  }
  return standings;
}

}  // namespace ablate::analysis
