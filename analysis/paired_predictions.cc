#include "analysis/paired_predictions.h"

#include <algorithm>
#include <cmath>

#include "analysis/distributions.h"

namespace ablate::analysis {

McNemarResult McNemar(const std::vector<bool>& first_right, const std::vector<bool>& second_right) {
  McNemarResult result;
  for (size_t i = 0; i < first_right.size(); ++i) {
    result.only_first += first_right[i] && !second_right[i];
    result.only_second += !first_right[i] && second_right[i];
  }
  const int64_t differ = result.only_first + result.only_second;
  if (differ > 0) result.p = std::min(1.0, 2 * FairCoinShare(std::min(result.only_first, result.only_second), differ));
  return result;
}

PairedBootstrapResult PairedBootstrap(const std::vector<double>& first, const std::vector<double>& second,
                                      const BootstrapOptions& options) {
  std::vector<double> differences;
  for (size_t i = 0; i < first.size(); ++i) differences.push_back(first[i] - second[i]);
  const std::vector<double> means = BootstrapMeans(differences, options);
  PairedBootstrapResult result;
  result.difference = Mean(differences).mean;
  result.interval = BcaInterval(differences, means);
  int64_t as_far = 0;
  for (const double mean : means) as_far += std::abs(mean - result.difference) >= std::abs(result.difference);
  result.p = (1.0 + as_far) / (1.0 + means.size());
  return result;
}

}  // namespace ablate::analysis
