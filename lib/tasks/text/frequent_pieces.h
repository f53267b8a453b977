// WORDS and CHARACTERS: the most frequent words or code points of the training lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/tasks/text/vocabulary.h"

namespace ablate::tasks {

class FrequentPieces : public Vocabulary {
 public:
  enum class Unit { kWord, kCharacter };
  // `size`: most ids, the four special ones included.
  FrequentPieces(Unit unit, size_t size, const std::vector<std::string_view>& lines);

  void Append(std::string_view text, std::vector<int32_t>& tokens) const override;
  std::string Text(const std::vector<int32_t>& tokens) const override;
  int size() const override { return static_cast<int>(pieces_.size()); }
  std::string description() const override;

 private:
  const Unit unit_;
  std::vector<std::string> pieces_;  // by id; the special ones give their mark, or ""
  absl::flat_hash_map<std::string, int32_t> ids_;
};

}  // namespace ablate::tasks
