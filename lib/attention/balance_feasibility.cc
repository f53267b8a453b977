#include "lib/attention/balance_feasibility.h"

#include <algorithm>
#include <limits>

#include "fmt/format.h"
#include "lib/attention/balance_forms.h"
#include "lib/attention/kept_pairs.h"
#include "lib/attention/regular_graph.h"

namespace ablate::attention {
namespace {

// Lengths that a window is tried at, as multiples of K; further ones have the same ends and a longer middle.
constexpr int64_t kMultiples[] = {2, 3, 5};
constexpr int64_t kLongest = 128;

// A window keeps the same pairs whatever the scores.
std::vector<uint8_t> WindowMask(const Sparsity& sparsity, int64_t tokens) {
  std::vector<uint8_t> mask(tokens * tokens);
  const std::vector<double> scores(tokens * tokens, 0);
  PairKeeper(sparsity).Keep(scores.data(), {tokens, tokens}, random::Numbers(0, random::Stream::kImposedSparsity), 0,
                            mask.data());
  return mask;
}

}  // namespace

bool IsFeasible(const std::vector<uint8_t>& mask, int64_t queries, int64_t keys, int64_t k) {
  std::vector<double> scores(mask.size(), 0);
  for (size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) scores[i] = -std::numeric_limits<double>::infinity();
  }
  GraphRequest request;
  request.queries = queries, request.keys = keys, request.k = k, request.rounds = 0;
  return RegularGraph().Find(scores.data(), request);
}

std::string WhyInfeasible(const Attention& trial) {
  const Sparsity& sparsity = trial.sparsity();
  if (!IsBalanced(trial) || !BalancesColumns(trial.balance())) return "";
  if (sparsity.structure() == Sparsity::NONE || sparsity.site() != Sparsity::SCORES) return "";
  if (sparsity.protect() == Sparsity::FIRST_TOKEN) {
    return "protects the first token for every query, while only K queries may attend it; allowed with balance of columns: "
           "NOTHING, SELF";
  }
  if (sparsity.structure() != Sparsity::WINDOW) return "";
  const int64_t k = trial.balance().k();
  for (const int64_t multiple : kMultiples) {
    const int64_t tokens = std::min(multiple * k, kLongest);
    if (IsFeasible(WindowMask(sparsity, tokens), tokens, tokens, TargetDegreeAt(trial.balance(), tokens, 1))) continue;
    return fmt::format(
        "leaves a window in which no graph has K = {} in rows and columns at {} tokens; allowed: a lower level, a lower k, or "
        "balance of rows alone",
        TargetDegreeAt(trial.balance(), tokens, 1), tokens);
  }
  return "";
}

}  // namespace ablate::attention
