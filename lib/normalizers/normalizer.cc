#include "lib/normalizers/normalizer.h"

#include <ATen/ops/gt.h>
#include <ATen/ops/ne.h>

#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/text.h"
#include "lib/normalizers/adaptive_scalable_entmax.h"
#include "lib/normalizers/entmax.h"
#include "lib/normalizers/rela.h"
#include "lib/normalizers/scalable_softmax.h"
#include "lib/normalizers/sigmoid.h"
#include "lib/normalizers/sinkhorn.h"
#include "lib/normalizers/softmax.h"
#include "lib/normalizers/softmax_plus_one.h"
#include "lib/normalizers/softmax_sink.h"
#include "lib/normalizers/sparsegen.h"
#include "lib/normalizers/sparsemax.h"
#include "lib/normalizers/top_k_softmax.h"

namespace ablate::normalizers {

at::Tensor Normalizer::Queries(const at::Tensor& queries, const QueryFacts&, const Parameters&) const { return queries; }

at::Tensor Normalizer::Support(const at::Tensor&, const at::Tensor& probabilities, const Parameters&) const {
  return at::gt(probabilities, 0);
}

absl::StatusOr<at::Tensor> Normalizer::Threshold(const at::Tensor&, const at::Tensor&, const Parameters&) const {
  return absl::UnimplementedError("this normalizer has no threshold");
}

at::Tensor Normalizer::Context(const at::Tensor& context, const Parameters&) const { return context; }

at::Tensor DenseNormalizer::Support(const at::Tensor& scores, const at::Tensor&, const Parameters&) const {
  return at::ne(scores, -std::numeric_limits<double>::infinity());
}

namespace {

struct Maker {
  const char* name;
  std::unique_ptr<Normalizer> (*make)();
};
constexpr Maker kMakers[] = {
    {"adaptive_scalable_entmax", MakeAdaptiveScalableEntmax},
    {"entmax", MakeEntmax},
    {"rela", MakeRela},
    {"scalable_softmax", MakeScalableSoftmax},
    {"sigmoid", MakeSigmoid},
    {"sinkhorn", MakeSinkhorn},
    {"softmax", MakeSoftmax},
    {"softmax_plus_one", MakeSoftmaxPlusOne},
    {"softmax_sink", MakeSoftmaxSink},
    {"sparsegen", MakeSparsegen},
    {"sparsemax", MakeSparsemax},
    {"top_k_softmax", MakeTopKSoftmax},
};

}  // namespace

absl::StatusOr<std::unique_ptr<Normalizer>> MakeNormalizer(const std::string& name) {
  std::vector<std::string> names;
  for (const Maker& maker : kMakers) {
    if (name == maker.name) return maker.make();
    names.push_back(maker.name);
  }
  return absl::InvalidArgumentError(
      fmt::format("no normalizer \"{}\"; there are {}{}", name, absl::StrJoin(names, ", "), DidYouMean(name, names)));
}

const at::Tensor& Learned(const Parameters& parameters, const std::string& name) {
  const auto found = parameters.learned.find(name);
  TORCH_CHECK_VALUE(found != parameters.learned.end() && found->second.defined(), "the learned parameter \"", name,
                    "\" is not given");
  return found->second;
}

}  // namespace ablate::normalizers
