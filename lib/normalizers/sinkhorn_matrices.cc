#include "lib/normalizers/sinkhorn_matrices.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/logsumexp.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/normalizers/own_loops.h"

namespace ablate::normalizers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr double kMasked = -std::numeric_limits<double>::infinity();

// Logarithm of the sum of e^x(i), i < count; 0 where all x are masked. A NaN gives NaN.
template <class X>
double LogSumExp(int64_t count, const X& x) {
  double largest = kMasked;
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, x(i));
  if (largest == kMasked) largest = 0;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += std::exp(x(i) - largest);
  return sum == 0 ? 0 : largest + std::log(sum);
}

// One matrix and what its rows and columns have been divided by so far: logarithms.
class Matrix {
 public:
  template <class Real>
  Matrix(const Real* scores, int64_t queries, int64_t keys)
      : queries_(queries), keys_(keys), scores_(scores, scores + queries * keys), of_rows_(queries), of_columns_(keys) {}

  // Rounding of enormous scores may leave a logarithm above 0, where no probability's is.
  double Probability(int64_t query, int64_t key) const {
    const double x = scores_[query * keys_ + key] - of_columns_[key] - of_rows_[query];
    return std::exp(x > 0 ? 0 : x);
  }

  void NormalizeRows() {
    for (int64_t q = 0; q < queries_; ++q) {
      const double* row = scores_.data() + q * keys_;
      of_rows_[q] = LogSumExp(keys_, [&](int64_t k) { return row[k] - of_columns_[k]; });
    }
  }

  void NormalizeColumns() {
    for (int64_t k = 0; k < keys_; ++k) {
      of_columns_[k] = LogSumExp(queries_, [&](int64_t q) { return scores_[q * keys_ + k] - of_rows_[q]; });
    }
  }

  std::vector<double> of_rows() const { return of_rows_; }
  std::vector<double> of_columns() const { return of_columns_; }
  void Restore(const std::vector<double>& rows, const std::vector<double>& columns) { of_rows_ = rows, of_columns_ = columns; }

 private:
  int64_t queries_, keys_;
  std::vector<double> scores_, of_rows_, of_columns_;
};

// gradient [Q, K] in the logarithms behind a normalization -> before it: less p times the sum over the row, or the column.
void BeforeRows(const Matrix& matrix, int64_t queries, int64_t keys, double* gradient) {
  for (int64_t q = 0; q < queries; ++q) {
    double sum = 0;
    for (int64_t k = 0; k < keys; ++k) sum += gradient[q * keys + k];
    for (int64_t k = 0; k < keys; ++k) gradient[q * keys + k] -= matrix.Probability(q, k) * sum;
  }
}

void BeforeColumns(const Matrix& matrix, int64_t queries, int64_t keys, double* gradient) {
  for (int64_t k = 0; k < keys; ++k) {
    double sum = 0;
    for (int64_t q = 0; q < queries; ++q) sum += gradient[q * keys + k];
    for (int64_t q = 0; q < queries; ++q) gradient[q * keys + k] -= matrix.Probability(q, k) * sum;
  }
}

template <class Real>
void Forward(const Real* scores, int64_t queries, int64_t keys, int64_t rounds, Real* probabilities) {
  Matrix matrix(scores, queries, keys);
  matrix.NormalizeRows();
  for (int64_t round = 0; round < rounds; ++round) {
    matrix.NormalizeColumns();
    matrix.NormalizeRows();
  }
  for (int64_t i = 0; i < queries * keys; ++i) {
    probabilities[i] = scores[i] == kMasked ? 0 : static_cast<Real>(matrix.Probability(i / keys, i % keys));
  }
}

// Walks back through the normalizations, whose divisors are computed again rather than kept.
template <class Real>
void Backward(const Real* scores, const Real* gradients, int64_t queries, int64_t keys, int64_t rounds, Real* score_gradients) {
  Matrix matrix(scores, queries, keys);
  matrix.NormalizeRows();
  std::vector<std::vector<double>> rows = {matrix.of_rows()}, columns = {matrix.of_columns()};
  for (int64_t round = 0; round < rounds; ++round) {
    matrix.NormalizeColumns();
    columns.push_back(matrix.of_columns());
    matrix.NormalizeRows();
    rows.push_back(matrix.of_rows());
  }
  std::vector<double> gradient(queries * keys);
  for (int64_t i = 0; i < queries * keys; ++i) {
    gradient[i] = scores[i] == kMasked ? 0 : gradients[i] * matrix.Probability(i / keys, i % keys);
  }
  for (int64_t round = rounds; round > 0; --round) {
    BeforeRows(matrix, queries, keys, gradient.data());
    matrix.Restore(rows[round - 1], columns[round]);
    BeforeColumns(matrix, queries, keys, gradient.data());
    matrix.Restore(rows[round - 1], columns[round - 1]);
  }
  BeforeRows(matrix, queries, keys, gradient.data());
  std::transform(gradient.begin(), gradient.end(), score_gradients, [](double g) { return static_cast<Real>(g); });
}

// Calls function(matrix, rounds of its trial) for all matrices.
template <class Function>
void ForEachMatrix(const at::Tensor& scores, const std::vector<int64_t>& rounds, const Function& function) {
  const int64_t size = scores.size(-1) * scores.size(-2), count = size == 0 ? 0 : scores.numel() / size;
  const int64_t per_trial = std::max<int64_t>(1, count / static_cast<int64_t>(rounds.size()));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) function(i * size, rounds[i / per_trial]);
  });
}

struct SinkhornFunction : torch::autograd::Function<SinkhornFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& scores, const std::vector<int64_t>& rounds) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor from = scores.contiguous(), probabilities = at::empty_like(from);
    AT_DISPATCH_FLOATING_TYPES(scores.scalar_type(), "SinkhornMatrices", [&] {
      const scalar_t* z = from.const_data_ptr<scalar_t>();
      scalar_t* p = probabilities.mutable_data_ptr<scalar_t>();
      ForEachMatrix(from, rounds,
                    [&](int64_t at, int64_t count) { Forward(z + at, from.size(-2), from.size(-1), count, p + at); });
    });
    context->save_for_backward({from});
    context->saved_data["rounds"] = rounds;
    return probabilities;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const at::Tensor scores = context->get_saved_variables()[0], given = gradients[0].contiguous();
    const at::Tensor result = at::empty_like(scores);
    AT_DISPATCH_FLOATING_TYPES(scores.scalar_type(), "SinkhornMatrices", [&] {
      const scalar_t *z = scores.const_data_ptr<scalar_t>(), *g = given.const_data_ptr<scalar_t>();
      scalar_t* dz = result.mutable_data_ptr<scalar_t>();
      ForEachMatrix(scores, context->saved_data["rounds"].toIntVector(), [&](int64_t at, int64_t count) {
        Backward(z + at, g + at, scores.size(-2), scores.size(-1), count, dz + at);
      });
    });
    return {result, at::Tensor()};
  }
};

// Far below any sum of finite scores, and yet a number: -inf less -inf would be NaN.
constexpr double kFarBelow = -1e30;

at::Tensor ByTorch(const at::Tensor& scores, int64_t rounds) {
  const at::Tensor masked = scores.eq(kMasked);
  at::Tensor logs = scores.masked_fill(masked, kFarBelow);
  const auto normalize = [&](int64_t dim) {
    logs = (logs - at::logsumexp(logs, {dim}, /*keepdim=*/true)).masked_fill(masked, kFarBelow);
  };
  normalize(-1);
  for (int64_t round = 0; round < rounds; ++round) normalize(-2), normalize(-1);
  return logs.exp();
}

}  // namespace

at::Tensor SinkhornMatrices(const at::Tensor& scores, const std::vector<int64_t>& rounds) {
  TORCH_CHECK_VALUE(scores.dim() >= 3 && static_cast<int64_t>(rounds.size()) == scores.size(0), "rounds of ", rounds.size(),
                    " trials for scores ", scores.sizes());
  return RunsOwnLoops(scores) ? SinkhornFunction::apply(scores, rounds) : SinkhornMatricesByTorch(scores, rounds);
}

at::Tensor SinkhornMatricesByTorch(const at::Tensor& scores, const std::vector<int64_t>& rounds) {
  std::vector<at::Tensor> parts;
  for (size_t i = 0; i < rounds.size(); ++i) parts.push_back(ByTorch(scores.narrow(0, static_cast<int64_t>(i), 1), rounds[i]));
  return at::cat(parts, 0);
}

}  // namespace ablate::normalizers
