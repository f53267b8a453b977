#include "lib/normalizers/normalizer.h"

#include <ATen/ops/gt.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/text.h"
#include "lib/normalizers/entmax.h"
#include "lib/normalizers/softmax.h"
#include "lib/normalizers/sparsemax.h"
#include "lib/normalizers/top_k_softmax.h"

namespace ablate::normalizers {

at::Tensor Normalizer::Support(const at::Tensor&, const at::Tensor& probabilities, const Parameters&) const {
  return at::gt(probabilities, 0);
}

absl::StatusOr<at::Tensor> Normalizer::Threshold(const at::Tensor&, const at::Tensor&, const Parameters&) const {
  return absl::UnimplementedError("this normalizer has no threshold");
}

namespace {

struct Maker {
  const char* name;
  std::unique_ptr<Normalizer> (*make)();
};
constexpr Maker kMakers[] = {
    {"entmax", MakeEntmax},
    {"softmax", MakeSoftmax},
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

}  // namespace ablate::normalizers
