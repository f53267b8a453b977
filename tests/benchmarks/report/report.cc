// How large `ablate report`'s page of 500 trials is, and how long it takes to open: `bazel-bin/tests/benchmarks/report/report`
// prints a table of ratios and exits with 1 where a target is missed. Takes $ABLATE_PLOTLY, and Chromium where there is one.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "analysis/report/report_page.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/store/reader.h"
#include "tests/benchmarks/report/made_up_study.h"
#include "tests/benchmarks/result_table.h"

namespace ablate::benchmarks {
namespace {

double SecondsOf(const std::string& command) {
  const auto begin = std::chrono::steady_clock::now();
  if (std::system(command.c_str()) != 0) fmt::print(stderr, "failed: {}\n", command);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Chromium loads the file and prints its elements to FILE.dom.
std::string Chromium(const std::string& file, const std::string& options) {
  return fmt::format(
      "HOME='{0}' timeout 200 chromium --headless --no-sandbox --disable-gpu {2} --dump-dom 'file://{1}' >'{1}.dom' "
      "2>/dev/null",
      ParentFolder(file), file, options);
}

// What the page says of itself: `name`="NUMBER" in its first element; -1 where it doesn't.
double Said(const std::string& file, const std::string& name) {
  const auto dom = ReadFile(file + ".dom");
  const size_t at = dom.ok() ? dom->find("data-" + name + "=\"") : std::string::npos;
  return at == std::string::npos ? -1 : std::strtod(dom->c_str() + at + name.size() + 7, nullptr);
}

// Seconds until the first plot is drawn, by the page's own clock from the start of loading: the better of two.
double SecondsToFirstPlot(const std::string& file) {
  double best = 1e9;
  for (int i = 0; i < 2; ++i) {
    SecondsOf(Chromium(file, ""));
    if (const double said = Said(file, "first"); said >= 0) best = std::min(best, said / 1000);
  }
  return best;
}

// Seconds that Chromium takes from its start to the last plot, beyond what it takes for an empty page.
double SecondsToAllPlots(const std::string& file, const std::string& empty) {
  constexpr char kAll[] = "--virtual-time-budget=60000";
  double page = 1e9, floor = 1e9;
  for (int i = 0; i < 2; ++i) {
    page = std::min(page, SecondsOf(Chromium(file, kAll)));
    floor = std::min(floor, SecondsOf(Chromium(empty, kAll)));
  }
  return page - floor;
}

absl::StatusOr<std::string> MakePage(const std::string& database, const std::string& plotly) {
  const auto text = ReadFile(plotly);
  if (!text.ok()) return text.status();
  const auto reader = store::Reader::Open(database);
  if (!reader.ok()) return reader.status();
  return analysis::ReportPage(**reader, "made_up", {*text, database, "made_up", {}});
}

int Main() {
  const char* const plotly = std::getenv("ABLATE_PLOTLY");
  if (plotly == nullptr) {
    fmt::print(stderr, "ABLATE_PLOTLY, a plotly.min.js, is not set\n");
    return 4;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "ablate_report_XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 6;
  const std::string file = folder + "/index.html", empty = folder + "/empty.html";
  if (const absl::Status status = WriteMadeUpStudy(folder + "/results.db"); !status.ok()) {
    fmt::print(stderr, "{}\n", status.ToString());
    return 6;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto page = MakePage(folder + "/results.db", plotly);
  const double making = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!page.ok() || !WriteFileAtomically(file, *page).ok() || !WriteFileAtomically(empty, "<!DOCTYPE html>").ok()) {
    fmt::print(stderr, "{}\n", page.status().ToString());
    return 6;
  }
  std::vector<Figure> figures = {
      {"page of 500 trials", "MB", static_cast<double>(page->size()) / 1e6, Figure::Wanted::kAtMost, 15},
      {"making it", "s", making, Figure::Wanted::kAtMost, 30}};
  if (std::system("command -v chromium >/dev/null") == 0) {
    figures.push_back({"opening it: first plot", "s", SecondsToFirstPlot(file), Figure::Wanted::kAtMost, 2});
    figures.push_back(
        {"opening it: all plots, beyond an empty page", "s", SecondsToAllPlots(file, empty), Figure::Wanted::kAtMost, 2});
    fmt::print("{:.0f} plots were drawn.\n", Said(file, "drawn"));
  } else {
    fmt::print("There is no chromium: opening it was not measured.\n");
  }
  fmt::print("{}", TableOf(figures));
  std::filesystem::remove_all(folder);
  return ExitCodeOf(figures);
}

}  // namespace
}  // namespace ablate::benchmarks

int main() { return ablate::benchmarks::Main(); }
