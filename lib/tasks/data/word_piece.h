// WORD_PIECE: BERT's uncased tokenizer (Devlin et al. 2018, arXiv:1810.04805) with the vocabulary of a file.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/tasks/data/tokenizer.h"

namespace ablate::tasks {

// Text is cleaned of control characters, CJK ideographs become words, accents are stripped, letters lower-cased; words end at
// white space and punctuation, and each punctuation mark is a word. A word is cut from the left into the longest pieces that
// the vocabulary has ("##" marks pieces inside a word), or is [UNK] as a whole. Text such as "[SEP]" is no special token.
// Equals the public `tokenizers` package (tests/lib/tasks says on what).
class WordPiece : public Tokenizer {
 public:
  // One token a line; the line's number, from 0, is its id. If [PAD] is not the first, it and the first token change ids, since
  // padding is 0 everywhere. NotFound if the file is missing; InvalidArgument, with path and line, where [PAD], [UNK], [CLS] or
  // [SEP] is missing, a line is empty, a token occurs twice, or bytes are not UTF-8.
  static absl::StatusOr<std::unique_ptr<WordPiece>> Load(const std::string& path);

  void Append(std::string_view text, std::vector<int32_t>& tokens) const override;
  std::string Piece(int32_t token) const override;
  int vocabulary() const override { return vocabulary_; }
  int32_t classify() const override { return classify_; }
  int32_t separate() const override { return separate_; }
  bool closes() const override { return true; }

 private:
  using Pieces = absl::flat_hash_map<std::string, int32_t>;
  WordPiece() = default;
  absl::Status Take(const std::string& path, const std::vector<std::string>& lines);
  void AppendWord(std::string_view word, std::vector<int32_t>& tokens) const;

  Pieces first_;        // pieces that begin a word
  Pieces inner_;        // pieces inside a word, without "##"
  size_t longest_ = 0;  // bytes of the longest piece
  int vocabulary_ = 0;
  int32_t unknown_ = 0, classify_ = 0, separate_ = 0;
};

}  // namespace ablate::tasks
