// ROUGE-L (Lin 2004) as the public rouge_score computes it, without stemming.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ablate::tasks {

// Runs of ASCII letters and digits, lower-cased; anything else separates.
std::vector<std::string> RougeTokens(std::string_view text);

// F1 of the longest common subsequence of tokens, in [0, 1]: of each text with the best of its references, mean over the texts.
// references[i], at least one each, belong to texts[i]. 0 of nothing.
double RougeL(const std::vector<std::string>& texts, const std::vector<std::vector<std::string>>& references);

}  // namespace ablate::tasks
