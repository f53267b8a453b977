#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "lib/tasks/scores/bleu.h"
#include "lib/tasks/scores/distinct.h"
#include "lib/tasks/scores/rouge.h"

namespace ablate::tasks {
namespace {

using Texts = std::vector<std::string>;
using References = std::vector<std::vector<std::string>>;

std::string Tokens(const std::string& text) { return absl::StrJoin(Tokenize13a(text), "|"); }

TEST(Tokenize13aTest, SplitsPunctuationButNotInNumbers) {
  EXPECT_EQ(Tokens("Hello, world."), "Hello|,|world|.");
  EXPECT_EQ(Tokens("1,000.5 and 3-4 or x-y, don't"), "1,000.5|and|3|-|4|or|x-y|,|don't");
  EXPECT_EQ(Tokens("\"Quoted\" (twice)!?"), "\"|Quoted|\"|(|twice|)|!|?");
  EXPECT_EQ(Tokens("..."), ".|.|.");
  EXPECT_EQ(Tokens("&amp;lt; &quot;a&quot; <skipped>b"), "<|\"|a|\"|b");
  EXPECT_EQ(Tokens("Gr\u00fc\u00dfe,\u00a0Leute\u2026"), "Gr\u00fc\u00dfe|,|Leute\u2026");
  EXPECT_EQ(Tokens(" \t "), "");
}

// By the definition, with pencil and paper.
TEST(BleuTest, IsTheGeometricMeanTimesTheBrevityPenalty) {
  EXPECT_DOUBLE_EQ(Bleu({"a b c d e"}, {{"a b c d e"}}), 100);
  EXPECT_NEAR(Bleu({"a b c d e"}, {{"a b c d f"}}), 100 * std::pow(4. / 5 * 3. / 4 * 2. / 3 * 1. / 2, .25), 1e-9);
  EXPECT_NEAR(Bleu({"a b c d"}, {{"a b c d e f"}}), 100 * std::exp(1 - 6. / 4), 1e-9);
  // No trigram, no 4-gram is right: 1/2 and 1/4 of one count.
  EXPECT_NEAR(Bleu({"a b x d e"}, {{"a b c d e"}}), 100 * std::pow(4. / 5 * 2. / 4 * (1. / 2 / 3) * (1. / 4 / 2), .25), 1e-9);
}

TEST(BleuTest, CountsAreClippedByTheReferenceThatHasMost) {
  // "the" twice in one reference, once in the other: two of four count.
  const References references = {{"the cat sat on the mat", "the end of it all"}};
  EXPECT_GT(Bleu({"the the the the"}, references), 0);
  EXPECT_NEAR(Bleu({"the the the the"}, references),
              100 * std::exp(1 - 5. / 4) * std::pow(2. / 4 * (.5 / 3) * (.25 / 2) * .125, .25), 1e-9);
}

TEST(BleuTest, NothingRightOrNothingSaidIsZero) {
  EXPECT_EQ(Bleu({"x y z"}, {{"a b c"}}), 0);
  EXPECT_EQ(Bleu({""}, {{"a b c"}}), 0);
  EXPECT_EQ(Bleu({"a b c"}, {{"a b c"}}), 0) << "no text has four words";
  EXPECT_EQ(Bleu({}, {}), 0);
}

TEST(RougeLTest, IsTheF1OfTheLongestCommonSubsequence) {
  EXPECT_NEAR(RougeL({"the cat sat"}, {{"the cat"}}), 2 * (2. / 3) / (2. / 3 + 1), 1e-12);
  EXPECT_NEAR(RougeL({"a x b y c"}, {{"a b c"}}), .75, 1e-12);
  EXPECT_NEAR(RougeL({"a x b y c", "q"}, {{"z", "a b c"}, {"r"}}), .375, 1e-12) << "the best reference; the mean of texts";
  EXPECT_EQ(RougeL({""}, {{"a"}}), 0);
  EXPECT_EQ(RougeL({}, {}), 0);
  EXPECT_EQ(RougeTokens("It's 3.5\u00b0, \u00c4pfel!"), (Texts{"it", "s", "3", "5", "pfel"}));
}

TEST(DistinctTest, CountsDifferentRows) {
  const Texts texts = {"a b a b", "a b", "c"};
  EXPECT_NEAR(Distinct(texts, 1), 3. / 7, 1e-12);
  EXPECT_NEAR(Distinct(texts, 2), 2. / 4, 1e-12);
  EXPECT_EQ(Distinct(texts, 5), 0);
  EXPECT_EQ(Distinct({}, 1), 0);
}

}  // namespace
}  // namespace ablate::tasks
