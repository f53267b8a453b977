#include "lib/tasks/scores/bleu.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_replace.h"
#include "lib/tasks/scores/words.h"

namespace ablate::tasks {
namespace {

constexpr int kOrders = 4;

using Counts = absl::flat_hash_map<std::string, int64_t>;  // of words in a row, joined by spaces, which no token has

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// ASCII's punctuation without ' , - .
bool IsSplitOff(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= '!' && c <= '&') || (c >= '(' && c <= '+') ||
         (c >= ':' && c <= '@') || c == '/';
}

bool IsPoint(char c) { return c == '.' || c == ','; }

// Each function is one regular expression of the definition, applied to the whole text from the left.
std::string SplitPunctuation(const std::string& text) {
  std::string split;
  for (const char c : text) {
    if (IsSplitOff(c)) {
      split += {' ', c, ' '};
    } else {
      split += c;
    }
  }
  return split;
}

// ([^0-9])([.,]) -> "\1 \2 "
std::string SplitPointAfterOther(const std::string& text) {
  std::string split;
  for (size_t i = 0; i < text.size(); ++i) {
    split += text[i];
    if (IsDigit(text[i]) || i + 1 == text.size() || !IsPoint(text[i + 1])) continue;
    split += {' ', text[++i], ' '};
  }
  return split;
}

// ([.,])([^0-9]) -> " \1 \2"
std::string SplitPointBeforeOther(const std::string& text) {
  std::string split;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsPoint(text[i]) || i + 1 == text.size() || IsDigit(text[i + 1])) {
      split += text[i];
    } else {
      split += {' ', text[i], ' ', text[i + 1]};
      ++i;
    }
  }
  return split;
}

// ([0-9])(-) -> "\1 \2 "
std::string SplitDashAfterDigit(const std::string& text) {
  std::string split;
  for (size_t i = 0; i < text.size(); ++i) {
    split += text[i];
    if (!IsDigit(text[i]) || i + 1 == text.size() || text[i + 1] != '-') continue;
    split += {' ', text[++i], ' '};
  }
  return split;
}

std::array<Counts, kOrders> CountAll(const std::vector<std::string>& words) {
  std::array<Counts, kOrders> counts;
  for (size_t start = 0; start < words.size(); ++start) {
    std::string row;
    for (size_t n = 0; n < kOrders && start + n < words.size(); ++n) {
      if (n > 0) row += ' ';
      row += words[start + n];
      ++counts[n][row];
    }
  }
  return counts;
}

struct Sums {
  std::array<int64_t, kOrders> right{}, all{};
  int64_t length = 0, reference_length = 0;

  void Add(const std::string& text, const std::vector<std::string>& references) {
    const std::vector<std::string> words = Tokenize13a(text);
    const auto size = static_cast<int64_t>(words.size());
    std::array<Counts, kOrders> most;                      // of any one reference
    std::pair<int64_t, int64_t> closest = {INT64_MAX, 0};  // distance and length
    for (const std::string& reference : references) {
      const std::vector<std::string> tokens = Tokenize13a(reference);
      const auto length_there = static_cast<int64_t>(tokens.size());
      closest = std::min(closest, {std::abs(size - length_there), length_there});
      const std::array<Counts, kOrders> counts = CountAll(tokens);
      for (int n = 0; n < kOrders; ++n) {
        for (const auto& [row, count] : counts[n]) most[n][row] = std::max(most[n][row], count);
      }
    }
    length += size;
    reference_length += closest.second;
    const std::array<Counts, kOrders> counts = CountAll(words);
    for (int n = 0; n < kOrders; ++n) {
      for (const auto& [row, count] : counts[n]) {
        all[n] += count;
        const auto found = most[n].find(row);
        if (found != most[n].end()) right[n] += std::min(count, found->second);
      }
    }
  }

  double Score() const {
    if (*std::max_element(right.begin(), right.end()) == 0) return 0;
    double smooth = 1, log_sum = 0;
    for (int n = 0; n < kOrders; ++n) {
      if (all[n] == 0) return 0;  // no text has so many words
      const bool any = right[n] > 0;
      if (!any) smooth *= 2;
      log_sum += std::log(100. * (any ? static_cast<double>(right[n]) : 1 / smooth) / static_cast<double>(all[n]));
    }
    const double penalty =
        length < reference_length ? std::exp(1 - static_cast<double>(reference_length) / static_cast<double>(length)) : 1;
    return penalty * std::exp(log_sum / kOrders);
  }
};

}  // namespace

std::vector<std::string> Tokenize13a(std::string_view text) {
  std::string line = absl::StrReplaceAll({text.data(), text.size()}, {{"<skipped>", ""}});
  line = absl::StrReplaceAll(line, {{"-\n", ""}});
  line = absl::StrReplaceAll(line, {{"\n", " "}});
  for (const auto& [entity, meaning] : {std::pair{"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}}) {
    line = absl::StrReplaceAll(line, {{entity, meaning}});  // one after the other: "&amp;lt;" is "<"
  }
  line = " " + line + " ";
  return PythonWords(SplitDashAfterDigit(SplitPointBeforeOther(SplitPointAfterOther(SplitPunctuation(line)))));
}

double Bleu(const std::vector<std::string>& texts, const std::vector<std::vector<std::string>>& references) {
  Sums sums;
  for (size_t i = 0; i < texts.size(); ++i) sums.Add(texts[i], references[i]);
  return sums.Score();
}

}  // namespace ablate::tasks
