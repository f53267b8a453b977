// Pretrained weights: outputs equal those of the public transformers package (tests/lib/models/testdata/make_expected.py), and
// files that are not right are told what is wrong with them.
#include "lib/models/pretrained.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/files.h"
#include "lib/base/safetensors.h"
#include "lib/models/encoder.h"
#include "lib/testing/tensor_comparison.h"

namespace ablate::models {
namespace {

using at::Tensor;
using testing::SameBits;

const std::string& Folder() {
  static const auto& folder = *new std::string("tests/lib/models/testdata");
  return folder;
}

Tensor ToTensor(const StoredTensor& stored) {
  std::string bytes(stored.bytes);
  return at::from_blob(bytes.data(), stored.shape, stored.type == "I64" ? at::kLong : at::kFloat).clone();
}

// What transformers was given, and what it said.
struct Expected {
  EncoderBatch batch;
  Tensor states, pooled;
};

Expected ReadExpected(const std::string& name, int64_t trials) {
  const std::string path = JoinPath(Folder(), name + "_expected.safetensors"), file = ReadFile(path).value();
  std::map<std::string, Tensor> tensors;
  const Safetensors content = ParseSafetensors(file, path).value();
  for (const StoredTensor& tensor : content.tensors) tensors[tensor.name] = ToTensor(tensor);
  const auto for_all = [&](const Tensor& x) {
    return x.unsqueeze(0).expand({trials, x.size(0), x.size(1)}).clone(at::MemoryFormat::Contiguous);
  };
  const int64_t length = tensors["tokens"].size(1);
  Expected expected;
  expected.batch.tokens = for_all(tensors["tokens"]);
  expected.batch.token_types = for_all(tensors["types"]);
  expected.batch.valid = for_all(at::arange(length).unsqueeze(0).lt(tensors["lengths"].unsqueeze(1)));
  expected.batch.want_states = true;
  expected.states = tensors["states"];
  expected.pooled = tensors["pooled"];
  return expected;
}

Trial TrialFor(const std::string& file, const std::string& shape, uint64_t seed) {
  Trial trial;
  trial.set_seed(seed);
  ::ablate::Encoder& encoder = *trial.mutable_model()->mutable_encoder();
  encoder.set_layers(2);
  encoder.set_heads(3);
  encoder.set_width(12);
  encoder.set_feed_forward(20);
  encoder.set_pretrained(file);
  if (shape == "distilbert") {
    encoder.set_pooler(::ablate::Encoder::RELU_POOLER);
    return trial;
  }
  encoder.set_token_types(2);
  encoder.set_pooler(::ablate::Encoder::TANH_POOLER);
  if (shape == "bert_tanh_gelu") {
    encoder.set_activation(::ablate::Encoder::TANH_GELU);
    encoder.set_norm_epsilon(1e-5);
  }
  if (shape == "minilm") {
    encoder.set_layers(6);
    encoder.set_heads(12);
    encoder.set_width(384);
    encoder.set_feed_forward(1536);
  }
  return trial;
}

// Outputs of order 1 (norms' weights are near 1).
constexpr double kTolerance = 1e-5;

void ExpectEqualsTransformers(const std::vector<Trial>& trials, const std::string& name, const EncoderShape& shape,
                              const std::string& folder) {
  const auto encoder = Encoder::Make(trials, shape, folder);
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  const Expected expected = ReadExpected(name, static_cast<int64_t>(trials.size()));
  const auto outputs = encoder->Forward(expected.batch, {}, std::nullopt);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  for (size_t t = 0; t < trials.size(); ++t) {
    const Tensor valid = expected.batch.valid[t].unsqueeze(-1);
    EXPECT_TRUE(testing::Near(outputs->states[t].detach() * valid, expected.states * valid, kTolerance)) << name;
    EXPECT_TRUE(testing::Near(outputs->pooled[t].detach(), expected.pooled, kTolerance)) << name;
  }
  // Without all states asked for, the first token's come by the short way.
  EncoderBatch batch = expected.batch;
  batch.want_states = false;
  const auto short_way = encoder->Forward(batch, {}, std::nullopt);
  EXPECT_TRUE(testing::Near(short_way->logits.detach(), outputs->logits.detach(), kTolerance));
}

TEST(Pretrained, OutputsEqualThoseOfTransformers) {
  for (const std::string name : {"bert", "bert_tanh_gelu", "distilbert"}) {
    const std::vector<Trial> trials = {TrialFor(name + ".safetensors", name, 1), TrialFor(name + ".safetensors", name, 2)};
    ExpectEqualsTransformers(trials, name, {30, 10, 3}, Folder());
  }
}

TEST(Pretrained, OutputsOfMiniLmEqualThoseOfTransformers) {
  const char* const folder = std::getenv("ABLATE_PRETRAINED");
  if (folder == nullptr || *folder == '\0') {
    GTEST_SKIP() << "ABLATE_PRETRAINED is not set: tools/get_minilm FOLDER, then ABLATE_PRETRAINED=FOLDER";
  }
  ExpectEqualsTransformers({TrialFor("model.safetensors", "minilm", 1)}, "minilm", {30522, 128, 2}, folder);
}

TEST(Pretrained, TrialsShareTheWeightsButNotTheClassifier) {
  const auto encoder =
      Encoder::Make({TrialFor("bert.safetensors", "bert", 1), TrialFor("bert.safetensors", "bert", 2)}, {30, 8, 3}, Folder());
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  int same = 0, different = 0;
  for (const Parameter& parameter : encoder->parameters()) {
    const bool is_same = SameBits(parameter.value[0].detach(), parameter.value[1].detach());
    ++(is_same ? same : different);
    EXPECT_EQ(is_same, parameter.name != "classifier.weight") << parameter.name;
    if (parameter.name == "embeddings.positions") {
      EXPECT_EQ(parameter.value.size(1), 8) << "of ten rows those that the task needs";
    }
  }
  EXPECT_EQ(different, 1);
  EXPECT_EQ(same, 32);
}

// A changed copy of the BERT file, and what LoadPretrained says of it.
std::string Complaint(
    const std::function<void(std::vector<StoredTensor>&)>& change, int64_t vocabulary = 30,
    const std::function<void(::ablate::Encoder&)>& set = [](::ablate::Encoder&) {}) {
  const std::string file = ReadFile(JoinPath(Folder(), "bert.safetensors")).value();
  Safetensors content = ParseSafetensors(file, "f").value();
  change(content.tensors);
  const std::string path = ::testing::TempDir() + "/changed.safetensors";
  std::ofstream(path, std::ios::binary) << SerializeSafetensors(content);
  ::ablate::Encoder settings = TrialFor("", "bert", 1).model().encoder();
  set(settings);
  const auto weights = LoadPretrained(path, settings, vocabulary, 10);
  if (weights.ok()) return "";
  EXPECT_EQ(weights.status().code(), absl::StatusCode::kDataLoss);
  const std::string message(weights.status().message());
  EXPECT_EQ(message.substr(0, path.size() + 2), path + ": ");
  return message.substr(path.size() + 2);
}

void Nothing(std::vector<StoredTensor>&) {}

StoredTensor& Named(std::vector<StoredTensor>& tensors, const std::string& name) {
  for (StoredTensor& tensor : tensors) {
    if (tensor.name == name) return tensor;
  }
  ADD_FAILURE() << name;
  return tensors[0];
}

constexpr char kQuery[] = "encoder.layer.1.attention.self.query.weight";

TEST(Pretrained, PrefixesAndOtherTasksHeadsAreTaken) {
  EXPECT_EQ(Complaint(Nothing), "");
  EXPECT_EQ(Complaint([](auto& tensors) {
              for (StoredTensor& tensor : tensors) tensor.name = "bert." + tensor.name;
              tensors.push_back({"cls.predictions.bias", {0}, ""});
              tensors.push_back({"bert.embeddings.position_ids", {1, 0}, "", "I64"});
            }),
            "");
  EXPECT_EQ(Complaint([](auto& tensors) {
              Named(tensors, "embeddings.LayerNorm.weight").name = "embeddings.LayerNorm.gamma";
              Named(tensors, "embeddings.LayerNorm.bias").name = "embeddings.LayerNorm.beta";
            }),
            "");
  const auto no_pooler = [](::ablate::Encoder& settings) { settings.set_pooler(::ablate::Encoder::NO_POOLER); };
  EXPECT_EQ(Complaint(Nothing, 30, no_pooler), "");
}

TEST(Pretrained, SaysWhatIsWrong) {
  EXPECT_EQ(Complaint([](auto& tensors) { Named(tensors, kQuery).name = "cls.away"; }),
            std::string("no tensor \"") + kQuery + "\", which BERT of 2 layers has");
  EXPECT_EQ(Complaint([](auto& tensors) {
              tensors.push_back({"encoder.layer.2.output.dense.bias", {0}, ""});
            }),
            "tensor \"encoder.layer.2.output.dense.bias\" has no place in this model: BERT of 2 layers with 2 token types");
  EXPECT_EQ(Complaint([](auto& tensors) {
              Named(tensors, kQuery).shape = {6, 24};
            }),
            std::string("tensor \"") + kQuery + "\" is [6, 24]; this model and task need [12, 12]");
  EXPECT_EQ(Complaint(Nothing, 31),
            "tensor \"embeddings.word_embeddings.weight\" is [30, 12]; this model and task need [31, 12]");
  EXPECT_EQ(Complaint([](auto& tensors) {
              StoredTensor& tensor = Named(tensors, kQuery);
              tensor.type = "I32";
            }),
            std::string("tensor \"") + kQuery + "\" is I32; allowed: F32, F16, BF16");
  EXPECT_EQ(Complaint([](auto& tensors) {
              tensors.push_back({"bert.encoder.layer.0.output.dense.bias", {0}, ""});
            }),
            "two tensors \"encoder.layer.0.output.dense.bias\"");
  EXPECT_EQ(Complaint([](auto& tensors) { tensors.clear(); }),
            "has neither BERT's names (encoder.layer.0. ...) nor DistilBERT's (transformer.layer.0. ...)");
  const auto types = [](::ablate::Encoder& settings) { settings.set_token_types(0); };
  EXPECT_EQ(
      Complaint(Nothing, 30, types),
      "tensor \"embeddings.token_type_embeddings.weight\" has no place in this model: BERT of 2 layers with 0 token types");
  const auto layers = [](::ablate::Encoder& settings) { settings.set_layers(1); };
  EXPECT_NE(Complaint(Nothing, 30, layers).find("\" has no place in this model: BERT of 1 layers"), std::string::npos);
}

TEST(Pretrained, BrokenFilesAreRefused) {
  const ::ablate::Encoder settings = TrialFor("", "bert", 1).model().encoder();
  EXPECT_EQ(LoadPretrained("nowhere.safetensors", settings, 30, 10).status().code(), absl::StatusCode::kNotFound);
  const std::string whole = ReadFile(JoinPath(Folder(), "bert.safetensors")).value();
  const std::string path = ::testing::TempDir() + "/broken.safetensors";
  for (const std::string& content : {whole.substr(0, whole.size() - 1), whole.substr(0, 100), std::string("short"),
                                     std::string(8, '\xff') + whole.substr(8), whole + "more"}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    const absl::Status status = LoadPretrained(path, settings, 30, 10).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_NE(status.message().find("not a whole safetensors file"), std::string::npos) << status;
  }
}

TEST(Pretrained, HalfPrecisionIsWidened) {
  std::string ones;
  for (int i = 0; i < 12; ++i) ones += "\x80\x3f";  // 1 in bfloat16
  const std::string file = ReadFile(JoinPath(Folder(), "bert.safetensors")).value();
  Safetensors content = ParseSafetensors(file, "f").value();
  StoredTensor& bias = Named(content.tensors, "pooler.dense.bias");
  bias.type = "BF16";
  bias.bytes = ones;
  const std::string path = ::testing::TempDir() + "/half.safetensors";
  std::ofstream(path, std::ios::binary) << SerializeSafetensors(content);
  const auto weights = LoadPretrained(path, TrialFor("", "bert", 1).model().encoder(), 30, 10);
  ASSERT_TRUE(weights.ok()) << weights.status();
  EXPECT_TRUE(weights->at("pooler.bias").eq(1).all().item().toBool());
  EXPECT_EQ(weights->at("pooler.bias").scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace ablate::models
