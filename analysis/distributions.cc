#include "analysis/distributions.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace ablate::analysis {

namespace math = boost::math;

double NormalShare(double z) { return std::isinf(z) ? (z > 0 ? 1 : 0) : math::cdf(math::normal(), z); }

double NormalQuantile(double share) { return math::quantile(math::normal(), share); }

double StudentTail(double t, double degrees) {
  return std::isinf(t) ? 0 : math::cdf(math::complement(math::students_t(degrees), t));
}

double StudentQuantile(double share, double degrees) {
  return math::quantile(math::complement(math::students_t(degrees), 1 - share));
}

double NoncentralStudentTails(double t, double degrees, double noncentrality) {
  const math::non_central_t distribution(degrees, noncentrality);
  return math::cdf(math::complement(distribution, t)) + math::cdf(distribution, -t);
}

double FairCoinShare(int64_t k, int64_t n) {
  return math::cdf(math::binomial(static_cast<double>(n), 0.5), static_cast<double>(k));
}

}  // namespace ablate::analysis
