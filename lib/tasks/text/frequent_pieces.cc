#include "lib/tasks/text/frequent_pieces.h"

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"
#include "fmt/format.h"
#include "lib/base/digest.h"
#include "lib/tasks/data/unicode.h"

namespace ablate::tasks {
namespace {

constexpr int32_t kUnknownId = 3, kFirstPiece = 4;
constexpr std::string_view kUnknownWord = "<unk>";
constexpr std::string_view kUnknownCharacter = "\xEF\xBF\xBD";  // U+FFFD, the replacement character

template <typename Piece>
void ForEachPiece(FrequentPieces::Unit unit, std::string_view text, const Piece& piece) {
  if (unit == FrequentPieces::Unit::kWord) return ForEachWord(text, piece);
  for (size_t offset = 0; offset < text.size();) {
    const size_t start = offset;
    NextCodePoint(text, offset);
    piece(text.substr(start, offset - start));
  }
}

}  // namespace

FrequentPieces::FrequentPieces(Unit unit, size_t size, const std::vector<std::string_view>& lines) : unit_(unit) {
  absl::flat_hash_map<std::string, int64_t> counts;
  for (const std::string_view line : lines) {
    ForEachPiece(unit, line, [&](std::string_view piece) { ++counts[absl::string_view(piece.data(), piece.size())]; });
  }
  const std::string_view unknown = unit == Unit::kWord ? kUnknownWord : kUnknownCharacter;
  counts.erase(std::string(unknown));
  std::vector<std::pair<int64_t, absl::string_view>> order;  // by falling count, then by bytes
  order.reserve(counts.size());
  for (const auto& [piece, count] : counts) order.emplace_back(-count, piece);
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), size - kFirstPiece));
  pieces_ = {"", "", "", std::string(unknown)};
  for (const auto& [count, piece] : order) {
    ids_.emplace(piece, static_cast<int32_t>(pieces_.size()));
    pieces_.emplace_back(piece);
  }
}

void FrequentPieces::Append(std::string_view text, std::vector<int32_t>& tokens) const {
  ForEachPiece(unit_, text, [&](std::string_view piece) {
    const auto found = ids_.find(absl::string_view(piece.data(), piece.size()));
    tokens.push_back(found == ids_.end() ? kUnknownId : found->second);
  });
}

std::string FrequentPieces::Text(const std::vector<int32_t>& tokens) const {
  std::string text;
  for (const int32_t token : tokens) {
    if (token < kUnknownId || token >= size()) continue;
    if (unit_ == Unit::kWord && !text.empty()) text += ' ';
    text += pieces_[token];
  }
  return text;
}

std::string FrequentPieces::description() const {
  std::string listed;
  for (const std::string& piece : pieces_) listed += piece + '\0';
  return fmt::format("{}, {} tokens, sha256 {}", unit_ == Unit::kWord ? "WORDS" : "CHARACTERS", size(), Sha256(listed));
}

}  // namespace ablate::tasks
