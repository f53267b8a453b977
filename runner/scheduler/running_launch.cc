#include "runner/scheduler/running_launch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ablate::runner {
namespace {

// Long enough that one slow evaluation does not upset the rate, short enough to see a change. Unit: microseconds.
constexpr int64_t kRateWindowUs = 3'000'000;

}  // namespace

RunningLaunch::RunningLaunch(std::string name, std::string folder, const Array& array, Clock::time_point now)
    : name_(std::move(name)), folder_(std::move(folder)), array_(array.number), started_(now), pulse_(folder_, now) {
  for (const Runnable& trial : array.trials) trials_.push_back(trial.trial);
  if (!array.trials.empty()) first_step_ = step_ = array.trials.front().resume_step;
}

void RunningLaunch::Apply(const Event& event) {
  if (event.has_launch_begin()) {
    begun_ = true;
    rate_step_ = step_;
    rate_time_us_ = event.time_us();
  } else if (event.has_metric_points()) {
    ApplyStep(event.metric_points().step(), event.time_us());
  } else if (event.has_note() && event.note().severity() == Note::ERROR) {
    last_error_ = event.note().text();
  }
}

void RunningLaunch::ApplyStep(uint64_t step, int64_t time_us) {
  if (step <= step_) return;
  step_ = step;
  const int64_t elapsed_us = time_us - rate_time_us_;
  if (elapsed_us <= 0) return;
  if (steps_per_second_ == 0 || elapsed_us >= kRateWindowUs) {
    steps_per_second_ = static_cast<double>(step_ - rate_step_) * 1e6 / static_cast<double>(elapsed_us);
  }
  if (elapsed_us >= kRateWindowUs) {
    rate_step_ = step_;
    rate_time_us_ = time_us;
  }
}

void RunningLaunch::AddOutOfMemory(TrialIndex trial, std::string message) {
  out_of_memory_.push_back(trial);
  out_of_memory_message_ = std::move(message);
}

std::vector<TrialIndex> RunningLaunch::Open(const Ledger& ledger) const {
  std::vector<TrialIndex> open;
  for (const TrialIndex trial : trials_) {
    if (closed_.count(trial) > 0) continue;
    const TrialState state = ledger.state(trial);
    if (state == TrialState::kRunning || state == TrialState::kPending) open.push_back(trial);
  }
  return open;
}

SlotProgress RunningLaunch::ProgressOn(const std::string& device, const Ledger& ledger) const {
  SlotProgress progress;
  progress.device = device;
  progress.steps_per_second = steps_per_second_;
  progress.step = step_;
  const std::vector<TrialIndex> open = Open(ledger);
  progress.trials = open.size();
  const TrialIndex shown = open.empty() ? trials_.front() : open.front();
  progress.steps = ledger.steps(shown);
  progress.trial = fmt::format("{} seed {}", ledger.arm(shown), ledger.seed(shown));
  return progress;
}

}  // namespace ablate::runner
