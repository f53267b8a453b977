#include "lib/training/analysis.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/random/permutation.h"
#include "lib/random/philox.h"
#include "lib/training/drawing.h"
#include "lib/training/evaluation.h"
#include "lib/training/sample_attributions.h"
#include "lib/training/treebank_analysis.h"

namespace ablate::training {
namespace {

// The examples that are looked at, as a set to evaluate.
tasks::LabelledExamples Sample(const Analysis& analysis, const tasks::LabelledExamples& all) {
  const std::vector<tasks::Example>& from = analysis.source() == Analysis::TRAIN ? all.train : all.validation;
  tasks::LabelledExamples sample;
  sample.counts_as = all.counts_as;
  sample.classes = all.classes;
  sample.vocabulary = all.vocabulary;
  sample.max_tokens = all.max_tokens;
  for (const int64_t place : SampleOf(static_cast<int64_t>(from.size()), analysis.examples())) {
    sample.validation.push_back(from[place]);
  }
  return sample;
}

absl::Status AddStatistics(const tasks::LabelledExamples& sample, const ArrayState& state, EvaluationResult& result) {
  ASSIGN_OR_RETURN(const std::vector<EvaluationNumbers> all, Evaluate(sample, state, EvaluationDetail::kFullStatistics));
  *result.mutable_statistics() = all[0].statistics;
  // Multipliers of balance are not kept with the weights.
  auto& heads = *result.mutable_statistics()->mutable_head();
  heads.erase(std::remove_if(heads.begin(), heads.end(),
                             [](const HeadStatistic& head) { return head.statistic().rfind("multiplier_", 0) == 0; }),
              heads.end());
  result.add_metric("accuracy");
  result.add_value(all[0].accuracy);
  result.add_metric("loss");
  result.add_value(all[0].loss);
  return absl::OkStatus();
}

}  // namespace

std::vector<int64_t> SampleOf(int64_t size, int64_t count) {
  std::vector<int64_t> places;
  if (size == 0) return places;
  const int64_t taken = count == 0 ? size : std::min(count, size);
  const random::Permutation order(random::Numbers(0, random::Stream::kStatisticsSample), static_cast<uint64_t>(size));
  for (int64_t i = 0; i < taken; ++i) places.push_back(static_cast<int64_t>(order(static_cast<uint64_t>(i))));
  std::sort(places.begin(), places.end());
  return places;
}

absl::Status Analyze(const EvaluationRequest& request, const tasks::LabelledExamples& examples, const ArrayState& state,
                     const std::string& data_folder, EvaluationResult& result) {
  if (state.network->encoder() == nullptr) {
    return absl::InvalidArgumentError("analyses are of encoders that classify; this trial's model is another");
  }
  const Analysis& analysis = request.analysis();
  *result.mutable_analysis() = analysis;
  result.set_step(static_cast<uint64_t>(state.step));
  if (analysis.source() == Analysis::DEPENDENCIES) return AnalyzeTreebank(request, state, data_folder, result);
  if (analysis.source() == Analysis::TEXT) return Draw(request, examples, state, data_folder, result);
  const tasks::LabelledExamples sample = Sample(analysis, examples);
  result.set_examples(sample.validation.size());
  RETURN_IF_ERROR(AddStatistics(sample, state, result));
  return AddAttributions(analysis, sample.validation, state, result);
}

}  // namespace ablate::training
