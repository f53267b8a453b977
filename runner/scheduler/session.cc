#include "runner/scheduler/session.h"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/spec/failure_classes.h"
#include "runner/devices/memory.h"
#include "runner/scheduler/experiment_record.h"
#include "runner/scheduler/launch_folder.h"
#include "runner/scheduler/recovery.h"

namespace ablate::runner {
namespace {

using std::chrono::milliseconds;

// Logs are looked at this often whether workers hint or not, and not more often when they do.
constexpr milliseconds kCollectAtLeastEvery{200};
constexpr milliseconds kCollectAtMostEvery{50};

// For workers that outlived their runner to reach a step's end and write their checkpoints.
constexpr double kPatienceSeconds = 60;

Scheduler::Options SchedulerOptions(const Launching& launching, const Backend& backend) {
  const Capabilities& capabilities = backend.capabilities();
  const uint32_t arrays =
      capabilities.parallel > 0 ? capabilities.parallel : static_cast<uint32_t>(capabilities.devices.size());
  return {arrays, launching.max_array_trials(), launching.crash_retries()};
}

// None where nothing races: they would be memory for nothing.
std::vector<Entrant> EntrantsOf(const Ledger& ledger, const EarlyStopping& settings) {
  return settings.rule() == EarlyStopping::NONE ? std::vector<Entrant>() : ledger.Entrants();
}

}  // namespace

Session::Session(const spec::Plan& plan, Ledger& ledger, SessionOptions options, store::Writer& store, Backend& backend,
                 Observer& observer)
    : plan_(plan),
      options_(std::move(options)),
      store_(store),
      backend_(backend),
      observer_(observer),
      collector_(store),
      ledger_(ledger),
      scheduler_(SchedulerOptions(plan.experiment.launching(), backend)),
      policies_(plan.experiment.launching()),
      race_(plan.experiment.launching().early_stopping(), plan.experiment.metric(), plan.arms,
            EntrantsOf(ledger, plan.experiment.launching().early_stopping())),
      slots_(backend.capabilities().devices.size()),
      kills_for_memory_(KillsForMemory()) {}

absl::StatusOr<SessionResult> Session::Run() {
  RETURN_IF_ERROR(Prepare());
  malloc_trim(0);  // what recording and loading took is more than what is kept
  observer_.Begin(CurrentProgress());
  const absl::Status ended = Loop();
  if (left_overs_) RemoveLeftOvers();
  RETURN_IF_ERROR(ended);
  SessionResult result;
  result.counts = ledger_.counts();
  result.ended_here = ended_here_;
  result.interrupted = detached_ || ((interrupted_ || out_of_time_) && Count(result.counts, TrialState::kPending) > 0);
  result.seconds = CurrentProgress().seconds;
  return result;
}

absl::Status Session::Prepare() {
  const auto trial = [this](size_t i) { return TrialRecordOf(plan_, i); };
  RETURN_IF_ERROR(store_.RecordExperiment(runner::RecordOf(plan_), plan_.trials.size(), trial));
  ASSIGN_OR_RETURN(const OldFailures old_failures, TakeOver());
  RETURN_IF_ERROR(LoadLedger());
  RETURN_IF_ERROR(PlaceAdopted());
  RETURN_IF_ERROR(RetryOld(old_failures));
  LimitArrays();
  RETURN_IF_ERROR(LoadRace());
  RETURN_IF_ERROR(Enlist(ledger_.InState(TrialState::kPending)));
  collector_.set_listener([this](const std::string& name, const std::vector<Event>& events) { Follow(name, events); });
  return absl::OkStatus();
}

// A function of its own, since the statuses of many trials would be the most of a runner's memory while it goes on.
absl::Status Session::LoadLedger() {
  ASSIGN_OR_RETURN(const std::vector<store::TrialStatus> statuses, store_.Statuses(plan_.experiment.name()));
  return ledger_.Load(statuses);
}

// Failures that the runner before this one read, and did not live to judge.
absl::StatusOr<Session::OldFailures> Session::TakeOver() {
  OldFailures failures;
  collector_.set_listener([&](const std::string& launch, const std::vector<Event>& events) {
    for (const Event& event : events) {
      if (event.has_launch_begin()) begun_before_.insert(launch);
      const AttemptEnd& end = event.attempt_end();
      if (end.outcome() == AttemptEnd::FAILED) failures.emplace_back(end.trial(), end.failure_class());
    }
  });
  ASSIGN_OR_RETURN(
      const std::vector<std::string> taken_over,
      EndOpenLaunches(store_, collector_, launching().finish_without_runner() ? kPatienceSeconds : 0, Submitted::kLeft));
  RETURN_IF_ERROR(Adopt());
  collector_.set_listener(nullptr);
  if (!taken_over.empty()) {
    left_overs_ = true;
    observer_.Remark(fmt::format("took over {} launches of a runner that died", taken_over.size()));
  }
  return failures;
}

void Session::LimitArrays() {
  uint64_t smallest = 0;
  for (size_t slot = 0; slot < slots_.size(); ++slot) {
    const uint64_t bytes = SlotBytes(slot);
    if (bytes > 0 && (smallest == 0 || bytes < smallest)) smallest = bytes;
  }
  std::vector<double> step_seconds;
  for (uint32_t shape = 0; shape < options_.costs.size(); ++shape) {
    scheduler_.Limit(shape, MostTrials(options_.costs[shape], smallest));
    step_seconds.push_back(options_.costs[shape].step_seconds);
  }
  ledger_.set_step_seconds(std::move(step_seconds));
}

absl::Status Session::Loop() {
  while (true) {
    ObeySignals();
    if (detached_) return absl::OkStatus();
    RETURN_IF_ERROR(ServeCommands());
    RETURN_IF_ERROR(DecideRungs());
    RETURN_IF_ERROR(FillSlots());
    if (Idle()) {
      if (stopping_ || held_.empty()) return fatal_;
      return absl::InternalError(fmt::format("{} trials wait at a rung for nobody", held_.size()));
    }
    observer_.Tick(CurrentProgress());
    Wait();
    RETURN_IF_ERROR(CollectWhatIsDue());
    RETURN_IF_ERROR(EndLaunches());
  }
}

absl::Status Session::FillSlots() {
  for (size_t slot = 0; slot < slots_.size() && !stopping_; ++slot) {
    if (slots_[slot]) continue;
    const auto array = scheduler_.Next(Now());
    if (!array) break;
    RETURN_IF_ERROR(Start(slot, *array));
  }
  return absl::OkStatus();
}

uint64_t Session::SlotBytes(size_t slot) const {
  const std::vector<uint64_t>& bytes = backend_.capabilities().memory_bytes;
  return slot < bytes.size() ? bytes[slot] : 0;
}

absl::Status Session::WriteFolder(const std::string& name, const std::string& folder, size_t slot, const Array& array) const {
  LaunchRequest request;
  request.set_launch(name);
  request.set_device(DeviceOf(slot));
  request.set_data_folder(options_.data_folder);
  for (const Runnable& trial : array.trials) {
    TrialRequest& one = *request.add_trial() = ledger_.Request(trial.trial);
    // Another machine may know the file, and not the link that leads to it here.
    if (one.has_checkpoint()) one.set_checkpoint(WithoutLinks(one.checkpoint()));
    const uint64_t leave = race_.LeaveAfter(trial.trial, trial.resume_step);
    const bool earlier = request.leave_after_step() == 0 || leave < request.leave_after_step();
    if (leave > 0 && earlier) request.set_leave_after_step(leave);
  }
  return MakeLaunchFolder(folder, request);
}

store::LaunchRecord Session::RecordOf(const std::string& name, size_t slot, const Array& array) const {
  store::LaunchRecord record = *provenance_;
  record.launch = name;
  record.folder = JoinPath(FileName(LaunchesFolder(store_.path())), name);
  record.backend = backend_.capabilities().name;
  record.device = DeviceOf(slot);
  record.shape = ledger_.ShapeDigest(array.trials.front().shape);
  record.slot_bytes = SlotBytes(slot);
  for (const Runnable& trial : array.trials) record.trials.push_back(ledger_.id(trial.trial));
  return record;
}

absl::Status Session::Start(size_t slot, const Array& array) {
  if (!provenance_) provenance_ = options_.provenance();
  const std::string name = NewLaunchName();
  const std::string folder = JoinPath(LaunchesFolder(store_.path()), name);
  // Recorded first: a folder that the store does not know would stay for ever if this process died here.
  RETURN_IF_ERROR(store_.RecordLaunch(RecordOf(name, slot, array)));
  if (const absl::Status written = WriteFolder(name, folder, slot, array); !written.ok()) {
    store_.EndLaunch(name, "never started", "pending", "", "").IgnoreError();
    return written;
  }
  slots_[slot].emplace(name, folder, array, Clock::now());
  for (const Runnable& trial : array.trials) ledger_.SetState(trial.trial, TrialState::kRunning);
  collector_.Watch(name, folder);
  backend_.Expect(name, ExpectedSeconds(array));
  const absl::Status submitted = backend_.Submit(slot, name, folder);
  if (submitted.ok()) return absl::OkStatus();
  RETURN_IF_ERROR(EndLaunch(slot, {LaunchReport::Kind::kDied, name, "never started"}));
  EndFatally(submitted);
  return absl::OkStatus();
}

void Session::Wait() {
  std::vector<pollfd> descriptors = {{signals_.descriptor(), POLLIN, 0}};
  for (const int descriptor : backend_.Descriptors()) descriptors.push_back({descriptor, POLLIN, 0});
  const milliseconds period = hinted_ ? kCollectAtMostEvery : kCollectAtLeastEvery;
  const auto left = std::chrono::duration_cast<milliseconds>(collected_ + period - Clock::now());
  poll(descriptors.data(), descriptors.size(), std::max<int>(0, static_cast<int>(left.count()) + 1));
  reports_ = backend_.Poll();
  for (const LaunchReport& report : reports_) {
    hinted_ |= report.kind == LaunchReport::Kind::kEvents;
    if (report.kind == LaunchReport::Kind::kRemark) observer_.Remark(report.how);
  }
}

absl::Status Session::CollectWhatIsDue() {
  if (Clock::now() - collected_ < (hinted_ ? kCollectAtMostEvery : kCollectAtLeastEvery)) return absl::OkStatus();
  collected_ = Clock::now();
  hinted_ = false;
  RETURN_IF_ERROR(collector_.Collect().status());
  for (const auto& launch : slots_) {
    // Nothing more will come of a damaged log.
    if (launch && !collector_.LogStatus(launch->name()).ok()) backend_.Kill(launch->name());
  }
  RETURN_IF_ERROR(JudgeFailures());
  return CheckLimits();
}

void Session::Follow(const std::string& name, const std::vector<Event>& events) {
  RunningLaunch* launch = Find(name);
  if (launch == nullptr) return;
  for (const Event& event : events) {
    launch->Apply(event);
    if (event.has_launch_begin()) never_begun_ = 0;
    if (event.has_metric_points()) FollowPoints(event.metric_points());
    const std::optional<TrialIndex> ended = ledger_.Apply(event, launch->folder());
    if (ended && ledger_.state(*ended) != TrialState::kPending) FollowEnd(event.attempt_end(), *ended, *launch);
  }
}

void Session::FollowPoints(const MetricPoints& points) {
  if (!race_.active()) return;
  const auto trials = ledger_.Indices({points.trial()});
  for (int i = 0; trials.ok() && i < std::min(points.metric_size(), points.value_size()); ++i) {
    if (points.metric(i) == plan_.experiment.metric().name()) race_.AddPoint((*trials)[0], points.step(), points.value(i));
  }
}

void Session::FollowEnd(const AttemptEnd& end, TrialIndex trial, RunningLaunch& launch) {
  if (!launch.Close(trial)) return;
  if (end.outcome() == AttemptEnd::FAILED) {
    failures_.push_back({launch.name(), trial, end.failure_class(), end.message()});
  } else if (end.outcome() == AttemptEnd::STOPPED && launch.timed_out().count(trial) > 0) {
    const std::string message = fmt::format("longer than {} s in training", launching().trial_seconds());
    failures_.push_back({launch.name(), trial, spec::kTimeLimit, message});
  } else {
    policies_.Succeeded();
    TellEnd(trial, "");
  }
}

void Session::TellEnd(TrialIndex trial, const std::string& message) {
  ++ended_here_;
  rungs_due_ = true;
  observer_.TrialEnded({ledger_.arm(trial), ledger_.seed(trial), ledger_.state(trial), ledger_.metric(trial), message},
                       CurrentProgress());
}

RunningLaunch* Session::Find(const std::string& name) {
  for (auto& launch : slots_) {
    if (launch && launch->name() == name) return &*launch;
  }
  return nullptr;
}

// Adopted launches may need more slots than there are; slots of such a backend are all alike.
const std::string& Session::DeviceOf(size_t slot) const {
  const std::vector<std::string>& devices = backend_.capabilities().devices;
  return devices[std::min(slot, devices.size() - 1)];
}

// 0: unknown.
double Session::ExpectedSeconds(const Array& array) const {
  const uint32_t shape = array.trials.front().shape;
  if (shape >= options_.costs.size() || options_.costs[shape].step_source == CostSource::kUnknown) return 0;
  double seconds = 0;
  for (const Runnable& trial : array.trials) seconds += trial.work;
  return seconds;
}

// Nothing runs, and nothing will by itself.
bool Session::Idle() const {
  const bool runs = std::any_of(slots_.begin(), slots_.end(), [](const auto& launch) { return launch.has_value(); });
  return !runs && (stopping_ || scheduler_.waiting_trials() == 0);
}

const Progress& Session::CurrentProgress() {
  progress_.counts = ledger_.counts();
  progress_.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  progress_.stopping = stopping_;
  progress_.slots.resize(slots_.size());
  for (size_t i = 0; i < slots_.size(); ++i) {
    progress_.slots[i] = slots_[i] ? slots_[i]->ProgressOn(DeviceOf(i), ledger_) : SlotProgress{DeviceOf(i), "", 0, 0, 0, 0};
  }
  return progress_;
}

}  // namespace ablate::runner
