#include "lib/training/treebank_analysis.h"

#include <ATen/core/grad_mode.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "lib/attribution/attributions.h"
#include "lib/attribution/distance_profile.h"
#include "lib/attribution/relations.h"
#include "lib/attribution/subject.h"
#include "lib/attribution/word_maps.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/data/treebank.h"
#include "lib/tasks/text_reader.h"
#include "lib/training/analysis.h"

namespace ablate::training {
namespace {

constexpr char kAttention[] = "encoder";

struct Sentence {
  tasks::DependencyTree tree;
  tasks::ReadTokens read;
};

// Those that the trial can see whole.
absl::StatusOr<std::vector<Sentence>> Readable(std::vector<tasks::DependencyTree> trees, const tasks::TextReader& reader) {
  std::vector<Sentence> sentences;
  for (tasks::DependencyTree& tree : trees) {
    std::vector<std::string> words;
    for (const tasks::DependencyWord& word : tree) words.push_back(word.form);
    absl::StatusOr<tasks::ReadTokens> read = reader.ReadWords(words);
    if (read.ok() && tree.size() > 1) sentences.push_back({std::move(tree), *std::move(read)});
  }
  if (sentences.empty())
    return absl::InvalidArgumentError("no sentence of the treebank has two words and fits the task's max_tokens");
  return sentences;
}

class TreebankAnalysis {
 public:
  TreebankAnalysis(const Analysis& analysis, const ArrayState& state) : analysis_(analysis), state_(state) {}

  absl::Status Add(const Sentence& sentence, int64_t place) {
    const auto subject =
        attribution::MakeSubject(*state_.network->encoder(), state_.multipliers, sentence.read.example, place, state_.Progress());
    ASSIGN_OR_RETURN(const models::EncoderOutputs outputs,
                     state_.network->encoder()->Forward(subject.batch, state_.multipliers, std::nullopt));
    relations_.AddSentence(sentence.tree);
    for (size_t layer = 0; layer < outputs.layers.size(); ++layer) AddHeads(sentence, outputs, static_cast<int>(layer));
    for (const std::string& name : analysis_.attribution()) {
      ASSIGN_OR_RETURN(const AttributionMap map, attribution::Attribute({subject, outputs, 0, 0}, name));
      const std::vector<double> values(map.value().begin(), map.value().end());
      if (static_cast<int64_t>(values.size()) != subject.tokens() * subject.tokens()) {
        return absl::InvalidArgumentError(fmt::format("attribution \"{}\" is not of each token", name));
      }
      profiles_[name].Add(sentence.tree, attribution::WordMap(values, sentence.read.words, sentence.tree.size()));
    }
    return absl::OkStatus();
  }

  void Write(EvaluationResult& result) const {
    relations_.Write(kAttention, result);
    for (const auto& [name, profile] : profiles_) profile.Write(name, result);
  }

 private:
  void AddHeads(const Sentence& sentence, const models::EncoderOutputs& outputs, int layer) {
    const at::Tensor maps = outputs.layers[static_cast<size_t>(layer)].probabilities.detach().cpu().contiguous();
    const int64_t heads = maps.size(2), pairs = maps.size(3) * maps.size(4);
    for (int64_t head = 0; head < heads; ++head) {
      const float* const map = maps.const_data_ptr<float>() + head * pairs;
      const std::vector<double> words =
          attribution::WordMap(std::vector<double>(map, map + pairs), sentence.read.words, sentence.tree.size());
      relations_.AddMap(sentence.tree, layer, static_cast<int>(head), words);
    }
  }

  const Analysis& analysis_;
  const ArrayState& state_;
  attribution::Relations relations_;
  std::map<std::string, attribution::DistanceProfile> profiles_;
};

}  // namespace

absl::Status AnalyzeTreebank(const EvaluationRequest& request, const ArrayState& state, const std::string& data_folder,
                             EvaluationResult& result) {
  const at::NoGradGuard no_gradients;  // attributions by gradients turn them on for themselves
  ASSIGN_OR_RETURN(const tasks::TextReader reader,
                   tasks::TextReader::Make(state.trials[0].request.trial().task(), data_folder));
  ASSIGN_OR_RETURN(std::vector<tasks::DependencyTree> trees, tasks::ReadTreebank(JoinPath(data_folder, request.set().file())));
  const size_t all = trees.size();
  ASSIGN_OR_RETURN(const std::vector<Sentence> sentences, Readable(std::move(trees), reader));
  const std::vector<int64_t> sample = SampleOf(static_cast<int64_t>(sentences.size()), request.analysis().examples());
  TreebankAnalysis analysis(request.analysis(), state);
  for (const int64_t place : sample) RETURN_IF_ERROR(analysis.Add(sentences[static_cast<size_t>(place)], place));
  analysis.Write(result);
  result.set_examples(sample.size());
  result.add_metric("skipped_sentences");
  result.add_value(static_cast<double>(all - sentences.size()));
  return absl::OkStatus();
}

}  // namespace ablate::training
