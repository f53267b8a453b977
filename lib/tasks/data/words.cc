#include "lib/tasks/data/words.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "lib/tasks/data/unicode.h"

namespace ablate::tasks {
namespace {

constexpr int32_t kUnknown = 1, kFirstWord = 4;

}  // namespace

Words::Words(const std::vector<std::string_view>& texts, size_t max_words) {
  absl::flat_hash_map<std::string, int64_t> counts;
  for (const std::string_view text : texts) {
    ForEachWord(LowerCase(text), [&](std::string_view word) { ++counts[absl::string_view(word.data(), word.size())]; });
  }
  std::vector<std::pair<int64_t, absl::string_view>> order;  // by falling count, then by bytes
  order.reserve(counts.size());
  for (const auto& [word, count] : counts) order.emplace_back(-count, word);
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), max_words));
  for (const auto& [count, word] : order) ids_.emplace(word, kFirstWord + static_cast<int32_t>(ids_.size()));
}

void Words::Append(std::string_view text, std::vector<int32_t>& tokens) const {
  ForEachWord(LowerCase(text), [&](std::string_view word) {
    const auto found = ids_.find(absl::string_view(word.data(), word.size()));
    tokens.push_back(found == ids_.end() ? kUnknown : found->second);
  });
}

std::string Words::Piece(int32_t token) const {
  static const auto& special = *new std::vector<std::string>{"[PAD]", "[UNK]", "[CLS]", "[SEP]"};
  if (token >= 0 && token < kFirstWord) return special[static_cast<size_t>(token)];
  for (const auto& [word, id] : ids_) {
    if (id == token) return word;
  }
  return Tokenizer::Piece(token);
}

int Words::vocabulary() const { return kFirstWord + static_cast<int>(ids_.size()); }

}  // namespace ablate::tasks
