#include "runner/scheduler/race.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ablate::runner {
namespace {

// A double is a little off its decimal: a rung at 0.7 of 10 evaluations is the seventh.
constexpr double kRounding = 1e-9;

constexpr double kNone = -std::numeric_limits<double>::infinity();

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

Race::Race(const EarlyStopping& settings, const Metric& metric, std::vector<std::string> arms, std::vector<Entrant> trials)
    : settings_(settings),
      sign_(metric.goal() == Metric::MINIMIZE ? -1 : 1),
      arms_(std::move(arms)),
      trials_(std::move(trials)),
      of_arm_(arms_.size()),
      shares_(settings.rung().begin(), settings.rung().end()),
      points_(active() ? trials_.size() : 0) {
  if (shares_.empty()) shares_ = {0.25, 0.5};
  if (!active()) shares_.clear();
  decided_.resize(shares_.size());
  for (TrialIndex i = 0; i < trials_.size(); ++i) of_arm_[trials_[i].arm].push_back(i);
}

void Race::AddPoint(TrialIndex trial, uint64_t step, double value) {
  if (active()) points_[trial][step] = value;
}

void Race::Load(const std::vector<store::RungDecision>& decisions) {
  for (const store::RungDecision& one : decisions) {
    const auto arm = std::find(arms_.begin(), arms_.end(), one.arm);
    if (arm == arms_.end() || one.rung < 1 || one.rung > rungs()) continue;
    decided_[one.rung - 1].emplace(static_cast<uint32_t>(arm - arms_.begin()), one.kept);
  }
}

// Training evaluates after step round(i steps / evaluations).
uint64_t Race::RungStep(const Entrant& trial, uint32_t rung) const {
  const double evaluations = static_cast<double>(trial.evaluations);
  const auto evaluation = static_cast<uint64_t>(std::max(1.0, std::ceil(shares_[rung - 1] * evaluations - kRounding)));
  const uint64_t step = (2 * evaluation * trial.steps + trial.evaluations) / (2 * trial.evaluations);
  return evaluation >= trial.evaluations || step >= trial.steps ? 0 : step;
}

uint64_t Race::LeaveAfter(TrialIndex trial, uint64_t step) const {
  if (free_.count(trial) > 0) return 0;
  const Entrant& entrant = trials_[trial];
  for (uint32_t rung = 1; rung <= rungs(); ++rung) {
    const uint64_t at = RungStep(entrant, rung);
    if (at <= step) continue;
    const auto decision = decided_[rung - 1].find(entrant.arm);
    if (decision == decided_[rung - 1].end() || !decision->second) return at;
  }
  return 0;
}

Race::Gate Race::GateAt(TrialIndex trial, uint64_t step) const {
  if (free_.count(trial) > 0) return Gate::kGo;
  const Entrant& entrant = trials_[trial];
  for (uint32_t rung = 1; rung <= rungs(); ++rung) {
    const uint64_t at = RungStep(entrant, rung);
    if (at == 0 || at > step) continue;
    const auto decision = decided_[rung - 1].find(entrant.arm);
    if (decision == decided_[rung - 1].end()) return Gate::kWait;
    if (!decision->second) return Gate::kStop;
  }
  return Gate::kGo;
}

bool Race::InRaceAt(uint32_t arm, uint32_t rung) const {
  for (uint32_t before = 1; before < rung; ++before) {
    const auto decision = decided_[before - 1].find(arm);
    if (decision != decided_[before - 1].end() && !decision->second) return false;
  }
  return true;
}

Race::Compared Race::Measure(uint32_t arm, uint32_t rung, const std::vector<TrialIndex>& seeds) const {
  Compared result{arm, 0, 0, 0};
  for (const TrialIndex seed : seeds) {
    const uint64_t at = RungStep(trials_[seed], rung);
    double last = kNone, best = kNone, sum = 0;
    int count = 0;
    for (const auto& [step, value] : points_[seed]) {
      if (step > at || !std::isfinite(value)) continue;
      last = sign_ * value;
      best = std::max(best, last);
      sum += last;
      ++count;
    }
    if (count == 0) continue;
    ++result.seeds;
    result.value += settings_.rule() == EarlyStopping::MEDIAN ? best : last;
    result.mean += sum / count;
  }
  result.value = result.seeds == 0 ? kNone : result.value / result.seeds;
  result.mean = result.seeds == 0 ? kNone : result.mean / result.seeds;
  return result;
}

std::vector<Race::Compared> Race::ArmsAt(uint32_t rung, const std::function<Standing(TrialIndex)>& standing,
                                         bool* all_settled) const {
  *all_settled = true;
  std::vector<Compared> arms;
  for (uint32_t arm = 0; arm < arms_.size(); ++arm) {
    if (!InRaceAt(arm, rung)) continue;
    std::vector<TrialIndex> reached;
    bool settled = true;
    for (const TrialIndex trial : of_arm_[arm]) {
      const uint64_t at = RungStep(trials_[trial], rung);
      if (at == 0 || free_.count(trial) > 0) continue;
      const Standing now = standing(trial);
      if (now.done || now.step >= at) {
        reached.push_back(trial);
      } else if (!now.out) {
        settled = false;
      }
    }
    *all_settled &= settled;
    if (settled && !reached.empty()) arms.push_back(Measure(arm, rung, reached));
  }
  return arms;
}

// Ties go to the arm that the experiment names first.
std::set<uint32_t> Race::KeptOf(std::vector<Compared> arms) const {
  std::stable_sort(arms.begin(), arms.end(), [](const Compared& a, const Compared& b) { return a.value > b.value; });
  size_t most = arms.size();
  if (settings_.rule() == EarlyStopping::SUCCESSIVE_HALVING) {
    most = static_cast<size_t>(std::ceil(settings_.keep() * static_cast<double>(arms.size()) - kRounding));
  } else {
    std::vector<double> means;
    for (const Compared& arm : arms) means.push_back(arm.mean);
    const double median = Median(means);
    most = static_cast<size_t>(
        std::count_if(arms.begin(), arms.end(), [median](const Compared& arm) { return arm.value >= median; }));
  }
  most = std::min(arms.size(), std::max<size_t>(most, settings_.min_arms()));
  std::set<uint32_t> kept;
  for (size_t i = 0; i < most; ++i) kept.insert(arms[i].arm);
  return kept;
}

// As if it had been there, but for the places of the others, which stay.
bool Race::KeptLate(const Compared& late, const std::vector<Compared>& others, uint32_t rung) const {
  double worst_kept = std::numeric_limits<double>::infinity();
  for (const Compared& other : others) {
    const auto decision = decided_[rung - 1].find(other.arm);
    if (decision != decided_[rung - 1].end() && decision->second) worst_kept = std::min(worst_kept, other.value);
  }
  return late.value >= worst_kept;
}

std::vector<store::RungDecision> Race::Decide(const std::function<Standing(TrialIndex)>& standing) {
  std::vector<store::RungDecision> decisions;
  for (uint32_t rung = 1; rung <= rungs(); ++rung) {
    bool all_settled = true;
    const std::vector<Compared> arms = ArmsAt(rung, standing, &all_settled);
    std::map<uint32_t, bool>& decided = decided_[rung - 1];
    const bool first_time = decided.empty();
    if (arms.empty() || (first_time && !all_settled)) break;
    const std::set<uint32_t> kept = first_time ? KeptOf(arms) : std::set<uint32_t>();
    std::map<uint32_t, bool> fresh;
    for (const Compared& arm : arms) {
      if (decided.count(arm.arm) > 0) continue;
      const bool stays = first_time ? kept.count(arm.arm) > 0 : KeptLate(arm, arms, rung);
      fresh.emplace(arm.arm, stays);
      const double value = arm.seeds == 0 ? std::numeric_limits<double>::quiet_NaN() : sign_ * arm.value;
      decisions.push_back({arms_[arm.arm], rung, value, arm.seeds, stays});
    }
    decided.insert(fresh.begin(), fresh.end());
    if (!all_settled) break;
  }
  return decisions;
}

}  // namespace ablate::runner
