#include "runner/scheduler/trial_size.h"

#include "lib/tasks/catalogue.h"

namespace ablate::runner {
namespace {

constexpr uint64_t kBertWordPieces = 30522;
constexpr uint64_t kSpecialTokens = 4;
constexpr uint64_t kMostLikelyClasses = 4;  // of files: 2 or 3 in most
constexpr uint64_t kFloatBytes = 4;
constexpr uint64_t kCopiesOfParameters = 4;  // value, gradient, first and second moment

struct Alphabet {
  uint64_t tokens = 0, classes = 0;
};

Alphabet AlphabetOf(const Task& task) {
  switch (task.kind_case()) {
    case Task::kTextClassification: {
      const Tokenizer& tokenizer = task.text_classification().tokenizer();
      const bool pieces = tokenizer.kind() == Tokenizer::WORD_PIECE;
      return {pieces ? kBertWordPieces : tokenizer.max_words() + kSpecialTokens, kMostLikelyClasses};
    }
    case Task::kRecall: {
      const uint64_t keys = task.recall().keys(), values = task.recall().values();
      return {keys * (values + 1) + kSpecialTokens, values};  // a pair is one token
    }
    case Task::kMajority:
      return {task.majority().symbols() + kSpecialTokens, task.majority().symbols()};
    default:
      return {};
  }
}

// Numbers that the backward pass of a layer needs, per token: normalized inputs and outputs of both norms, queries, keys and
// values, context, the inner activations with their slopes; scores and probabilities.
struct PerToken {
  uint64_t attention = 0, feed_forward = 0;
};

TrialSize SizeOfEncoder(const Encoder& encoder, const Alphabet& alphabet, uint64_t length, uint64_t batch) {
  const uint64_t width = encoder.width(), layers = encoder.layers();
  const uint64_t inner = encoder.feed_forward() > 0 ? encoder.feed_forward() : 4 * width;
  const uint64_t layer_weights = 4 * width * width + 2 * width * inner;
  TrialSize size;
  size.parameters = (alphabet.tokens + length) * width + layers * (layer_weights + 9 * width + inner) + 2 * width +
                    alphabet.classes * (width + 1);
  size.parameter_bytes = kCopiesOfParameters * kFloatBytes * size.parameters;

  const PerToken kept = {4 * width + 2 * encoder.heads() * length, 5 * width + 2 * inner};
  // Behind the last layer's attention only the first token is carried on. One layer's gradients are there at a time.
  const uint64_t per_token = 3 * width + layers * kept.attention + (layers - 1) * kept.feed_forward +  //
                             kept.attention + (layers > 1 ? kept.feed_forward : 0);
  const uint64_t tokens = batch * length;
  size.bytes = size.parameter_bytes + kFloatBytes * tokens * per_token;

  const double of_products = 2.0 * static_cast<double>(layer_weights) * static_cast<double>(tokens);
  const double of_attention = 4.0 * static_cast<double>(tokens * length) * static_cast<double>(width);
  constexpr double kForwardAndBackward = 3;  // two products in the backward pass for each one in the forward pass
  size.step_operations = kForwardAndBackward * static_cast<double>(layers) * (of_products + of_attention);
  return size;
}

}  // namespace

TrialSize SizeOf(const Trial& trial) {
  if (!trial.model().has_encoder()) return {};
  return SizeOfEncoder(trial.model().encoder(), AlphabetOf(trial.task()), tasks::MaxTokens(trial.task()),
                       trial.training().batch_size());
}

}  // namespace ablate::runner
