#include "runner/cli/analyze.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/attribution/catalogue.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "runner/cli/chosen_attributions.h"
#include "runner/cli/evaluation_verb.h"
#include "runner/cli/provenance.h"
#include "runner/cli/spec_options.h"

namespace ablate::runner {
namespace {

struct Options : SpecOptions {
  int argc = 0;
  const char* const* argv = nullptr;
  std::string split, set_name, file, dependencies;
  std::vector<std::string> attributions;
  int examples = 200;
};

constexpr char kFooter[] =
    R"(Looks at the attention of finished trials on a sample of the validation examples, of the training examples, of a second set
or of another file in the task's format: the FULL statistics of `ablate list statistics`. With --dependencies on the sentences of
a treebank instead: which heads find syntactic relations, and whether attributions follow the tree. Weights are there where
trials were run with `evaluation` blocks or launching { keep_weights: true }. What was analysed before is not analysed again.

Examples:
  ablate run experiments/quickstart.textproto
  ablate analyze experiments/quickstart.textproto
  ablate query reach_by_layer --param experiment=quickstart
  ablate query head_roles --param experiment=quickstart
  ablate analyze experiments/sst2_small.textproto --dependencies ud_ewt/en_ewt-ud-dev.conllu.gz --examples 100
  ablate query syntactic_heads --param experiment=sst2_small)";

constexpr char kSummary[] =
    "SELECT a.analysis, a.arm, COUNT(DISTINCT a.trial_id) AS trials, MAX(a.examples) AS examples,"
    "       AVG(CASE s.statistic WHEN 'effective_receptive_field' THEN s.value END) AS receptive_field,"
    "       AVG(CASE s.statistic WHEN 'reach' THEN s.value END) AS reach,"
    "       AVG(CASE s.statistic WHEN 'layer_spectral_gap' THEN s.value END) AS spectral_gap,"
    "       AVG(CASE s.statistic WHEN 'js_share' THEN s.value END) AS diversity"
    "  FROM analyses a JOIN analysis_layer_statistics s USING (evaluation_id)"
    "  JOIN (SELECT evaluation_id, MAX(layer) AS layer FROM analysis_layer_statistics GROUP BY evaluation_id) l"
    "    ON l.evaluation_id = s.evaluation_id AND l.layer = s.layer"
    " WHERE a.experiment = :experiment GROUP BY a.analysis, a.arm ORDER BY 1, 2";

constexpr char kSyntaxSummary[] =
    "SELECT arm, relation, direction, AVG(pairs) AS pairs, layer, head, MAX(accuracy) AS accuracy, best_offset_accuracy"
    "  FROM (SELECT a.arm, r.relation, r.direction, AVG(r.pairs) AS pairs, r.layer, r.head, AVG(r.accuracy) AS accuracy,"
    "               AVG(r.best_offset_accuracy) AS best_offset_accuracy"
    "          FROM analyses a JOIN relation_accuracy r USING (evaluation_id)"
    "         WHERE a.experiment = :experiment GROUP BY a.arm, r.relation, r.direction, r.attention, r.layer, r.head)"
    " GROUP BY arm, relation, direction ORDER BY MAX(accuracy) - best_offset_accuracy DESC LIMIT 20";

absl::StatusOr<EvaluationSet> NamedSet(const spec::Plan& plan, const std::string& name) {
  std::vector<std::string> names;
  for (const EvaluationSet& set : plan.experiment.evaluation()) {
    if (set.name() == name) return set;
    names.push_back(set.name());
  }
  return absl::InvalidArgumentError(fmt::format("--set-name {}: experiment \"{}\" has no such evaluation{}", name,
                                                plan.experiment.name(), DidYouMean(name, names)));
}

// What is looked at.
absl::Status Choose(const Options& options, const spec::Plan& plan, EvaluationRequest& request) {
  Analysis& analysis = *request.mutable_analysis();
  EvaluationSet& set = *request.mutable_set();
  analysis.set_source(options.split == "train" ? Analysis::TRAIN : Analysis::VALIDATION);
  set.set_name(options.split);
  if (!options.set_name.empty()) {
    ASSIGN_OR_RETURN(set, NamedSet(plan, options.set_name));
    analysis.set_source(Analysis::SET);
  }
  const std::string& file = options.file.empty() ? options.dependencies : options.file;
  if (!file.empty()) {
    set.set_name(FileName(file));
    set.set_file(file);
    analysis.set_source(options.file.empty() ? Analysis::DEPENDENCIES : Analysis::SET);
  }
  return absl::OkStatus();
}

absl::Status AddAttributions(const Options& options, Analysis& analysis) {
  const bool trees = analysis.source() == Analysis::DEPENDENCIES;
  std::vector<std::string> names = options.attributions;
  if (trees && names.empty()) names.push_back("all");
  ASSIGN_OR_RETURN(const std::vector<attribution::Entry> chosen, ChosenAttributions(names));
  for (const attribution::Entry& entry : chosen) {
    const bool fits = !trees || entry.of == attribution::Of::kEachToken;
    if (!fits && std::count(names.begin(), names.end(), entry.name) > 0) {
      return absl::InvalidArgumentError(fmt::format(
          "--attribution {}: is of the prediction; of a treebank only those of each token can be made", entry.name));
    }
    if (fits) analysis.add_attribution(entry.name);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<WantedEvaluation>> Wanted(const Options& options, const spec::Plan& plan,
                                                     const std::string& data_folder) {
  WantedEvaluation wanted;
  RETURN_IF_ERROR(Choose(options, plan, wanted.request));
  Analysis& analysis = *wanted.request.mutable_analysis();
  analysis.set_examples(static_cast<uint32_t>(options.examples));
  RETURN_IF_ERROR(AddAttributions(options, analysis));
  EvaluationSet content = wanted.request.set();
  std::string digest;  // of validation and training files the trial's id has
  if (content.has_file()) {
    ASSIGN_OR_RETURN(digest, DigestOfSet(content, data_folder));
    content.clear_file();
  }
  wanted.identity = fmt::format("analysis 1\n{}\n{}\n{}\n", analysis.ShortDebugString(), content.ShortDebugString(), digest);
  return std::vector<WantedEvaluation>{std::move(wanted)};
}

std::string Told(const EvaluationResult& result) {
  std::string text = fmt::format("{} examples", result.examples());
  for (int i = 0; i < result.metric_size(); ++i) text += fmt::format(", {} {:.4g}", result.metric(i), result.value(i));
  return text;
}

ExitCode Analyze(const Options& options) {
  Provenance provenance(options.argc, options.argv);
  const auto wanted = [&options](const spec::Plan& plan, const std::string& data_folder) {
    return Wanted(options, plan, data_folder);
  };
  return MakeEvaluations(options, provenance, {wanted, Told, options.dependencies.empty() ? kSummary : kSyntaxSummary});
}

}  // namespace

void AddAnalyze(CommandLine& line, int argc, const char* const* argv) {
  auto options = std::make_shared<Options>();
  options->argc = argc;
  options->argv = argv;
  options->split = "validation";
  VerbOptions verb = line.AddVerb("analyze", "Look at the attention of finished trials: statistics, attributions, syntax",
                                  [options] { return Analyze(*options); });
  AddSpecOptions(verb, *options);
  Option split = verb.Add("--split", options->split, "Examples of the task: validation (default) or train");
  split.OneOf({"validation", "train"});
  Option set = verb.Add("--set-name", options->set_name, "Examples of this evaluation block of the experiment");
  set.Type("NAME").Excludes(split);
  Option file = verb.Add("--file", options->file, "Examples of this file, in the format of the task's validation file");
  file.Type("FILE").Excludes(split).Excludes(set);
  Option dependencies = verb.Add("--dependencies", options->dependencies, "Sentences of this treebank, in CoNLL-U (also .gz)");
  dependencies.Type("FILE").Excludes(split).Excludes(set).Excludes(file);
  verb.Add("--examples", options->examples, "At most so many, drawn evenly, the same for every trial; 0: all. Default: 200")
      .Between(0, 1000000000);
  AddAttributionOption(verb, options->attributions,
                       "Also this attribution of each example; all: every one. Of a treebank: those of each token. Repeatable");
  verb.AddFooter(kFooter);
}

}  // namespace ablate::runner
