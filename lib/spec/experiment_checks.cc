#include "lib/spec/experiment_checks.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "fmt/format.h"
#include "lib/base/text.h"
#include "lib/spec/launching_checks.h"
#include "lib/spec/plan.h"
#include "lib/spec/sweeps.h"
#include "lib/tasks/catalogue.h"

namespace ablate::spec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr const char* kNameAllowed = "1 to 100 letters, digits, '_', '-' and '.'";
constexpr size_t kLongestName = 100;

// What one experiment may have: memory grows with sweeps and values, time with combinations times exclusions.
constexpr double kMaxSweeps = 10'000;
constexpr double kMaxValues = 4'000'000;
constexpr double kMaxExclusions = 1000;

// Training logs these on every task; the first one with balance, train/imposed_share with imposed sparsity only.
constexpr const char* kTrainingMetrics[] = {"train/balance_loss", "train/gradient_norm", "train/imposed_share",
                                            "train/learning_rate", "train/loss"};

Place PlaceOf(const Source& source, int number) {
  const Source::Element* element = source.Find(number);
  return element == nullptr ? Place{1, 1, 0} : element->value;
}

bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (std::isalnum(c) != 0 && c < 0x80) || c == '_' || c == '-' || c == '.';
  });
}

bool IsNameField(const FieldDescriptor* field) {
  const Descriptor* type = field->containing_type();
  return field->name() == "name" && (type == Experiment::descriptor() || type == Sweep::descriptor() ||
                                     type == Case::descriptor() || type == EvaluationSet::descriptor());
}

class Checker {
 public:
  explicit Checker(Loading* loading) : loading_(*loading) {}

  void CheckMessage(const Message& message, const Source& source, const Place& place, const std::string& path) {
    const Descriptor* type = message.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (field->message_type() != nullptr) {
        CheckInner(message, source, field, path);
      } else if (field->is_repeated()) {
        continue;  // values of axes, which are checked against their fields
      } else if (message.GetReflection()->HasField(message, field)) {
        CheckValue(message, source, field, path + field->name());
      } else if (field->options().GetExtension(facts).required() && source.bad_fields.count(field->number()) == 0) {
        const std::string allowed = type == Axis::descriptor() ? "the path of a trial's field, as \"attention.alpha\""
                                    : IsNameField(field)       ? kNameAllowed
                                                               : Allowed(field);
        Tell(place, fmt::format("{}{} is missing; it is required: {}", path, field->name(), allowed));
      }
    }
  }

 private:
  void Tell(const Place& place, const std::string& message) { loading_.problems->Add(place, message); }

  void CheckInner(const Message& message, const Source& source, const FieldDescriptor* field, const std::string& path) {
    if (field->message_type() == Trial::descriptor()) return;
    const auto found = source.fields.find(field->number());
    if (found == source.fields.end()) return;
    for (size_t i = 0; i < found->second.size(); ++i) {
      const Source::Element& element = found->second[i];
      const Message& inner = field->is_repeated()
                                 ? message.GetReflection()->GetRepeatedMessage(message, field, static_cast<int>(i))
                                 : message.GetReflection()->GetMessage(message, field);
      CheckMessage(inner, *element.source, element.name, path + field->name() + ".");
    }
  }

  void CheckValue(const Message& message, const Source& source, const FieldDescriptor* field, const std::string& path) {
    const Value value = FromMessage(message, field);
    const Place place = source.Find(field->number())->value;
    std::string complaint = Complaint(path, field, value);
    if (IsNameField(field) && !IsName(value.text)) {
      complaint = fmt::format("{} is {}; allowed: {}", path, Quoted(value.text), kNameAllowed);
    }
    if (!complaint.empty()) Tell(place, complaint);
  }

  Loading& loading_;
};

void CheckEvaluationNames(const Experiment& experiment, const Source& source, Problems* problems) {
  std::map<std::string, Place> names;
  for (int i = 0; i < experiment.evaluation_size(); ++i) {
    if (!experiment.evaluation(i).has_name()) continue;
    const Place place =
        source.Find(Experiment::kEvaluationFieldNumber, i)->source->Find(EvaluationSet::kNameFieldNumber)->value;
    const auto [first, is_new] = names.try_emplace(experiment.evaluation(i).name(), place);
    if (is_new) continue;
    problems->Add(place, fmt::format("two evaluations are named {}; first at {}:{}", Quoted(experiment.evaluation(i).name()),
                                     first->second.line, first->second.column));
  }
}

void CheckSweepNames(const Experiment& experiment, const Source& source, Loading* loading) {
  std::map<std::string, Place> names;
  for (int i = 0; i < experiment.sweep_size(); ++i) {
    if (!experiment.sweep(i).has_name()) continue;
    const Place place = source.Find(Experiment::kSweepFieldNumber, i)->source->Find(Sweep::kNameFieldNumber)->value;
    const auto [first, is_new] = names.try_emplace(experiment.sweep(i).name(), place);
    if (is_new) continue;
    loading->problems->Add(place, fmt::format("two sweeps are named {}; first at {}:{}", Quoted(experiment.sweep(i).name()),
                                              first->second.line, first->second.column));
    loading->unsure = true;
  }
}

// Counts of trials as people write them, and very large ones by their power.
std::string Count(double count) { return count < 1e15 ? fmt::format("{:.0f}", count) : fmt::format("about {:.0e}", count); }

// A count over all sweeps, and the sweep with the most of it.
struct Sum {
  double total = 0;
  double largest = 0;
  Place place = {1, 1, 0};
};

template <typename Counter>
Sum Add(const Experiment& experiment, const Source& source, Counter counter) {
  Sum sum;
  for (int i = 0; i < experiment.sweep_size(); ++i) {
    const double added = counter(experiment.sweep(i));
    sum.total += added;
    if (added <= sum.largest) continue;
    sum.largest = added;
    sum.place = source.Find(Experiment::kSweepFieldNumber, i)->name;
  }
  return sum;
}

// Largest value of a field of Seeds.
double Most(int field) { return Seeds::descriptor()->FindFieldByNumber(field)->options().GetExtension(facts).at_most(); }

}  // namespace

void CheckExperiment(const Experiment& experiment, const Source& source, Loading* loading) {
  if (source.has_unknown_field || !source.bad_fields.empty()) loading->unsure = true;
  Checker(loading).CheckMessage(experiment, source, {1, 1, 0}, "");
  CheckSweepNames(experiment, source, loading);
  CheckEvaluationNames(experiment, source, loading->problems);
  CheckLaunching(experiment, source, loading->problems);
  const Seeds& seeds = experiment.seeds();
  if (seeds.first() > UINT64_MAX - seeds.count()) {
    loading->problems->Add(source.Find(Experiment::kSeedsFieldNumber)->source->Find(Seeds::kFirstFieldNumber)->value,
                           fmt::format("seeds.first is {}; allowed: so that first + count stays below 2^64", seeds.first()));
  }
}

bool CheckTrialCount(const Experiment& experiment, const Source& source, Problems* problems) {
  const uint32_t count = experiment.seeds().count();
  const double seeds = count > Most(Seeds::kCountFieldNumber) ? 1 : std::max(1u, count);  // told with the other ranges
  const Sum sum = Add(experiment, source, [seeds](const Sweep& sweep) { return seeds * CountCombinations(sweep); });
  if (sum.total <= static_cast<double>(kMaxTrials)) return true;
  problems->Add(sum.place, fmt::format("the experiment has {} trials, {} of them in this sweep; allowed: at most {} in all",
                                       Count(sum.total), Count(sum.largest), kMaxTrials));
  return false;
}

bool CheckSweepSizes(const Experiment& experiment, const Source& source, Problems* problems) {
  const Sum sweeps = Add(experiment, source, [](const Sweep&) { return 1; });
  const Sum values = Add(experiment, source, CountValues);
  const Sum exclusions = Add(experiment, source, [](const Sweep& sweep) { return sweep.exclude_size(); });
  const auto check = [&](const Sum& sum, const char* of, double most) {
    if (sum.total <= most) return true;
    problems->Add(sum.place, fmt::format("the experiment has {} {}, {} of them in this sweep; allowed: at most {:.0f} in all",
                                         Count(sum.total), of, Count(sum.largest), most));
    return false;
  };
  return check(sweeps, "sweeps", kMaxSweeps) && check(values, "values on axes", kMaxValues) &&
         check(exclusions, "exclusions", kMaxExclusions);
}

void CheckMetric(const Experiment& experiment, const Source& source, const std::vector<std::string>& tasks,
                 Problems* problems) {
  const std::string& metric = experiment.metric().name();
  for (const tasks::Entry& entry : tasks::Catalogue()) {
    if (std::find(tasks.begin(), tasks.end(), entry.name) == tasks.end()) continue;
    std::vector<std::string> names(std::begin(kTrainingMetrics), std::end(kTrainingMetrics));
    names.insert(names.end(), entry.metrics.begin(), entry.metrics.end());
    if (std::find(names.begin(), names.end(), metric) != names.end()) continue;
    const Source::Element* element = source.Find(Experiment::kMetricFieldNumber);
    const Place place = element == nullptr ? Place{1, 1, 0} : PlaceOf(*element->source, Metric::kNameFieldNumber);
    const std::string nearest = metric.size() < 200 ? DidYouMean(metric, names) : "";
    problems->Add(place, fmt::format("metric.name is {}; allowed: what task.{} logs: {}{}", Quoted(metric), entry.name,
                                     OneOf(names), nearest));
  }
}

}  // namespace ablate::spec
