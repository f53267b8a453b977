#include "lib/attribution/catalogue.h"

namespace ablate::attribution {

const std::vector<Entry>& Catalogue() {
  static const std::vector<Entry>& entries = *new std::vector<Entry>{
      {"attention_rollout", Of::kEachToken,
       "R_l = (mean of pi over heads + identity) / 2 R_(l-1), R_0 = identity, behind the last layer; rows sum to 1.", "share",
       "[0, 1]", "Abnar, Zuidema 2020, arXiv:2005.00928"},
      {"gradient_x_input", Of::kPrediction,
       "Inner product of a token's word vector with the gradient of the predicted class's logit there.", "logits", "any",
       "Shrikumar, Greenside, Kundaje 2017, arXiv:1704.02685"},
      {"integrated_gradients", Of::kPrediction,
       "Inner product of a token's word vector with the mean gradient of the predicted class's logit on the straight path from "
       "word vectors of 0; the values sum to the logit's difference but for the completeness gap.",
       "logits", "any", "Sundararajan, Taly, Yan 2017, arXiv:1703.01365"},
      {"token_gradients", Of::kEachToken,
       "Frobenius norm of the Jacobian of a token's last state in another token's word vector, estimated by random "
       "projections, "
       "over the sum of the row.",
       "share", "[0, 1]", "Brunner et al. 2020, arXiv:1908.04211"},
      {"value_zeroing", Of::kEachToken,
       "Cosine distance between a token's state behind a layer and the state without another token's value vectors, over the "
       "sum "
       "of the row; multiplied over layers.",
       "share", "[0, 1]", "Mohebbi et al. 2023, arXiv:2301.12971"},
  };
  return entries;
}

}  // namespace ablate::attribution
