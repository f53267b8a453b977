#include "lib/normalizers/normalizer.h"

#include <ATen/ops/gt.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/base/text.h"
#include "lib/normalizers/catalogue.h"
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

absl::StatusOr<std::unique_ptr<Normalizer>> MakeNormalizer(const std::string& name) {
  if (name == "entmax") return MakeEntmax();
  if (name == "softmax") return MakeSoftmax();
  if (name == "sparsemax") return MakeSparsemax();
  if (name == "top_k_softmax") return MakeTopKSoftmax();
  std::vector<std::string> names;
  for (const Entry& entry : Catalogue()) names.push_back(entry.name);
  return absl::InvalidArgumentError(
      fmt::format("no normalizer \"{}\"; there are {}{}", name, absl::StrJoin(names, ", "), DidYouMean(name, names)));
}

}  // namespace ablate::normalizers
