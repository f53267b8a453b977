#include "lib/training/generation.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "lib/base/status_macros.h"
#include "lib/models/beam_search.h"
#include "lib/tasks/batches.h"
#include "lib/tasks/generation_metrics.h"

namespace ablate::training {
namespace {

using at::Tensor;

constexpr int kBatch = 32;

// Batches of the first `count` examples; where source and target are one sequence, of sources of one length.
std::vector<std::vector<int64_t>> BatchesOf(const std::vector<tasks::Example>& set, size_t count, Layout layout) {
  const std::vector<tasks::Example> some(set.begin(), set.begin() + static_cast<int64_t>(count));
  std::vector<std::vector<int64_t>> batches;
  for (const std::vector<int64_t>& places : tasks::EvaluationBatches(some, kBatch)) {
    batches.emplace_back();
    for (const int64_t place : places) {
      const bool fits = batches.back().empty() || some[batches.back()[0]].tokens.size() == some[place].tokens.size();
      if (layout == Layout::kOneSequence && !fits) batches.emplace_back();
      batches.back().push_back(place);
    }
  }
  return batches;
}

// The model's sources: what is read before the target's begin.
models::Batch SourcesOf(const std::vector<tasks::Example>& set, const std::vector<int64_t>& places, const ArrayState& state) {
  std::vector<tasks::Example> sources;
  std::vector<int64_t> in_order;
  for (const int64_t place : places) {
    tasks::Example source = set[place];
    source.target.clear();
    in_order.push_back(static_cast<int64_t>(sources.size()));
    sources.push_back(std::move(source));
  }
  models::Batch batch =
      MakeBatch(sources, {in_order}, LongestOf(sources, in_order), Layout::kClassified, state.device()).inputs;
  batch.places = {places};
  batch.progress = state.Progress();
  return batch;
}

absl::StatusOr<std::vector<models::Written>> Write(const ArrayState& state, int64_t t, const models::Batch& sources,
                                                   const models::BeamSettings& settings) {
  ASSIGN_OR_RETURN(const std::unique_ptr<models::Writing> writing, state.network->StartWriting(t, sources));
  models::BeamModel model;
  model.next = [&](const std::vector<int32_t>& tokens, std::vector<float>& logits) -> absl::Status {
    ASSIGN_OR_RETURN(const Tensor next, writing->Next(tokens));
    const Tensor own = next.contiguous();
    logits.assign(own.const_data_ptr<float>(), own.const_data_ptr<float>() + own.numel());
    return absl::OkStatus();
  };
  model.select = [&](const std::vector<int64_t>& rows) { writing->Select(rows); };
  return models::BeamSearch(sources.tokens.size(1), settings, model);
}

// The output's size is the vocabulary's.
int VocabularyOf(const ArrayState& state) {
  for (const models::Parameter& parameter : state.network->parameters()) {
    if (parameter.name == "output.bias") return static_cast<int>(parameter.value.size(1));
  }
  return 0;
}

bool Asks(const Trial& trial, const ArrayState& state) {
  const Generation& generation = trial.generation();
  const bool last = state.step == static_cast<int64_t>(trial.training().steps());
  return generation.at() == Generation::EACH || (last && generation.at() == Generation::LAST);
}

}  // namespace

absl::StatusOr<std::vector<std::vector<int32_t>>> Generate(const std::vector<tasks::Example>& set, size_t count,
                                                           int64_t max_tokens, Layout layout, const ArrayState& state,
                                                           int64_t t) {
  const at::NoGradGuard no_gradients;
  const Generation& generation = state.trials[t].request.trial().generation();
  models::BeamSettings settings;
  settings.beams = static_cast<int>(generation.beams());
  settings.length_penalty = generation.length_penalty();
  settings.max_tokens = static_cast<int>(std::max<int64_t>(1, max_tokens));
  settings.begin = tasks::kBegin;
  settings.end = tasks::kEnd;
  settings.vocabulary = VocabularyOf(state);
  std::vector<std::vector<int32_t>> texts(count);
  for (const std::vector<int64_t>& places : BatchesOf(set, count, layout)) {
    ASSIGN_OR_RETURN(std::vector<models::Written> written, Write(state, t, SourcesOf(set, places, state), settings));
    for (size_t i = 0; i < places.size(); ++i) texts[places[i]] = std::move(written[i].tokens);
  }
  return texts;
}

absl::Status AppendGenerated(const tasks::LabelledExamples& task, const std::string& name,
                             const std::vector<tasks::Example>& set, const std::vector<std::vector<std::string>>& references,
                             Layout layout, const ArrayState& state, std::vector<EvaluationNumbers>& numbers) {
  if (task.generation_metrics.empty() || references.empty() || layout == Layout::kClassified) return absl::OkStatus();
  for (size_t t = 0; t < numbers.size(); ++t) {
    const Trial& trial = state.trials[t].request.trial();
    if (!Asks(trial, state) || !std::isfinite(numbers[t].loss)) continue;
    const Generation& generation = trial.generation();
    const size_t count = generation.examples() == 0 ? set.size() : std::min<size_t>(generation.examples(), set.size());
    const int64_t longest = task.max_target_tokens - 1;  // without the begin
    const int64_t most = generation.max_tokens() == 0 ? longest : std::min<int64_t>(generation.max_tokens(), longest);
    ASSIGN_OR_RETURN(const std::vector<std::vector<int32_t>> texts,
                     Generate(set, count, most, layout, state, static_cast<int64_t>(t)));
    const std::vector<std::vector<std::string>> wanted(references.begin(), references.begin() + static_cast<int64_t>(count));
    for (const auto& [metric, value] : tasks::ScoreGenerated(task, wanted, texts)) {
      numbers[t].metrics.emplace_back(name + "/" + metric, value);
    }
  }
  return absl::OkStatus();
}

}  // namespace ablate::training
