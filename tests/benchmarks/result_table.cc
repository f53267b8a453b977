#include "tests/benchmarks/result_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace ablate::benchmarks {

std::string TableOf(const std::vector<Figure>& figures) {
  size_t width = 0;
  for (const Figure& figure : figures) width = std::max(width, figure.what.size());
  std::string table =
      fmt::format("{:<{}} {:>10} {:>10} {:>11}  {:<9} {:>6}\n", "", width, "seen", "floor", "target", "unit", "ratio");
  for (const Figure& figure : figures) {
    const char* sign = figure.wanted == Figure::Wanted::kAtLeast ? ">=" : "<=";
    const std::string floor = figure.floor == 0 ? "" : fmt::format("{:.5g}", figure.floor);
    table += fmt::format("{:<{}} {:>10.5g} {:>10} {:>2} {:>8.6g}  {:<9} {:>6.2f}{}\n", figure.what, width, figure.seen, floor,
                         sign, figure.target, figure.unit, figure.Ratio(), figure.Reached() ? "" : "  MISSED");
  }
  return table;
}

int ExitCodeOf(const std::vector<Figure>& figures) {
  return std::all_of(figures.begin(), figures.end(), [](const Figure& figure) { return figure.Reached(); }) ? 0 : 1;
}

}  // namespace ablate::benchmarks
