// BLEU against the public `sacrebleu` package and ROUGE-L against `rouge_score`: captions of Multi30k with words dropped,
// doubled, exchanged and punctuation moved, and made-up lines of ASCII and of Unicode; one and three references.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/tasks/data/unicode.h"
#include "lib/tasks/scores/bleu.h"
#include "lib/tasks/scores/rouge.h"
#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

using Texts = std::vector<std::string>;

// Arguments: files of texts and of three references; file to write: version, scores, and the tokens of each text on a line.
constexpr char kProgram[] = R"(
import sys
import sacrebleu
from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
from rouge_score import rouge_scorer
texts, *references = [open(name, encoding='utf-8', newline='\n').read().split('\n')[:-1] for name in sys.argv[1:5]]
bleu, tokenize = BLEU(), Tokenizer13a()
scorer = rouge_scorer.RougeScorer(['rougeL'], use_stemmer=False)
def rouge(sets):
    return sum(scorer.score_multi(list(of), text)['rougeL'].fmeasure for text, *of in zip(texts, *sets)) / len(texts)
with open(sys.argv[5], 'w', encoding='utf-8', newline='\n') as out:
    one, three = bleu.corpus_score(texts, references[:1]), bleu.corpus_score(texts, references)
    out.write(str(bleu.get_signature()).split('|', 1)[1] + '\n')
    for value in (one.score, three.score, rouge(references[:1]), rouge(references)):
        out.write(repr(float(value)) + '\n')
    for text in texts:
        out.write(tokenize(text.rstrip()) + '\n')
)";

Texts Lines(const std::string& path, size_t most) {
  const auto text = ReadMaybeGzipped(path, uint64_t{1} << 30);
  EXPECT_TRUE(text.ok()) << text.status();
  Texts lines = absl::StrSplit(text.ok() ? *text : "", '\n');
  lines.resize(std::min(lines.size() - 1, most));
  return lines;
}

class Distortion {
 public:
  std::string Of(const std::string& line) {
    std::vector<std::string> words;
    for (const auto word : absl::StrSplit(line, ' ')) {
      const int chance = Below(20);
      if (chance == 0) continue;
      words.emplace_back(word);
      if (chance == 1) words.emplace_back(word);
      if (chance == 2) words.back() += kMarks[Below(std::size(kMarks))];
      if (chance == 3 && words.size() > 1) std::swap(words.back(), words[words.size() - 2]);
    }
    return absl::StrJoin(words, " ");
  }

  // Letters of ASCII, mostly punctuation and digits, and a few of Unicode.
  std::string MadeUp() {
    std::string line;
    for (int i = Below(40); i > 0; --i) {
      const int chance = Below(20);
      int32_t letter = chance < 12 ? 32 + Below(95) : chance < 17 ? '0' + Below(10) : ".,- "[Below(4)];
      if (chance == 19) letter = Below(0x110000);
      if (letter == '\n' || (letter >= 0xD800 && letter < 0xE000)) letter = 0x130;
      AppendUtf8(letter, line);
    }
    return line;
  }

 private:
  static constexpr const char* kMarks[] = {".",      ",",    "...",     "-",      "'s",       "\"",
                                           "&quot;", " 3.5", "1,000-2", "\u2026", "<skipped>"};
  int Below(size_t n) { return static_cast<int>(random_() % n); }
  std::mt19937_64 random_{5};
};

TEST(ScoresPythonTest, EqualThePublicPackages) {
  const char* const data = std::getenv("ABLATE_DATA");
  const char* const python = std::getenv("ABLATE_PYTHON");
  if (data == nullptr) GTEST_SKIP() << "ABLATE_DATA, the folder of public data files, is not set";
  if (python == nullptr) GTEST_SKIP() << "ABLATE_PYTHON, a python3 with the packages sacrebleu and rouge_score, is not set";
  if (std::system(fmt::format("{} -c 'import sacrebleu, rouge_score.rouge_scorer' 2>/dev/null", python).c_str()) != 0) {
    GTEST_SKIP() << python << " has no package sacrebleu or rouge_score";
  }
  Distortion distortion;
  Texts texts;
  std::vector<Texts> references(3);
  for (const char* name : {"multi30k/raw/val.de.gz", "multi30k/raw/val.en.gz"}) {
    for (const std::string& line : Lines(JoinPath(data, name), 250)) {
      texts.push_back(distortion.Of(line));
      for (Texts& set : references) set.push_back(distortion.Of(line));
    }
  }
  for (int i = 0; i < 1500; ++i) {
    const std::string line = distortion.MadeUp();
    texts.push_back(distortion.Of(line));
    for (Texts& set : references) set.push_back(distortion.Of(line));
  }
  std::string files = WriteTemporary("texts.txt", absl::StrJoin(texts, "\n") + "\n");
  for (size_t i = 0; i < references.size(); ++i) {
    files += "' '" + WriteTemporary(fmt::format("references{}.txt", i), absl::StrJoin(references[i], "\n") + "\n");
  }
  const std::string program = WriteTemporary("score.py", kProgram), out = testing::TempDir() + "/scores.txt";
  const std::string command = fmt::format("'{}' '{}' '{}' '{}'", python, program, files, out);
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const Texts theirs = Lines(out, 1u << 20);
  ASSERT_EQ(theirs.size(), 5 + texts.size());

  std::vector<std::vector<std::string>> one, three;
  for (size_t i = 0; i < texts.size(); ++i) {
    one.push_back({references[0][i]});
    three.push_back({references[0][i], references[1][i], references[2][i]});
  }
  EXPECT_EQ(theirs[0], kBleuSignature);
  // Both add up the same counts; what is left is the rounding of four logarithms, or of a mean of 2000.
  EXPECT_NEAR(Bleu(texts, one), std::stod(theirs[1]), 1e-10);
  EXPECT_NEAR(Bleu(texts, three), std::stod(theirs[2]), 1e-10);
  EXPECT_NEAR(RougeL(texts, one), std::stod(theirs[3]), 1e-12);
  EXPECT_NEAR(RougeL(texts, three), std::stod(theirs[4]), 1e-12);
  EXPECT_GT(Bleu(texts, one), 40);
  EXPECT_LT(Bleu(texts, one), 99);
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(absl::StrJoin(Tokenize13a(texts[i]), " "), theirs[5 + i]) << "of " << texts[i];
  }
}

}  // namespace
}  // namespace ablate::tasks
