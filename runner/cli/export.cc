#include "runner/cli/export.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "analysis/datasette_metadata.h"
#include "analysis/experiment_results.h"
#include "analysis/table.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/store/documented.h"
#include "runner/cli/common_options.h"
#include "runner/cli/experiment_name.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"

namespace ablate::runner {
namespace {

constexpr size_t kFlushBytes = 1 << 16;

struct Options {
  std::string database, target, out, format = "csv";
  std::vector<std::string> views;
  bool datasette_metadata = false;
};

// Keyed by integers for other views, and of no use outside.
bool IsHelper(const std::string& view) { return view == "axis_values" || view == "last_snapshots"; }

absl::StatusOr<std::vector<store::Documented>> Wanted(const Options& options) {
  std::vector<store::Documented> wanted;
  std::vector<std::string> names;
  for (const store::Documented& view : store::Views()) {
    names.push_back(view.name);
    const bool asked = std::count(options.views.begin(), options.views.end(), view.name) > 0;
    if (options.views.empty() ? !IsHelper(view.name) : asked) wanted.push_back(view);
  }
  for (const std::string& name : options.views) {
    if (std::count(names.begin(), names.end(), name) > 0) continue;
    return absl::InvalidArgumentError(
        fmt::format("--view: no view \"{}\"{}: there are {}", name, DidYouMean(name, names), absl::StrJoin(names, ", ")));
  }
  return wanted;
}

// The rows of one experiment, where the view says which those are.
std::string SqlOf(const store::Documented& view, bool one_experiment) {
  const auto has = [&](const char* name) {
    return std::any_of(view.columns.begin(), view.columns.end(), [&](const auto& column) { return column.first == name; });
  };
  const std::string all = "SELECT * FROM " + view.name;
  if (!one_experiment || IsHelper(view.name)) return all;
  if (has("experiment")) return all + " WHERE experiment = :experiment";
  if (has("trial_id")) {
    return all + " WHERE trial_id IN (SELECT trial_id FROM trial_overview WHERE experiment = :experiment)";
  }
  return all;
}

// A file, or standard output, that text is appended to.
class Sink {
 public:
  explicit Sink(std::string path) : path_(std::move(path)) {
    file_ = path_ == "-" ? stdout : std::fopen(path_.c_str(), "wbe");
    if (file_ == nullptr) error_ = errno;
  }
  ~Sink() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }
  Sink(const Sink&) = delete;

  bool Take(std::string* text, bool all) {  // false: it takes no more
    if (error_ == 0 && (all || text->size() >= kFlushBytes)) {
      if (std::fwrite(text->data(), 1, text->size(), file_) != text->size()) error_ = errno;
      text->clear();
    }
    return error_ == 0;
  }
  absl::Status Finish() {
    if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
    if (error_ == 0) return absl::OkStatus();
    return absl::UnavailableError(
        fmt::format("can't write {}: {}", path_ == "-" ? "to standard output" : path_, std::strerror(error_)));
  }

 private:
  const std::string path_;
  std::FILE* file_;
  int error_ = 0;
};

absl::Status WriteView(const store::Reader& reader, const store::Documented& view, const std::string& experiment,
                       const Options& options, const std::string& path) {
  const std::string sql = SqlOf(view, !experiment.empty());
  store::Parameters parameters;
  if (sql.find(":experiment") != std::string::npos) parameters.emplace_back("experiment", experiment);
  const auto writer = analysis::MakeTableWriter(*analysis::ParseFormat(options.format), {});
  const bool with_name = path == "-" && options.format == "jsonl";  // several views in one stream are told apart
  Sink sink(path);
  std::string waiting;
  RETURN_IF_ERROR(reader.ForEachRow(
      sql, parameters,
      [&](const std::vector<std::string>& columns) {
        std::vector<std::string> all = columns;
        if (with_name) all.insert(all.begin(), "view");
        writer->Begin(all, &waiting);
      },
      [&](const std::vector<store::Value>& values) {
        std::vector<store::Value> all = values;
        if (with_name) all.insert(all.begin(), view.name);
        writer->Row(all, &waiting);
        return sink.Take(&waiting, false);
      }));
  writer->End(&waiting);
  sink.Take(&waiting, true);
  return sink.Finish();
}

absl::Status Export(const std::string& experiment, const Options& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(options.database));
  if (options.datasette_metadata) {
    std::string name = FileName(options.database);
    name = name.substr(0, name.rfind('.'));
    ASSIGN_OR_RETURN(const std::string metadata, analysis::DatasetteMetadata(*reader, name));
    return PrintText(metadata);
  }
  if (!experiment.empty()) RETURN_IF_ERROR(analysis::ReadExperiment(*reader, experiment).status());
  ASSIGN_OR_RETURN(const std::vector<store::Documented> views, Wanted(options));
  const bool stream = options.out == "-";
  if (stream && options.format == "csv" && views.size() != 1) {
    return absl::InvalidArgumentError("-o -: csv has one table; give one --view NAME, or --format jsonl");
  }
  if (!stream) RETURN_IF_ERROR(MakeFolders(options.out));
  for (const store::Documented& view : views) {
    const std::string path = stream ? "-" : JoinPath(options.out, view.name + "." + options.format);
    RETURN_IF_ERROR(WriteView(*reader, view, experiment, options, path));
  }
  return stream ? absl::OkStatus() : PrintText(fmt::format("{}: {} files\n", options.out, views.size()));
}

ExitCode RunExport(const Options& options) {
  if (options.out.empty() && !options.datasette_metadata) {
    return Fail(ExitCode::kBadUsage, absl::InvalidArgumentError("say where to: -o FOLDER, or -o - for standard output"));
  }
  absl::StatusOr<std::string> experiment = options.target;
  if (!options.target.empty()) experiment = ExperimentName(options.target);
  if (!experiment.ok()) return Fail(ExitCode::kBadSpec, experiment.status());
  const absl::Status status = Export(*experiment, options);
  return status.ok() ? ExitCode::kAllWell : Fail(CodeOf(status), status);
}

}  // namespace

void AddExport(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb = line.AddVerb("export", "Write the views as CSV or JSON lines, or describe them for Datasette",
                                  [options] { return RunExport(*options); });
  verb.Add("experiment", options->target, "Only rows of this experiment; its name or file. Default: all rows")
      .Type("EXPERIMENT|SPEC");
  verb.Add("-o,--out", options->out, "Folder for a file per view, or - for standard output").Type("FOLDER|-");
  verb.Add("--view", options->views, "Only this view. Repeatable").Type("NAME");
  verb.Add("--format", options->format, "csv (the default) or jsonl; both keep every digit")
      .OneOf({"csv", "jsonl"})
      .Type("FORMAT");
  verb.AddFlag("--datasette-metadata", options->datasette_metadata,
               "Print descriptions of views, columns and named queries for Datasette instead");
  AddDatabaseOption(verb, options->database);
  verb.AddFooter(
      "Examples:\n"
      "  ablate export -o tables\n"
      "  ablate export quickstart -o - --view metric_points > points.csv\n"
      "  ablate export quickstart -o - --format jsonl | jq 'select(.view == \"leaderboard\")'\n"
      "  ablate export --datasette-metadata > metadata.json && datasette results.db --metadata metadata.json");
}

}  // namespace ablate::runner
