#include "runner/scheduler/evaluation_run.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/scheduler/commands.h"
#include "runner/scheduler/launch_folder.h"
#include "runner/scheduler/recovery.h"

namespace ablate::runner {
namespace {

constexpr int kWaitMilliseconds = 200;
constexpr int kLogLines = 3;

}  // namespace

EvaluationRun::EvaluationRun(std::vector<TrialRequest> trials, EvaluationRunOptions options, store::Writer& store,
                             Backend& backend)
    : trials_(std::move(trials)),
      options_(std::move(options)),
      store_(store),
      backend_(backend),
      collector_(store),
      slots_(backend.capabilities().devices.size()) {}

absl::StatusOr<EvaluationRunResult> EvaluationRun::Run() {
  RETURN_IF_ERROR(EndOpenLaunches(store_, collector_).status());
  collector_.set_listener([this](const std::string& name, const std::vector<Event>& events) { Follow(name, events); });
  while (true) {
    ObeySignals();
    RETURN_IF_ERROR(FillSlots());
    if (Idle()) return result_;
    Wait();
    RETURN_IF_ERROR(collector_.Collect().status());
    RETURN_IF_ERROR(EndLaunches());
  }
}

absl::Status EvaluationRun::FillSlots() {
  for (size_t slot = 0; slot < slots_.size() && !stopping_ && next_ < trials_.size(); ++slot) {
    if (!slots_[slot]) RETURN_IF_ERROR(Start(slot, trials_[next_++]));
  }
  return absl::OkStatus();
}

absl::Status EvaluationRun::Start(size_t slot, const TrialRequest& trial) {
  if (!provenance_) provenance_ = options_.provenance();
  LaunchRequest request;
  request.set_launch(NewLaunchName());
  request.set_device(backend_.capabilities().devices[slot]);
  request.set_data_folder(options_.data_folder);
  *request.add_trial() = trial;
  const std::string folder = JoinPath(LaunchesFolder(store_.path()), request.launch());
  RETURN_IF_ERROR(MakeLaunchFolder(folder, request));

  store::LaunchRecord record = *provenance_;
  record.launch = request.launch();
  record.folder = JoinPath(FileName(LaunchesFolder(store_.path())), request.launch());
  record.backend = backend_.capabilities().name;
  record.device = request.device();
  RETURN_IF_ERROR(store_.RecordLaunch(record));  // without trials: nothing is attempted

  slots_[slot] = Launch{request.launch(), folder, static_cast<size_t>(trial.evaluation_size())};
  collector_.Watch(request.launch(), folder);
  return backend_.Submit(slot, request.launch(), folder);
}

void EvaluationRun::Wait() {
  std::vector<pollfd> descriptors = {{signals_.descriptor(), POLLIN, 0}};
  for (const int descriptor : backend_.Descriptors()) descriptors.push_back({descriptor, POLLIN, 0});
  poll(descriptors.data(), descriptors.size(), kWaitMilliseconds);
  reports_ = backend_.Poll();
}

absl::Status EvaluationRun::EndLaunches() {
  for (const LaunchReport& report : std::exchange(reports_, {})) {
    if (report.kind == LaunchReport::Kind::kEvents) continue;
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot] && slots_[slot]->name == report.launch) RETURN_IF_ERROR(End(slot, report));
    }
  }
  return absl::OkStatus();
}

absl::Status EvaluationRun::End(size_t slot, const LaunchReport& report) {
  RETURN_IF_ERROR(collector_.Collect(report.launch).status());
  const bool finished = collector_.Finished(report.launch).has_value();
  const absl::Status log = collector_.LogStatus(report.launch);
  collector_.Unwatch(report.launch);
  const Launch launch = *std::exchange(slots_[slot], std::nullopt);
  std::string reason = "ended";
  if (!finished) reason = log.ok() ? fmt::format("crashed ({})", report.how) : std::string(log.message());
  if (!finished && !stopping_) {
    result_.failed += launch.open;
    const std::string said = EndOfLogText(launch.folder, kLogLines);
    options_.complained(fmt::format("launch {} {}{}{}", launch.name, reason, said.empty() ? "" : ": ", said));
  }
  RETURN_IF_ERROR(store_.EndLaunch(launch.name, reason, "pending", "", ""));
  TidyLaunchFolder(launch.folder);
  return absl::OkStatus();
}

void EvaluationRun::Follow(const std::string& name, const std::vector<Event>& events) {
  for (auto& slot : slots_) {
    if (!slot || slot->name != name) continue;
    for (const Event& event : events) {
      if (!event.has_evaluation_result()) continue;
      --slot->open;
      ++result_.done;
      result_.failed += event.evaluation_result().has_failure();
      options_.told(event.evaluation_result());
    }
  }
}

// Once: no more launches, and those that run leave between two evaluations. Again: at once.
void EvaluationRun::ObeySignals() {
  const uint32_t stops = signals_.TakeStops().count;
  if (stops == 0) return;
  const bool kill = stopping_ || stops > 1;
  stopping_ = true;
  result_.interrupted = true;
  for (const auto& launch : slots_) {
    if (launch && (kill || !AskToLeave(launch->folder).ok())) backend_.Kill(launch->name);
  }
}

bool EvaluationRun::Idle() const {
  const bool runs = std::any_of(slots_.begin(), slots_.end(), [](const auto& launch) { return launch.has_value(); });
  return !runs && (stopping_ || next_ == trials_.size());
}

}  // namespace ablate::runner
