#include "runner/scheduler/trial_size.h"

#include "lib/tasks/catalogue.h"

namespace ablate::runner {
namespace {

constexpr uint64_t kBertWordPieces = 30522;
constexpr uint64_t kSpecialTokens = 4;
constexpr uint64_t kMostLikelyClasses = 4;  // of files: 2 or 3 in most
constexpr uint64_t kListOpsTokens = 17;
constexpr uint64_t kDigits = 10;
constexpr uint64_t kFloatBytes = 4;
constexpr uint64_t kCopiesOfParameters = 4;  // value, gradient, first and second moment
constexpr double kForwardAndBackward = 3;    // two products in the backward pass for each one in the forward pass

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
    case Task::kCopy:
      return {task.copy().symbols() + kSpecialTokens, 0};
    case Task::kReverse:
      return {task.reverse().symbols() + kSpecialTokens, 0};
    case Task::kSort:
      return {task.sort().symbols() + kSpecialTokens, 0};
    case Task::kListOps:
      return {kListOpsTokens, kDigits};
    case Task::kMultiQueryRecall:
      return {task.multi_query_recall().keys() + task.multi_query_recall().values() + kSpecialTokens + 1, 0};
    case Task::kTranslation:
      return {task.translation().vocabulary().size(), 0};
    case Task::kGeneration:
      return {task.generation().vocabulary().size(), 0};
    case Task::kLanguageModeling:
      return {task.language_modeling().vocabulary().size(), 0};
    case Task::KIND_NOT_SET:
      return {};
  }
  return {};
}

// Of a training example: further sets may be longer.
struct Lengths {
  uint64_t tokens = 0, target = 0;
};

Lengths LengthsOf(const Task& task) {
  Task trained = task;
  if (trained.has_copy()) trained.mutable_copy()->clear_longest_multiple();
  if (trained.has_reverse()) trained.mutable_reverse()->clear_longest_multiple();
  if (trained.has_sort()) trained.mutable_sort()->clear_longest_multiple();
  if (trained.has_list_ops()) trained.mutable_list_ops()->clear_longest_multiple();
  if (trained.has_multi_query_recall()) trained.mutable_multi_query_recall()->clear_longest_multiple();
  return {static_cast<uint64_t>(tasks::MaxTokens(trained)), static_cast<uint64_t>(tasks::MaxTargetTokens(trained))};
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
  size.step_operations = kForwardAndBackward * static_cast<double>(layers) * (of_products + of_attention);
  return size;
}

// Layers that all carry `tokens` positions of sequences of `keys`: of one stack of a model that writes sequences.
struct StackSize {
  uint64_t layers = 0, width = 0, inner = 0, heads = 0;
  uint64_t length = 0, source = 0;  // tokens of a sequence, and of the source that it attends; 0: none

  uint64_t LayerWeights() const { return (source > 0 ? 8 : 4) * width * width + 2 * width * inner; }

  void AddTo(uint64_t batch, TrialSize& size) const {
    const uint64_t tokens = batch * length, norms = source > 0 ? 3 : 2;
    const uint64_t biases = source > 0 ? 9 : 5;
    size.parameters += layers * (LayerWeights() + (norms * 2 + biases) * width + inner);
    const uint64_t kept = (4 + (source > 0 ? 4 : 0) + 2 * norms) * width + 2 * heads * (length + source) + 2 * inner;
    size.bytes += kFloatBytes * tokens * kept * (layers + 1);  // one layer's gradients are there at a time
    const double of_products = 2.0 * static_cast<double>(LayerWeights()) * static_cast<double>(tokens);
    const double of_attention = 4.0 * static_cast<double>(tokens * (length + source)) * static_cast<double>(width);
    size.step_operations += kForwardAndBackward * static_cast<double>(layers) * (of_products + of_attention);
  }
};

// Embeddings, of `tables` vocabularies, and the logits of `tokens` outputs with their gradient.
void AddVocabulary(const Alphabet& alphabet, uint64_t tables, uint64_t width, uint64_t tokens, TrialSize& size) {
  size.parameters += (tables * width + 1) * alphabet.tokens;
  size.parameter_bytes = kCopiesOfParameters * kFloatBytes * size.parameters;
  size.bytes += size.parameter_bytes + 2 * kFloatBytes * tokens * alphabet.tokens;
  size.step_operations += kForwardAndBackward * 2 * static_cast<double>(tokens * alphabet.tokens) * static_cast<double>(width);
}

TrialSize SizeOfSequenceToSequence(const SequenceToSequence& model, const Alphabet& alphabet, const Lengths& lengths,
                                   uint64_t batch) {
  const uint64_t inner = model.feed_forward() > 0 ? model.feed_forward() : 4 * model.width();
  TrialSize size;
  StackSize{model.encoder_layers(), model.width(), inner, model.heads(), lengths.tokens, 0}.AddTo(batch, size);
  StackSize{model.decoder_layers(), model.width(), inner, model.heads(), lengths.target, lengths.tokens}.AddTo(batch, size);
  const uint64_t tables = model.tying() == SequenceToSequence::ALL ? 1 : model.tying() == SequenceToSequence::SEPARATE ? 3 : 2;
  AddVocabulary(alphabet, tables, model.width(), batch * lengths.target, size);
  return size;
}

TrialSize SizeOfDecoder(const Decoder& model, const Alphabet& alphabet, const Lengths& lengths, uint64_t batch) {
  const uint64_t inner = model.feed_forward() > 0 ? model.feed_forward() : 4 * model.width();
  const uint64_t length = lengths.tokens + lengths.target;
  TrialSize size;
  StackSize{model.layers(), model.width(), inner, model.heads(), length, 0}.AddTo(batch, size);
  AddVocabulary(alphabet, model.tied_embeddings() ? 1 : 2, model.width(), batch * length, size);
  return size;
}

}  // namespace

TrialSize SizeOf(const Trial& trial) {
  const Alphabet alphabet = AlphabetOf(trial.task());
  const Lengths lengths = LengthsOf(trial.task());
  const uint64_t batch = trial.training().batch_size();
  switch (trial.model().kind_case()) {
    case Model::kEncoder:
      return SizeOfEncoder(trial.model().encoder(), alphabet, lengths.tokens, batch);
    case Model::kSequenceToSequence:
      return SizeOfSequenceToSequence(trial.model().sequence_to_sequence(), alphabet, lengths, batch);
    case Model::kDecoder:
      return SizeOfDecoder(trial.model().decoder(), alphabet, lengths, batch);
    case Model::KIND_NOT_SET:
      break;
  }
  return {};
}

uint64_t LayersOf(const Model& model) {
  if (model.has_encoder()) return model.encoder().layers();
  if (model.has_decoder()) return model.decoder().layers();
  return model.sequence_to_sequence().encoder_layers() + uint64_t{model.sequence_to_sequence().decoder_layers()};
}

}  // namespace ablate::runner
