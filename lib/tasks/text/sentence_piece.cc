#include "lib/tasks/text/sentence_piece.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <unordered_map>
#include <utility>

namespace ablate::tasks {
namespace {

constexpr int32_t kFirstWithText = 3;  // padding, begin and end have none

class Lines : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(const std::vector<std::string_view>& lines) : lines_(lines) { Take(); }
  bool done() const override { return next_ >= lines_.size(); }
  void Next() override {
    ++next_;
    Take();
  }
  const std::string& value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void Take() {
    if (!done()) value_ = lines_[next_];
  }
  const std::vector<std::string_view>& lines_;
  size_t next_ = 0;
  std::string value_;
};

}  // namespace

class SentencePieceModel::Library : public sentencepiece::SentencePieceProcessor {};

std::unique_ptr<SentencePieceModel> SentencePieceModel::Train(const Settings& settings,
                                                              const std::vector<std::string_view>& lines, std::string& error) {
  const std::unordered_map<std::string, std::string> arguments = {
      {"model_type", settings.kind == Kind::kBpe ? "bpe" : "unigram"},
      {"vocab_size", std::to_string(settings.size)},
      {"hard_vocab_limit", "false"},  // fewer pieces where the lines give no more
      {"character_coverage", "1.0"},
      {"normalization_rule_name", "identity"},
      {"max_sentence_length", std::to_string(settings.longest_line)},
      {"num_threads", "1"},
      {"pad_id", "0"},
      {"bos_id", "1"},
      {"eos_id", "2"},
      {"unk_id", "3"},
      {"minloglevel", "2"}};
  Lines iterator(lines);
  std::string serialized;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &iterator, &serialized);
  error = status.ok() ? "" : status.ToString();
  if (!error.empty()) return nullptr;
  std::unique_ptr<SentencePieceModel> model(new SentencePieceModel(std::move(serialized), error));
  return error.empty() ? std::move(model) : nullptr;
}

SentencePieceModel::SentencePieceModel(std::string serialized, std::string& error)
    : serialized_(std::move(serialized)), library_(std::make_unique<Library>()) {
  const auto status = library_->LoadFromSerializedProto(serialized_);
  error = status.ok() ? "" : status.ToString();
}

SentencePieceModel::~SentencePieceModel() = default;

void SentencePieceModel::Append(std::string_view text, std::vector<int32_t>& tokens) const {
  std::vector<int> ids;
  library_->Encode(text, &ids).IgnoreError();  // it only fails without a model
  tokens.insert(tokens.end(), ids.begin(), ids.end());
}

std::string SentencePieceModel::Text(const std::vector<int32_t>& tokens) const {
  std::vector<int> ids;
  for (const int32_t token : tokens) {
    if (token >= kFirstWithText && token < size()) ids.push_back(token);
  }
  std::string text;
  library_->Decode(ids, &text).IgnoreError();
  return text;
}

int SentencePieceModel::size() const { return library_->GetPieceSize(); }

}  // namespace ablate::tasks
