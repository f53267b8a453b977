#include "lib/spec/launching_checks.h"

#include <map>
#include <string>

#include "fmt/format.h"
#include "lib/base/text.h"

namespace ablate::spec {
namespace {

void CheckRungs(const EarlyStopping& stopping, const Source& source, Problems* problems) {
  double before = 0;
  for (int i = 0; i < stopping.rung_size(); ++i) {
    const double rung = stopping.rung(i);
    const Source::Element* element = source.Find(EarlyStopping::kRungFieldNumber, i);
    if (element == nullptr) return;
    if (!(rung > before && rung < 1)) {
      problems->Add(element->value, fmt::format("launching.early_stopping.rung is {}; allowed: above {} and below 1: shares of "
                                                "the steps, ascending",
                                                ShortestNumber(rung), ShortestNumber(before)));
    }
    before = rung;
  }
}

void CheckPolicies(const Launching& launching, const Source& source, Problems* problems) {
  std::map<std::string, Place> places;
  for (int i = 0; i < launching.on_failure_size(); ++i) {
    const Source::Element* element = source.Find(Launching::kOnFailureFieldNumber, i);
    const std::string& failure_class = launching.on_failure(i).failure_class();
    if (element == nullptr || failure_class.empty()) continue;
    const auto [first, is_new] = places.try_emplace(failure_class, element->name);
    if (is_new) continue;
    problems->Add(element->name, fmt::format("launching.on_failure names {} twice; first at {}:{}", Quoted(failure_class),
                                             first->second.line, first->second.column));
  }
}

}  // namespace

void CheckLaunching(const Experiment& experiment, const Source& source, Problems* problems) {
  const Source::Element* launching = source.Find(Experiment::kLaunchingFieldNumber);
  if (launching == nullptr || launching->source == nullptr) return;
  CheckPolicies(experiment.launching(), *launching->source, problems);
  const Source::Element* stopping = launching->source->Find(Launching::kEarlyStoppingFieldNumber);
  if (stopping == nullptr || stopping->source == nullptr) return;
  CheckRungs(experiment.launching().early_stopping(), *stopping->source, problems);
}

}  // namespace ablate::spec
