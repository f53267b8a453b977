// Plots as plotly.js draws them, made here down to the last number: the page's script only draws, and changes what is shown
// when a picker or the theme changes.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/across_seeds.h"

namespace ablate::analysis {

using nlohmann::ordered_json;

// A choice beside a figure.
struct Picker {
  std::string label;
  std::vector<std::string> options;
  // Empty: an option chooses among the figure's variants. Else for each option the groups (legendgroup) that it shows; an empty
  // list shows all.
  std::vector<std::vector<std::string>> groups;
};

struct Figure {
  std::string id;     // of its element in the page
  std::string label;  // what it shows, in words, for readers that don't see it
  int height = 320;   // CSS pixels; a variant's layout may say another
  ordered_json traces = ordered_json::array();
  ordered_json layout = ordered_json::object();
  std::vector<Picker> pickers = {};
  // By the indices of the picked options, joined by "/", of pickers without groups: {"traces": [...], "layout": {...}}. Keys of
  // a variant's trace replace those of the figure's trace with the same index, or of its last. What is missing was not
  // recorded. Empty: the traces are all there is.
  ordered_json variants = ordered_json::object();
  bool tabulated = false;  // a heat map whose numbers the page also shows as a table
};

// The element that the figure is drawn in, with its pickers.
std::string FigureHtml(const Figure& figure);

// What the script draws: [{"id", "label", "traces", ...}].
ordered_json FigureData(const std::vector<Figure>& figures);

// As plotly.js is to show a text: it would take "<b>" for markup.
std::string PlotText(std::string_view text);

// With `digits` significant digits; null for NaN and infinities.
ordered_json Rounded(double value, int digits = 4);

// {"title": ..., "type": ...}; no type: plotly.js looks at the values.
ordered_json Axis(const std::string& title, const std::string& type = "");

// Bars of 95 % intervals; half-widths that are not finite have none.
ordered_json ErrorBars(const std::vector<Estimate>& estimates);

// Colour (Okabe and Ito: told apart by the colour-blind too, on light and dark) and dash of the i-th line of a plot.
std::string ColorOf(size_t i);
ordered_json LineOf(size_t i);

// Strokes across the axis for single seeds ("line-ns-open", "line-ew-open"), diamonds for what papers report.
ordered_json SeedMarker(const std::string& symbol);
ordered_json PublishedMarker();

// A curve and the band between its lowest and highest values, in one legend group. All of one length; x ascending.
struct Band {
  std::string name;
  ordered_json x;
  std::vector<double> mean, low, high;
};
// Two traces: the band, then the line.
void AppendBand(const Band& band, size_t style, ordered_json* traces);

}  // namespace ablate::analysis
