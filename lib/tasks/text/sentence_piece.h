// The SentencePiece library (Kudo and Richardson 2018, arXiv:1808.06226) behind a class of its own: its headers define
// absl::string_view and can't be included beside Abseil's. Hence no absl::Status here; subwords.h is what others use.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ablate::tasks {

// Debian 12's release; the headers don't say.
inline constexpr char kSentencePieceRelease[] = "0.1.97";

class SentencePieceModel {
 public:
  enum class Kind { kBpe, kUnigram };
  struct Settings {
    Kind kind = Kind::kBpe;
    int size = 0;                   // most pieces, the four special ones included
    size_t longest_line = 1 << 20;  // bytes; longer lines would be left out without a word
  };

  // Ids 0 to 3 are padding, begin, end and unknown. With one thread, so that it is the same everywhere. Null on an error, with
  // the library's words in `error`.
  static std::unique_ptr<SentencePieceModel> Train(const Settings& settings, const std::vector<std::string_view>& lines,
                                                   std::string& error);
  ~SentencePieceModel();

  void Append(std::string_view text, std::vector<int32_t>& tokens) const;
  // Tokens that have no text give none.
  std::string Text(const std::vector<int32_t>& tokens) const;
  int size() const;
  const std::string& serialized() const { return serialized_; }

 private:
  class Library;
  SentencePieceModel(std::string serialized, std::string& error);
  const std::string serialized_;
  const std::unique_ptr<Library> library_;
};

}  // namespace ablate::tasks
