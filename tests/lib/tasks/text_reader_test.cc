// Texts as a task's trials see them: with the tokens of its files, and words aligned to their tokens.
#include "lib/tasks/text_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Task WithPieces() {
  Task task;
  TextClassification& text = *task.mutable_text_classification();
  text.set_train(WriteTemporary("train.tsv", "sentence\tlabel\nfine film\tgood\nbad\tbad\n"));
  text.set_validation(text.train());
  text.set_max_tokens(8);
  text.mutable_tokenizer()->set_kind(ablate::Tokenizer::WORD_PIECE);
  text.mutable_tokenizer()->set_vocabulary(WriteTemporary("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nplay\n##ing\nthe\nfilm\n"));
  return task;
}

TEST(TextReader, PiecesAndTheirWords) {
  const auto reader = TextReader::Make(WithPieces(), "");
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto text = reader->ReadText("Playing the game", std::nullopt);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(reader->Pieces(text->example.tokens), ElementsAre("[CLS]", "play", "##ing", "the", "[UNK]", "[SEP]"));
  const auto words = reader->ReadWords({"Playing", "the", "game"});
  ASSERT_TRUE(words.ok()) << words.status();
  EXPECT_EQ(words->example.tokens, text->example.tokens);
  EXPECT_EQ(words->example.second_start, 6);
  EXPECT_THAT(words->words, ElementsAre(-1, 0, 0, 1, 2, -1));
}

TEST(TextReader, WordsOfTheTrainingFile) {
  Task task = WithPieces();
  task.mutable_text_classification()->mutable_tokenizer()->Clear();
  const auto reader = TextReader::Make(task, "");
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto read = reader->ReadWords({"Fine", "plot"});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(reader->Pieces(read->example.tokens), ElementsAre("[CLS]", "fine", "[UNK]"));
  EXPECT_THAT(read->words, ElementsAre(-1, 0, 1));
}

TEST(TextReader, WhatCanNotBeReadIsSaid) {
  const auto reader = TextReader::Make(WithPieces(), "");
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(absl::IsOutOfRange(reader->ReadWords(std::vector<std::string>(7, "film")).status()));
  EXPECT_EQ(
      reader->ReadText(std::string(20, 'a') + " film the film the film the film the", std::nullopt)->example.tokens.size(),
      8u);  // cut as rows are
  EXPECT_THAT(std::string(reader->ReadText(" ", std::nullopt).status().message()), HasSubstr("has no token"));
  EXPECT_THAT(std::string(reader->ReadText("\xff", std::nullopt).status().message()), HasSubstr("not UTF-8"));
  EXPECT_THAT(std::string(reader->ReadText("film", "film").status().message()), HasSubstr("single texts"));
  Task recall;
  recall.mutable_recall();
  EXPECT_THAT(std::string(TextReader::Make(recall, "").status().message()), HasSubstr("text_classification"));
}

}  // namespace
}  // namespace ablate::tasks
