#include "lib/tasks/text/vocabulary.h"

#include <utility>

#include "fmt/format.h"
#include "lib/tasks/text/frequent_pieces.h"
#include "lib/tasks/text/subwords.h"

namespace ablate::tasks {
namespace {

constexpr uint32_t kLeastSize = 8;

absl::StatusOr<std::shared_ptr<const Vocabulary>> Train(SentencePieceModel::Kind kind, const TextVocabulary& settings,
                                                        const std::string& field, const std::vector<std::string_view>& lines) {
  auto trained = Subwords::Train(kind, static_cast<int>(settings.size()), lines);
  if (trained.ok()) return trained;
  return absl::InvalidArgumentError(fmt::format("{}.size: {} with these training lines: {}", field, settings.size(),
                                                std::string(trained.status().message())));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Vocabulary>> MakeVocabulary(const TextVocabulary& settings, const std::string& field,
                                                                 const std::vector<std::string_view>& lines) {
  if (settings.size() < kLeastSize) {
    return absl::InvalidArgumentError(fmt::format("{}.size: {}; at least {} are needed", field, settings.size(), kLeastSize));
  }
  switch (settings.kind()) {
    case TextVocabulary::BPE:
      return Train(SentencePieceModel::Kind::kBpe, settings, field, lines);
    case TextVocabulary::UNIGRAM:
      return Train(SentencePieceModel::Kind::kUnigram, settings, field, lines);
    case TextVocabulary::WORDS:
      return std::make_shared<const FrequentPieces>(FrequentPieces::Unit::kWord, settings.size(), lines);
    case TextVocabulary::CHARACTERS:
      return std::make_shared<const FrequentPieces>(FrequentPieces::Unit::kCharacter, settings.size(), lines);
    case TextVocabulary::KIND_UNSPECIFIED:
      break;
  }
  return absl::InvalidArgumentError(fmt::format("{}.kind: KIND_UNSPECIFIED; allowed: BPE, UNIGRAM, WORDS, CHARACTERS", field));
}

}  // namespace ablate::tasks
