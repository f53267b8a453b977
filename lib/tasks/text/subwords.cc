#include "lib/tasks/text/subwords.h"

#include <utility>

#include "fmt/format.h"
#include "lib/base/digest.h"
#include "lib/tasks/data/row.h"

namespace ablate::tasks {

absl::StatusOr<std::shared_ptr<const Vocabulary>> Subwords::Train(SentencePieceModel::Kind kind, int size,
                                                                  const std::vector<std::string_view>& lines) {
  std::string error;
  std::unique_ptr<SentencePieceModel> model = SentencePieceModel::Train({kind, size, kMaxRowBytes}, lines, error);
  if (model == nullptr) return absl::InvalidArgumentError("sentencepiece: " + error);
  return std::shared_ptr<const Vocabulary>(new Subwords(kind, std::move(model)));
}

std::string Subwords::description() const {
  return fmt::format("{}, {} tokens, by sentencepiece {}, sha256 {}",
                     kind_ == SentencePieceModel::Kind::kBpe ? "BPE" : "UNIGRAM", size(), kSentencePieceRelease,
                     Sha256(model_->serialized()));
}

}  // namespace ablate::tasks
