// Vocabulary files of WordPiece; with one that is good, a text made of its lines.
#include <cstdlib>
#include <vector>

#include "lib/tasks/data/word_piece.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = ablate::fuzz::Text(data, size);
  const auto pieces = ablate::tasks::WordPiece::Load(ablate::fuzz::FileWith(text, ".txt"));
  ablate::fuzz::ExpectSensible(pieces.status());
  if (!pieces.ok()) return 0;
  std::vector<int32_t> tokens;
  (*pieces)->Append(text, tokens);
  for (const int32_t token : tokens) {
    if (token < 0 || token >= (*pieces)->vocabulary()) std::abort();
  }
  return 0;
}
