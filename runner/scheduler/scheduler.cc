#include "runner/scheduler/scheduler.h"

#include <algorithm>
#include <cmath>
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

void Scheduler::Add(std::vector<Runnable> trials, double not_before) {
  const size_t all = trials.size();
  for (const Trials& group : Grouped(std::move(trials))) {
    Options options = options_;
    options.max_array_trials = MostTrials(group.front().shape);
    auto begin = group.begin();
    for (const uint32_t size : ArraySizes(group.size(), all, options)) {
      Enqueue(Trials(begin, begin + size), false, not_before);
      begin += size;
    }
  }
}

void Scheduler::AddAlone(const std::vector<Runnable>& trials, double not_before) {
  for (const Runnable& trial : trials) Enqueue({trial}, false, not_before);
}

uint32_t Scheduler::MostTrials(uint32_t shape) const {
  const auto limit = limits_.find(shape);
  return limit == limits_.end() ? options_.max_array_trials : std::min(options_.max_array_trials, limit->second);
}

void Scheduler::Limit(uint32_t shape, uint32_t most) {
  most = std::max(1u, std::min(MostTrials(shape), most));
  limits_[shape] = most;
  for (const Waiting& larger : TakeLarger(shape, most)) {
    EnqueueParts(larger.trials, DivideUp(larger.trials.size(), most), larger.crashed_half, larger.not_before);
  }
}

void Scheduler::EnqueueParts(const Trials& trials, uint64_t parts, bool crashed_half, double not_before) {
  const auto cut = [&](uint64_t part) {
    return trials.begin() + static_cast<std::ptrdiff_t>(DivideUp(trials.size() * part, parts));
  };
  for (uint64_t part = 0; part < parts; ++part) Enqueue(Trials(cut(part), cut(part + 1)), crashed_half, not_before);
}

std::vector<Scheduler::Waiting> Scheduler::TakeLarger(uint32_t shape, size_t most) {
  std::vector<Waiting> taken;
  const auto take = [&](const Priority& priority, Array& array, double not_before) {
    if (array.trials.front().shape != shape || array.trials.size() <= most) return false;
    waiting_trials_ -= array.trials.size();
    taken.push_back({std::move(array.trials), std::get<0>(priority) == 0, not_before});
    return true;
  };
  for (auto place = waiting_.begin(); place != waiting_.end();) {
    place = take(place->first, place->second, 0) ? waiting_.erase(place) : std::next(place);
  }
  for (auto place = delayed_.begin(); place != delayed_.end();) {
    place = take(place->second.first, place->second.second, place->first) ? delayed_.erase(place) : std::next(place);
  }
  return taken;
}

void Scheduler::Enqueue(Trials trials, bool crashed_half, double not_before) {
  const Runnable first = *std::min_element(trials.begin(), trials.end(), [](const Runnable& a, const Runnable& b) {
    return std::tie(a.seed_rank, a.trial) < std::tie(b.seed_rank, b.trial);
  });
  std::sort(trials.begin(), trials.end(),
            [](const Runnable& a, const Runnable& b) { return std::tie(a.group, a.trial) < std::tie(b.group, b.trial); });
  const int kind = crashed_half ? 0 : first.resume_step > 0 ? 1 : 2;
  double work = 0;
  for (const Runnable& trial : trials) work += trial.work;
  waiting_trials_ += trials.size();
  ++last_number_;
  const Priority priority{kind, first.seed_rank, -work, first.trial, last_number_};
  Array array{last_number_, std::move(trials)};
  if (not_before > 0) {
    delayed_.emplace(not_before, std::pair(priority, std::move(array)));
  } else {
    waiting_.emplace(priority, std::move(array));
  }
}

std::optional<Array> Scheduler::Next(double now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    waiting_.insert(std::move(delayed_.begin()->second));
    delayed_.erase(delayed_.begin());
  }
  if (waiting_.empty()) return std::nullopt;
  Array array = std::move(waiting_.begin()->second);
  waiting_.erase(waiting_.begin());
  waiting_trials_ -= array.trials.size();
  running_.emplace(array.number, array);
  return array;
}

uint64_t Scheduler::Adopt(std::vector<Runnable> trials) {
  running_.emplace(++last_number_, Array{last_number_, std::move(trials)});
  return last_number_;
}

std::vector<TrialIndex> Scheduler::Ended(uint64_t array, const std::vector<OpenTrial>& open, bool crashed) {
  return Ended(array, open, crashed, Again{options_.crash_retries, 0, 0});
}

std::vector<TrialIndex> Scheduler::Ended(uint64_t number, const std::vector<OpenTrial>& open, bool crashed,
                                         const Again& again) {
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
    const std::optional<double> wait = Wait(suspects.front().trial, again);
    if (!wait) return {suspects.front().trial};
    Enqueue(std::move(suspects), true, *wait > 0 ? again.now + *wait : 0);
    return {};
  }
  EnqueueHalves(std::move(suspects));
  return {};
}

// Whole groups where the resume steps differ, since these are smaller already; else two halves; in any case within the limit.
void Scheduler::EnqueueHalves(Trials trials) {
  const auto groups = Grouped(std::move(trials));
  for (const Trials& group : groups) {
    const uint64_t halves = groups.size() == 1 && group.size() > 1 ? 2 : 1;
    EnqueueParts(group, std::max(halves, DivideUp(group.size(), MostTrials(group.front().shape))), true, 0);
  }
}

std::optional<double> Scheduler::Wait(TrialIndex trial, const Again& again) {
  const uint32_t tries = ++crashes_alone_[trial];
  if (tries <= again.retries) return std::ldexp(again.back_off, static_cast<int>(tries) - 1);
  crashes_alone_.erase(trial);
  return std::nullopt;
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
  for (const auto& [time, delayed] : delayed_) {
    for (const Runnable& trial : delayed.second.trials) cleared.push_back(trial.trial);
  }
  waiting_.clear();
  delayed_.clear();
  waiting_trials_ = 0;
  return cleared;
}

}  // namespace ablate::runner
