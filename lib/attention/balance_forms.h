// What the forms of balance ask for: a loss, multipliers, scores that are changed. Torch-free.
#pragma once

#include <cstdint>

#include "proto/trial.pb.h"

namespace ablate::attention {

inline bool IsBalanced(const Attention& trial) { return trial.balance().k() > 0; }

// Whether K-regularity is made in the forward pass, with nothing to be learned.
bool IsByConstruction(const Attention& trial);

inline bool HasBalanceLoss(const Attention& trial) { return IsBalanced(trial) && !IsByConstruction(trial); }

// Whether it has multipliers, which move or not: state of training.
bool HasMultipliers(const Attention& trial);

// Whether its form has constraints of this kind (kConstraintNames of balance_multipliers.h).
bool HasKind(const Balance& balance, int64_t kind);

// Whether columns have targets too.
bool BalancesColumns(const Balance& balance);

// Whether neighbours of an array may be balanced by one call.
bool BalancedTogether(const Attention& a, const Attention& b);

// K of a sentence at this share of the steps, [0, 1]: lib/base/target_degree.h, and on its way there from all tokens.
int64_t TargetDegreeAt(const Balance& balance, int64_t tokens, double progress);

// The loss's weight, and rho, at this share of the steps.
double WeightAt(const Balance& balance, double progress);
double RhoAt(const Balance& balance, double progress);

}  // namespace ablate::attention
