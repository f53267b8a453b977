#include "runner/cli/attention.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/attention_blocks.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/store/reader.h"
#include "runner/backends/local/find_worker.h"
#include "runner/cli/ask_worker.h"
#include "runner/cli/chosen_attributions.h"
#include "runner/cli/common_options.h"
#include "runner/cli/open_store.h"
#include "runner/cli/output.h"
#include "runner/cli/paths.h"
#include "runner/cli/trial_report.h"
#include "runner/cli/trial_weights.h"

namespace ablate::runner {
namespace {

struct Options {
  std::string trial, text, second_text, database, data, format, file;
  std::vector<std::string> attributions;
  int example = 0, layer = -1, head = -1;
  Output output;  // --width alone
};

constexpr char kFooter[] =
    R"(Rows ask, columns answer: "·" is a weight of exactly 0, which an entmax or imposed sparsity gives and softmax never does.
Without --text a validation example is drawn. Weights are there where trials were run with `evaluation` blocks or
launching { keep_weights: true }. Nothing is kept in the database.

Examples:
  ablate attention 3f2a --text 'a film that never ends'
  ablate attention 3f2a --text 'a film that never ends' --layer 1 --head 3
  ablate attention 3f2a --text 'a film that never ends' --attribution all --format svg -o film.svg)";

absl::StatusOr<std::string> TrialIn(const store::Reader& reader, const std::string& id) {
  ASSIGN_OR_RETURN(const store::Table table,
                   reader.Query("SELECT arm, seed FROM trial_overview WHERE trial_id = :id LIMIT 1", {{"id", id}}));
  if (table.rows.empty()) return "trial " + id;
  return fmt::format("{}, seed {}, trial {}", std::get<std::string>(table.rows[0][0]), std::get<int64_t>(table.rows[0][1]),
                     id.substr(0, 8));
}

absl::Status Fill(const Options& options, TrialRequest& request) {
  EvaluationRequest& evaluation = *request.add_evaluation();
  evaluation.set_id("attention");
  evaluation.mutable_set()->set_name("text");
  Analysis& analysis = *evaluation.mutable_analysis();
  analysis.set_source(Analysis::TEXT);
  analysis.set_example(static_cast<uint32_t>(options.example));
  if (!options.text.empty()) analysis.set_text(options.text);
  if (!options.second_text.empty()) analysis.set_second_text(options.second_text);
  ASSIGN_OR_RETURN(const std::vector<attribution::Entry> chosen, ChosenAttributions(options.attributions));
  for (const attribution::Entry& entry : chosen) analysis.add_attribution(entry.name);
  return absl::OkStatus();
}

// "good (0.93)".
std::string Prediction(const EvaluationResult& result) {
  double score = 0;
  int predicted = 0;
  for (int i = 0; i < result.metric_size(); ++i) {
    if (result.metric(i) == "score") score = result.value(i);
    if (result.metric(i) == "class") predicted = static_cast<int>(result.value(i));
  }
  const std::string name =
      predicted < result.class_name_size() ? result.class_name(predicted) : fmt::format("class {}", predicted);
  return fmt::format("{} ({:.2f})", name, score);
}

absl::StatusOr<std::string> Drawn(const Options& options, const EvaluationResult& result, const std::string& trial) {
  const std::string prediction = Prediction(result);
  if (options.format == "json") {
    return analysis::AttentionJson(result.drawing(), {{"trial", trial}, {"prediction", prediction}});
  }
  const auto chosen = [](int number) { return number < 0 ? std::nullopt : std::optional<int>(number); };
  const analysis::AttentionPicture picture = analysis::PictureOf(
      result.drawing(), fmt::format("{}; predicts {}", trial, prediction), chosen(options.layer), chosen(options.head));
  if (picture.blocks.empty()) {
    const HeadMap& last = *result.drawing().head().rbegin();
    return absl::InvalidArgumentError(
        fmt::format("no such head: layers are 0 to {}, heads 0 to {}", last.layer(), last.head()));
  }
  if (options.format == "svg") return analysis::AttentionSvg(picture);
  if (options.format == "html") return analysis::AttentionHtml(picture);
  return analysis::AttentionText(picture, OutputWidth(options.output));
}

absl::StatusOr<std::string> Make(const Options& options, const std::string& worker) {
  const std::string database = AbsolutePath(options.database);
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Reader> reader, OpenStore(database));
  ASSIGN_OR_RETURN(const std::string id, FindTrial(*reader, options.trial));
  ASSIGN_OR_RETURN(FinishedTrial finished, FindFinishedTrial(*reader, id, database));
  ASSIGN_OR_RETURN(const std::string trial, TrialIn(*reader, id));
  RETURN_IF_ERROR(Fill(options, finished.request));
  const std::string data = options.data.empty() ? finished.data_folder : AbsolutePath(options.data);
  ASSIGN_OR_RETURN(const EvaluationResult result, AskWorker(worker, finished.request, data));
  return Drawn(options, result, trial);
}

ExitCode Draw(const Options& options) {
  const auto worker = FindWorker();
  if (!worker.ok()) return Fail(ExitCode::kNoDevice, worker.status());
  const auto drawn = Make(options, *worker);
  if (absl::IsUnavailable(drawn.status())) return Fail(ExitCode::kNoDevice, drawn.status());
  if (absl::IsFailedPrecondition(drawn.status())) return Fail(ExitCode::kBadUsage, drawn.status());
  if (!drawn.ok()) return Fail(CodeOf(drawn.status()), drawn.status());
  const absl::Status written = options.file.empty() ? PrintText(*drawn) : WriteFileAtomically(options.file, *drawn);
  return written.ok() ? ExitCode::kAllWell : Fail(ExitCode::kBadUsage, written);
}

}  // namespace

void AddAttention(CommandLine& line) {
  auto options = std::make_shared<Options>();
  options->format = "text";
  VerbOptions verb =
      line.AddVerb("attention", "Draw who attends whom in a text, per head and layer", [options] { return Draw(*options); });
  verb.Add("trial", options->trial, "Its id, or a beginning that no other id has").Required().Type("TRIAL");
  const Option text = verb.Add("--text", options->text, "What is drawn, of a trial that learned from texts").Type("TEXT");
  verb.Add("--second-text", options->second_text, "The second text of a pair").Type("TEXT");
  verb.Add("--example", options->example, "Instead: this validation example, counted from 0. Default: 0")
      .Between(0, 1000000000)
      .Excludes(text);
  verb.Add("--layer", options->layer, "Heads of this layer alone").Between(0, 1000);
  verb.Add("--head", options->head, "This head of each layer alone").Between(0, 1000);
  AddAttributionOption(verb, options->attributions,
                       "Also this attribution (`ablate list statistics`); all: every one. Repeatable");
  verb.Add("--format", options->format, "text (default), svg, html or json").OneOf({"text", "svg", "html", "json"});
  verb.Add("-o,--output", options->file, "Instead of standard output").Type("FILE");
  AddDatabaseOption(verb, options->database);
  verb.Add("--data", options->data, "Folder of the data files; default: the one that the trial was trained with")
      .Type("FOLDER");
  AddWidthOption(verb, options->output);
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
