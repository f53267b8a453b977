// How large `ablate report`'s page of 500 trials is, and how long it takes to open: `bazel-bin/tests/benchmarks/report/report`
// prints a table of ratios and exits with 1 where a target is missed. Takes $ABLATE_PLOTLY, and Chromium where there is one.
#include <unistd.h>

#include <algorithm>
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

// What the page says of itself once Chromium has loaded it: `name`="NUMBER" in its first element; -1 where it doesn't.
double Said(const std::string& file, const std::string& name) {
  const std::string command = fmt::format(
      "HOME='{0}' timeout 200 chromium --headless --no-sandbox --disable-gpu --dump-dom 'file://{1}' >'{1}.dom' 2>/dev/null",
      ParentFolder(file), file);
  if (std::system(command.c_str()) != 0) fmt::print(stderr, "failed: {}\n", command);
  const auto dom = ReadFile(file + ".dom");
  const size_t at = dom.ok() ? dom->find("data-" + name + "=\"") : std::string::npos;
  return at == std::string::npos ? -1 : std::strtod(dom->c_str() + at + name.size() + 7, nullptr);
}

// Seconds from the start of loading until a plot is drawn, by the page's own clock: the best of three.
double Seconds(const std::string& file, const std::string& name) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    if (const double said = Said(file, name); said >= 0) best = std::min(best, said / 1000);
  }
  return best;
}

bool Replace(const std::string& what, const std::string& with, std::string* text) {
  const size_t at = text->rfind(what);
  if (at == std::string::npos) return false;
  text->replace(at, what.size(), with);
  return true;
}

// The page drawing all before it counts as loaded, since Chromium prints no later than that. Its policy knows only the script
// with pauses between plots, so it goes too.
std::string WithoutPauses(std::string page) {
  const size_t policy = page.find("Content-Security-Policy");
  if (policy != std::string::npos) page.replace(policy, 23, "none");
  if (!Replace("setTimeout(() => next(i + 1))", "next(i + 1)", &page)) fmt::print(stderr, "page.js has changed\n");
  return page;
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
  const std::string file = folder + "/index.html", at_once = folder + "/at_once.html";
  if (const absl::Status status = WriteMadeUpStudy(folder + "/results.db"); !status.ok()) {
    fmt::print(stderr, "{}\n", status.ToString());
    return 6;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto page = MakePage(folder + "/results.db", plotly);
  const double making = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!page.ok() || !WriteFileAtomically(file, *page).ok() || !WriteFileAtomically(at_once, WithoutPauses(*page)).ok()) {
    fmt::print(stderr, "{}\n", page.status().ToString());
    return 6;
  }
  std::vector<Figure> figures = {
      {"page of 500 trials", "MB", static_cast<double>(page->size()) / 1e6, Figure::Wanted::kAtMost, 15},
      {"making it", "s", making, Figure::Wanted::kAtMost, 30}};
  if (std::system("command -v chromium >/dev/null") == 0) {
    figures.push_back({"opening it: first plot", "s", Seconds(file, "first"), Figure::Wanted::kAtMost, 2});
    figures.push_back({fmt::format("opening it: all {:.0f} plots", Said(at_once, "drawn")), "s", Seconds(at_once, "last"),
                       Figure::Wanted::kAtMost, 2});
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
