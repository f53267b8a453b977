#include "lib/attention/balance_forms.h"

#include <algorithm>
#include <cmath>

#include "lib/base/target_degree.h"

namespace ablate::attention {

bool IsByConstruction(const Attention& trial) {
  const Balance::Form form = trial.balance().form();
  return form == Balance::ORACLE_TOP_K || form == Balance::ORACLE_GRAPH || form == Balance::PROJECTION;
}

bool HasMultipliers(const Attention& trial) {
  const Balance::Form form = trial.balance().form();
  return IsBalanced(trial) &&
         (form == Balance::EXPONENTIAL_EXTREMUM || form == Balance::EXPONENTIAL_COUNT || form == Balance::NEAREST_GRAPH);
}

bool HasKind(const Balance& balance, int64_t kind) {
  if (balance.form() == Balance::NEAREST_GRAPH) return kind < 2;
  if (balance.form() == Balance::EXPONENTIAL_COUNT && kind % 2 != 0) return false;
  return kind < 2 || BalancesColumns(balance);
}

bool BalancesColumns(const Balance& balance) {
  if (balance.form() == Balance::ORACLE_TOP_K || balance.form() == Balance::ORACLE_GRAPH) {
    return balance.form() == Balance::ORACLE_GRAPH;
  }
  return balance.sides() == Balance::ROWS_AND_COLUMNS;
}

bool BalancedTogether(const Attention& a, const Attention& b) {
  if (!IsBalanced(a) || !IsBalanced(b)) return IsBalanced(a) == IsBalanced(b);
  const Balance &x = a.balance(), &y = b.balance();
  return x.form() == y.form() && BalancesColumns(x) == BalancesColumns(y) && x.multipliers() == y.multipliers() &&
         x.gradient() == y.gradient() && x.rounds() == y.rounds() && x.project_evaluation() == y.project_evaluation();
}

int64_t TargetDegreeAt(const Balance& balance, int64_t tokens, double progress) {
  const int64_t target = TargetDegree(balance.k(), balance.share(), tokens);
  if (progress >= balance.k_ramp_share()) return target;
  const double way = progress / balance.k_ramp_share();
  return tokens - static_cast<int64_t>(std::floor(static_cast<double>(tokens - target) * way + .5));
}

double WeightAt(const Balance& balance, double progress) {
  return progress < balance.warmup_share() ? balance.weight() * progress / balance.warmup_share() : balance.weight();
}

double RhoAt(const Balance& balance, double progress) { return balance.rho() * std::pow(balance.rho_growth(), progress); }

}  // namespace ablate::attention
