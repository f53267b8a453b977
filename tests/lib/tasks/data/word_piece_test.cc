#include "lib/tasks/data/word_piece.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/tasks/data/bert_text.h"
#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

using Tokens = std::vector<int32_t>;

// Ids by line:              0      1      2      3      4    5      6      7    8  9  10  11   12
const char kVocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\naff\n,\n!\n##n\ncafe\n\u4E00\n";

std::unique_ptr<WordPiece> Load(const std::string& vocabulary) {
  auto loaded = WordPiece::Load(WriteTemporary("vocabulary.txt", vocabulary));
  EXPECT_TRUE(loaded.ok()) << loaded.status().ToString();
  return *std::move(loaded);
}

Tokens Tokenize(const Tokenizer& tokenizer, std::string_view text) {
  Tokens tokens;
  tokenizer.Append(text, tokens);
  return tokens;
}

TEST(WordPieceTest, LongestPieceFirst) {
  const auto tokenizer = Load(kVocabulary);
  EXPECT_EQ(tokenizer->vocabulary(), 13);
  EXPECT_EQ(Tokenize(*tokenizer, "unaffable"), (Tokens{4, 5, 6}));
  EXPECT_EQ(Tokenize(*tokenizer, "unaffabl"), (Tokens{1}));  // one piece missing: the whole word is unknown
  EXPECT_EQ(Tokenize(*tokenizer, "affaff un"), (Tokens{7, 5, 4}));
  EXPECT_EQ(Tokenize(*tokenizer, "able"), (Tokens{1}));         // "##able" begins no word
  EXPECT_EQ(Tokenize(*tokenizer, "##aff"), (Tokens{1, 1, 7}));  // punctuation is split off first
  EXPECT_EQ(Tokenize(*tokenizer, ""), (Tokens{}));
  EXPECT_EQ(Tokenize(*tokenizer, "un [SEP]"), (Tokens{4, 1, 1, 1}));  // text makes no special token
}

TEST(WordPieceTest, TextIsNormalizedAsBertDoes) {
  const auto tokenizer = Load(kVocabulary);
  EXPECT_EQ(Tokenize(*tokenizer, " UN,AFF!\t!"), (Tokens{4, 8, 7, 9, 9}));
  EXPECT_EQ(Tokenize(*tokenizer, "Caf\u00E9 Cafe\u0301"), (Tokens{11, 11}));     // composed, and combining accent
  EXPECT_EQ(Tokenize(*tokenizer, "u\001n a\u200Bff \uFFFD"), (Tokens{4, 7}));    // control, zero width, U+FFFD
  EXPECT_EQ(Tokenize(*tokenizer, "un\u4E00un"), (Tokens{4, 12, 4}));             // an ideograph is a word
  EXPECT_EQ(Tokenize(*tokenizer, "un\u00A0aff\u2014un"), (Tokens{4, 7, 1, 4}));  // no-break space, em dash
}

TEST(WordPieceTest, WordsOfMoreThanAHundredCharactersAreUnknown) {
  const auto tokenizer = Load(kVocabulary);
  std::string word = "u";
  for (int i = 1; i < 100; ++i) word += "n";
  EXPECT_EQ(Tokenize(*tokenizer, word).size(), 99u);  // "un" and 98 times "##n"
  EXPECT_EQ(Tokenize(*tokenizer, word + "n"), (Tokens{1}));
}

TEST(WordPieceTest, AsciiPathEqualsTheGeneralOne) {
  // A trailing accented letter sends the same text down the other path.
  std::string ascii;
  for (int c = 0; c < 0x80; ++c) ascii += std::string("x") + static_cast<char>(c);
  EXPECT_EQ(BertNormalize(ascii) + "e", BertNormalize(ascii + "\u00E9"));
}

TEST(WordPieceTest, PaddingIsMovedToZero) {
  const auto tokenizer = Load("un\n[UNK]\n[PAD]\n[CLS]\n[SEP]\n##aff\n");
  EXPECT_EQ(Tokenize(*tokenizer, "unaff zzz"), (Tokens{2, 5, 1}));
  EXPECT_EQ(tokenizer->classify(), 3);
  EXPECT_EQ(tokenizer->separate(), 4);
}

TEST(WordPieceTest, BadVocabularies) {
  const auto message = [](const std::string& vocabulary) {
    const std::string path = WriteTemporary("bad_vocabulary.txt", vocabulary);
    const absl::Status status = WordPiece::Load(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message().substr(0, path.size() + 1), path + ":");
    return std::string(status.message().substr(path.size() + 1));
  };
  EXPECT_EQ(message("[PAD]\n[UNK]\n[SEP]\n"), " no token [CLS]; a WordPiece vocabulary needs [PAD], [UNK], [CLS] and [SEP]");
  EXPECT_EQ(message(""), " no token [PAD]; a WordPiece vocabulary needs [PAD], [UNK], [CLS] and [SEP]");
  EXPECT_EQ(message("[PAD]\n\n[UNK]\n"), "2: empty; each line must hold a token");
  EXPECT_EQ(message("[PAD]\na\n\xFFz\n"), "3: not UTF-8");
  EXPECT_EQ(message("x\n[PAD]\n##x\n##x\n"), "4: token \"##x\" occurs twice");
  EXPECT_EQ(WordPiece::Load(testing::TempDir() + "/none.txt").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace ablate::tasks
