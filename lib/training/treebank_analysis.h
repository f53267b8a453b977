// A trial's attention on the sentences of a treebank.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "lib/training/array_state.h"
#include "proto/evaluation.pb.h"

namespace ablate::training {

// Relations, baselines and, for the attributions asked for, distances (message Analysis, source DEPENDENCIES). Sentences that
// are longer than the task's max_tokens, have one word or a word without tokens are not drawn; the metric "skipped_sentences"
// counts them.
absl::Status AnalyzeTreebank(const EvaluationRequest& request, const ArrayState& state, const std::string& data_folder,
                             EvaluationResult& result);

}  // namespace ablate::training
