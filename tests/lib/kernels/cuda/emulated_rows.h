// Rows for tests of the CUDA kernels on the CPU, and what the kernels make of them.
#pragma once

// clang-format off
#include "lib/testing/cuda_on_cpu.h"  // the words that the kernels are written in: first
#include "lib/kernels/cuda/entmax_backward.cuh"
#include "lib/kernels/cuda/entmax_forward.cuh"
#include "lib/kernels/cuda/keep_highest.cuh"
// clang-format on

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "tests/lib/kernels/cuda/row_cases.h"

namespace ablate::kernels::cuda {

template <class T>
struct Rows {
  int keys;
  std::vector<Real<T>> d;
  std::vector<T> scores, gradients;

  int count() const { return static_cast<int>(d.size()); }
};

template <class T>
struct Result {
  std::vector<T> p, dz;
  std::vector<Real<T>> in_alpha, states;
};

template <class T>
std::vector<T> RowOf(const std::vector<T>& values, int keys, int row) {
  return {values.begin() + static_cast<int64_t>(row) * keys, values.begin() + static_cast<int64_t>(row + 1) * keys};
}

template <class T>
bool SameBits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), sizeof(T) * a.size()) == 0;
}

template <class T>
bool SameBits(const Result<T>& a, const Result<T>& b) {
  return SameBits(a.p, b.p) && SameBits(a.dz, b.dz) && SameBits(a.in_alpha, b.in_alpha);
}

template <class T>
Rows<T> MakeRows(int keys, const std::vector<float>& d, uint32_t seed) {
  const RowCases cases = MakeRowCases(keys, d, seed);
  Rows<T> rows{keys, {d.begin(), d.end()}, {}, {}};
  for (float score : cases.scores) rows.scores.push_back(FromReal<T>(score));
  for (float gradient : cases.gradients) rows.gradients.push_back(FromReal<T>(gradient));
  return rows;
}

template <class T>
ForwardRows<T> Describe(const Rows<T>& rows, Result<T>& result) {
  result.p.resize(rows.scores.size());
  result.states.resize(rows.d.size() * kStateSize);
  return {rows.scores.data(), rows.d.data(), rows.count(), rows.keys, result.p.data(), result.states.data()};
}

template <class T>
BackwardRows<T> DescribeBackward(const Rows<T>& rows, Result<T>& result) {
  result.dz.resize(rows.scores.size());
  result.in_alpha.resize(rows.d.size());
  BackwardRows<T> in{result.p.data(), rows.gradients.data(), rows.d.data(),         rows.count(),
                     rows.keys,       result.dz.data(),      result.in_alpha.data()};
  in.scores = rows.scores.data();
  in.states = result.states.data();
  return in;
}

template <class T>
Result<T> Compute(const Rows<T>& rows) {
  Result<T> result;
  EXPECT_TRUE(EntmaxRowsForward(Describe(rows, result), nullptr));
  EXPECT_TRUE(EntmaxRowsBackward(DescribeBackward(rows, result), nullptr));
  return result;
}

}  // namespace ablate::kernels::cuda
