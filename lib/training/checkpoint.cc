#include "lib/training/checkpoint.h"

#include <ATen/ops/from_blob.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "lib/attention/balance_forms.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"

namespace ablate::training {
namespace {

using at::Tensor;

constexpr char kVersion[] = "checkpoint 1";
constexpr char kStateName[] = "state", kWeightsName[] = "weights";

struct NamedSlice {
  std::string name;
  Tensor slice;  // a view into the array's tensor
};

// The tensors of one trial, those of settings that it doesn't have left out, so that its file is the same in any array.
std::vector<NamedSlice> SlicesOf(const ArrayState& state, int64_t place, CheckpointContent content) {
  const Trial& trial = state.trials[place].request.trial();
  std::vector<NamedSlice> slices;
  const std::vector<models::Parameter>& parameters = state.encoder.parameters();
  const auto has = [&](const models::Parameter& parameter) { return models::HasParameter(trial, parameter); };
  for (const models::Parameter& parameter : parameters) {
    if (has(parameter)) slices.push_back({parameter.name, parameter.value.detach().select(0, place)});
  }
  if (content == CheckpointContent::kWeights) return slices;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!has(parameters[i])) continue;
    const Moments& moments = state.optimizer.moments()[i];
    slices.push_back({"first_moment/" + parameters[i].name, moments.first.select(0, place)});
    slices.push_back({"second_moment/" + parameters[i].name, moments.second.select(0, place)});
  }
  if (attention::HasMultipliers(trial.attention())) {
    for (size_t layer = 0; layer < state.multipliers.size(); ++layer) {
      slices.push_back({fmt::format("balance/{}", layer), state.multipliers[layer].select(0, place)});
    }
  }
  return slices;
}

absl::Status Wrong(const std::string& path, const std::string& what) {
  return absl::DataLossError(fmt::format("{}: {}", path, what));
}

absl::StatusOr<std::string> Metadata(const Checkpoint& checkpoint, const std::string& key) {
  const auto found = checkpoint.content.metadata.find(key);
  if (found == checkpoint.content.metadata.end()) return Wrong(checkpoint.path, fmt::format("no \"{}\" in its metadata", key));
  return found->second;
}

absl::StatusOr<int64_t> CountOf(const Checkpoint& checkpoint, const std::string& key) {
  ASSIGN_OR_RETURN(const std::string text, Metadata(checkpoint, key));
  int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return Wrong(checkpoint.path, fmt::format("\"{}\" is \"{}\", not a count", key, text));
  }
  return value;
}

// Written as %a: no digit is lost.
absl::StatusOr<double> NumberOf(const Checkpoint& checkpoint, const std::string& key) {
  ASSIGN_OR_RETURN(const std::string text, Metadata(checkpoint, key));
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) {
    return Wrong(checkpoint.path, fmt::format("\"{}\" is \"{}\", not a number", key, text));
  }
  return value;
}

absl::Status ReadFacts(const TrialRequest& request, Checkpoint& checkpoint) {
  ASSIGN_OR_RETURN(const std::string version, Metadata(checkpoint, "ablate"));
  if (version != kVersion) return Wrong(checkpoint.path, fmt::format("is \"{}\", not \"{}\"", version, kVersion));
  ASSIGN_OR_RETURN(const std::string trial, Metadata(checkpoint, "trial"));
  if (trial != request.id()) {
    return absl::InvalidArgumentError(fmt::format("{}: is of trial {}, not {}", checkpoint.path, trial, request.id()));
  }
  ASSIGN_OR_RETURN(const std::string kind, Metadata(checkpoint, "content"));
  if (kind != kStateName && kind != kWeightsName) return Wrong(checkpoint.path, fmt::format("holds \"{}\"", kind));
  checkpoint.kind = kind == kStateName ? CheckpointContent::kState : CheckpointContent::kWeights;
  ASSIGN_OR_RETURN(checkpoint.step, CountOf(checkpoint, "step"));
  ASSIGN_OR_RETURN(checkpoint.sums.loss, NumberOf(checkpoint, "loss_sum"));
  ASSIGN_OR_RETURN(checkpoint.sums.balance_loss, NumberOf(checkpoint, "balance_loss_sum"));
  ASSIGN_OR_RETURN(checkpoint.sums.steps, CountOf(checkpoint, "sum_steps"));
  const int64_t steps = request.trial().training().steps();
  if (checkpoint.step > steps || (checkpoint.kind == CheckpointContent::kWeights && checkpoint.step != steps)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} of step {}, can't go on from there to step {}", checkpoint.path, kind, checkpoint.step, steps));
  }
  return absl::OkStatus();
}

}  // namespace

std::string SerializeCheckpoint(const ArrayState& state, int64_t place, CheckpointContent content) {
  const RunningTrial& trial = state.trials[place];
  Safetensors file;
  file.metadata = {{"ablate", kVersion},
                   {"trial", trial.request.id()},
                   {"content", content == CheckpointContent::kState ? kStateName : kWeightsName},
                   {"step", fmt::format("{}", state.step)},
                   {"loss_sum", fmt::format("{:a}", trial.sums.loss)},
                   {"balance_loss_sum", fmt::format("{:a}", trial.sums.balance_loss)},
                   {"sum_steps", fmt::format("{}", trial.sums.steps)}};
  std::vector<Tensor> alive;  // what the views below point into
  for (const NamedSlice& named : SlicesOf(state, place, content)) {
    alive.push_back(named.slice.cpu().contiguous());
    const Tensor& values = alive.back();
    file.tensors.push_back({named.name,
                            values.sizes().vec(),
                            {static_cast<const char*>(values.const_data_ptr()), static_cast<size_t>(values.nbytes())}});
  }
  return SerializeSafetensors(file);
}

absl::Status ReadCheckpoint(const TrialRequest& request, Checkpoint& checkpoint) {
  checkpoint.path = request.checkpoint();
  ASSIGN_OR_RETURN(checkpoint.file, ReadFile(checkpoint.path));
  ASSIGN_OR_RETURN(checkpoint.content, ParseSafetensors(checkpoint.file, checkpoint.path));
  return ReadFacts(request, checkpoint);
}

absl::Status RestoreTrial(const Checkpoint& checkpoint, int64_t place, ArrayState& state) {
  std::unordered_map<std::string, const StoredTensor*> stored;
  for (const StoredTensor& tensor : checkpoint.content.tensors) stored[tensor.name] = &tensor;
  const std::vector<NamedSlice> slices = SlicesOf(state, place, checkpoint.kind);
  if (stored.size() != slices.size()) {
    return Wrong(checkpoint.path, fmt::format("{} tensors, {} are needed", stored.size(), slices.size()));
  }
  for (const NamedSlice& named : slices) {
    const auto found = stored.find(named.name);
    if (found == stored.end()) return Wrong(checkpoint.path, fmt::format("no tensor \"{}\"", named.name));
    if (found->second->type != "F32") {
      return Wrong(checkpoint.path, fmt::format("tensor \"{}\" is {}, F32 is needed", named.name, found->second->type));
    }
    if (found->second->shape != named.slice.sizes().vec()) {
      return Wrong(checkpoint.path,
                   fmt::format("tensor \"{}\" has shape [{}], [{}] is needed", named.name,
                               fmt::join(found->second->shape, ", "), fmt::join(named.slice.sizes().vec(), ", ")));
    }
  }
  for (const NamedSlice& named : slices) {
    // Copied first: the file's bytes need not be aligned. copy_ only reads.
    std::string bytes(stored[named.name]->bytes);
    named.slice.copy_(at::from_blob(bytes.data(), named.slice.sizes(), at::kFloat));
  }
  state.trials[place].sums = checkpoint.sums;
  return absl::OkStatus();
}

}  // namespace ablate::training
