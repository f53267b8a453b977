#include "lib/normalizers/catalogue.h"

namespace ablate::normalizers {

const std::vector<Entry>& Catalogue() {
  static const auto& entries = *new std::vector<Entry>{
      {"entmax",
       "alpha-entmax: alpha 1 is softmax, 2 sparsemax; alpha given, or learned per head",
       "Correia, Niculae, Martins 2019, arXiv:1909.00015",
       {"alpha", "alpha_learned"},
       true,
       true},
      {"softmax",
       "exponentials of the scores over their sum: dense",
       "Vaswani et al. 2017, arXiv:1706.03762",
       {},
       false,
       false},
      {"sparsemax", "the nearest point of the simplex", "Martins, Astudillo 2016, arXiv:1602.02068", {}, true, true},
      {"top_k_softmax",
       "softmax over the k highest scores of each query",
       "Zhao et al. 2019, arXiv:1912.11637",
       {"top_k"},
       true,
       false},
  };
  return entries;
}

}  // namespace ablate::normalizers
