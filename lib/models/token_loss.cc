#include "lib/models/token_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "lib/models/token_kernels.h"

namespace ablate::models {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

struct TokenCrossEntropyOnCpu : Function<TokenCrossEntropyOnCpu> {
  static Tensor forward(AutogradContext* context, const Tensor& logits, const Tensor& labels, const Tensor& smoothing) {
    const Tensor own = logits.contiguous(), own_labels = labels.contiguous();
    const int64_t trials = own.size(0), rows = own.size(1), vocabulary = own.size(2);
    const Tensor log_sums = at::empty({trials, rows}, at::kDouble), losses = at::empty({trials}, own.options());
    for (int64_t t = 0; t < trials; ++t) {
      const double spread = smoothing.const_data_ptr<double>()[t];
      double sum = 0;
      int64_t tokens = 0;
      for (int64_t i = t * rows; i < (t + 1) * rows; ++i) {
        const int64_t label = own_labels.const_data_ptr<int64_t>()[i];
        if (label == kNoLabel) continue;
        const float* const values = own.const_data_ptr<float>() + i * vocabulary;
        const RowSum row = SumOfLogits(values, vocabulary, spread > 0);
        log_sums.mutable_data_ptr<double>()[i] = row.log_sum;
        sum += row.log_sum - (1 - spread) * values[label] - spread * row.mean;
        ++tokens;
      }
      losses.mutable_data_ptr<float>()[t] = static_cast<float>(sum / static_cast<double>(std::max<int64_t>(1, tokens)));
    }
    context->save_for_backward({own, own_labels, smoothing, log_sums});
    return losses;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const Tensor &logits = saved[0], &labels = saved[1], gradient = gradients[0].contiguous();
    const int64_t trials = logits.size(0), rows = logits.size(1), vocabulary = logits.size(2);
    const Tensor result = at::empty_like(logits);
    for (int64_t t = 0; t < trials; ++t) {
      const int64_t* const label = labels.const_data_ptr<int64_t>() + t * rows;
      const int64_t tokens = rows - std::count(label, label + rows, kNoLabel);
      const double spread = saved[2].const_data_ptr<double>()[t];
      const auto scale =
          static_cast<float>(gradient.const_data_ptr<float>()[t] / static_cast<double>(std::max<int64_t>(1, tokens)));
      const auto rest = static_cast<float>(spread / static_cast<double>(vocabulary));
      for (int64_t i = 0; i < rows; ++i) {
        const int64_t place = t * rows + i;
        float* const row = result.mutable_data_ptr<float>() + place * vocabulary;
        if (label[i] == kNoLabel) {
          std::fill_n(row, vocabulary, 0.f);
        } else {
          SoftmaxGradient(logits.const_data_ptr<float>() + place * vocabulary, vocabulary,
                          saved[3].const_data_ptr<double>()[place], scale, rest, label[i], static_cast<float>(spread - 1), row);
        }
      }
    }
    return {result, Tensor(), Tensor()};
  }
};

}  // namespace

Tensor TokenCrossEntropy(const Tensor& logits, const Tensor& labels, const std::vector<double>& smoothing) {
  if (!logits.is_cpu()) return TokenCrossEntropyByTorch(logits, labels, smoothing);
  return TokenCrossEntropyOnCpu::apply(logits, labels, at::tensor(smoothing, at::kDouble));
}

Tensor TokenCrossEntropyByTorch(const Tensor& logits, const Tensor& labels, const std::vector<double>& smoothing) {
  const Tensor labelled = labels.ne(kNoLabel);
  const Tensor logs = at::log_softmax(logits, 2);
  const Tensor at_labels = logs.gather(2, labels.clamp_min(0).unsqueeze(2)).squeeze(2);
  const Tensor spread = at::tensor(smoothing, at::kDouble).to(logits.device(), logits.scalar_type()).unsqueeze(1);
  const Tensor losses = -((1 - spread) * at_labels + spread * logs.mean(2));
  return losses.masked_fill(labelled.logical_not(), 0).sum(1) / labelled.sum(1).clamp_min(1);
}

TokenScores ScoreTokens(const float* logits, const int64_t* labels, int64_t tokens, int64_t vocabulary) {
  TokenScores scores;
  for (int64_t i = 0; i < tokens; ++i) {
    if (labels[i] == kNoLabel) continue;
    const float* const values = logits + i * vocabulary;
    scores.loss += SumOfLogits(values, vocabulary, false).log_sum - values[labels[i]];
    scores.correct += PlaceOfLargest(values, vocabulary) == labels[i];
    ++scores.tokens;
  }
  return scores;
}

}  // namespace ablate::models
