// BPE and UNIGRAM: the SentencePiece library as a vocabulary.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/tasks/text/sentence_piece.h"
#include "lib/tasks/text/vocabulary.h"

namespace ablate::tasks {

class Subwords : public Vocabulary {
 public:
  // `size`: most ids, the four special ones included. InvalidArgument with the library's words where the lines don't give it.
  static absl::StatusOr<std::shared_ptr<const Vocabulary>> Train(SentencePieceModel::Kind kind, int size,
                                                                 const std::vector<std::string_view>& lines);

  void Append(std::string_view text, std::vector<int32_t>& tokens) const override { model_->Append(text, tokens); }
  std::string Text(const std::vector<int32_t>& tokens) const override { return model_->Text(tokens); }
  int size() const override { return model_->size(); }
  std::string description() const override;

 private:
  Subwords(SentencePieceModel::Kind kind, std::unique_ptr<SentencePieceModel> model) : kind_(kind), model_(std::move(model)) {}
  const SentencePieceModel::Kind kind_;
  const std::unique_ptr<SentencePieceModel> model_;
};

}  // namespace ablate::tasks
