#include "lib/attention/learned_parameters.h"

#include <algorithm>
#include <map>

#include "lib/normalizers/catalogue.h"

namespace ablate::attention {
namespace {

const std::vector<normalizers::LearnedParameter>& LearnedBy(const Attention& trial) {
  static const auto& none = *new std::vector<normalizers::LearnedParameter>;
  const normalizers::Entry* const entry = normalizers::FindEntry(trial.normalizer());
  return entry == nullptr ? none : entry->learns;
}

double StartOf(const Attention& trial, const normalizers::LearnedParameter& parameter) {
  if (parameter.start_field.empty()) return 0;
  return Attention::GetReflection()->GetDouble(trial, Attention::descriptor()->FindFieldByName(parameter.start_field));
}

}  // namespace

bool ReadsAlpha(const Attention& trial) { return normalizers::Reads(trial.normalizer(), "alpha"); }

bool Learns(const Attention& trial, const std::string& name) {
  if (name == "alpha") return ReadsAlpha(trial) && trial.alpha_learned();
  const auto& learned = LearnedBy(trial);
  return std::any_of(learned.begin(), learned.end(), [&](const auto& parameter) { return parameter.name == name; });
}

std::vector<LearnedParameter> LearnedParameters(const std::vector<Attention>& trials) {
  std::map<std::string, LearnedParameter> all;
  for (size_t t = 0; t < trials.size(); ++t) {
    for (const normalizers::LearnedParameter& parameter : LearnedBy(trials[t])) {
      LearnedParameter& learned = all[parameter.name];
      learned.name = parameter.name;
      learned.per_input = parameter.per_input;
      learned.starts.resize(trials.size(), 0);
      learned.starts[t] = StartOf(trials[t], parameter);
    }
  }
  std::vector<LearnedParameter> sorted;
  for (auto& [name, learned] : all) sorted.push_back(std::move(learned));
  return sorted;
}

}  // namespace ablate::attention
