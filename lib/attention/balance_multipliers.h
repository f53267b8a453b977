// The multipliers of balance: state of training that belongs to a trial, a layer and a head, beside its parameters.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "proto/trial.pb.h"

namespace ablate::attention {

// Kinds of constraints: (row lower, row upper, column lower, column upper). EXPONENTIAL_COUNT uses the first for rows and the
// third for columns, NEAREST_GRAPH the first for pairs in the graph and the second for pairs outside. Names for statistics.
inline constexpr int64_t kConstraintKinds = 4;
inline constexpr const char* kConstraintNames[kConstraintKinds] = {"row_lower", "row_upper", "column_lower", "column_upper"};

// Parts of a sentence with multipliers of their own (PER_RELATIVE_ROW).
inline constexpr int64_t kRelativeRows = 16;

// Of one layer: [T, H, 4] f32, or [T, H, kRelativeRows, 4] where a trial has them per relative row. Trials without multipliers
// have slices that nothing reads.
at::Tensor StartMultipliers(const std::vector<Attention>& trials, int64_t heads);

// After a step. mu <- clip(mu exp(eta violation)), mu in [1e-3, max_multiplier], eta = ln(1 + multiplier_rate) / 10: at most
// that growth in ten steps. EXPONENTIAL_COUNT: lambda <- clip(lambda + multiplier_rate rho violation) in +-max_multiplier.
// CONSTANT: as they are. Both like StartMultipliers' result; returns the new ones. `progress`: share of the steps taken.
at::Tensor UpdateMultipliers(const at::Tensor& multipliers, const at::Tensor& violations, const std::vector<Attention>& trials,
                             double progress);

// Which part of its sentence each row or column lies in: [G, B, R] int64 in [0, kRelativeRows). there [G, B, R] bool: those
// that count; others get 0.
at::Tensor RelativePlaces(const at::Tensor& there);

// What constraints of rows (or columns) have as multipliers, [G, B or 1, H, R or 1, kinds]: `kinds` of them from `first` on.
at::Tensor MultipliersOf(const at::Tensor& multipliers, const at::Tensor& places, int64_t first, int64_t kinds);

// values [G, B, H, R, kinds], there likewise bool: mean over examples and rows that are there, like the multipliers without
// their other kinds: [G, H, kinds], or [G, H, kRelativeRows, kinds] if per_place. 0 where there are none.
at::Tensor MeanOfRows(const at::Tensor& values, const at::Tensor& there, const at::Tensor& places, bool per_place);

}  // namespace ablate::attention
