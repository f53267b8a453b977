#include "runner/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace ablate::runner {
namespace {

std::vector<Runnable> Trials(uint32_t count, uint32_t arms = 1) {
  std::vector<Runnable> trials(count);
  for (uint32_t i = 0; i < count; ++i) {
    trials[i].trial = i;
    trials[i].seed_rank = i % std::max(1u, count / arms);
  }
  return trials;
}

std::vector<TrialIndex> Indices(const Array& array) {
  std::vector<TrialIndex> indices;
  for (const Runnable& trial : array.trials) indices.push_back(trial.trial);
  return indices;
}

std::vector<OpenTrial> AllOpen(const Array& array) {
  std::vector<OpenTrial> open;
  for (const Runnable& trial : array.trials) open.push_back({trial.trial, trial.resume_step});
  return open;
}

TEST(ArraySizes, FillTheSlotsEvenly) {
  using Sizes = std::vector<uint32_t>;
  const auto sizes = [](uint64_t n, uint32_t slots, uint32_t most) { return ArraySizes(n, n, {slots, most, 1}); };
  EXPECT_EQ(sizes(8, 2, 8), (Sizes{4, 4}));
  EXPECT_EQ(sizes(24, 2, 8), (Sizes{6, 6, 6, 6}));  // 8 + 8 + 8 would leave a slot idle for a third of the time
  EXPECT_EQ(sizes(7, 2, 8), (Sizes{4, 3}));
  EXPECT_EQ(sizes(1, 4, 8), (Sizes{1}));
  EXPECT_EQ(sizes(3, 4, 8), (Sizes{1, 1, 1}));
  EXPECT_EQ(sizes(20, 1, 8), (Sizes{7, 7, 6}));
  EXPECT_EQ(sizes(5, 3, 1), (Sizes{1, 1, 1, 1, 1}));
  EXPECT_EQ(ArraySizes(4, 8, {2, 8, 1}), (Sizes{4}));  // two shapes of four trials: one slot each
}

TEST(Scheduler, AnAdoptedArrayEndsLikeAnyOther) {
  Scheduler scheduler({1, 4, 1});
  const auto trials = Trials(6);
  const uint64_t adopted = scheduler.Adopt({trials[0], trials[1]});
  scheduler.Add({trials[2]});
  EXPECT_EQ(scheduler.running_arrays(), 1u);
  const auto other = scheduler.Next();
  ASSERT_TRUE(other);
  EXPECT_NE(other->number, adopted);
  EXPECT_TRUE(scheduler.Ended(adopted, {{0, 20}, {1, 20}}, false).empty());  // both have left
  const auto again = scheduler.Next();
  ASSERT_TRUE(again);
  EXPECT_EQ(Indices(*again), (std::vector<TrialIndex>{0, 1}));
  EXPECT_EQ(again->trials[0].resume_step, 20u);
}

TEST(Scheduler, FirstSeedsRunBeforeSecondOnes) {
  Scheduler scheduler({1, 4, 1});
  scheduler.Add(Trials(12, 4));  // 4 arms of 3 seeds, in order of arms
  EXPECT_EQ(Indices(*scheduler.Next()), (std::vector<TrialIndex>{0, 3, 6, 9}));
  EXPECT_EQ(Indices(*scheduler.Next()), (std::vector<TrialIndex>{1, 4, 7, 10}));
}

TEST(Scheduler, TheLongestOfEachSeedStartFirst) {
  Scheduler scheduler({2, 1, 1});
  auto trials = Trials(6, 3);                                                        // 3 arms of 2 seeds
  for (auto& trial : trials) trial.work = trial.trial / 2 == 1 ? 100 : trial.trial;  // the second arm is the longest
  scheduler.Add(trials);
  std::vector<TrialIndex> order;
  while (const auto array = scheduler.Next()) order.push_back(array->trials[0].trial);
  EXPECT_EQ(order, (std::vector<TrialIndex>{2, 4, 0, 3, 5, 1}));
}

TEST(Scheduler, ALimitSplitsWhatWaitsAndHoldsForWhatComes) {
  Scheduler scheduler({1, 8, 1});
  auto trials = Trials(8, 8);
  for (TrialIndex i = 5; i < 8; ++i) trials[i].shape = 1;
  scheduler.Add(trials);
  scheduler.Limit(0, 2);
  scheduler.Limit(0, 4);  // never more again
  std::vector<size_t> sizes;
  while (const auto array = scheduler.Next()) sizes.push_back(array->trials.size());
  EXPECT_EQ(sizes, (std::vector<size_t>{2, 2, 1, 3}));
  EXPECT_EQ(scheduler.waiting_trials(), 0u);

  Scheduler later({1, 8, 1});
  later.Limit(0, 3);
  later.Add(Trials(6, 6));
  EXPECT_EQ(later.Next()->trials.size(), 3u);
}

// An array of eight that does not fit, when three do: halves run, and the halves of what was split fit at once.
TEST(Scheduler, WhatDoesNotFitIsHalvedUntilItDoes) {
  Scheduler scheduler({1, 8, 1});
  scheduler.Add(Trials(8, 8));
  std::vector<size_t> ran;
  int failures = 0;
  while (const auto array = scheduler.Next()) {
    const bool fits = array->trials.size() <= 3;
    if (fits) {
      ran.push_back(array->trials.size());
    } else {
      ++failures;
      scheduler.Limit(0, static_cast<uint32_t>(array->trials.size() / 2));
    }
    EXPECT_TRUE(scheduler.Ended(array->number, fits ? std::vector<OpenTrial>() : AllOpen(*array), !fits).empty());
  }
  EXPECT_EQ(failures, 2);  // of eight, and of the first four: the other four were split before they ran
  EXPECT_EQ(ran, (std::vector<size_t>{2, 2, 2, 2}));
}

TEST(Scheduler, RetriesBackOffTwiceAsLongEachTime) {
  Scheduler scheduler({1, 8, 0});
  scheduler.Add(Trials(1));
  double now = 100;
  for (const double wait : {5.0, 10.0, 20.0}) {
    const auto array = scheduler.Next(now);
    ASSERT_TRUE(array.has_value());
    EXPECT_TRUE(scheduler.Ended(array->number, AllOpen(*array), true, {3, 5, now}).empty());
    EXPECT_EQ(scheduler.waiting_trials(), 1u);
    EXPECT_FALSE(scheduler.Next(now + wait - 0.1).has_value());
    now += wait;
  }
  const auto last = scheduler.Next(now);
  EXPECT_EQ(scheduler.Ended(last->number, AllOpen(*last), true, {3, 5, now}), (std::vector<TrialIndex>{0}));
}

TEST(Scheduler, ThoseToRunAloneDo) {
  Scheduler scheduler({1, 8, 1});
  scheduler.AddAlone(Trials(3, 3), 7);
  EXPECT_FALSE(scheduler.Next(6).has_value());
  EXPECT_EQ(Indices(*scheduler.Next(7)), (std::vector<TrialIndex>{0}));
  EXPECT_EQ(scheduler.Clear(), (std::vector<TrialIndex>{1, 2}));
}

TEST(Scheduler, AnArrayIsSortedByGroupThenTrial) {
  Scheduler scheduler({1, 4, 1});
  auto trials = Trials(4, 4);
  trials[0].group = 2;
  trials[2].group = 1;
  scheduler.Add(trials);
  EXPECT_EQ(Indices(*scheduler.Next()), (std::vector<TrialIndex>{1, 3, 2, 0}));
}

TEST(Scheduler, AnArrayHasOneShapeAndOneResumeStepAndResumedOnesGoFirst) {
  Scheduler scheduler({1, 8, 1});
  auto trials = Trials(6, 6);
  trials[1].shape = trials[4].shape = 1;
  trials[3].resume_step = trials[5].resume_step = 20;
  scheduler.Add(trials);
  EXPECT_EQ(Indices(*scheduler.Next()), (std::vector<TrialIndex>{3, 5}));
  EXPECT_EQ(Indices(*scheduler.Next()), (std::vector<TrialIndex>{0, 2}));
  EXPECT_EQ(Indices(*scheduler.Next()), (std::vector<TrialIndex>{1, 4}));
  EXPECT_FALSE(scheduler.Next().has_value());
  EXPECT_EQ(scheduler.running_arrays(), 3u);
}

// The one bad trial of eight is found by halving: 8, 4, 2, then alone as often as allowed; the seven others succeed.
TEST(Scheduler, ACrashIsolatesItsTrialAndBlamesNoOther) {
  const TrialIndex bad = 5;
  for (const uint32_t retries : {0u, 1u, 3u}) {
    Scheduler scheduler({1, 8, retries});
    scheduler.Add(Trials(8, 8));
    std::map<size_t, int> crashes_by_size;
    std::set<TrialIndex> succeeded;
    std::vector<TrialIndex> given_up;
    while (auto array = scheduler.Next()) {
      const auto indices = Indices(*array);
      if (std::count(indices.begin(), indices.end(), bad)) {
        ++crashes_by_size[indices.size()];
        const auto failed = scheduler.Ended(array->number, AllOpen(*array), true);
        given_up.insert(given_up.end(), failed.begin(), failed.end());
      } else {
        succeeded.insert(indices.begin(), indices.end());
        EXPECT_TRUE(scheduler.Ended(array->number, {}, false).empty());
      }
    }
    EXPECT_EQ(given_up, (std::vector<TrialIndex>{bad}));
    EXPECT_EQ(succeeded.size(), 7u);
    EXPECT_EQ(crashes_by_size, (std::map<size_t, int>{{8, 1}, {4, 1}, {2, 1}, {1, 1 + int(retries)}}));
  }
}

TEST(Scheduler, AfterACrashCheckpointedTrialsGoOnApartFromOthers) {
  Scheduler scheduler({1, 8, 1});
  scheduler.Add(Trials(4, 4));
  const Array array = *scheduler.Next();
  scheduler.Ended(array.number, {{0, 10}, {1, 10}, {2, 0}}, true);  // 3 succeeded before the crash
  EXPECT_EQ(scheduler.waiting_trials(), 3u);
  EXPECT_EQ(Indices(*scheduler.Next()), (std::vector<TrialIndex>{0, 1}));
  EXPECT_EQ(Indices(*scheduler.Next()), (std::vector<TrialIndex>{2}));
}

TEST(Scheduler, TrialsThatLeftGoOnTogetherAndThoseWithoutProgressAreNotForEver) {
  Scheduler scheduler({1, 8, 0});
  scheduler.Add(Trials(2, 2));
  Array array = *scheduler.Next();
  scheduler.Ended(array.number, {{0, 7}, {1, 7}}, false);
  array = *scheduler.Next();
  EXPECT_EQ(Indices(array), (std::vector<TrialIndex>{0, 1}));
  EXPECT_EQ(array.trials[0].resume_step, 7u);
  scheduler.Ended(array.number, AllOpen(array), false);
  array = *scheduler.Next();
  EXPECT_EQ(Indices(array), (std::vector<TrialIndex>{0}));
  EXPECT_EQ(scheduler.Ended(array.number, AllOpen(array), false), (std::vector<TrialIndex>{0}));
}

TEST(Scheduler, AnArrayThatNeverBeganWaitsAgainWholeAndFirst) {
  Scheduler scheduler({1, 2, 0});
  scheduler.Add(Trials(6, 6));
  scheduler.Next();
  const Array second = *scheduler.Next();
  scheduler.NotStarted(second.number);
  EXPECT_EQ(scheduler.waiting_trials(), 4u);
  EXPECT_EQ(Indices(*scheduler.Next()), Indices(second));
}

TEST(Scheduler, ClearTakesOutWhatWaits) {
  Scheduler scheduler({1, 2, 1});
  scheduler.Add(Trials(5, 5));
  const Array running = *scheduler.Next();
  EXPECT_EQ(scheduler.Clear().size(), 3u);
  EXPECT_EQ(scheduler.waiting_trials(), 0u);
  EXPECT_FALSE(scheduler.Next().has_value());
  EXPECT_TRUE(scheduler.Ended(running.number, {}, false).empty());
}

// A model of what may happen, held against the scheduler's promises: each trial runs in one place at a time, never after its
// end; arrays are legal; every history ends, and within the bound that halving and retries allow.
class RandomHistory {
 public:
  explicit RandomHistory(uint64_t seed) : random_(seed), scheduler_(options_ = RandomOptions()) {}

  void Play() {
    const uint32_t count = 1 + random_() % 60;
    auto trials = Trials(count, 1 + random_() % count);
    for (auto& trial : trials) {
      trial.shape = random_() % 3;
      trial.group = random_() % 4;
      trial.resume_step = random_() % 4 == 0 ? 5 : 0;
      steps_[trial.trial] = trial.resume_step;
      bad_[trial.trial] = random_() % 6 == 0;
    }
    state_.assign(count, kWaiting);
    scheduler_.Add(trials);
    int events = 0;
    while (true) {
      while (running_.size() < options_.slots) {
        const auto array = scheduler_.Next();
        if (!array) break;
        Begin(*array);
      }
      if (running_.empty()) break;
      ASSERT_LT(++events, 10000) << "does not end";
      End(random_() % running_.size());
    }
    for (uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(state_[i], bad_[i] ? kGivenUp : kDone) << i;
    }
    EXPECT_EQ(scheduler_.waiting_trials(), 0u);
    EXPECT_EQ(scheduler_.running_arrays(), 0u);
  }

 private:
  enum State { kWaiting, kRunning, kDone, kGivenUp };

  Scheduler::Options RandomOptions() {
    return {static_cast<uint32_t>(1 + random_() % 4), static_cast<uint32_t>(1 + random_() % 9),
            static_cast<uint32_t>(random_() % 3)};
  }

  void Begin(const Array& array) {
    ASSERT_FALSE(array.trials.empty());
    ASSERT_LE(array.trials.size(), options_.max_array_trials);
    for (size_t i = 0; i < array.trials.size(); ++i) {
      const Runnable& trial = array.trials[i];
      ASSERT_EQ(state_[trial.trial], kWaiting);
      ASSERT_EQ(trial.shape, array.trials[0].shape);
      ASSERT_EQ(trial.resume_step, array.trials[0].resume_step);
      ASSERT_EQ(trial.resume_step, steps_[trial.trial]);
      ASSERT_LE(array.trials[i > 0 ? i - 1 : 0].group, trial.group);
      state_[trial.trial] = kRunning;
    }
    running_.push_back(array);
  }

  // A launch with a bad trial in it crashes; one without may lose its worker now and then (but not when alone: that would be
  // a bad trial), leave, or succeed.
  void End(size_t which) {
    const Array array = running_[which];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(which));
    const bool has_bad = std::any_of(array.trials.begin(), array.trials.end(), [&](auto& t) { return bad_[t.trial]; });
    const bool crashed = has_bad || (array.trials.size() > 1 && random_() % 10 == 0);
    const bool left = !crashed && random_() % 10 == 0 && array.trials[0].resume_step < 40;
    std::vector<OpenTrial> open;
    for (const Runnable& trial : array.trials) {
      const bool ended_before = !bad_[trial.trial] && random_() % 4 == 0;
      if ((crashed || left) && !ended_before) {
        steps_[trial.trial] += left ? 5 : random_() % 2 * 5;
        state_[trial.trial] = kWaiting;
        open.push_back({trial.trial, steps_[trial.trial]});
      } else {
        state_[trial.trial] = kDone;
      }
    }
    for (const TrialIndex trial : scheduler_.Ended(array.number, open, crashed)) {
      ASSERT_EQ(state_[trial], kWaiting);
      state_[trial] = kGivenUp;
    }
  }

  std::mt19937_64 random_;
  Scheduler::Options options_;
  Scheduler scheduler_;
  std::map<TrialIndex, uint64_t> steps_;
  std::map<TrialIndex, bool> bad_;
  std::vector<State> state_;
  std::vector<Array> running_;
};

TEST(Scheduler, KeepsItsPromisesInRandomHistories) {
  for (uint64_t seed = 1; seed <= 10000; ++seed) {
    SCOPED_TRACE(seed);
    RandomHistory(seed).Play();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace ablate::runner
