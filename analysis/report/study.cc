#include "analysis/report/study.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <variant>

#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/store/documented.h"

namespace ablate::analysis {

absl::StatusOr<store::Table> Study::Rows(const std::string& sql) const {
  return reader->Query(sql, {{"experiment", results.name}});
}

absl::StatusOr<store::Table> Study::NamedRows(const std::string& query) const {
  for (const store::Documented& known : store::NamedQueries()) {
    if (known.name == query) return Rows(known.sql);
  }
  return absl::InternalError(fmt::format("no named query {}", query));
}

std::vector<std::string> Study::Arms() const {
  std::vector<std::string> arms;
  for (const Standing& standing : standings) arms.push_back(standing.arm->arm);
  return arms;
}

size_t Study::PlaceOf(const std::string& arm) const {
  const auto found =
      std::find_if(standings.begin(), standings.end(), [&](const Standing& standing) { return standing.arm->arm == arm; });
  return found - standings.begin();
}

Picker Study::ArmsPicker() const {
  constexpr size_t kBest = 8;  // as many as there are colours
  Picker picker{"Arms", {}, {}};
  const std::vector<std::string> arms = Arms();
  std::vector<std::string> groups;
  for (const std::string& arm : arms) groups.push_back(PlotText(arm));
  if (arms.size() > kBest) {
    picker.options.push_back(fmt::format("the best {}", kBest));
    picker.groups.emplace_back(groups.begin(), groups.begin() + kBest);
  }
  picker.options.emplace_back("all");
  picker.groups.emplace_back();
  for (size_t i = 0; i < arms.size(); ++i) {
    picker.options.push_back(arms[i]);
    picker.groups.push_back({groups[i]});
  }
  return picker;
}

absl::StatusOr<Study> ReadStudy(const store::Reader& reader, const std::string& experiment,
                                std::vector<PublishedValue> published) {
  Study study;
  study.reader = &reader;
  ASSIGN_OR_RETURN(study.results, ReadExperiment(reader, experiment));
  ASSIGN_OR_RETURN(study.trials, ReadTrials(reader, experiment));
  study.standings = Leaderboard(study.results.arms, study.results.maximize(), "");
  study.published = std::move(published);
  return study;
}

void AddFigure(Figure figure, Section* section) {
  section->html += FigureHtml(figure);
  section->figures.push_back(std::move(figure));
}

std::string TextOf(const store::Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : *text;
}

double NumberOf(const store::Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
  const auto* real = std::get_if<double>(&value);
  return real == nullptr ? std::nan("") : *real;
}

}  // namespace ablate::analysis
