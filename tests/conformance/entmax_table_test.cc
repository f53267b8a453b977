// Our entmax against answers of 60 digits (entmax_table.tsv, made by entmax_table.py with mpmath).
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "lib/normalizers/entmax_rows.h"
#include "lib/normalizers/reference/entmax_reference.h"

namespace ablate::normalizers {
namespace {

struct Answer {
  std::string name;
  double d;  // alpha - 1
  std::vector<double> scores, gradients, p, in_scores;
  double in_alpha, alpha_scale;
  double edge;  // least distance of a key from the edge of the support

  std::string Title() const { return name + ", alpha - 1 = " + std::to_string(d); }
  // At the edge ds/dz grows without bounds, and answers hang on the last bit of p.
  bool IsSmooth() const { return edge >= 0x1p-7; }
};

std::vector<double> Numbers(const std::string& text) {
  std::vector<double> numbers;
  std::istringstream words(text);
  for (std::string word; words >> word;) numbers.push_back(std::strtod(word.c_str(), nullptr));
  return numbers;
}

std::vector<Answer> Table() {
  std::vector<Answer> table;
  std::ifstream file("tests/conformance/entmax_table.tsv");
  for (std::string line; std::getline(file, line);) {
    std::istringstream columns(line);
    std::vector<std::string> fields;
    for (std::string field; std::getline(columns, field, '\t');) fields.push_back(field);
    const auto number = [&](int i) { return Numbers(fields.at(i)).at(0); };
    table.push_back({fields.at(0), number(1) - 1, Numbers(fields[2]), Numbers(fields[3]), Numbers(fields[4]),
                     Numbers(fields[5]), number(6), number(7), number(8)});
  }
  return table;
}

double LargestDifference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

// Some roundings of double. Gradients inherit p's error divided by the distance to the edge.
TEST(EntmaxTable, ReferenceInDouble) {
  const std::vector<Answer> table = Table();
  ASSERT_EQ(table.size(), 130u);
  double worst_p = 0;
  for (const Answer& answer : table) {
    const std::vector<double> p = EntmaxReference(answer.scores, answer.d).p;
    worst_p = std::max(worst_p, LargestDifference(p, answer.p));
    EXPECT_LE(LargestDifference(p, answer.p), 4e-16) << answer.Title();
    if (!answer.IsSmooth()) continue;
    const EntmaxGradients gradients = EntmaxGradientReference(p, answer.gradients, answer.d);
    EXPECT_LE(LargestDifference(gradients.scores, answer.in_scores), 1e-15 / answer.edge) << answer.Title();
    EXPECT_NEAR(gradients.alpha, answer.in_alpha, 1e-14 / answer.edge * std::max(1., answer.alpha_scale)) << answer.Title();
  }
  std::printf("largest error of a probability: %.2g\n", worst_p);
}

struct Results {
  std::vector<double> p, in_scores;
  double in_alpha;
};

std::vector<double> Values(const at::Tensor& x) {
  const at::Tensor own = x.detach().to(at::kDouble).contiguous();
  return {own.const_data_ptr<double>(), own.const_data_ptr<double>() + own.numel()};
}

Results Operator(const Answer& answer, at::ScalarType type) {
  const at::Tensor scores = at::tensor(answer.scores, at::kDouble).to(type).requires_grad_();
  const at::Tensor d = at::full({}, answer.d, at::kDouble).to(type).requires_grad_();
  const at::Tensor p = EntmaxOfRows(scores, d);
  p.backward(at::tensor(answer.gradients, at::kDouble).to(type));
  return {Values(p), Values(scores.grad()), d.grad().item().toDouble()};
}

// For checks: its series in alpha ends where float's does, at terms of x^10 / 12! <= 2.1e-9.
TEST(EntmaxTable, OperatorInDouble) {
  for (const Answer& answer : Table()) {
    const Results results = Operator(answer, at::kDouble);
    EXPECT_LE(LargestDifference(results.p, answer.p), 2e-15) << answer.Title();
    if (!answer.IsSmooth()) continue;
    EXPECT_LE(LargestDifference(results.in_scores, answer.in_scores), 1e-14 / answer.edge) << answer.Title();
    const double in_alpha = 1e-13 / answer.edge + 1e-8;
    EXPECT_NEAR(results.in_alpha, answer.in_alpha, in_alpha * std::max(1., answer.alpha_scale)) << answer.Title();
  }
}

// What float32 can reach: 5e-7 in p; in alpha 5e-6 of the sum of its terms, for alpha above 1.5 away from the edge. A key's
// s = p^(1 - d) is off by (1 - d) / p^d <= (1 - d) / edge times p's error, and its gradient by at most 4 max|g| times that.
TEST(EntmaxTable, OperatorInFloat) {
  double worst_p = 0, worst_alpha = 0;
  for (const Answer& answer : Table()) {
    const Results results = Operator(answer, at::kFloat);
    worst_p = std::max(worst_p, LargestDifference(results.p, answer.p));
    EXPECT_LE(LargestDifference(results.p, answer.p), 5e-7) << answer.Title();
    if (answer.d <= .5 || answer.IsSmooth()) {
      const double error = std::fabs(results.in_alpha - answer.in_alpha) / std::max(1., answer.alpha_scale);
      worst_alpha = std::max(worst_alpha, error);
      EXPECT_LE(error, 5e-6) << answer.Title();
    }
    if (!answer.IsSmooth()) continue;
    const double largest = *std::max_element(answer.gradients.begin(), answer.gradients.end());
    EXPECT_LE(LargestDifference(results.in_scores, answer.in_scores),
              2.5e-6 + 4 * largest * 5e-7 * (1 - answer.d) / answer.edge)
        << answer.Title();
  }
  std::printf("largest errors: probability %.2g, gradient in alpha %.2g\n", worst_p, worst_alpha);
}

}  // namespace
}  // namespace ablate::normalizers
