// HotFlip (Ebrahimi, Rao, Lowd, Dou 2018, arXiv:1712.06751): words of an example are replaced, one after the other, each time
// by the substitution that would raise the loss of the right class most if it were linear in the word's vector. Nothing keeps
// the meaning or the grammar: accuracy under this attack is a lower bound, not what a reader would call robustness.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/models/encoder.h"
#include "lib/tasks/examples.h"

namespace ablate::training {

// What a token of the vocabulary is: a word or the beginning of one, a piece inside a word, or a mark such as [SEP].
enum class TokenKind : char { kWord, kInner, kMark };

// `pieces`: each token of the vocabulary as tasks::TextReader has it.
std::vector<TokenKind> KindsOf(const std::vector<std::string>& pieces);

// `example` with at most `words` words replaced by others, each once; of one trial, in evaluation. Replaced are words of one
// token, by tokens of kind kWord. What is classified wrongly stays as it is, as does an example of which no substitution would
// raise the loss. Among equals the first word goes, to the lowest token.
//   multipliers, progress: as models::Encoder::Forward's.
absl::StatusOr<tasks::Example> Attacked(const tasks::Example& example, int64_t words, const std::vector<TokenKind>& kinds,
                                        const models::Encoder& encoder, const std::vector<at::Tensor>& multipliers,
                                        double progress);

}  // namespace ablate::training
