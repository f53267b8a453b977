#include "runner/scheduler/scheduler.h"

#include <algorithm>
#include <utility>

namespace ablate::runner {
namespace {

uint64_t DivideUp(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

bool SameArray(const Runnable& a, const Runnable& b) { return a.shape == b.shape && a.resume_step == b.resume_step; }

// Runs of trials that may share an array; inside each, first seeds first.
std::vector<std::vector<Runnable>> Grouped(std::vector<Runnable> trials) {
  std::sort(trials.begin(), trials.end(), [](const Runnable& a, const Runnable& b) {
    return std::tie(a.shape, a.resume_step, a.seed_rank, a.trial) < std::tie(b.shape, b.resume_step, b.seed_rank, b.trial);
  });
  std::vector<std::vector<Runnable>> groups;
  for (const Runnable& trial : trials) {
    if (groups.empty() || !SameArray(groups.back().front(), trial)) groups.emplace_back();
    groups.back().push_back(trial);
  }
  return groups;
}

}  // namespace

std::vector<uint32_t> ArraySizes(uint64_t trials, uint64_t all, const Scheduler::Options& options) {
  const uint64_t rounds = DivideUp(all, uint64_t{options.slots} * options.max_array_trials);
  const uint64_t target = DivideUp(all, rounds * options.slots);
  const uint64_t arrays = DivideUp(trials, target);
  std::vector<uint32_t> sizes(arrays, trials / arrays);
  for (uint64_t i = 0; i < trials % arrays; ++i) ++sizes[i];
  return sizes;
}

void Scheduler::Add(std::vector<Runnable> trials) {
  const size_t all = trials.size();
  for (const Trials& group : Grouped(std::move(trials))) {
    auto begin = group.begin();
    for (const uint32_t size : ArraySizes(group.size(), all, options_)) {
      Enqueue(Trials(begin, begin + size), false);
      begin += size;
    }
  }
}

void Scheduler::Enqueue(Trials trials, bool crashed_half) {
  const Runnable first = *std::min_element(trials.begin(), trials.end(), [](const Runnable& a, const Runnable& b) {
    return std::tie(a.seed_rank, a.trial) < std::tie(b.seed_rank, b.trial);
  });
  std::sort(trials.begin(), trials.end(),
            [](const Runnable& a, const Runnable& b) { return std::tie(a.group, a.trial) < std::tie(b.group, b.trial); });
  const int kind = crashed_half ? 0 : first.resume_step > 0 ? 1 : 2;
  waiting_trials_ += trials.size();
  ++last_number_;
  waiting_.emplace(Priority{kind, first.seed_rank, first.trial, last_number_}, Array{last_number_, std::move(trials)});
}

std::optional<Array> Scheduler::Next() {
  if (waiting_.empty()) return std::nullopt;
  Array array = std::move(waiting_.begin()->second);
  waiting_.erase(waiting_.begin());
  waiting_trials_ -= array.trials.size();
  running_.emplace(array.number, array);
  return array;
}

std::vector<TrialIndex> Scheduler::Ended(uint64_t number, const std::vector<OpenTrial>& open, bool crashed) {
  const auto place = running_.find(number);
  if (place == running_.end()) return {};
  const Trials before = std::move(place->second.trials);
  running_.erase(place);

  Trials suspects;
  Trials resumable;
  for (const OpenTrial& trial : open) {
    const auto old = std::find_if(before.begin(), before.end(), [&](const Runnable& r) { return r.trial == trial.trial; });
    if (old == before.end()) continue;
    Runnable now = *old;
    now.resume_step = trial.resume_step;
    const bool progressed = now.resume_step > old->resume_step;
    (crashed || !progressed ? suspects : resumable).push_back(now);
  }
  if (!resumable.empty()) Add(std::move(resumable));

  if (suspects.size() == 1 && before.size() == 1) {
    if (GivenUp(suspects.front().trial)) return {suspects.front().trial};
    Enqueue(std::move(suspects), true);
    return {};
  }
  EnqueueHalves(std::move(suspects));
  return {};
}

// Whole groups where the resume steps differ, since these are smaller already; else two halves.
void Scheduler::EnqueueHalves(Trials trials) {
  auto groups = Grouped(std::move(trials));
  for (Trials& group : groups) {
    if (groups.size() == 1 && group.size() > 1) {
      const auto middle = group.begin() + static_cast<std::ptrdiff_t>(DivideUp(group.size(), 2));
      Enqueue(Trials(group.begin(), middle), true);
      Enqueue(Trials(middle, group.end()), true);
    } else {
      Enqueue(std::move(group), true);
    }
  }
}

bool Scheduler::GivenUp(TrialIndex trial) {
  if (++crashes_alone_[trial] <= options_.crash_retries) return false;
  crashes_alone_.erase(trial);
  return true;
}

void Scheduler::NotStarted(uint64_t number) {
  const auto place = running_.find(number);
  if (place == running_.end()) return;
  Trials trials = std::move(place->second.trials);
  running_.erase(place);
  Enqueue(std::move(trials), true);
}

std::vector<TrialIndex> Scheduler::Clear() {
  std::vector<TrialIndex> cleared;
  for (const auto& [priority, array] : waiting_) {
    for (const Runnable& trial : array.trials) cleared.push_back(trial.trial);
  }
  waiting_.clear();
  waiting_trials_ = 0;
  return cleared;
}

}  // namespace ablate::runner
