#include "lib/tasks/scores/rouge.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_replace.h"
#include "lib/tasks/data/unicode.h"

namespace ablate::tasks {
namespace {

size_t LongestCommonSubsequence(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<size_t> longest(b.size() + 1, 0);  // with the tokens of a that were seen
  for (const std::string& token : a) {
    size_t diagonal = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = longest[j + 1];
      longest[j + 1] = token == b[j] ? diagonal + 1 : std::max(above, longest[j]);
      diagonal = above;
    }
  }
  return longest.back();
}

double F1(const std::vector<std::string>& text, const std::vector<std::string>& reference) {
  const auto common = static_cast<double>(LongestCommonSubsequence(text, reference));
  if (common == 0) return 0;
  const double precision = common / static_cast<double>(text.size()), recall = common / static_cast<double>(reference.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace

std::vector<std::string> RougeTokens(std::string_view text) {
  std::vector<std::string> tokens(1);
  // Python lower-cases U+0130 into i and a combining dot, which separates; the simple mapping has i alone.
  const std::string lower = LowerCase(absl::StrReplaceAll({text.data(), text.size()}, {{"\u0130", "i "}}));
  for (const char c : lower) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      tokens.back() += c;
    } else if (!tokens.back().empty()) {
      tokens.emplace_back();
    }
  }
  if (tokens.back().empty()) tokens.pop_back();
  return tokens;
}

double RougeL(const std::vector<std::string>& texts, const std::vector<std::vector<std::string>>& references) {
  if (texts.empty()) return 0;
  double sum = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::vector<std::string> tokens = RougeTokens(texts[i]);
    double best = 0;
    for (const std::string& reference : references[i]) best = std::max(best, F1(tokens, RougeTokens(reference)));
    sum += best;
  }
  return sum / static_cast<double>(texts.size());
}

}  // namespace ablate::tasks
