#include "lib/spec/expansion.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/str_cat.h"
#include "fmt/format.h"

namespace ablate::spec {
namespace {

// More than a person reads.
constexpr size_t kMostRemarks = 100;

// A value in an arm's name; quoted where it could not be told from what stands around it.
std::string InName(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_./+-:").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), plain) ? text : Quoted(text);
}

std::string Where(const Field& field) {
  const std::string read_when = ReadWhen(field);
  return read_when.empty() ? "" : "where " + read_when;
}

std::string TitleOf(const SweepPlan& sweep) {
  if (!sweep.name.empty()) return fmt::format("sweep \"{}\"", sweep.name);
  return fmt::format("the sweep at {}:{}", sweep.place.line, sweep.place.column);
}

// Sets the values of one dimension's place `digit`.
void Apply(const Dimension& dimension, size_t digit, Values* values) {
  for (const AxisValues& axis : dimension.axes) (*values)[axis.field] = axis.values[digit];
}

}  // namespace

Expansion::Expansion(const Seeds& seeds, Loading* loading, DataFiles* files, Plan* plan)
    : seeds_(seeds),
      loading_(*loading),
      files_(*files),
      plan_(*plan),
      rules_(loading, files),
      read_anywhere_(TrialFields().size(), 0) {}

void Expansion::Add(SweepPlan* sweep) {
  Tally tally{sweep, TitleOf(*sweep), 0, 0, 0};
  sweeps_.push_back(tally.title);
  for (const Block& block : sweep->blocks) AddBlock(block, &tally);
  FinishSweep(tally);
}

void Expansion::AddBlock(const Block& block, Tally* tally) {
  Values values = tally->sweep->base;
  Lay(block.base, &values);
  std::vector<size_t> digits(block.dimensions.size(), 0);
  for (const Dimension& dimension : block.dimensions) Apply(dimension, 0, &values);
  while (true) {
    AddCombination(block, values, tally);
    size_t i = digits.size();
    while (i > 0 && digits[i - 1] + 1 == block.dimensions[i - 1].size()) {
      --i;
      digits[i] = 0;
      Apply(block.dimensions[i], 0, &values);
    }
    if (i == 0) return;
    Apply(block.dimensions[i - 1], ++digits[i - 1], &values);
  }
}

void Expansion::AddCombination(const Block& block, const Values& values, Tally* tally) {
  ++tally->combinations;
  FindReads(values, &reads_);
  if (IsExcluded(values, tally->sweep)) return;
  ++tally->kept;
  TallyOrigins(values);
  rules_.Check(values, reads_, tally->sweep->place);
  AddArm(NameOf(*tally->sweep, block, values), values, tally);
}

bool Expansion::IsExcluded(const Values& values, SweepPlan* sweep) const {
  bool excluded = false;
  for (Exclusion& exclusion : sweep->exclusions) {
    const bool agrees = std::all_of(exclusion.assignments.begin(), exclusion.assignments.end(), [&](const Assignment& wanted) {
      return reads_[wanted.first] && Effective(values, reads_, wanted.first).text == wanted.second->text;
    });
    exclusion.left_out += agrees;
    excluded = excluded || agrees;
  }
  return excluded;
}

void Expansion::TallyOrigins(const Values& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    read_anywhere_[i] |= reads_[i];
    if (values[i] == nullptr) continue;
    ++(reads_[i] ? values[i]->origin->read : values[i]->origin->unread);
  }
}

std::string Expansion::NameOf(const SweepPlan& sweep, const Block& block, const Values& values) const {
  std::string name = sweep.name;
  const auto append = [&name](std::string_view part) { absl::StrAppend(&name, name.empty() ? "" : " ", std::string(part)); };
  if (!block.case_name.empty()) append(block.case_name);
  for (const Dimension& dimension : block.dimensions) {
    for (const AxisValues& axis : dimension.axes) {
      if (!reads_[axis.field]) continue;
      append(absl::StrCat(sweep.labels.at(axis.field), "=", InName(values[axis.field]->text)));
    }
  }
  return name.empty() ? "base" : name;
}

void Expansion::AddArm(const std::string& name, const Values& values, Tally* tally) {
  const CanonicalText text = MakeCanonicalText(values, reads_, files_.digests());
  const auto [by_id, is_new] = arms_by_id_.try_emplace(MakeId(text, seeds_.first()), plan_.arms.size());
  const auto [by_name, is_new_name] = arms_by_name_.try_emplace(name, by_id->second);
  if (by_name->second != by_id->second && !loading_.unsure) {
    loading_.problems->Add(tally->sweep->place,
                           fmt::format("{} has an arm named {}, and so has {}, with other settings; allowed: names of sweeps "
                                       "that tell their arms apart",
                                       tally->title, Quoted(name), sweeps_[sweep_of_arm_[by_name->second]]));
  }
  if (is_new) {
    sweep_of_arm_.push_back(sweeps_.size() - 1);
    plan_.arms.push_back(name);
    AddTrials(name, by_id->first, text, values);
  } else if (!is_new_name) {
    ++tally->repeated;
  } else {
    Fold& fold = folds_[{sweeps_.size() - 1, sweep_of_arm_[by_id->second]}];
    if (fold.arms++ == 0) fold = {1, name, plan_.arms[by_id->second]};
  }
}

void Expansion::AddTrials(const std::string& name, const std::string& first_id, const CanonicalText& text,
                          const Values& values) {
  if (!loading_.problems->empty()) return;
  MakeTrial(values, reads_, &trial_);
  for (uint64_t i = 0; i < seeds_.count(); ++i) {
    const uint64_t seed = seeds_.first() + i;
    trial_.clear_seed();
    if (seed != trial_.seed()) trial_.set_seed(seed);
    plan_.trials.push_back({i == 0 ? first_id : MakeId(text, seed), name, trial_.SerializeAsString()});
  }
}

void Expansion::Remark(const Place& place, const std::string& remark) {
  if (plan_.remarks.size() >= kMostRemarks) return;
  plan_.remarks.push_back(fmt::format("{}: {}", loading_.problems->Where(place), remark));
}

void Expansion::FinishSweep(const Tally& tally) {
  if (loading_.unsure) return;
  if (tally.kept == 0) {
    loading_.problems->Add(tally.sweep->exclusions.front().place,
                           fmt::format("the exclusions leave out all {} combinations of {}; allowed: at least one that stays",
                                       tally.combinations, tally.title));
  }
  for (const Exclusion& exclusion : tally.sweep->exclusions) {
    if (exclusion.left_out == 0) Remark(exclusion.place, "this exclusion leaves out nothing");
  }
  bool all_read = true;
  for (const Origin* axis : tally.sweep->axes) {
    all_read = all_read && axis->unread == 0;
    if (axis->read == 0 || axis->unread == 0) continue;
    const Field& field = TrialFields()[axis->field];
    Remark(axis->place, fmt::format("{} is read in {} of {} combinations, {}; the others are folded together", field.path,
                                    axis->read, axis->read + axis->unread, Where(field)));
  }
  if (all_read && tally.repeated > 0) {
    Remark(tally.sweep->place,
           fmt::format("{} of the {} samples of {} are equal to earlier ones", tally.repeated, tally.kept, tally.title));
  }
}

void Expansion::Finish() {
  for (const Origin& origin : loading_.origins) FinishOrigin(origin);
  for (const auto& [sweeps, fold] : folds_) {
    plan_.remarks.push_back(
        fmt::format("{}: {} of its arms equal arms of {} and are trained once; the first is \"{}\", kept as \"{}\"",
                    sweeps_[sweeps.first], fold.arms, sweeps_[sweeps.second], fold.first, fold.first_kept));
  }
}

// What was given and changes nothing: a mistake where no trial at all reads the field, else a remark.
void Expansion::FinishOrigin(const Origin& origin) {
  if (origin.read > 0 || loading_.IsDoubtful(origin.field)) return;
  const Field& field = TrialFields()[origin.field];
  if (origin.unread > 0 && !read_anywhere_[origin.field]) {
    loading_.problems->Add(origin.place,
                           fmt::format("{} is given, but no trial reads it; allowed: {}", field.path, Where(field)));
  } else if (origin.unread > 0) {
    Remark(origin.place,
           fmt::format("{} is given here, but no trial that it is given to reads it; it is read {}", field.path, Where(field)));
  } else if (origin.place.setting > 0 && !loading_.unsure) {
    loading_.problems->Add(origin.place,
                           fmt::format("it changes nothing: all trials get {} from a case or an axis", field.path));
  }
}

const std::string* Expansion::FindArm(const std::string& name) const {
  const auto found = arms_by_name_.find(name);
  return found == arms_by_name_.end() ? nullptr : &plan_.arms[found->second];
}

}  // namespace ablate::spec
