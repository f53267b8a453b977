#include "lib/training/set_scores.h"

#include <algorithm>
#include <cmath>

#include "lib/models/row_kernels.h"
#include "lib/models/token_loss.h"

namespace ablate::training {
namespace {

using at::Tensor;

// softmax(logits)[of]
double Probability(const float* logits, int64_t classes, int64_t of) {
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(logits[c]) - logits[of]);
  return 1 / sum;
}

}  // namespace

SetScores::SetScores(size_t trials, size_t examples, Layout layout, const std::vector<int32_t>& counts_as)
    : layout_(layout), examples_(static_cast<int64_t>(examples)), counts_as_(counts_as), of_trials_(trials) {
  if (layout != Layout::kClassified) return;
  for (OfTrial& sums : of_trials_) sums.predictions.resize(examples);
}

void SetScores::AddClasses(const float* logits, const int64_t* labels, int64_t classes, const std::vector<int64_t>& places,
                           OfTrial& sums) const {
  const auto count = static_cast<int64_t>(places.size());
  if (counts_as_.empty()) sums.loss += models::CrossEntropyRows(logits, labels, count, classes) * static_cast<double>(count);
  for (int64_t b = 0; b < count; ++b) {
    const float* const row = logits + b * classes;
    const int64_t highest = std::max_element(row, row + classes) - row;
    int64_t predicted = highest;
    double probability = Probability(row, classes, highest);
    if (!counts_as_.empty()) {
      std::vector<double> merged(classes, 0);
      for (int64_t c = 0; c < classes; ++c) merged[counts_as_[c]] += Probability(row, classes, c);
      sums.loss -= std::log(merged[labels[b]]);
      predicted = counts_as_[highest];
      probability = merged[predicted];
    }
    sums.correct += predicted == labels[b];
    sums.predictions[places[b]] = {static_cast<int32_t>(labels[b]), static_cast<int32_t>(predicted),
                                   static_cast<float>(probability)};
  }
  sums.count += count;
}

void SetScores::Add(const Tensor& logits, const Tensor& labels, const std::vector<int64_t>& places) {
  const Tensor values = logits.cpu().contiguous(), expected = labels.cpu().contiguous();
  const int64_t width = values.size(-1), count = values.size(1),
                positions = layout_ == Layout::kClassified ? 1 : values.size(2);
  for (size_t t = 0; t < of_trials_.size(); ++t) {
    const int64_t first = static_cast<int64_t>(t) * count * positions;
    const float* const rows = values.const_data_ptr<float>() + first * width;
    const int64_t* const label = expected.const_data_ptr<int64_t>() + first;
    OfTrial& sums = of_trials_[t];
    if (layout_ == Layout::kClassified) {
      AddClasses(rows, label, width, places, sums);
      continue;
    }
    for (int64_t b = 0; b < count; ++b) {
      const models::TokenScores scores =
          models::ScoreTokens(rows + b * positions * width, label + b * positions, positions, width);
      sums.loss += scores.loss;
      sums.count += scores.tokens;
      sums.correct += scores.correct;
      sums.exact += scores.correct == scores.tokens;
    }
  }
}

double SetScores::Loss(size_t t) const {
  return of_trials_[t].loss / static_cast<double>(std::max<int64_t>(1, of_trials_[t].count));
}

double SetScores::Accuracy(size_t t) const {
  return static_cast<double>(of_trials_[t].correct) / static_cast<double>(std::max<int64_t>(1, of_trials_[t].count));
}

void SetScores::Append(size_t t, const std::string& name, tasks::Objective objective, int64_t words,
                       NamedNumbers& metrics) const {
  if (layout_ == Layout::kClassified) {
    metrics.emplace_back(name + "/accuracy", Accuracy(t));
    metrics.emplace_back(name + "/loss", Loss(t));
    return;
  }
  metrics.emplace_back(name + "/loss", Loss(t));
  metrics.emplace_back(name + "/perplexity", std::exp(Loss(t)));
  metrics.emplace_back(name + "/token_accuracy", Accuracy(t));
  if (objective == tasks::Objective::kSequenceToSequence) {
    metrics.emplace_back(name + "/exact_match", static_cast<double>(of_trials_[t].exact) / static_cast<double>(examples_));
  }
  if (words > 0) metrics.emplace_back(name + "/word_perplexity", std::exp(of_trials_[t].loss / static_cast<double>(words)));
}

}  // namespace ablate::training
