#include "lib/tasks/data/words.h"

#include <gtest/gtest.h>

#include <vector>

#include "lib/tasks/data/unicode.h"

namespace ablate::tasks {
namespace {

using Tokens = std::vector<int32_t>;

Tokens Tokenize(const Tokenizer& tokenizer, std::string_view text) {
  Tokens tokens;
  tokenizer.Append(text, tokens);
  return tokens;
}

TEST(WordsTest, MostFrequentFirstAndTiesByBytes) {
  const Words words({"b a c", "C b \t B", "", "  "}, 100);  // b 3, c 2, a 1
  EXPECT_EQ(words.vocabulary(), 7);
  EXPECT_EQ(Tokenize(words, "b c a"), (Tokens{4, 5, 6}));
  const Words ties({"z y x w"}, 2);
  EXPECT_EQ(ties.vocabulary(), 6);
  EXPECT_EQ(Tokenize(ties, "w x y z"), (Tokens{4, 5, 1, 1}));
}

TEST(WordsTest, PunctuationStaysAndUnicodeIsLowered) {
  const Words words({"Don't stop. \u00C9t\u00E9 \u03A3"}, 100);  // capital E acute, capital sigma
  EXPECT_EQ(Tokenize(words, "\u00E9T\u00C9"), Tokenize(words, "\u00C9t\u00E9"));
  EXPECT_NE(Tokenize(words, "\u00E9t\u00E9")[0], 1);
  EXPECT_NE(Tokenize(words, "\u03C3")[0], 1);  // small sigma
  EXPECT_EQ(Tokenize(words, "stop")[0], 1);    // "stop." is another word
}

TEST(WordsTest, SplitsAtUnicodeWhiteSpace) {
  const Words words({"a\u00A0b\u2003c\u3000d\ve\u200Bf"}, 100);
  EXPECT_EQ(words.vocabulary(), 4 + 5);  // U+200B is no white space, so e and f are one word
}

TEST(WordsTest, SpecialTokens) {
  const Words words({"[PAD] [CLS]"}, 100);
  EXPECT_EQ(words.classify(), 2);
  EXPECT_EQ(words.separate(), 3);
  EXPECT_EQ(Tokenize(words, "[pad] [CLS] [SEP]"), (Tokens{5, 4, 1}));  // words like any other
}

TEST(UnicodeTest, RoundTripOfAllCodePoints) {
  for (int32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    AppendUtf8(c, text);
    size_t offset = 0;
    ASSERT_EQ(NextCodePoint(text, offset), c);
    ASSERT_EQ(offset, text.size());
    ASSERT_EQ(text.size(), c < 0x80 ? 1u : c < 0x800 ? 2u : c < 0x10000 ? 3u : 4u);
  }
}

}  // namespace
}  // namespace ablate::tasks
