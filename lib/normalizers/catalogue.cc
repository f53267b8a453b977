#include "lib/normalizers/catalogue.h"

#include <algorithm>

namespace ablate::normalizers {

const std::vector<Entry>& Catalogue() {
  static const auto& entries = *new std::vector<Entry>{
      {"adaptive_scalable_entmax",
       "entmax of queries times 1 + beta log(keys)^gamma, beta and gamma learned functions of the query's input",
       "Vasylenko, Treviso, Martins 2025, arXiv:2506.16640",
       {"alpha", "alpha_form", "alpha_learned", "alpha_start_deviation"},
       true,
       true,
       RowSum::kOne,
       true,
       false,
       {{"length_beta", "", true}, {"length_gamma", "", true}}},
      {"entmax",
       "alpha-entmax: alpha 1 is softmax, 2 sparsemax; alpha given, or learned per head",
       "Correia, Niculae, Martins 2019, arXiv:1909.00015",
       {"alpha", "alpha_form", "alpha_learned", "alpha_start_deviation"},
       true,
       true},
      {"rela",
       "positive scores as they are, and the root mean square of a query's context over all heads made 1",
       "Zhang, Titov, Sennrich 2021, arXiv:2104.07012",
       {},
       true,
       false,
       RowSum::kAnything,
       false},
      {"scalable_softmax",
       "softmax of the scores times s log(keys), s learned per head",
       "Nakanishi 2025, arXiv:2501.19399",
       {"length_scale"},
       false,
       false,
       RowSum::kOne,
       true,
       false,
       {{"length_scale", "length_scale", false}}},
      {"sigmoid",
       "each key by itself: the logistic function of its score less log(keys)",
       "Ramapuram et al. 2024, arXiv:2409.04431",
       {},
       false,
       false,
       RowSum::kAnything,
       false},
      {"sinkhorn",
       "rows and columns of the scores' exponentials normalized in turn, rows last",
       "Sander, Ablin, Blondel, Peyre 2021, arXiv:2110.11773",
       {"sinkhorn_rounds"},
       false,
       false,
       RowSum::kOne,
       true,
       true},
      {"softmax",
       "exponentials of the scores over their sum: dense",
       "Vaswani et al. 2017, arXiv:1706.03762",
       {},
       false,
       false},
      {"softmax_plus_one",
       "softmax with one added to the denominator, so that a query may attend nothing",
       "Miller 2023, Attention Is Off By One",
       {},
       false,
       false,
       RowSum::kAtMostOne,
       false},
      {"softmax_sink",
       "softmax with e^sink added to the denominator, the sink learned per head",
       "OpenAI 2025, gpt-oss model card, arXiv:2508.10925",
       {"sink"},
       false,
       false,
       RowSum::kAtMostOne,
       false,
       false,
       {{"sink", "sink", false}}},
      {"sparsegen",
       "sparsemax of the scores over 1 - lambda: lambda 0 is sparsemax, towards 1 sparser, below 0 denser",
       "Laha et al. 2018, arXiv:1810.11975",
       {"sparsegen_lambda"},
       true,
       true},
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

const Entry* FindEntry(const std::string& name) {
  for (const Entry& entry : Catalogue()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

bool Reads(const std::string& name, const std::string& field) {
  const Entry* const entry = FindEntry(name);
  return entry != nullptr && std::find(entry->reads.begin(), entry->reads.end(), field) != entry->reads.end();
}

}  // namespace ablate::normalizers
