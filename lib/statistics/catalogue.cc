#include "lib/statistics/catalogue.h"

namespace ablate::statistics {
namespace {

constexpr char kAdaptive[] = "Adaptively Sparse Transformers, arXiv:1909.00015";
constexpr char kBalance[] = "BaSFormer (Jiang, Chen, Xiang, Pan 2024)";
constexpr char kOurs[] = "this project";

}  // namespace

const std::vector<Entry>& Catalogue() {
  static const std::vector<Entry>& entries = *new std::vector<Entry>{
      {"alpha", "head", "Entmax's alpha of the head, where it is learned; logged by training.", "none", "(1, 2)", kAdaptive},
      {"density", "head", "Sum of the rows' supports over the sum of their valid keys.", "share", "[0, 1]", kAdaptive},
      {"entropy", "head", "Mean over rows with mass of -sum pi log pi.", "nats", "[0, log n]", kOurs},
      {"imposed_share", "head",
       "Share of the valid pairs that imposed sparsity removed in evaluation, where a trial has it; logged by training.",
       "share", "[0, 1]", "Crisp Attention, arXiv:2508.06016"},
      {"js_diversity", "layer",
       "Mean over rows of H(mean of pi over heads) - mean over heads of H(pi); heads without mass in the row are left out.",
       "nats", "[0, log heads]", kAdaptive},
      {"k_regular_columns", "head",
       "Share of columns that exactly K rows attend: K = min(balance k, valid queries), without balance the rounded mean "
       "in-degree.",
       "share", "[0, 1]", kBalance},
      {"k_regular_rows", "head",
       "Share of rows that attend exactly K keys: K = min(balance k, n), without balance the rounded mean out-degree.", "share",
       "[0, 1]", kBalance},
      {"largest_weight", "head", "Mean over rows with mass of the largest pi: the head's confidence.", "share", "(0, 1]",
       "Voita et al. 2019, arXiv:1905.09418"},
      {"length_scale", "head", "Scalable softmax's s of the head; logged by training.", "none", "any",
       "Nakanishi 2025, arXiv:2501.19399"},
      {"rows_without_mass", "head", "Share of rows whose probabilities are all 0; entropy and largest_weight leave them out.",
       "share", "[0, 1]", kOurs},
      {"sink", "head", "The score of softmax_sink's sink of the head; logged by training.", "score", "any",
       "OpenAI 2025, gpt-oss model card, arXiv:2508.10925"},
      {"support_size", "head", "Mean over rows of the number of keys in the support.", "keys", "[0, n]", kAdaptive},
  };
  return entries;
}

}  // namespace ablate::statistics
