// WordPiece against the public `tokenizers` package: all lines of SST-2, UD EWT and Multi30k, and made-up lines of Unicode.
// Tried once also on IMDb reviews, WikiText-2, French and Czech captions: all equal. Of single code points 824 of 1,112,033
// differ: those assigned or moved to another category since Unicode 9, which the package's tables lack, and U+2B820 to U+2B91F,
// ideographs to BERT only; made-up lines therefore keep to code points that have had their category since Unicode 3.2.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/tasks/data/rows.h"
#include "lib/tasks/data/word_piece.h"
#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

// Arguments: vocabulary, file with a text a line, lines to make up and append to it, file to write: the ids of each text on a
// line.
constexpr char kProgram[] = R"(
import random, sys, unicodedata
from tokenizers import BertWordPieceTokenizer
tokenizer = BertWordPieceTokenizer(sys.argv[1], lowercase=True)
old = unicodedata.ucd_3_2_0
letters = [chr(c) for c in range(0x110000)
           if c != 10 and old.category(chr(c)) == unicodedata.category(chr(c)) and unicodedata.category(chr(c)) not in ('Cn', 'Cs')]
plain = [chr(c) for c in range(32, 127)] + list('\t\r\u00a0\u0301\u0130\u00df\ufffd\u4e2d')
chance = random.Random(1)
with open(sys.argv[2], 'a', encoding='utf-8', newline='\n') as texts:
    for i in range(int(sys.argv[3])):
        texts.write(''.join(chance.choice(letters if chance.random() < .3 else plain) for _ in range(chance.randrange(40))) + '\n')
with open(sys.argv[2], encoding='utf-8', newline='\n') as texts, open(sys.argv[4], 'w') as out:
    encode = getattr(tokenizer._tokenizer, 'encode_batch_fast', tokenizer.encode_batch)  # fast: without offsets
    for encoding in encode([t.rstrip('\n') for t in texts], add_special_tokens=False):
        out.write(' '.join(map(str, encoding.ids)) + '\n')
)";

constexpr int kMadeUpLines = 20000;

// "" where it can't be read.
std::string Text(const std::string& path) {
  const auto text = ReadMaybeGzipped(path, uint64_t{1} << 30);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.ok() ? *text : "";
}

// The sentences and words of a CoNLL-U file are text enough: each line is a line.
std::string RealLines(const std::string& data) {
  std::string lines;
  for (const char* name :
       {"sst2/glue_train.tsv.gz", "sst2/glue_dev.tsv", "ud_ewt/en_ewt-ud-train.conllu.gz", "ud_ewt/en_ewt-ud-dev.conllu.gz",
        "multi30k/raw/train.en.gz", "multi30k/raw/train.de.gz", "multi30k/raw/val.en.gz", "multi30k/raw/val.de.gz"}) {
    lines += Text(JoinPath(data, name));
    EXPECT_EQ(lines.back(), '\n') << name;
  }
  return lines;
}

std::string Ours(const WordPiece& tokenizer, std::string_view texts) {
  std::string ids;
  std::vector<int32_t> tokens;
  for (size_t end; (end = texts.find('\n')) != std::string_view::npos; texts.remove_prefix(end + 1)) {
    tokens.clear();
    tokenizer.Append(texts.substr(0, end), tokens);
    ids += fmt::format("{}\n", fmt::join(tokens, " "));
  }
  return ids;
}

std::string Line(const std::string& text, int64_t number) {
  std::istringstream lines(text);
  std::string line;
  for (int64_t i = 0; i <= number; ++i) std::getline(lines, line);
  return line;
}

TEST(WordPiecePythonTest, EqualsTheTokenizersPackage) {
  const char* const data = std::getenv("ABLATE_DATA");
  const char* const python = std::getenv("ABLATE_PYTHON");
  if (data == nullptr) GTEST_SKIP() << "ABLATE_DATA, the folder of public data files, is not set";
  if (python == nullptr) GTEST_SKIP() << "ABLATE_PYTHON, a python3 with the package tokenizers, is not set";
  if (std::system(fmt::format("{} -c 'import tokenizers' 2>/dev/null", python).c_str()) != 0) {
    GTEST_SKIP() << python << " has no package tokenizers";
  }
  const std::string vocabulary = JoinPath(data, "vocab/bert-base-uncased-vocab.txt");
  const auto tokenizer = WordPiece::Load(vocabulary);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const std::string program = WriteTemporary("tokenize.py", kProgram), out = testing::TempDir() + "/ids.txt";
  const std::string real = RealLines(data);
  const int64_t count = std::count(real.begin(), real.end(), '\n');
  ASSERT_GT(count, 67349 + 872 + 2 * 30014);
  const std::string texts = WriteTemporary("texts.txt", real);
  const std::string command = fmt::format("'{}' '{}' '{}' '{}' {} '{}'", python, program, vocabulary, texts, kMadeUpLines, out);
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const std::string all = Text(texts), theirs = Text(out), ours = Ours(**tokenizer, all);
  ASSERT_EQ(std::count(theirs.begin(), theirs.end(), '\n'), count + kMadeUpLines);
  if (theirs == ours) return;
  const auto place = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end()).first;
  const int64_t line = std::count(ours.begin(), place, '\n');
  FAIL() << "line " << line << ": " << Quoted(Line(all, line)) << "\nours   " << Line(ours, line) << "\ntheirs "
         << Line(theirs, line);
}

}  // namespace
}  // namespace ablate::tasks
