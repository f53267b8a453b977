// The distributions that tests and intervals need, by Boost.Math, to about 1e-13 of a value.
#pragma once

#include <cstdint>

namespace ablate::analysis {

// P(Z <= z) of the standard normal distribution, and z with P(Z <= z) = `share`, in (0, 1).
double NormalShare(double z);
double NormalQuantile(double share);

// P(T > t) of Student's distribution for t >= 0, a share in [0, 0.5]; 0 at infinity. `degrees` > 0.
double StudentTail(double t, double degrees);

// t with P(T <= t) = `share`, in [0.5, 1). `degrees` > 0.
double StudentQuantile(double share, double degrees);

// P(|T| > t) of the noncentral distribution, t > 0: the power of a two-sided test with critical value t. `degrees` > 0.
double NoncentralStudentTails(double t, double degrees, double noncentrality);

// P(X <= k) for X the heads among n throws of a fair coin, 0 <= k <= n, n > 0.
double FairCoinShare(int64_t k, int64_t n);

}  // namespace ablate::analysis
