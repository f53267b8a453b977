#include "lib/normalizers/reference/normalizer_references.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "lib/normalizers/reference/entmax_reference.h"

namespace ablate::normalizers {
namespace {

using Row = std::vector<double>;

constexpr double kMasked = -std::numeric_limits<double>::infinity();

double CountUnmasked(const Row& z) { return static_cast<double>(z.size()) - std::count(z.begin(), z.end(), kMasked); }

Row Times(Row z, double factor) {
  for (double& x : z) x = x == kMasked ? x : x * factor;
  return z;
}

// e^z / (e^sink + sum e^z).
Row Softmax(const Row& z, double sink = kMasked) {
  double largest = sink, sum = 0;
  for (double x : z) largest = std::max(largest, x);
  Row p(z.size(), 0);
  if (largest == kMasked) return p;
  for (size_t i = 0; i < z.size(); ++i) sum += p[i] = std::exp(z[i] - largest);
  sum += std::exp(sink - largest);
  for (double& x : p) x /= sum;
  return p;
}

Row TopK(const Row& z, uint32_t k) {
  std::vector<size_t> order(z.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return z[a] > z[b]; });
  Row kept(z.size(), kMasked);
  for (size_t i = 0; i < std::min<size_t>(k, z.size()); ++i) kept[order[i]] = z[order[i]];
  return Softmax(kept);
}

Row Sigmoid(Row z) {
  const double n = CountUnmasked(z);
  for (double& x : z) x = x == kMasked ? 0 : 1 / (1 + n * std::exp(-x));
  return z;
}

Row Rela(Row z) {
  for (double& x : z) x = std::max(x, 0.);
  return z;
}

// Numbers rather than logarithms, as the definition has it.
ReferenceRows Sinkhorn(ReferenceRows m, uint32_t rounds) {
  const auto normalize_rows = [&] {
    for (Row& row : m) {
      const double sum = std::accumulate(row.begin(), row.end(), 0.);
      for (double& x : row) x = sum == 0 ? 0 : x / sum;
    }
  };
  const auto normalize_columns = [&] {
    for (size_t k = 0; k < m[0].size(); ++k) {
      double sum = 0;
      for (const Row& row : m) sum += row[k];
      for (Row& row : m) row[k] = sum == 0 ? 0 : row[k] / sum;
    }
  };
  for (Row& row : m) {
    for (double& x : row) x = std::exp(x);
  }
  normalize_rows();
  for (uint32_t round = 0; round < rounds; ++round) normalize_columns(), normalize_rows();
  return m;
}

double Product(const Row& a, const Row& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.); }

// log(1) counts as log(2): one key has all the weight whatever it is multiplied by.
double LengthFactor(const ReferenceHead& head, const Row& input, int64_t keys) {
  const double beta = std::log1p(std::exp(Product(head.learned.at("length_beta"), input)));
  const double gamma = 2 * std::tanh(Product(head.learned.at("length_gamma"), input));
  return 1 + beta * std::pow(std::log(static_cast<double>(std::max<int64_t>(2, keys))), gamma);
}

}  // namespace

ReferenceRows ReferenceProbabilities(const ReferenceHead& head, const ReferenceRows& scores, const ReferenceRows& inputs,
                                     const std::vector<int64_t>& keys_of_queries) {
  const Attention& settings = head.settings;
  const double d = head.alpha_minus_one;
  if (settings.normalizer() == "sinkhorn") return Sinkhorn(scores, settings.sinkhorn_rounds());
  const std::map<std::string, std::function<Row(size_t)>> of_row = {
      {"adaptive_scalable_entmax",
       [&](size_t q) { return EntmaxReference(Times(scores[q], LengthFactor(head, inputs[q], keys_of_queries[q])), d).p; }},
      {"entmax", [&](size_t q) { return EntmaxReference(scores[q], d).p; }},
      {"rela", [&](size_t q) { return Rela(scores[q]); }},
      {"scalable_softmax",
       [&](size_t q) {
         return Softmax(Times(scores[q], head.learned.at("length_scale")[0] * std::log(CountUnmasked(scores[q]))));
       }},
      {"sigmoid", [&](size_t q) { return Sigmoid(scores[q]); }},
      {"softmax", [&](size_t q) { return Softmax(scores[q]); }},
      {"softmax_plus_one", [&](size_t q) { return Softmax(scores[q], 0); }},
      {"softmax_sink", [&](size_t q) { return Softmax(scores[q], head.learned.at("sink")[0]); }},
      {"sparsegen", [&](size_t q) { return EntmaxReference(Times(scores[q], 1 / (1 - settings.sparsegen_lambda())), 1).p; }},
      {"sparsemax", [&](size_t q) { return EntmaxReference(scores[q], 1).p; }},
      {"top_k_softmax", [&](size_t q) { return TopK(scores[q], settings.top_k()); }},
  };
  ReferenceRows rows;
  const auto found = of_row.find(settings.normalizer());
  if (found == of_row.end()) return rows;
  for (size_t q = 0; q < scores.size(); ++q) rows.push_back(found->second(q));
  return rows;
}

}  // namespace ablate::normalizers
