#include "runner/scheduler/session.h"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/scheduler/experiment_record.h"
#include "runner/scheduler/launch_folder.h"
#include "runner/scheduler/recovery.h"

namespace ablate::runner {
namespace {

using std::chrono::milliseconds;

// Logs are looked at this often whether workers hint or not, and not more often when they do.
constexpr milliseconds kCollectAtLeastEvery{200};
constexpr milliseconds kCollectAtMostEvery{50};

Scheduler::Options SchedulerOptions(const Launching& launching, const Backend& backend) {
  return {static_cast<uint32_t>(backend.capabilities().devices.size()), launching.max_array_trials(),
          launching.crash_retries()};
}

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Session::Session(const spec::Plan& plan, SessionOptions options, store::Writer& store, Backend& backend, Observer& observer)
    : plan_(plan),
      options_(std::move(options)),
      store_(store),
      backend_(backend),
      observer_(observer),
      collector_(store),
      ledger_(plan),
      scheduler_(SchedulerOptions(plan.experiment.launching(), backend)),
      slots_(backend.capabilities().devices.size()) {}

absl::StatusOr<SessionResult> Session::Run() {
  RETURN_IF_ERROR(Prepare());
  malloc_trim(0);  // what recording and loading took is more than what is kept
  observer_.Begin(CurrentProgress());
  RETURN_IF_ERROR(Loop());
  SessionResult result;
  result.counts = ledger_.counts();
  result.ended_here = ended_here_;
  result.interrupted = interrupted_ && Count(result.counts, TrialState::kPending) > 0;
  result.seconds = CurrentProgress().seconds;
  return result;
}

absl::Status Session::Prepare() {
  const auto trial = [this](size_t i) { return TrialRecordOf(plan_, i); };
  RETURN_IF_ERROR(store_.RecordExperiment(RecordOf(plan_), plan_.trials.size(), trial));
  ASSIGN_OR_RETURN(const std::vector<std::string> taken_over, EndOpenLaunches(store_, collector_));
  if (!taken_over.empty()) {
    observer_.Remark(fmt::format("took over {} launches of a runner that died", taken_over.size()));
  }
  ASSIGN_OR_RETURN(const std::vector<store::TrialStatus> statuses, store_.Statuses(plan_.experiment.name()));
  RETURN_IF_ERROR(ledger_.Load(statuses));
  scheduler_.Add(ledger_.Runnables(ledger_.InState(TrialState::kPending)));
  collector_.set_listener([this](const std::string& name, const std::vector<Event>& events) { Follow(name, events); });
  return absl::OkStatus();
}

absl::Status Session::Loop() {
  while (true) {
    ObeySignals();
    RETURN_IF_ERROR(ServeCommands());
    RETURN_IF_ERROR(FillSlots());
    if (Idle()) return fatal_;
    observer_.Tick(CurrentProgress());
    Wait();
    RETURN_IF_ERROR(CollectWhatIsDue());
    RETURN_IF_ERROR(EndLaunches());
  }
}

absl::Status Session::FillSlots() {
  for (size_t slot = 0; slot < slots_.size() && !stopping_; ++slot) {
    if (slots_[slot]) continue;
    const auto array = scheduler_.Next();
    if (!array) break;
    RETURN_IF_ERROR(Start(slot, *array));
  }
  return absl::OkStatus();
}

absl::Status Session::WriteFolder(const std::string& name, const std::string& folder, size_t slot, const Array& array) const {
  LaunchRequest request;
  request.set_launch(name);
  request.set_device(backend_.capabilities().devices[slot]);
  request.set_data_folder(options_.data_folder);
  for (const Runnable& trial : array.trials) *request.add_trial() = ledger_.Request(trial.trial);
  return MakeLaunchFolder(folder, request);
}

absl::Status Session::Start(size_t slot, const Array& array) {
  if (!provenance_) provenance_ = options_.provenance();
  const std::string name = NewLaunchName();
  const std::string launches = LaunchesFolder(store_.path());
  const std::string folder = JoinPath(launches, name);
  RETURN_IF_ERROR(WriteFolder(name, folder, slot, array));

  store::LaunchRecord record = *provenance_;
  record.launch = name;
  record.folder = JoinPath(NameOf(launches), name);
  record.backend = backend_.capabilities().name;
  record.device = backend_.capabilities().devices[slot];
  for (const Runnable& trial : array.trials) record.trials.push_back(ledger_.id(trial.trial));
  RETURN_IF_ERROR(store_.RecordLaunch(record));

  slots_[slot].emplace(name, folder, array);
  for (const Runnable& trial : array.trials) ledger_.SetState(trial.trial, TrialState::kRunning);
  collector_.Watch(name, folder);
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
  for (const LaunchReport& report : reports_) hinted_ |= report.kind == LaunchReport::Kind::kEvents;
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
  return absl::OkStatus();
}

void Session::Follow(const std::string& name, const std::vector<Event>& events) {
  RunningLaunch* launch = Find(name);
  if (launch == nullptr) return;
  for (const Event& event : events) {
    launch->Apply(event);
    if (event.has_launch_begin()) never_begun_ = 0;
    const std::optional<TrialIndex> ended = ledger_.Apply(event, launch->folder());
    if (!ended || ledger_.state(*ended) == TrialState::kPending) continue;
    const AttemptEnd& end = event.attempt_end();
    TellEnd(*ended, end.outcome() == AttemptEnd::FAILED ? fmt::format("{}: {}", end.failure_class(), end.message()) : "");
  }
}

void Session::TellEnd(TrialIndex trial, const std::string& message) {
  ++ended_here_;
  observer_.TrialEnded({ledger_.arm(trial), ledger_.seed(trial), ledger_.state(trial), ledger_.metric(trial), message},
                       CurrentProgress());
}

absl::Status Session::ServeCommands() {
  if (Clock::now() - served_ < kCollectAtLeastEvery) return absl::OkStatus();
  served_ = Clock::now();
  for (const Command& command : TakeCommands(store_.path())) RETURN_IF_ERROR(Obey(command));
  return absl::OkStatus();
}

absl::Status Session::Obey(const Command& command) {
  const auto changed = Execute(command, store_);
  if (absl::IsNotFound(changed.status())) return absl::OkStatus();
  RETURN_IF_ERROR(changed.status());
  if (command.experiment != plan_.experiment.name()) return absl::OkStatus();
  if (command.kind == Command::Kind::kCancel) {
    for (const TrialIndex trial : scheduler_.Clear()) ledger_.SetState(trial, TrialState::kCancelled);
    for (const auto& launch : slots_) {
      if (!launch) continue;
      for (const TrialIndex trial : launch->Open(ledger_)) RETURN_IF_ERROR(AskToStop(launch->folder(), ledger_.id(trial)));
    }
    observer_.Remark(fmt::format("cancelled: {} waiting trials, running ones are stopped", changed->size()));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<TrialIndex> again, ledger_.Indices(*changed));
  for (const TrialIndex trial : again) ledger_.SetState(trial, TrialState::kPending);
  scheduler_.Add(ledger_.Runnables(again));
  observer_.Remark(fmt::format("{} trials are tried again", again.size()));
  return absl::OkStatus();
}

void Session::ObeySignals() {
  const uint32_t stops = signals_.TakeStops();
  if (stops == 0) return;
  const bool kill = interrupted_ || stops > 1;
  interrupted_ = true;
  if (!stopping_) {
    observer_.Remark("stopping at the next checkpoint; once more to stop now (nothing is lost either way)");
    Stop();
  }
  for (const auto& launch : slots_) {
    if (launch && kill) backend_.Kill(launch->name());
  }
  killed_ |= kill;
}

void Session::Stop() {
  stopping_ = true;
  for (const auto& launch : slots_) {
    if (launch && !AskToLeave(launch->folder()).ok()) backend_.Kill(launch->name());
  }
}

void Session::EndFatally(absl::Status status) {
  if (fatal_.ok()) fatal_ = std::move(status);
  if (!stopping_) Stop();
}

RunningLaunch* Session::Find(const std::string& name) {
  for (auto& launch : slots_) {
    if (launch && launch->name() == name) return &*launch;
  }
  return nullptr;
}

bool Session::Idle() const {
  return std::none_of(slots_.begin(), slots_.end(), [](const auto& launch) { return launch.has_value(); });
}

const Progress& Session::CurrentProgress() {
  const std::vector<std::string>& devices = backend_.capabilities().devices;
  progress_.counts = ledger_.counts();
  progress_.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  progress_.stopping = stopping_;
  progress_.slots.resize(slots_.size());
  for (size_t i = 0; i < slots_.size(); ++i) {
    progress_.slots[i] = slots_[i] ? slots_[i]->ProgressOn(devices[i], ledger_) : SlotProgress{devices[i], "", 0, 0, 0, 0};
  }
  return progress_;
}

}  // namespace ablate::runner
