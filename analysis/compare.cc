#include "analysis/compare.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/spec/fields.h"

namespace ablate::analysis {
namespace {

// The settings of all other fields -> seed -> values of the trials there.
using Cells = std::map<std::string, std::map<int64_t, std::vector<double>>>;

double MeanOf(const std::vector<double>& values) { return Mean(values).mean; }

absl::StatusOr<int> FindVaried(const std::vector<TrialResult>& trials, const std::string& name) {
  std::vector<std::string> paths, ends;
  std::vector<int> fitting;
  for (const int field : VariedFields(trials)) {
    const std::string& path = spec::TrialFields()[field].path;
    if (path == name) return field;
    if (absl::EndsWith(path, "." + name)) fitting.push_back(field);
    paths.push_back(path);
    ends.push_back(path.substr(path.rfind('.') + 1));
  }
  if (fitting.size() == 1) return fitting[0];
  if (paths.empty()) return absl::NotFoundError("--by: no field but the seed varies in the experiment");
  std::string hint = DidYouMean(name, paths);
  if (hint.empty() && fitting.empty()) hint = DidYouMean(name, ends);
  return absl::NotFoundError(fmt::format("--by: \"{}\" is {} in the experiment{}: there are {}", name,
                                         fitting.empty() ? "no field that varies" : "the end of several fields that vary", hint,
                                         absl::StrJoin(paths, ", ")));
}

std::string KeyOfOthers(const TrialResult& trial, int field) {
  std::string key;
  for (const auto& [path, value] : trial.settings) {
    const int other = spec::FindField(path);
    if (path == "seed" || other == field || (other >= 0 && DependsOn(other, field))) continue;
    key += path + "=" + value + "\n";
  }
  return key;
}

bool IsNumber(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

struct Group {
  ValueStanding standing;
  std::set<std::string> arms;
  Cells cells;
};

std::vector<Group> GroupBy(const std::vector<TrialResult>& trials, int field) {
  std::vector<Group> groups;
  for (const TrialResult& trial : trials) {
    const std::optional<std::string> value = FieldValue(trial, field);
    if (!value.has_value()) continue;
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.standing.value == *value; });
    if (group == groups.end()) {
      groups.emplace_back();
      group = groups.end() - 1;
      group->standing.value = *value;
    }
    group->arms.insert(trial.arm);
    const bool finished = trial.state == "succeeded" || trial.state == "failed";
    if (!finished)
      ++group->standing.unfinished;
    else if (std::isnan(trial.value))
      ++group->standing.failed;
    else
      group->cells[KeyOfOthers(trial, field)][trial.seed].push_back(trial.value);
  }
  const bool numbers =
      std::all_of(groups.begin(), groups.end(), [](const Group& group) { return IsNumber(group.standing.value); });
  const auto number = [](const Group& group) { return std::strtod(group.standing.value.c_str(), nullptr); };
  if (numbers) {
    std::stable_sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) { return number(a) < number(b); });
  }
  return groups;
}

void Summarize(bool maximize, Group* group) {
  std::map<int64_t, std::vector<double>> by_seed;
  BySeed bests;
  for (const auto& [key, cell] : group->cells) {
    for (const auto& [seed, values] : cell) by_seed[seed].insert(by_seed[seed].end(), values.begin(), values.end());
  }
  std::vector<double> means;
  for (const auto& [seed, values] : by_seed) {
    means.push_back(MeanOf(values));
    bests[seed] = maximize ? *std::max_element(values.begin(), values.end()) : *std::min_element(values.begin(), values.end());
  }
  ValueStanding& standing = group->standing;
  standing.arms = static_cast<int>(group->arms.size());
  standing.mean = Mean(means);
  standing.mean_bootstrap = BcaInterval(means);
  standing.best_seed = BestOf(bests, maximize);
}

void CompareWith(const Group& baseline, Group* group) {
  std::map<int64_t, std::vector<double>> by_seed;
  for (const auto& [key, cell] : group->cells) {
    const auto other = baseline.cells.find(key);
    if (other == baseline.cells.end()) continue;
    ++group->standing.matched;
    for (const auto& [seed, values] : cell) {
      const auto there = other->second.find(seed);
      if (there != other->second.end()) by_seed[seed].push_back(MeanOf(values) - MeanOf(there->second));
    }
  }
  std::vector<double> differences;
  for (const auto& [seed, cells] : by_seed) differences.push_back(MeanOf(cells));
  group->standing.to_baseline.estimate = Mean(differences);
  group->standing.difference_bootstrap = BcaInterval(differences);
}

absl::StatusOr<int> FindBaseline(const std::vector<Group>& groups, int field, const std::string& asked) {
  std::vector<std::string> values;
  for (const Group& group : groups) values.push_back(group.standing.value);
  const std::string& wanted = asked.empty() ? spec::TrialFields()[field].default_text : asked;
  const auto found = std::find(values.begin(), values.end(), wanted);
  if (found != values.end()) return static_cast<int>(found - values.begin());
  if (asked.empty()) return 0;
  return absl::InvalidArgumentError(fmt::format("--baseline: {} is never \"{}\"{}: its values are {}",
                                                spec::TrialFields()[field].path, asked, DidYouMean(asked, values),
                                                absl::StrJoin(values, ", ")));
}

}  // namespace

absl::StatusOr<FieldComparison> CompareBy(const std::vector<TrialResult>& trials, bool maximize, const std::string& field,
                                          const std::string& baseline) {
  ASSIGN_OR_RETURN(const int index, FindVaried(trials, field));
  std::vector<Group> groups = GroupBy(trials, index);
  ASSIGN_OR_RETURN(const int same, FindBaseline(groups, index, baseline));
  std::vector<Difference*> differences;
  for (Group& group : groups) {
    Summarize(maximize, &group);
    CompareWith(groups[same], &group);
    differences.push_back(&group.standing.to_baseline);
  }
  TestDifferences(same, maximize, std::move(differences));
  FieldComparison comparison{spec::TrialFields()[index].path, groups[same].standing.value, {}};
  for (Group& group : groups) comparison.values.push_back(std::move(group.standing));
  return comparison;
}

}  // namespace ablate::analysis
