#include "lib/statistics/catalogue.h"

namespace ablate::statistics {
namespace {

constexpr char kAdaptive[] = "Adaptively Sparse Transformers, arXiv:1909.00015";
constexpr char kBalance[] = "BaSFormer (Jiang, Chen, Xiang, Pan 2024)";
constexpr char kOurs[] = "this project";
constexpr char kVoita[] = "Voita et al. 2019, arXiv:1905.09418";

}  // namespace

const std::vector<Entry>& Catalogue() {
  static const std::vector<Entry>& entries = *new std::vector<Entry>{
      {"alpha", "head", "Entmax's alpha of the head, where it is learned; logged by training.", "none", "[1, 2]", kAdaptive},
      {"columns_at_k", "head",
       "Share of columns that exactly K rows attend, in examples of n >= 2 K tokens: K the target of balance; only with it.",
       "share", "[0, 1]", kBalance},
      {"columns_near_k", "head", "As columns_at_k, of those that K - 1 to K + 1 rows attend.", "share", "[0, 1]", kBalance},
      {"columns_off_k", "head", "Root mean square of in-degree - K over the columns of columns_at_k.", "rows", "[0, rows]",
       kBalance},
      {"density", "head", "Sum of the rows' supports over the sum of their valid keys.", "share", "[0, 1]", kAdaptive},
      {"distance", "head", "Mean over rows with mass of sum pi |key - query|.", "tokens", "[0, n - 1]", kOurs},
      {"effective_keys", "head", "Mean over rows with mass of exp(-sum pi log pi).", "keys", "[1, n]", kOurs},
      {"effective_receptive_field", "layer",
       "Mean over tokens of exp(entropy) of the rollout R_l = (mean of pi over heads + identity) / 2 R_(l-1).", "tokens",
       "[1, n]", "Abnar, Zuidema 2020, arXiv:2005.00928"},
      {"entropy", "head", "Mean over rows with mass of -sum pi log pi.", "nats", "[0, log n]", kOurs},
      {"farthest_key", "head", "Mean over rows with mass of the largest |key - query| in the support.", "tokens", "[0, n - 1]",
       kOurs},
      {"first_token_mass", "head", "Mean over rows with mass of pi at the sequence's first token.", "share", "[0, 1]", kOurs},
      {"gini", "head",
       "Mean over rows with mass of the Gini coefficient of pi over all valid keys, zeros included, times n / (n - 1).", "none",
       "[0, 1]", "Gini 1912"},
      {"imposed_share", "head",
       "Share of the valid pairs that imposed sparsity removed in evaluation, where a trial has it; logged by training.",
       "share", "[0, 1]", "Crisp Attention, arXiv:2508.06016"},
      {"in_degree_off", "head", "Mean over examples of the largest |in-degree - target|; targets as in k_regular_columns.",
       "rows", "[0, rows]", kBalance},
      {"in_degree_rms", "head", "Mean over examples of the root mean square of in-degree - target.", "rows", "[0, rows]",
       kBalance},
      {"js_diversity", "layer",
       "Mean over rows of H(mean of pi over heads) - mean over heads of H(pi); heads without mass in the row are left out.",
       "nats", "[0, log heads]", kAdaptive},
      {"js_pairwise", "layer",
       "Mean over rows, and over pairs of heads with mass there, of the Jensen-Shannon divergence of their pi.", "nats",
       "[0, log 2]", kAdaptive},
      {"js_share", "layer", "Mean over rows of js_diversity's divergence divided by the log of the number of heads with mass.",
       "share", "[0, 1]", kAdaptive},
      {"k_regular_columns", "head",
       "Share of columns that exactly K rows attend: K the target of balance, at most the valid queries, without balance the "
       "rounded mean in-degree.",
       "share", "[0, 1]", kBalance},
      {"k_regular_rows", "head",
       "Share of rows that attend exactly K keys: K the target of balance, without balance the rounded mean out-degree.",
       "share", "[0, 1]", kBalance},
      {"largest_weight", "head", "Mean over rows with mass of the largest pi: the head's confidence.", "share", "(0, 1]",
       kVoita},
      {"layer_spectral_gap", "layer", "spectral_gap of the pairs that any head of the layer connects; mean over examples.",
       "none", "[0, 1]", kBalance},
      {"left_mass", "head", "Mean over rows with mass of pi on earlier tokens.", "share", "[0, 1]", kOurs},
      {"length_scale", "head", "Scalable softmax's s of the head; logged by training.", "none", "any",
       "Nakanishi 2025, arXiv:2501.19399"},
      {"mass_at_+1", "head", "Mean over rows with mass of pi at the next token.", "share", "[0, 1]", kVoita},
      {"mass_at_+2", "head", "Mean over rows with mass of pi two tokens to the right.", "share", "[0, 1]", kVoita},
      {"mass_at_-1", "head", "Mean over rows with mass of pi at the token before.", "share", "[0, 1]", kVoita},
      {"mass_at_-2", "head", "Mean over rows with mass of pi two tokens to the left.", "share", "[0, 1]", kVoita},
      {"mass_at_0", "head", "Mean over rows with mass of pi at the token itself.", "share", "[0, 1]", kVoita},
      {"multiplier_column_lower", "head",
       "Multiplier of balance for columns that too few rows attend; EXPONENTIAL_COUNT: for all columns. Logged by training.",
       "none", "any", kBalance},
      {"multiplier_column_upper", "head", "Multiplier of balance for columns that too many rows attend; logged by training.",
       "none", "any", kBalance},
      {"multiplier_row_lower", "head",
       "Multiplier of balance for rows with too few keys; EXPONENTIAL_COUNT: for all rows; NEAREST_GRAPH: for pairs in the "
       "graph. "
       "Logged by training.",
       "none", "any", kBalance},
      {"multiplier_row_upper", "head",
       "Multiplier of balance for rows with too many keys; NEAREST_GRAPH: for pairs outside the graph. Logged by training.",
       "none", "any", kBalance},
      {"out_degree_off", "head", "Mean over examples of the largest |out-degree - target|; targets as in k_regular_rows.",
       "keys", "[0, n]", kBalance},
      {"out_degree_rms", "head", "Mean over examples of the root mean square of out-degree - target.", "keys", "[0, n]",
       kBalance},
      {"reach", "layer",
       "Share of pairs of tokens joined by a path through the supports of the layers up to here; mean over examples.", "share",
       "(0, 1]", kBalance},
      {"reached_all", "layer", "Share of examples in which reach is 1.", "share", "[0, 1]", kBalance},
      {"right_mass", "head", "Mean over rows with mass of pi on later tokens.", "share", "[0, 1]", kOurs},
      {"rows_at_k", "head",
       "Share of rows that attend exactly K keys, in examples of n >= 2 K tokens: K the target of balance; only with it.",
       "share", "[0, 1]", kBalance},
      {"rows_near_k", "head", "As rows_at_k, of those that attend K - 1 to K + 1 keys.", "share", "[0, 1]", kBalance},
      {"rows_off_k", "head", "Root mean square of out-degree - K over the rows of rows_at_k.", "keys", "[0, n]", kBalance},
      {"rows_without_mass", "head", "Share of rows whose probabilities are all 0; entropy and largest_weight leave them out.",
       "share", "[0, 1]", kOurs},
      {"single_key_rows", "head", "Share of rows whose support is one key.", "share", "[0, 1]", kAdaptive},
      {"sink", "head", "The score of softmax_sink's sink of the head; logged by training.", "score", "any",
       "OpenAI 2025, gpt-oss model card, arXiv:2508.10925"},
      {"spectral_gap", "head",
       "1 - second singular value of D_out^(-1/2) A D_in^(-1/2), A the support: 0 where the graph falls apart; mean over "
       "examples.",
       "none", "[0, 1]", kBalance},
      {"support_size", "head", "Mean over rows of the number of keys in the support.", "keys", "[0, n]", kAdaptive},
      {"violation_column_lower", "head",
       "Violation of the constraints of multiplier_column_lower at the evaluation: mean of clip(rho G, -1, 1), of "
       "EXPONENTIAL_COUNT of the relative excess. Logged by training.",
       "none", "any", kBalance},
      {"violation_column_upper", "head", "Likewise of multiplier_column_upper.", "none", "any", kBalance},
      {"violation_row_lower", "head", "Likewise of multiplier_row_lower.", "none", "any", kBalance},
      {"violation_row_upper", "head", "Likewise of multiplier_row_upper.", "none", "any", kBalance},
  };
  return entries;
}

}  // namespace ablate::statistics
