#include "runner/scheduler/experiment_record.h"

#include <string>

namespace ablate::runner {
namespace {

// Name of the alternative that a oneof holds.
template <typename Message>
std::string KindOf(const Message& message) {
  const auto* field = Message::descriptor()->FindFieldByNumber(message.kind_case());
  return field == nullptr ? "" : field->name();
}

}  // namespace

store::ExperimentRecord RecordOf(const spec::Plan& plan) {
  const Experiment& experiment = plan.experiment;
  store::ExperimentRecord record;
  record.name = experiment.name();
  record.question = experiment.question();
  record.text = plan.text;
  record.digest = plan.digest;
  record.metric = experiment.metric().name();
  record.goal = Metric::Goal_Name(experiment.metric().goal());
  record.at = Metric::At_Name(experiment.metric().at());
  for (const Claim& claim : experiment.claim()) {
    record.claims.push_back({claim.arm(), claim.baseline(), claim.source(), claim.at_least()});
  }
  return record;
}

store::TrialRecord TrialRecordOf(const spec::Plan& plan, size_t trial) {
  const spec::PlannedTrial& planned = plan.trials[trial];
  store::TrialRecord record;
  record.id = planned.id;
  record.arm = planned.arm;
  record.trial = planned.trial();
  record.task_name = KindOf(record.trial.task());
  record.model_name = KindOf(record.trial.model());
  for (spec::Setting& setting : spec::SettingsOf(plan, record.trial)) {
    record.settings.emplace_back(std::move(setting.field), std::move(setting.value));
  }
  return record;
}

}  // namespace ablate::runner
