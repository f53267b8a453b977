// What the tests of every normalizer share: the settings to try, parameters for them, and the way of scores through a
// normalizer's hooks. A new normalizer is covered by its line in the catalogue; if it reads a field, by one in SettingsOf.
#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "lib/normalizers/catalogue.h"
#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

// One setting of a normalizer: of its fields, values that have found errors.
struct Setting {
  std::string name;
  Attention attention;
};

inline void PrintTo(const Setting& setting, std::ostream* stream) { *stream << setting.name; }

std::vector<Setting> SettingsOf(const Entry& entry);
std::vector<Setting> AllSettings();

// Numbers for what the trials learn, of this type: around the start, different for each head, the same for each trial.
Parameters ParametersOf(const std::vector<Attention>& settings, int64_t heads, at::ScalarType type);

// What the queries of scores [G, B, H, Q, K] were projected from: [G, B, Q, 3], the same for each trial.
at::Tensor InputsOf(const at::Tensor& scores);

// Scores through the hook of queries and through Probabilities, as attention does it. The scores themselves play the queries,
// and the keys are the unit vectors, so that a query's products with the keys are the query.
at::Tensor Weights(const Normalizer& normalizer, const at::Tensor& scores, const Parameters& parameters,
                   const at::Tensor& inputs);

// Whether scores are multiplied by a number that rounds.
bool Scales(const Entry& entry);

// Half of the keys of each row masked at random, the first never; one row without keys.
at::Tensor MaskedScores(at::IntArrayRef shape, uint32_t seed);

class Conformance : public ::testing::TestWithParam<Setting> {
 protected:
  void SetUp() override { normalizer_ = MakeNormalizer(GetParam().attention.normalizer()).value(); }

  const Entry& entry() const { return *FindEntry(GetParam().attention.normalizer()); }
  Parameters For(const at::Tensor& scores) const;
  at::Tensor Probabilities(const at::Tensor& scores) const;

  // The gradient of sum(weights * probabilities) in the scores.
  at::Tensor Gradient(const at::Tensor& scores, const at::Tensor& weights) const;

  std::unique_ptr<Normalizer> normalizer_;
};

}  // namespace ablate::normalizers
