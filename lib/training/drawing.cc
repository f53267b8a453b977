#include "lib/training/drawing.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/softmax.h>

#include <optional>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "lib/attribution/attributions.h"
#include "lib/attribution/subject.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/text_reader.h"

namespace ablate::training {
namespace {

constexpr char kAttention[] = "encoder";

struct Drawn {
  tasks::Example example;
  int64_t place = 0;
  std::vector<std::string> tokens;
};

std::vector<std::string> Numbered(const std::vector<int32_t>& tokens) {
  std::vector<std::string> texts;
  for (const int32_t token : tokens) texts.push_back(std::to_string(token));
  return texts;
}

absl::StatusOr<Drawn> DrawnText(const Analysis& analysis, const Task& task, const std::string& data_folder) {
  ASSIGN_OR_RETURN(const tasks::TextReader reader, tasks::TextReader::Make(task, data_folder));
  const auto second = analysis.has_second_text() ? std::optional<std::string>(analysis.second_text()) : std::nullopt;
  ASSIGN_OR_RETURN(tasks::ReadTokens read, reader.ReadText(analysis.text(), second));
  std::vector<std::string> pieces = reader.Pieces(read.example.tokens);
  return Drawn{std::move(read.example), 0, std::move(pieces)};
}

absl::StatusOr<Drawn> DrawnExample(const Analysis& analysis, const Task& task, const tasks::LabelledExamples& examples,
                                   const std::string& data_folder) {
  const size_t place = analysis.example(), count = examples.validation.size();
  if (place >= count) {
    return absl::InvalidArgumentError(fmt::format("validation example {}: there are those from 0 to {}", place, count - 1));
  }
  const tasks::Example& example = examples.validation[place];
  Drawn drawn{example, static_cast<int64_t>(place), Numbered(example.tokens)};
  if (!task.has_text_classification()) return drawn;
  ASSIGN_OR_RETURN(const tasks::TextReader reader, tasks::TextReader::Make(task, data_folder));
  drawn.tokens = reader.Pieces(example.tokens);
  return drawn;
}

void AddHeads(const models::EncoderOutputs& outputs, AttentionDrawing& drawing) {
  for (size_t layer = 0; layer < outputs.layers.size(); ++layer) {
    const at::Tensor probabilities = outputs.layers[layer].probabilities.detach().cpu().contiguous();
    const at::Tensor support = outputs.layers[layer].support.cpu().contiguous();
    const int64_t heads = probabilities.size(2), pairs = probabilities.size(3) * probabilities.size(4);
    for (int64_t head = 0; head < heads; ++head) {
      HeadMap& map = *drawing.add_head();
      map.set_attention(kAttention);
      map.set_layer(static_cast<uint32_t>(layer));
      map.set_head(static_cast<uint32_t>(head));
      const float* const weight = probabilities.const_data_ptr<float>() + head * pairs;
      const bool* const kept = support.const_data_ptr<bool>() + head * pairs;
      map.mutable_probability()->Add(weight, weight + pairs);
      map.mutable_support()->Add(kept, kept + pairs);
    }
  }
}

// The predicted class, with its name and probability.
int64_t AddPrediction(const at::Tensor& logits, const tasks::LabelledExamples& examples, EvaluationResult& result) {
  const at::Tensor probabilities = at::softmax(logits.select(0, 0).select(0, 0).detach().cpu().to(at::kDouble), 0);
  const int64_t predicted = probabilities.argmax(0).item<int64_t>();
  result.add_metric("score");
  result.add_value(probabilities.select(0, predicted).item<double>());
  result.add_metric("class");
  result.add_value(static_cast<double>(predicted));
  for (const std::string& name : examples.class_names) result.add_class_name(name);
  return predicted;
}

}  // namespace

absl::Status Draw(const EvaluationRequest& request, const tasks::LabelledExamples& examples, const ArrayState& state,
                  const std::string& data_folder, EvaluationResult& result) {
  const at::NoGradGuard no_gradients;  // attributions by gradients turn them on for themselves
  const Analysis& analysis = request.analysis();
  const Task& task = state.trials[0].request.trial().task();
  ASSIGN_OR_RETURN(const Drawn drawn, analysis.has_text() ? DrawnText(analysis, task, data_folder)
                                                          : DrawnExample(analysis, task, examples, data_folder));
  const auto subject = attribution::MakeSubject(*state.network->encoder(), state.multipliers, drawn.example, drawn.place, state.Progress());
  ASSIGN_OR_RETURN(const models::EncoderOutputs outputs, state.network->encoder()->Forward(subject.batch, state.multipliers, std::nullopt));
  const int64_t predicted = AddPrediction(outputs.logits, examples, result);
  AttentionDrawing& drawing = *result.mutable_drawing();
  for (const std::string& token : drawn.tokens) drawing.add_token(token);
  AddHeads(outputs, drawing);
  for (const std::string& name : analysis.attribution()) {
    ASSIGN_OR_RETURN(*drawing.add_attribution(),
                     attribution::Attribute({subject, outputs, predicted, analysis.integration_steps()}, name));
  }
  result.set_examples(1);
  return absl::OkStatus();
}

}  // namespace ablate::training
