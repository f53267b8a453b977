// The rows of entmax_rows.h for one instruction set: the same source and the same bits for each. Parameters are checked
// already.
#pragma once

#include <cstdint>

namespace ablate::kernels {

// The keys that can be in a row's support, packed. Each array has room for 16 entries past the last key.
template <class Real>
struct Candidates {
  Real* y;       // score minus the row's largest; the gradient in the backward pass
  Real *p, *s;   // at the threshold
  int32_t* key;  // where they come from
  int64_t count;
};

#define ABLATE_DECLARE_SOLVER(Real)                                                                               \
  void ForwardRow(const Real* scores, Real d, int64_t keys, Real* probabilities, Candidates<Real> candidates);    \
  void BackwardRow(const Real* probabilities, const Real* gradients, Real d, int64_t keys, Real* score_gradients, \
                   Real* alpha_gradient, Candidates<Real> support);
#define ABLATE_DECLARE_SOLVERS(set) \
  namespace set {                   \
  ABLATE_DECLARE_SOLVER(float)      \
  ABLATE_DECLARE_SOLVER(double)     \
  }
ABLATE_DECLARE_SOLVERS(baseline)
ABLATE_DECLARE_SOLVERS(avx2)
ABLATE_DECLARE_SOLVERS(avx512)
#undef ABLATE_DECLARE_SOLVERS
#undef ABLATE_DECLARE_SOLVER

}  // namespace ablate::kernels
