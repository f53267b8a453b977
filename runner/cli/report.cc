#include "runner/cli/report.h"

#include <unistd.h>

#include <climits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/report/published.h"
#include "analysis/report/report_page.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "runner/cli/common_options.h"
#include "runner/cli/experiment_name.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string database, target, out, plotly, expected;
};

// Where an installation has it, relative to the folder of this program.
std::string InstalledPlotly() {
  char self[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof(self));
  return length <= 0 ? "" : JoinPath(ParentFolder(std::string(self, length)), "../share/ablate/plotly.min.js");
}

absl::StatusOr<std::string> ReadPlotly(const std::string& asked) {
  const std::string path = asked.empty() ? InstalledPlotly() : asked;
  if (FileExists(path)) return ReadFile(path);
  return absl::NotFoundError(
      fmt::format("{}: no plotly.js; name one by --plotly FILE or $ABLATE_PLOTLY: it is plotly/package_data/plotly.min.js in "
                  "PyPI's package plotly",
                  path));
}

// The file that was named, or expected.csv beside the experiment's file where there is one.
absl::StatusOr<std::vector<analysis::PublishedValue>> ReadExpected(const Options& options) {
  std::string path = options.expected;
  if (path.empty()) {
    path = JoinPath(ParentFolder(options.target), "expected.csv");
    if (!FileExists(options.target) || !FileExists(path)) return std::vector<analysis::PublishedValue>();
  }
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return analysis::ParsePublished(path, text);
}

absl::Status Write(const std::string& experiment, std::vector<analysis::PublishedValue> published, const Options& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(options.database));
  analysis::ReportOptions page_options;
  page_options.database = options.database;
  page_options.spec = options.target;
  page_options.published = std::move(published);
  ASSIGN_OR_RETURN(page_options.plotly, ReadPlotly(options.plotly));
  ASSIGN_OR_RETURN(const std::string page, analysis::ReportPage(*reader, experiment, page_options));
  RETURN_IF_ERROR(MakeFolders(options.out));
  const std::string path = JoinPath(options.out, "index.html");
  RETURN_IF_ERROR(WriteFileAtomically(path, page));
  return PrintText(path + "\n");
}

ExitCode RunReport(const Options& options) {
  const absl::StatusOr<std::string> experiment = ExperimentName(options.target);
  if (!experiment.ok()) return Fail(ExitCode::kBadSpec, experiment.status());
  absl::StatusOr<std::vector<analysis::PublishedValue>> published = ReadExpected(options);
  if (!published.ok()) return Fail(ExitCode::kBadSpec, published.status());
  const absl::Status status = Write(*experiment, *std::move(published), options);
  return status.ok() ? ExitCode::kAllWell : Fail(CodeOf(status), status);
}

}  // namespace

void AddReport(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("report", "Write an experiment as a page to read offline: answer, plots, provenance",
                                  [options] { return RunReport(*options); });
  verb.Add("experiment", options->target, "Name of an experiment in the database, or its file")
      .Required()
      .Type("EXPERIMENT|SPEC");
  verb.Add("-o,--out", options->out, "Folder for index.html, which holds all that it needs").Required().Type("FOLDER");
  verb.Add("--expected", options->expected, "What papers report. Default: expected.csv beside SPEC, if it is there")
      .Type("FILE");
  verb.Add("--plotly", options->plotly, "plotly.min.js. Default: $ABLATE_PLOTLY, or that of the installation")
      .Environment("ABLATE_PLOTLY")
      .Type("FILE");
  AddDatabaseOption(verb, options->database);
  verb.AddFooter("Examples:\n  ablate report experiments/quickstart.textproto -o report    then open report/index.html");
}

}  // namespace ablate::runner
