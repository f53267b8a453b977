// What training sees of a model, whichever it is: parameters, a forward pass, its attentions, and how it writes sequences.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/attention/attention.h"
#include "lib/models/encoder.h"
#include "lib/models/parameters.h"
#include "proto/trial.pb.h"

namespace ablate::models {

// What the task fixes.
struct NetworkShape {
  int64_t vocabulary = 0;
  int64_t max_tokens = 0;         // of `Batch.tokens`
  int64_t classes = 0;            // of an encoder
  int64_t max_target_tokens = 0;  // of a sequence-to-sequence decoder's input
};

// T trials, B examples, L tokens, M tokens of a target.
struct Batch {
  at::Tensor tokens;                              // [T, B, L] int64 in [0, vocabulary)
  at::Tensor valid;                               // [T, B, L] bool; false = padding, behind all tokens
  at::Tensor token_types = {};                    // [T, B, L] int64, read by encoders; undefined: 0 everywhere
  at::Tensor target = {};                         // [T, B, M] int64: what a sequence-to-sequence decoder reads
  at::Tensor target_valid = {};                   // [T, B, M] bool
  std::vector<std::vector<int64_t>> places = {};  // [T][B]: of the examples in their set; for what is removed by chance
  double progress = 1;                            // share of the optimizer's steps taken, [0, 1]
};

// One attention of a network.
struct AttentionPlace {
  attention::Kind kind;
  int64_t layer;  // 0 is nearest the input
};

struct NetworkOutputs {
  at::Tensor logits;  // encoder: [T, B, classes] f32; sequence_to_sequence: [T, B, M, vocabulary]; decoder: [T, B, L, ...]
  at::Tensor balance_loss;  // [T] f32, mean over the attentions that can have balance; undefined if no trial has it
  std::vector<attention::Outputs> attentions;  // as Network::attentions() has them; context left out
};

// Writes sequences token by token, for one trial. Rows are independent sequences.
class Writing {
 public:
  virtual ~Writing() = default;
  // Reads one more token of each row; logits [rows, vocabulary] f32 on the CPU of the next ones. The first call of a
  // sequence-to-sequence model reads the begin. May throw what torch throws.
  virtual absl::StatusOr<at::Tensor> Next(const std::vector<int32_t>& tokens) = 0;
  // Row i becomes what row rows[i] was; rows may be repeated and left out.
  virtual void Select(const std::vector<int64_t>& rows) = 0;
};

class Network {
 public:
  virtual ~Network() = default;

  // Trials that agree in model (but for rates of dropout) and precision, best sorted by (normalizer, structure).
  // InvalidArgument on a model that can't be built, or not for this task; other errors are those of files with pretrained
  // weights, which are relative to `data_folder`.
  static absl::StatusOr<std::unique_ptr<Network>> Make(const std::vector<Trial>& trials, const NetworkShape& shape,
                                                       const std::string& data_folder = "");

  // `multipliers`: of each attention [T, H, 4]; empty if no trial has balance. `training`: absent in evaluation.
  virtual absl::StatusOr<NetworkOutputs> Forward(const Batch& batch, const std::vector<at::Tensor>& multipliers,
                                                 const std::optional<TrainingStep>& training) const = 0;

  // In an order that depends on the model alone.
  virtual std::vector<AttentionPlace> attentions() const = 0;
  virtual int64_t heads() const = 0;

  // d = alpha - 1 of an attention's heads, [T, H] f32; undefined if no trial has one.
  virtual at::Tensor AlphaMinusOne(const AttentionPlace& place) const = 0;
  // What else normalizers learn there, by name: [T, H], or [T, H, width] per input.
  virtual std::map<std::string, at::Tensor> Learned(const AttentionPlace& place) const = 0;

  virtual std::vector<Parameter>& parameters() = 0;
  virtual const std::vector<Parameter>& parameters() const = 0;

  // Keeps the trials at these places (ascending); the others' slices are dropped.
  virtual absl::Status Keep(const std::vector<int64_t>& trials) = 0;
  // To be called before parameters are handed out.
  virtual void MoveTo(at::Device device) = 0;
  // To be called after each step of the optimizer.
  virtual void FinishStep() = 0;

  // Starts to write what trial `trial` of the array gives for a batch of one trial. A decoder reads the batch's tokens first,
  // of which no example may have padding; of a sequence-to-sequence model they are the source. The writing refers to the
  // network. Unimplemented for encoders.
  virtual absl::StatusOr<std::unique_ptr<Writing>> StartWriting(int64_t trial, const Batch& batch) const;

  // The encoder itself where that is the model, else null: for what looks into its states.
  virtual const Encoder* encoder() const { return nullptr; }
};

}  // namespace ablate::models
