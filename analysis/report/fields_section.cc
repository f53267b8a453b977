// The metric against each field that an experiment varies.
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "analysis/compare.h"
#include "analysis/compare_text.h"
#include "analysis/estimate_text.h"
#include "analysis/report/html.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"
#include "lib/base/status_macros.h"
#include "lib/spec/fields.h"

namespace ablate::analysis {
namespace {

constexpr size_t kManyTrials = 100;

// Where a value of the field is on the axis.
class Places {
 public:
  explicit Places(const FieldComparison& comparison) {
    double number = 0;
    for (const ValueStanding& value : comparison.values) {
      numeric_ = numeric_ && absl::SimpleAtod(value.value, &number) && std::isfinite(number);
      if (!numeric_) return;
      low_ = std::min(low_, number), high_ = std::max(high_, number);
    }
  }
  ordered_json Of(const std::string& value) const {
    double number = 0;
    if (!numeric_ || !absl::SimpleAtod(value, &number)) return PlotText(value);
    return number;
  }
  bool numeric() const { return numeric_; }
  std::string Type() const { return !numeric_ ? "category" : low_ > 0 && high_ > 50 * low_ ? "log" : "linear"; }

 private:
  bool numeric_ = true;
  double low_ = HUGE_VAL, high_ = -HUGE_VAL;
};

ordered_json Points(const std::string& name, ordered_json x, ordered_json y) {
  return {{"type", "scatter"}, {"mode", "markers"}, {"name", name}, {"x", std::move(x)}, {"y", std::move(y)}};
}

ordered_json Means(const FieldComparison& comparison, const Places& places) {
  ordered_json x = ordered_json::array(), y = ordered_json::array();
  std::vector<Estimate> means;
  for (const ValueStanding& value : comparison.values) {
    if (value.mean.n == 0) continue;
    x.push_back(places.Of(value.value));
    y.push_back(Rounded(value.mean.mean));
    means.push_back(value.mean);
  }
  ordered_json trace = Points("mean, 95 % interval", std::move(x), std::move(y));
  if (places.numeric()) trace["mode"] = "lines+markers";
  trace.update({{"error_y", ErrorBars(means)}, {"line", LineOf(0)}, {"marker", {{"size", 9}, {"color", ColorOf(0)}}}});
  return trace;
}

ordered_json Trials(const Study& study, int field, const Places& places) {
  ordered_json x = ordered_json::array(), y = ordered_json::array(), text = ordered_json::array();
  for (const TrialResult& trial : study.trials) {
    const std::optional<std::string> value = FieldValue(trial, field);
    if (!value || std::isnan(trial.value)) continue;
    x.push_back(places.Of(*value));
    y.push_back(Rounded(trial.value));
    text.push_back(PlotText(fmt::format("{}, seed {}", trial.arm, trial.seed)));
  }
  ordered_json trace = Points("single trials", std::move(x), std::move(y));
  trace.update({{"text", std::move(text)}, {"marker", SeedMarker("line-ew-open")}});
  if (study.trials.size() > kManyTrials) trace["opacity"] = 0.3;  // so that means are seen among them
  return trace;
}

std::optional<std::string> ValueOfArm(const Study& study, const std::string& arm, int field) {
  for (const TrialResult& trial : study.trials) {
    if (trial.arm == arm) return FieldValue(trial, field);
  }
  return std::nullopt;
}

ordered_json Published(const Study& study, int field, const Places& places) {
  ordered_json x = ordered_json::array(), y = ordered_json::array(), text = ordered_json::array();
  for (const PublishedValue& published : study.published) {
    const std::optional<std::string> value = ValueOfArm(study, published.arm, field);
    if (!value || !OfMetric(published, study.results)) continue;
    x.push_back(places.Of(*value));
    y.push_back(Rounded(published.value));
    text.push_back(PlotText(published.arm + ": " + published.source));
  }
  if (x.empty()) return {};
  ordered_json trace = Points("published", std::move(x), std::move(y));
  trace.update({{"text", std::move(text)}, {"marker", PublishedMarker()}});
  return trace;
}

// The claims' baseline as a line across, where it has no place on the axis: it doesn't read the field.
ordered_json Baseline(const Study& study, int field, const FieldComparison& comparison, const Places& places) {
  if (study.results.claims.empty() || comparison.values.size() < 2) return {};
  const std::string& arm = study.results.claims[0].baseline;
  const size_t place = study.PlaceOf(arm);
  if (place >= study.standings.size() || study.standings[place].mean.n == 0 || ValueOfArm(study, arm, field)) return {};
  const ordered_json mean = Rounded(study.standings[place].mean.mean);
  ordered_json trace =
      Points(PlotText(arm) + " (has no such field)",
             {places.Of(comparison.values.front().value), places.Of(comparison.values.back().value)}, {mean, mean});
  trace.update({{"mode", "lines"}, {"line", {{"color", ColorOf(2)}, {"dash", "dash"}, {"width", 2}}}});
  return trace;
}

Figure FieldFigure(const Study& study, int field, const FieldComparison& comparison, size_t number) {
  const Places places(comparison);
  Figure figure{fmt::format("field-{}", number), fmt::format("{} against {}: means with 95 % intervals, and the single trials",
                                                             study.results.metric, comparison.field)};
  figure.traces.push_back(Means(comparison, places));
  figure.traces.push_back(Trials(study, field, places));
  for (ordered_json trace : {Published(study, field, places), Baseline(study, field, comparison, places)}) {
    if (!trace.is_null()) figure.traces.push_back(std::move(trace));
  }
  figure.layout = {{"xaxis", Axis(comparison.field, places.Type())}, {"yaxis", Axis(study.results.metric)}};
  return figure;
}

}  // namespace

absl::StatusOr<Section> FieldsSection(const Study& study) {
  Section section{"fields", "What each field does", "", {}};
  for (const int field : VariedFields(study.trials)) {
    const std::string& path = spec::TrialFields()[field].path;
    ASSIGN_OR_RETURN(const FieldComparison comparison, CompareBy(study.trials, study.results.maximize(), path, ""));
    section.html += fmt::format("<h3>{}</h3>\n", EscapeHtml(path));
    AddFigure(FieldFigure(study, field, comparison, section.figures.size()), &section);
    section.html += HtmlTable(ComparisonForPeople(comparison), path);
  }
  if (!section.html.empty()) {
    section.html += Note(
        "Means are over all trials that read the field and have the value, whatever else they are. The table's differences "
        "pair trials that agree in all other fields and in the seed. would see: the smallest true difference that these seeds "
        "show four times in five.");
  }
  return section;
}

}  // namespace ablate::analysis
