// From lines of text to token ids and back, with a vocabulary that is made from training lines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/tasks/text/text_of_tokens.h"
#include "proto/trial.pb.h"

namespace ablate::tasks {

class Vocabulary : public TextOfTokens {
 public:
  // Appends the tokens of `text` (valid UTF-8), without begin and end. Text such as "</s>" gives no special token.
  virtual void Append(std::string_view text, std::vector<int32_t>& tokens) const = 0;

  // Token ids lie in [0, size()); the first four are kPadding, kBegin, kEnd and kUnknown of task.h.
  virtual int size() const = 0;

  // One line for the log: "BPE, 8000 tokens, by sentencepiece 0.1.97, sha256 ...": equal digests, equal vocabularies.
  virtual std::string description() const = 0;
};

// The same lines and settings give the same vocabulary on every machine with the same release of the library; of UNIGRAM, which
// computes with floats, on one type of CPU. Lines must be lower-cased already where settings.lower_case says so.
// * BPE, UNIGRAM: SentencePiece (Kudo and Richardson 2018, arXiv:1808.06226), trained with one thread on all lines; text is not
//   normalized but for runs of spaces, which become one. Characters that no training line has are unknown tokens.
// * WORDS, CHARACTERS: by falling frequency, equally frequent ones in the order of their bytes. The word "<unk>" is kUnknown.
// InvalidArgument, naming the field, where the lines don't give a vocabulary of that size.
absl::StatusOr<std::shared_ptr<const Vocabulary>> MakeVocabulary(const TextVocabulary& settings, const std::string& field,
                                                                 const std::vector<std::string_view>& lines);

}  // namespace ablate::tasks
