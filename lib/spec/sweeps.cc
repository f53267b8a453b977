#include "lib/spec/sweeps.h"

#include <algorithm>

#include "fmt/format.h"
#include "lib/spec/plan.h"

namespace ablate::spec {
namespace {

// What a sweep or one of its cases gives values to, so that nothing is given two.
struct Giver {
  Place place;
  std::string name;
  bool is_axis;
};
using Taken = std::map<int, Giver>;

class SweepReader {
 public:
  SweepReader(const Sweep& sweep, const Source& source, Loading* loading, SweepPlan* plan)
      : sweep_(sweep), source_(source), loading_(*loading), plan_(*plan) {}

  void Read(const std::vector<Assignment>& settings) {
    if (source_.has_unknown_field || !source_.bad_fields.empty()) loading_.Doubt(-1);
    Taken taken;
    if (sweep_.has_base()) {
      const std::vector<Assignment> base = ReadTrial(sweep_.base(), InnerSource(Sweep::kBaseFieldNumber, 0), &loading_);
      Take(base, "the sweep's base", &taken);
      Lay(base, &plan_.base);
    }
    Lay(settings, &plan_.base);
    std::vector<Dimension> dimensions;
    ReadGrid(sweep_.grid(), source_, Sweep::kGridFieldNumber, &taken, &dimensions);
    ReadZip(&taken, &dimensions);
    ReadSamples(&taken, &dimensions);
    ReadCases(taken, dimensions);
    if (sweep_.case__size() == 0) plan_.blocks.push_back({"", {}, dimensions});
    ReadExclusions();
    MakeLabels();
  }

 private:
  const Source* InnerSource(int number, int index) const {
    const Source::Element* element = source_.Find(number, index);
    return element == nullptr ? nullptr : element->source.get();
  }

  void Take(const std::vector<Assignment>& assignments, const std::string& by, Taken* taken) {
    for (const auto& [field, value] : assignments) {
      if (TrialFields()[field].choice == nullptr) TakeOne(field, {value->place, by, false}, taken);
    }
  }

  bool TakeOne(int field, const Giver& giver, Taken* taken) {
    const auto [first, is_new] = taken->try_emplace(field, giver);
    if (is_new) return true;
    const Giver& other = first->second;
    loading_.problems->Add(
        giver.place, fmt::format("{} is given by {} here and by {} at {}:{}; allowed: one of them in a sweep",
                                 TrialFields()[field].path, giver.name, other.name, other.place.line, other.place.column));
    loading_.Doubt(field);
    return false;
  }

  bool KeepAxis(AxisValues axis, const std::string& by, Taken* taken, std::vector<AxisValues>* axes) {
    if (!TakeOne(axis.field, {axis.origin->place, by, true}, taken)) return false;
    plan_.axes.push_back(axis.origin);
    plan_.labels[axis.field] = "";
    axes->push_back(std::move(axis));
    return true;
  }

  template <typename Axes>
  void ReadGrid(const Axes& axes, const Source& source, int number, Taken* taken, std::vector<Dimension>* dimensions) {
    for (int i = 0; i < axes.size(); ++i) {
      const Source::Element& element = *source.Find(number, i);
      AxisValues axis;
      Dimension dimension;
      if (!ReadAxis(axes.Get(i), AxisKind::kGrid, *element.source, element.name, &loading_, &axis)) continue;
      if (KeepAxis(std::move(axis), "a grid axis", taken, &dimension.axes)) dimensions->push_back(std::move(dimension));
    }
  }

  void ReadZip(Taken* taken, std::vector<Dimension>* dimensions) {
    Dimension dimension;
    bool good = true;
    for (int i = 0; i < sweep_.zip_size(); ++i) {
      const Source::Element& element = *source_.Find(Sweep::kZipFieldNumber, i);
      AxisValues axis;
      good = ReadAxis(sweep_.zip(i), AxisKind::kZip, *element.source, element.name, &loading_, &axis) &&
             KeepAxis(std::move(axis), "a zip axis", taken, &dimension.axes) && good;
    }
    for (const AxisValues& axis : dimension.axes) good = HasLengthOf(dimension.axes.front(), axis) && good;
    if (!good || HasRepeatedPoint(dimension)) {
      for (const AxisValues& axis : dimension.axes) loading_.Doubt(axis.field);
    } else if (!dimension.axes.empty()) {
      dimensions->push_back(std::move(dimension));
    }
  }

  // A point is a value of each axis.
  bool HasRepeatedPoint(const Dimension& dimension) {
    std::map<std::vector<std::string>, size_t> points;
    for (size_t i = 0; !dimension.axes.empty() && i < dimension.size(); ++i) {
      std::vector<std::string> point;
      for (const AxisValues& axis : dimension.axes) point.push_back(axis.values[i]->text);
      const auto [first, is_new] = points.try_emplace(std::move(point), i);
      if (is_new) continue;
      loading_.problems->Add(
          dimension.axes.front().values[i]->place,
          fmt::format("point {} of the zip axes is equal to point {}; allowed: different ones", i + 1, first->second + 1));
      return true;
    }
    return false;
  }

  bool HasLengthOf(const AxisValues& first, const AxisValues& axis) {
    if (axis.values.size() == first.values.size()) return true;
    loading_.problems->Add(
        axis.origin->place,
        fmt::format("the zip axis of {} has {} values, that of {} has {}; allowed: equally many",
                    TrialFields()[axis.field].path, axis.values.size(), TrialFields()[first.field].path, first.values.size()));
    return false;
  }

  void ReadSamples(Taken* taken, std::vector<Dimension>* dimensions) {
    Dimension dimension;
    const bool wanted = CheckSamples();
    const Draws draws = {sweep_.sample_seed(), sweep_.sampling() == Sweep::QUASI_RANDOM, wanted ? sweep_.samples() : 1};
    for (int i = 0; i < sweep_.sample_size(); ++i) {
      const Source::Element& element = *source_.Find(Sweep::kSampleFieldNumber, i);
      AxisValues axis;
      if (ReadSampleAxis(sweep_.sample(i), *element.source, element.name, draws, i, &loading_, &axis)) {
        KeepAxis(std::move(axis), "a sample axis", taken, &dimension.axes);
      }
    }
    if (!dimension.axes.empty()) dimensions->push_back(std::move(dimension));
  }

  // Whether points are to be drawn. A number of them out of range is told with the other facts.
  bool CheckSamples() {
    if (sweep_.sample_size() > 0 && !sweep_.has_samples() && source_.bad_fields.count(Sweep::kSamplesFieldNumber) == 0) {
      loading_.problems->Add(source_.Find(Sweep::kSampleFieldNumber)->name,
                             "sweep.samples is missing; it is required beside sample axes: a whole number, 1 to 1000000");
      loading_.unsure = true;
    }
    if (sweep_.sample_size() == 0 && sweep_.has_samples()) {
      loading_.problems->Add(
          source_.Find(Sweep::kSamplesFieldNumber)->name,
          fmt::format("sweep.samples is {} without a sample axis; allowed: none, or beside sample axes", sweep_.samples()));
    }
    return sweep_.samples() >= 1 && sweep_.samples() <= kMaxTrials;
  }

  void ReadCases(const Taken& taken_by_sweep, const std::vector<Dimension>& shared) {
    std::map<std::string, Place> names;
    for (int i = 0; i < sweep_.case__size(); ++i) {
      const Case& one = sweep_.case_(i);
      const Source::Element& element = *source_.Find(Sweep::kCaseFieldNumber, i);
      const auto [first, is_new] = names.try_emplace(one.name(), element.name);
      if (!is_new && one.has_name()) {
        loading_.problems->Add(element.source->Find(Case::kNameFieldNumber)->value,
                               fmt::format("two cases of a sweep are named {}; first at {}:{}", Quoted(one.name()),
                                           first->second.line, first->second.column));
        loading_.unsure = true;
      }
      if (element.source->has_unknown_field || !element.source->bad_fields.empty()) loading_.Doubt(-1);
      plan_.blocks.push_back(ReadCase(one, *element.source, taken_by_sweep, shared));
    }
  }

  Block ReadCase(const Case& one, const Source& source, const Taken& taken_by_sweep, const std::vector<Dimension>& shared) {
    Block block;
    block.case_name = one.name();
    Taken taken = taken_by_sweep;
    // A case may replace what the sweep's base says, but not what the sweep's axes vary.
    for (auto entry = taken.begin(); entry != taken.end();)
      entry = entry->second.is_axis ? std::next(entry) : taken.erase(entry);
    if (one.has_base()) {
      block.base = ReadTrial(one.base(), source.Find(Case::kBaseFieldNumber)->source.get(), &loading_);
      Take(block.base, "the case's base", &taken);
    }
    ReadGrid(one.grid(), source, Case::kGridFieldNumber, &taken, &block.dimensions);
    block.dimensions.insert(block.dimensions.end(), shared.begin(), shared.end());
    return block;
  }

  void ReadExclusions() {
    for (int i = 0; i < sweep_.exclude_size(); ++i) {
      const Source::Element& element = *source_.Find(Sweep::kExcludeFieldNumber, i);
      Exclusion exclusion{element.name, ReadTrial(sweep_.exclude(i), element.source.get(), &loading_), 0};
      const bool bad = element.source->has_unknown_field || !element.source->bad_fields.empty();
      if (exclusion.assignments.empty() && !bad) {
        loading_.problems->Add(element.name,
                               "an exclusion sets no field, so it would leave out all trials; allowed: at least one");
      }
      if (exclusion.assignments.empty() || bad) {
        loading_.unsure = true;
      } else {
        plan_.exclusions.push_back(std::move(exclusion));
      }
    }
  }

  void MakeLabels() {
    for (auto& [field, label] : plan_.labels) {
      const std::string& path = TrialFields()[field].path;
      size_t start = path.size();
      do {
        start = start == 0 ? std::string::npos : path.rfind('.', start - 1);
        label = start == std::string::npos ? path : path.substr(start + 1);
      } while (start != std::string::npos && IsShared(field, "." + label));
    }
  }

  bool IsShared(int field, const std::string& ending) const {
    return std::any_of(plan_.labels.begin(), plan_.labels.end(), [&](const auto& other) {
      const std::string path = "." + TrialFields()[other.first].path;
      return other.first != field && path.size() >= ending.size() &&
             path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
    });
  }

  const Sweep& sweep_;
  const Source& source_;
  Loading& loading_;
  SweepPlan& plan_;
};

double Length(const Axis& axis) {
  const double listed = axis.number_size() + axis.text_size() + axis.flag_size();
  return listed + axis.linear().count() + axis.log().count();
}

template <typename Axes>
double Product(const Axes& axes) {
  double product = 1;
  for (const Axis& axis : axes) product *= std::max(1.0, Length(axis));
  return product;
}

template <typename Axes>
double Sum(const Axes& axes) {
  double sum = 0;
  for (const Axis& axis : axes) sum += Length(axis);
  return sum;
}

}  // namespace

SweepPlan ReadSweep(const Sweep& sweep, const Source& source, const Place& place, const Values& base,
                    const std::vector<Assignment>& settings, Loading* loading) {
  SweepPlan plan;
  plan.name = sweep.name();
  plan.place = place;
  plan.base = base;
  SweepReader(sweep, source, loading, &plan).Read(settings);
  return plan;
}

double CountCombinations(const Sweep& sweep) {
  double cases = sweep.case__size() == 0 ? 1 : 0;
  for (const Case& one : sweep.case_()) cases += Product(one.grid());
  const double zipped = sweep.zip_size() == 0 ? 1 : std::max(1.0, Length(sweep.zip(0)));
  const double sampled = sweep.sample_size() == 0 ? 1 : std::max(1.0, static_cast<double>(sweep.samples()));
  return cases * Product(sweep.grid()) * zipped * sampled;
}

double CountValues(const Sweep& sweep) {
  const double shared =
      Sum(sweep.grid()) + Sum(sweep.zip()) + Sum(sweep.sample()) + static_cast<double>(sweep.sample_size()) * sweep.samples();
  double values = shared * std::max(1, sweep.case__size());
  for (const Case& one : sweep.case_()) values += Sum(one.grid());
  return values;
}

}  // namespace ablate::spec
