// An experiment as the sections of a report read it, and what a section is.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/experiment_results.h"
#include "analysis/leaderboard.h"
#include "analysis/report/figure.h"
#include "analysis/report/published.h"
#include "analysis/trial_results.h"
#include "lib/store/reader.h"

namespace ablate::analysis {

struct Study {
  Study() = default;
  Study(Study&&) = default;
  Study(const Study&) = delete;  // its standings would point into the other one

  const store::Reader* reader = nullptr;
  ExperimentResults results;
  std::vector<TrialResult> trials;
  std::vector<Standing> standings;  // best first; they point into `results`
  std::vector<PublishedValue> published;

  // Rows of a statement with :experiment.
  absl::StatusOr<store::Table> Rows(const std::string& sql) const;
  // Rows of a named query whose only parameter is `experiment`.
  absl::StatusOr<store::Table> NamedRows(const std::string& query) const;

  // Names of arms, best first; an arm's place in them, which is also its colour everywhere.
  std::vector<std::string> Arms() const;
  size_t PlaceOf(const std::string& arm) const;

  // "Arms": the best eight, all, or one.
  Picker ArmsPicker() const;
};

absl::StatusOr<Study> ReadStudy(const store::Reader& reader, const std::string& experiment,
                                std::vector<PublishedValue> published);

struct Section {
  std::string id, title;
  std::string html;  // holds FigureHtml of the figures; "": there is nothing to show
  std::vector<Figure> figures;
};

// Appends figure and its element.
void AddFigure(Figure figure, Section* section);

// What a cell holds: "" of NULL; NaN of NULL and texts.
std::string TextOf(const store::Value& value);
double NumberOf(const store::Value& value);

}  // namespace ablate::analysis
