#include "lib/tasks/data/word_piece.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/tasks/data/bert_text.h"
#include "lib/tasks/data/row.h"
#include "lib/tasks/data/unicode.h"

namespace ablate::tasks {
namespace {

constexpr uint64_t kMaxVocabularyBytes = uint64_t{1} << 28;
constexpr size_t kMaxWordCharacters = 100;  // BERT's: a longer word is [UNK]
constexpr std::string_view kInner = "##";
constexpr size_t kPaddingId = 0;

absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, ReadFile(path, kMaxVocabularyBytes));
  std::vector<std::string> lines;
  for (size_t start = 0; start < content.size();) {
    const size_t end = std::min(content.find('\n', start), content.size());
    lines.push_back(content.substr(start, end - start));
    start = end + 1;
    if (!lines.back().empty() && lines.back().back() == '\r') lines.back().pop_back();
    const auto line_number = static_cast<int64_t>(lines.size());
    if (lines.back().empty()) return RowError(path, line_number, "empty; each line must hold a token");
    if (!IsUtf8(lines.back())) return RowError(path, line_number, "not UTF-8");
  }
  return lines;
}

absl::StatusOr<int32_t> Find(const std::string& path, const absl::flat_hash_map<std::string, int32_t>& pieces,
                             const std::string& token) {
  if (const auto found = pieces.find(token); found != pieces.end()) return found->second;
  return absl::InvalidArgumentError(
      fmt::format("{}: no token {}; a WordPiece vocabulary needs [PAD], [UNK], [CLS] and [SEP]", path, token));
}

size_t Characters(std::string_view word) {
  return std::count_if(word.begin(), word.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace

absl::StatusOr<std::unique_ptr<WordPiece>> WordPiece::Load(const std::string& path) {
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, ReadLines(path));
  std::unique_ptr<WordPiece> word_piece(new WordPiece);
  RETURN_IF_ERROR(word_piece->Take(path, lines));
  return word_piece;
}

absl::Status WordPiece::Take(const std::string& path, const std::vector<std::string>& lines) {
  vocabulary_ = static_cast<int>(lines.size());
  const size_t padding = std::find(lines.begin(), lines.end(), "[PAD]") - lines.begin();
  first_.reserve(lines.size());
  for (size_t line = 0; line < lines.size(); ++line) {
    const std::string& token = lines[line];
    const size_t id = line == padding ? kPaddingId : line == kPaddingId ? padding : line;
    longest_ = std::max(longest_, token.size());
    const bool inner = token.size() > kInner.size() && token.compare(0, kInner.size(), kInner) == 0;
    const bool is_new =
        (inner ? inner_ : first_).emplace(token.substr(inner ? kInner.size() : 0), static_cast<int32_t>(id)).second;
    if (!is_new) return RowError(path, static_cast<int64_t>(line) + 1, fmt::format("token {} occurs twice", Quoted(token)));
  }
  RETURN_IF_ERROR(Find(path, first_, "[PAD]").status());
  ASSIGN_OR_RETURN(unknown_, Find(path, first_, "[UNK]"));
  ASSIGN_OR_RETURN(classify_, Find(path, first_, "[CLS]"));
  ASSIGN_OR_RETURN(separate_, Find(path, first_, "[SEP]"));
  return absl::OkStatus();
}

void WordPiece::Append(std::string_view text, std::vector<int32_t>& tokens) const {
  ForEachWord(BertNormalize(text), [&](std::string_view run) {
    size_t start = 0;
    for (size_t offset = 0; offset < run.size();) {
      const size_t before = offset;
      if (!IsBertPunctuation(NextCodePoint(run, offset))) continue;
      if (before > start) AppendWord(run.substr(start, before - start), tokens);
      AppendWord(run.substr(before, offset - before), tokens);
      start = offset;
    }
    if (start < run.size()) AppendWord(run.substr(start), tokens);
  });
}

void WordPiece::AppendWord(std::string_view word, std::vector<int32_t>& tokens) const {
  const size_t before = tokens.size();
  bool known = Characters(word) <= kMaxWordCharacters;
  for (size_t start = 0; known && start < word.size();) {
    const Pieces& pieces = start == 0 ? first_ : inner_;
    size_t length = std::min(word.size() - start, longest_);
    auto found = pieces.end();
    for (; length > 0 && found == pieces.end(); --length) found = pieces.find(absl::string_view(word.data() + start, length));
    known = found != pieces.end();
    if (!known) break;
    tokens.push_back(found->second);
    start += found->first.size();
  }
  if (known) return;
  tokens.resize(before);
  tokens.push_back(unknown_);
}

std::string WordPiece::Piece(int32_t token) const {
  for (const auto& [piece, id] : first_) {
    if (id == token) return piece;
  }
  for (const auto& [piece, id] : inner_) {
    if (id == token) return std::string(kInner) + piece;
  }
  return Tokenizer::Piece(token);
}

}  // namespace ablate::tasks
