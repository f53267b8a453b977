#include "lib/training/attempt_log.h"

#include <algorithm>

namespace ablate::training {
namespace {

std::string OneLine(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

Event NoteOf(const std::string& trial, Note::Severity severity, std::string_view text) {
  Event event;
  Note& note = *event.mutable_note();
  note.set_trial(trial);
  note.set_severity(severity);
  note.set_text(OneLine(text));
  return event;
}

}  // namespace

absl::Status AttemptLog::Begin(const TrialRequest& request, int64_t first_step) {
  Event event;
  AttemptBegin& begin = *event.mutable_attempt_begin();
  begin.set_trial(request.id());
  begin.set_attempt(request.attempt());
  begin.set_first_step(first_step);
  return log_.Append(std::move(event));
}

absl::Status AttemptLog::Points(const std::string& trial, int64_t step,
                                const std::vector<std::pair<std::string_view, double>>& points) {
  Event event;
  MetricPoints& logged = *event.mutable_metric_points();
  logged.set_trial(trial);
  logged.set_step(step);
  for (const auto& [metric, value] : points) {
    logged.add_metric(std::string(metric));
    logged.add_value(value);
  }
  return log_.Append(std::move(event));
}

absl::Status AttemptLog::Statistics(const std::string& trial, int64_t step, AttentionStatistics statistics) {
  Event event;
  *event.mutable_attention_statistics() = std::move(statistics);
  event.mutable_attention_statistics()->set_trial(trial);
  event.mutable_attention_statistics()->set_step(step);
  return log_.Append(std::move(event));
}

absl::Status AttemptLog::CheckpointIsDurable(const std::string& trial, int64_t step, const std::string& path, uint64_t bytes) {
  Event event;
  CheckpointWritten& written = *event.mutable_checkpoint_written();
  written.set_trial(trial);
  written.set_step(step);
  written.set_path(path);
  written.set_bytes(bytes);
  return log_.Append(std::move(event));
}

absl::Status AttemptLog::Tell(const std::string& trial, std::string_view text) {
  return log_.Append(NoteOf(trial, Note::INFO, text));
}

absl::Status AttemptLog::Warn(const std::string& trial, std::string_view text) {
  return log_.Append(NoteOf(trial, Note::WARNING, text));
}

absl::Status AttemptLog::Evaluation(EvaluationResult result) {
  if (result.has_failure()) result.set_failure(OneLine(result.failure()));
  Event event;
  *event.mutable_evaluation_result() = std::move(result);
  return log_.Append(std::move(event));
}

absl::Status AttemptLog::End(const std::string& trial, int64_t step, AttemptEnd::Outcome outcome) {
  Event event;
  AttemptEnd& end = *event.mutable_attempt_end();
  end.set_trial(trial);
  end.set_step(step);
  end.set_outcome(outcome);
  return log_.Append(std::move(event));
}

absl::Status AttemptLog::Fail(const std::string& trial, int64_t step, const Failure& failure) {
  Event event;
  AttemptEnd& end = *event.mutable_attempt_end();
  end.set_trial(trial);
  end.set_step(step);
  end.set_outcome(AttemptEnd::FAILED);
  end.set_failure_class(failure.failure_class);
  end.set_message(OneLine(failure.message));
  return log_.Append(std::move(event));
}

}  // namespace ablate::training
