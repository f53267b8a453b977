#include "analysis/report/figure.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "analysis/report/html.h"
#include "fmt/format.h"

namespace ablate::analysis {
namespace {

constexpr std::array<const char*, 8> kPalette = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                                 "#56b4e9", "#d55e00", "#a98600", "#7a7a7a"};
constexpr std::array<const char*, 4> kDashes = {"solid", "dash", "dot", "dashdot"};
constexpr const char* kBandOpacity = "1a";  // of 255, in hexadecimal: a tenth

std::string PickerHtml(const std::string& id, const Picker& picker) {
  std::string html = fmt::format("<label for=\"{0}\">{1} <select id=\"{0}\">", id, EscapeHtml(picker.label));
  for (size_t i = 0; i < picker.options.size(); ++i) {
    html += fmt::format("<option value=\"{}\">{}</option>", i, EscapeHtml(picker.options[i]));
  }
  return html + "</select></label>\n";
}

ordered_json RoundedAll(const std::vector<double>& values) {
  ordered_json all = ordered_json::array();
  for (const double value : values) all.push_back(Rounded(value));
  return all;
}

// Forth along `low`, back along `high`: a polygon. Steps without a number are left out.
ordered_json Outline(const Band& band) {
  ordered_json x = ordered_json::array(), y = ordered_json::array();
  const auto add = [&](size_t i, double value) {
    if (!std::isfinite(band.low[i]) || !std::isfinite(band.high[i])) return;
    x.push_back(band.x[i]);
    y.push_back(Rounded(value));
  };
  for (size_t i = 0; i < band.low.size(); ++i) add(i, band.low[i]);
  for (size_t i = band.high.size(); i-- > 0;) add(i, band.high[i]);
  return {{"x", std::move(x)}, {"y", std::move(y)}};
}

}  // namespace

std::string FigureHtml(const Figure& figure) {
  std::string html = "<figure>\n";
  for (size_t i = 0; i < figure.pickers.size(); ++i) {
    html += PickerHtml(fmt::format("{}-{}", figure.id, i), figure.pickers[i]);
  }
  html +=
      fmt::format("<div class=\"plot\" id=\"{}\" role=\"img\" aria-label=\"{}\"></div>\n", figure.id, EscapeHtml(figure.label));
  if (figure.tabulated) {
    html += Folded("The same as a table", fmt::format("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{1}\">"
                                                      "<table id=\"{0}-table\"></table></div>\n",
                                                      figure.id, EscapeHtml(figure.label)));
  }
  return html + "</figure>\n";
}

ordered_json FigureData(const std::vector<Figure>& figures) {
  ordered_json all = ordered_json::array();
  for (const Figure& figure : figures) {
    ordered_json groups = ordered_json::array();  // of each picker; null: it chooses a variant
    for (const Picker& picker : figure.pickers)
      groups.push_back(picker.groups.empty() ? ordered_json() : ordered_json(picker.groups));
    all.push_back({{"id", figure.id},
                   {"label", figure.label},
                   {"height", figure.height},
                   {"traces", figure.traces},
                   {"layout", figure.layout},
                   {"groups", std::move(groups)},
                   {"variants", figure.variants}});
  }
  return all;
}

std::string PlotText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

ordered_json Rounded(double value, int digits) {
  if (!std::isfinite(value)) return {};
  return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

ordered_json Axis(const std::string& title, const std::string& type) {
  ordered_json axis = {{"title", {{"text", PlotText(title)}}}};
  if (!type.empty()) axis["type"] = type;
  return axis;
}

ordered_json ErrorBars(const std::vector<Estimate>& estimates) {
  ordered_json widths = ordered_json::array();
  for (const Estimate& estimate : estimates) {
    widths.push_back(std::isfinite(estimate.half_width) ? Rounded(estimate.half_width) : ordered_json(0));
  }
  return {{"type", "data"}, {"array", std::move(widths)}};
}

std::string ColorOf(size_t i) { return kPalette[i % kPalette.size()]; }

ordered_json LineOf(size_t i) {
  return {{"color", ColorOf(i)}, {"width", 2}, {"dash", kDashes[i / kPalette.size() % kDashes.size()]}};
}

ordered_json SeedMarker(const std::string& symbol) {
  return {{"symbol", symbol}, {"size", 12}, {"color", "#888888"}, {"line", {{"width", 1.5}}}};
}

ordered_json PublishedMarker() {
  return {{"symbol", "diamond-open"}, {"size", 11}, {"color", ColorOf(5)}, {"line", {{"width", 2}}}};
}

void AppendBand(const Band& band, size_t style, ordered_json* traces) {
  const std::string name = PlotText(band.name);
  ordered_json outline = Outline(band);
  outline.update({{"type", "scatter"},
                  {"mode", "lines"},
                  {"fill", "toself"},
                  {"fillcolor", ColorOf(style) + kBandOpacity},
                  {"line", {{"width", 0}}},
                  {"hoverinfo", "skip"},
                  {"showlegend", false},
                  {"legendgroup", name}});
  traces->push_back(std::move(outline));
  traces->push_back({{"type", "scatter"},
                     {"mode", band.mean.size() > 30 ? "lines" : "lines+markers"},
                     {"name", name},
                     {"legendgroup", name},
                     {"x", band.x},
                     {"y", RoundedAll(band.mean)},
                     {"line", LineOf(style)},
                     {"marker", {{"size", 5}}}});
}

}  // namespace ablate::analysis
