#include "lib/attribution/attention_rollout.h"

#include <ATen/TensorOperators.h>

#include <numeric>

#include "lib/statistics/full/dense_maps.h"
#include "lib/statistics/full/rollout.h"

namespace ablate::attribution {

Values AttentionRollout(const std::vector<attention::Outputs>& layers) {
  statistics::Rollout rollout;
  for (const attention::Outputs& layer : layers) {
    const at::Tensor probabilities = layer.probabilities.detach().cpu().contiguous();
    const at::Tensor support = layer.support.cpu().contiguous();
    const auto heads = static_cast<size_t>(probabilities.size(2)), tokens = static_cast<size_t>(probabilities.size(3));
    const std::vector<uint8_t> valid(tokens, 1);
    rollout.Add(statistics::WithoutPadding({probabilities.const_data_ptr<float>(),
                                            reinterpret_cast<const uint8_t*>(support.const_data_ptr<bool>()), valid.data(),
                                            valid.data(), heads, tokens, tokens}));
  }
  return rollout.matrix();
}

}  // namespace ablate::attribution
