#include "lib/models/pretrained.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "lib/base/files.h"
#include "lib/base/safetensors.h"
#include "lib/base/status_macros.h"

namespace ablate::models {
namespace {

using at::Tensor;

// What pretraining and other tasks leave in such files, and a buffer that is no weight.
constexpr const char* kAside[] = {
    "cls.",        "classifier.",       "embeddings.position_ids", "pooler.",         "pre_classifier.",
    "qa_outputs.", "vocab_layer_norm.", "vocab_projector.",        "vocab_transform."};

// The names of one family's files. In a layer's names {} is its number.
struct Family {
  const char* name;
  const char* prefix;
  const char* layer;
  const char *query, *key, *value, *output, *attention_norm, *in, *out, *norm;
  const char* pooler;
};

constexpr Family kBert = {"BERT",
                          "bert.",
                          "encoder.layer.{}.",
                          "attention.self.query",
                          "attention.self.key",
                          "attention.self.value",
                          "attention.output.dense",
                          "attention.output.LayerNorm",
                          "intermediate.dense",
                          "output.dense",
                          "output.LayerNorm",
                          "pooler.dense"};
constexpr Family kDistilBert = {"DistilBERT",      "distilbert.",     "transformer.layer.{}.", "attention.q_lin",
                                "attention.k_lin", "attention.v_lin", "attention.out_lin",     "sa_layer_norm",
                                "ffn.lin1",        "ffn.lin2",        "output_layer_norm",     "pre_classifier"};

Tensor ToFloat(const StoredTensor& stored) {
  const at::ScalarType type = stored.type == "F16" ? at::kHalf : stored.type == "BF16" ? at::kBFloat16 : at::kFloat;
  std::string bytes(stored.bytes);  // the file's need not be aligned
  return at::from_blob(bytes.data(), stored.shape, type).to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
}

class Reader {
 public:
  Reader(std::string path, const ::ablate::Encoder& settings) : path_(std::move(path)), settings_(settings) {}

  absl::StatusOr<PretrainedWeights> Read(int64_t vocabulary, int64_t max_tokens) {
    ASSIGN_OR_RETURN(const std::string file, ReadFile(path_));
    ASSIGN_OR_RETURN(const Safetensors content, ParseSafetensors(file, path_));
    RETURN_IF_ERROR(Name(content));
    RETURN_IF_ERROR(AddEmbeddings(vocabulary, max_tokens));
    for (uint32_t layer = 0; layer < settings_.layers(); ++layer) RETURN_IF_ERROR(AddLayer(layer));
    const bool has_pooler = stored_.count(fmt::format("{}.weight", family_->pooler)) > 0;
    if (settings_.pooler() != ::ablate::Encoder::NO_POOLER && has_pooler) {
      RETURN_IF_ERROR(AddLinear("pooler", {family_->pooler}, width(), width()));
    }
    RETURN_IF_ERROR(CheckNothingIsLeft());
    return std::move(weights_);
  }

 private:
  int64_t width() const { return settings_.width(); }

  absl::Status Wrong(const std::string& what) const { return absl::DataLossError(fmt::format("{}: {}", path_, what)); }

  absl::Status Name(const Safetensors& content) {
    for (const StoredTensor& tensor : content.tensors) {
      std::string name = tensor.name;
      for (const Family& family : {kBert, kDistilBert}) {
        if (absl::StartsWith(name, family.prefix)) name = name.substr(std::strlen(family.prefix));
      }
      if (absl::StartsWith(name, "transformer.layer.")) family_ = &kDistilBert;
      if (absl::StartsWith(name, "encoder.layer.")) family_ = &kBert;
      if (!stored_.emplace(name, &tensor).second) return Wrong(fmt::format("two tensors \"{}\"", name));
    }
    if (family_ != nullptr) return absl::OkStatus();
    return Wrong("has neither BERT's names (encoder.layer.0. ...) nor DistilBERT's (transformer.layer.0. ...)");
  }

  // `rows_at_least`: the first axis may be longer.
  absl::StatusOr<Tensor> Take(const std::string& name, const std::vector<int64_t>& shape, bool rows_at_least = false) {
    auto found = stored_.find(name);
    if (found == stored_.end()) {
      return Wrong(fmt::format("no tensor \"{}\", which {} of {} layers has", name, family_->name, settings_.layers()));
    }
    const StoredTensor& tensor = *found->second;
    const bool longer = rows_at_least && tensor.shape.size() == shape.size() && tensor.shape[0] > shape[0] &&
                        std::equal(shape.begin() + 1, shape.end(), tensor.shape.begin() + 1);
    if (tensor.shape != shape && !longer) {
      return Wrong(fmt::format("tensor \"{}\" is [{}]; this model and task need [{}]{}", name, fmt::join(tensor.shape, ", "),
                               fmt::join(shape, ", "), rows_at_least ? " or more rows" : ""));
    }
    if (tensor.type != "F32" && tensor.type != "F16" && tensor.type != "BF16") {
      return Wrong(fmt::format("tensor \"{}\" is {}; allowed: F32, F16, BF16", name, tensor.type));
    }
    taken_.insert(name);
    const Tensor values = ToFloat(tensor);
    return longer ? values.narrow(0, 0, shape[0]).clone() : values;
  }

  absl::Status AddNorm(const std::string& own, const std::string& name) {
    // The first BERT files say gamma and beta.
    const bool old = stored_.count(name + ".gamma") > 0;
    ASSIGN_OR_RETURN(weights_[own + ".weight"], Take(name + (old ? ".gamma" : ".weight"), {width()}));
    ASSIGN_OR_RETURN(weights_[own + ".bias"], Take(name + (old ? ".beta" : ".bias"), {width()}));
    return absl::OkStatus();
  }

  // Several parts stand side by side in ours; ours is [in, out], the files' [out, in].
  absl::Status AddLinear(const std::string& own, const std::vector<std::string>& parts, int64_t in, int64_t out) {
    std::vector<Tensor> weights, biases;
    for (const std::string& part : parts) {
      ASSIGN_OR_RETURN(const Tensor weight, Take(part + ".weight", {out, in}));
      ASSIGN_OR_RETURN(const Tensor bias, Take(part + ".bias", {out}));
      weights.push_back(weight.transpose(0, 1));
      biases.push_back(bias);
    }
    weights_[own + ".weight"] = at::cat(weights, 1).contiguous();
    weights_[own + ".bias"] = at::cat(biases, 0);
    return absl::OkStatus();
  }

  absl::Status AddEmbeddings(int64_t vocabulary, int64_t max_tokens) {
    ASSIGN_OR_RETURN(weights_["embeddings.words"], Take("embeddings.word_embeddings.weight", {vocabulary, width()}));
    ASSIGN_OR_RETURN(weights_["embeddings.positions"],
                     Take("embeddings.position_embeddings.weight", {max_tokens, width()}, /*rows_at_least=*/true));
    if (settings_.token_types() > 0) {
      ASSIGN_OR_RETURN(weights_["embeddings.token_types"],
                       Take("embeddings.token_type_embeddings.weight", {settings_.token_types(), width()}));
    }
    return AddNorm("embeddings.norm", "embeddings.LayerNorm");
  }

  absl::Status AddLayer(uint32_t layer) {
    const Family& f = *family_;
    const std::string own = fmt::format("layers.{}.", layer), prefix = fmt::format(fmt::runtime(f.layer), layer);
    const int64_t inner = settings_.feed_forward() == 0 ? 4 * width() : settings_.feed_forward();
    RETURN_IF_ERROR(
        AddLinear(own + "attention.query_key_value", {prefix + f.query, prefix + f.key, prefix + f.value}, width(), width()));
    RETURN_IF_ERROR(AddLinear(own + "attention.output", {prefix + f.output}, width(), width()));
    RETURN_IF_ERROR(AddNorm(own + "attention.norm", prefix + f.attention_norm));
    RETURN_IF_ERROR(AddLinear(own + "feed_forward.in", {prefix + f.in}, width(), inner));
    RETURN_IF_ERROR(AddLinear(own + "feed_forward.out", {prefix + f.out}, inner, width()));
    return AddNorm(own + "feed_forward.norm", prefix + f.norm);
  }

  absl::Status CheckNothingIsLeft() const {
    for (const auto& [name, tensor] : stored_) {
      const std::string& text = name;
      if (taken_.count(name) > 0 ||
          std::any_of(std::begin(kAside), std::end(kAside), [&](const char* aside) { return absl::StartsWith(text, aside); })) {
        continue;
      }
      return Wrong(fmt::format("tensor \"{}\" has no place in this model: {} of {} layers with {} token types", name,
                               family_->name, settings_.layers(), settings_.token_types()));
    }
    return absl::OkStatus();
  }

  std::string path_;
  const ::ablate::Encoder& settings_;
  const Family* family_ = nullptr;
  std::map<std::string, const StoredTensor*> stored_;  // without prefix
  std::set<std::string> taken_;
  PretrainedWeights weights_;
};

}  // namespace

absl::StatusOr<PretrainedWeights> LoadPretrained(const std::string& path, const ::ablate::Encoder& settings, int64_t vocabulary,
                                                 int64_t max_tokens) {
  return Reader(path, settings).Read(vocabulary, max_tokens);
}

}  // namespace ablate::models
