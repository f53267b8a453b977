// The leaderboard of a report.
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "analysis/estimate_text.h"
#include "analysis/leaderboard_text.h"
#include "analysis/report/arm_traces.h"
#include "analysis/report/html.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"

namespace ablate::analysis {
namespace {

ordered_json Published(const Study& study, size_t arms) {
  ordered_json x = ordered_json::array(), y = ordered_json::array(), text = ordered_json::array();
  for (const PublishedValue& value : study.published) {
    if (!OfMetric(value, study.results) || study.PlaceOf(value.arm) >= arms) continue;
    x.push_back(Rounded(value.value));
    y.push_back(PlotText(value.arm));
    text.push_back(PlotText(value.source));
  }
  if (x.empty()) return {};
  return {{"type", "scatter"}, {"mode", "markers"},       {"name", "published"},        {"x", std::move(x)},
          {"y", std::move(y)}, {"text", std::move(text)}, {"marker", PublishedMarker()}};
}

Figure LeaderboardFigure(const Study& study, size_t arms) {
  Figure figure{"leaderboard-plot", study.results.metric + " of each arm: means with 95 % intervals, and the single seeds",
                ArmsHeight(arms)};
  std::vector<ArmValues> values;
  for (size_t i = 0; i < arms; ++i) values.push_back({study.standings[i].arm->arm, study.standings[i].arm->values});
  figure.traces = ArmTraces(values);
  if (ordered_json published = Published(study, arms); !published.is_null()) figure.traces.push_back(std::move(published));
  figure.layout = ArmsLayout(study.results.metric);
  return figure;
}

}  // namespace

Section LeaderboardSection(const Study& study) {
  Section section{"leaderboard", "Leaderboard", Paragraph(MetricText(study.results)), {}};
  const size_t with_values = std::count_if(study.standings.begin(), study.standings.end(),
                                           [](const Standing& standing) { return standing.mean.n > 0; });
  const size_t shown = std::min(with_values, kMostArmsDrawn);
  if (shown > 0) AddFigure(LeaderboardFigure(study, shown), &section);
  if (shown < with_values) section.html += Note(fmt::format("Drawn: the best {} of {} arms.", shown, with_values));
  section.html += HtmlTable(LeaderboardForPeople(study.standings, ""), "Arms, best first") + Note(kStarsMeaning);
  if (study.published.empty()) return section;
  section.html += "<h3>Published figures</h3>\n" +
                  HtmlTable(PublishedTable(study.published, study.results), "What papers report, and what was seen here");
  return section;
}

}  // namespace ablate::analysis
