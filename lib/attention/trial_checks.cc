#include "lib/attention/trial_checks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "lib/attention/imposed_sparsity.h"
#include "lib/attention/learned_parameters.h"
#include "lib/base/status_macros.h"
#include "lib/normalizers/catalogue.h"

namespace ablate::attention {
namespace {

absl::Status CheckBalance(const Attention& trial) {
  const Balance& balance = trial.balance();
  std::vector<std::string> able;
  for (const normalizers::Entry& entry : normalizers::Catalogue()) {
    if (entry.has_threshold) able.push_back(entry.name);
  }
  if (std::find(able.begin(), able.end(), trial.normalizer()) == able.end()) {
    return absl::InvalidArgumentError(fmt::format("balance needs a normalizer with a threshold, one of {}; \"{}\" has none",
                                                  fmt::join(able, ", "), trial.normalizer()));
  }
  if (ReadsAlpha(trial) && !trial.alpha_learned() && trial.alpha() == 1) {
    return absl::InvalidArgumentError("balance needs a threshold, and entmax at alpha 1 is softmax and has none");
  }
  if (balance.form() == Balance::FORM_UNSPECIFIED) return absl::InvalidArgumentError("balance: no form is set");
  if (!(balance.share() > 0 && balance.share() <= 1)) {
    return absl::InvalidArgumentError(fmt::format("balance: share is {}; allowed is above 0, at most 1", balance.share()));
  }
  if (balance.multiplier_rate() < 0 || balance.max_multiplier() < 1 || balance.rho_growth() < 1 || balance.sharpness() <= 0) {
    return absl::InvalidArgumentError(fmt::format(
        "balance: multiplier_rate {} must be at least 0, max_multiplier {} and rho_growth {} at least 1, sharpness {} "
        "above 0",
        balance.multiplier_rate(), balance.max_multiplier(), balance.rho_growth(), balance.sharpness()));
  }
  if (!(balance.rho() > 0) || !(balance.epsilon() > 0 && balance.epsilon() < 1) || !(balance.weight() >= 0)) {
    return absl::InvalidArgumentError(fmt::format("balance: rho {} must be above 0, epsilon {} in (0, 1), weight {} at least 0",
                                                  balance.rho(), balance.epsilon(), balance.weight()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTrial(const Attention& trial) {
  if (ReadsAlpha(trial) && !(trial.alpha() >= 1 && trial.alpha() <= 2)) {
    return absl::InvalidArgumentError(fmt::format("alpha is {}; allowed is [1, 2]", trial.alpha()));
  }
  if (trial.normalizer() == "top_k_softmax" && trial.top_k() < 1) {
    return absl::InvalidArgumentError("top_k is 0; allowed is 1 and more");
  }
  if (trial.normalizer() == "sparsegen" && !(trial.sparsegen_lambda() < 1)) {
    return absl::InvalidArgumentError(fmt::format("sparsegen_lambda is {}; allowed is below 1", trial.sparsegen_lambda()));
  }
  RETURN_IF_ERROR(CheckSparsity(trial.sparsity()));
  return trial.balance().k() > 0 ? CheckBalance(trial) : absl::OkStatus();
}

}  // namespace ablate::attention
