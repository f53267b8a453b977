// WordPiece against the public `tokenizers` package, on all sentences of SST-2. Tried once on 174,047 lines (SST-2, IMDb
// reviews, WikiText-2, German, French and Czech captions, CoNLL-U): all equal. Of single code points 824 of 1,112,033 differ:
// those assigned or moved to another category since Unicode 9, which the package's tables lack, and U+2B820 to U+2B91F,
// ideographs to BERT only.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/tasks/data/rows.h"
#include "lib/tasks/data/word_piece.h"
#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

// Arguments: vocabulary, file with a text a line, file to write: the ids of each text on a line.
constexpr char kProgram[] = R"(
import sys
from tokenizers import BertWordPieceTokenizer
tokenizer = BertWordPieceTokenizer(sys.argv[1], lowercase=True)
with open(sys.argv[2], encoding='utf-8', newline='\n') as texts, open(sys.argv[3], 'w') as out:
    encode = getattr(tokenizer._tokenizer, 'encode_batch_fast', tokenizer.encode_batch)  # fast: without offsets
    for encoding in encode([t.rstrip('\n') for t in texts], add_special_tokens=False):
        out.write(' '.join(map(str, encoding.ids)) + '\n')
)";

TEST(WordPiecePythonTest, EqualsTheTokenizersPackageOnSst2) {
  const char* const data = std::getenv("ABLATE_DATA");
  const char* const python = std::getenv("ABLATE_PYTHON");
  if (data == nullptr) GTEST_SKIP() << "ABLATE_DATA, the folder of public data files, is not set";
  if (python == nullptr) GTEST_SKIP() << "ABLATE_PYTHON, a python3 with the package tokenizers, is not set";
  if (std::system(fmt::format("{} -c 'import tokenizers' 2>/dev/null", python).c_str()) != 0) {
    GTEST_SKIP() << python << " has no package tokenizers";
  }
  std::vector<Row> rows;
  for (const char* name : {"sst2/glue_train.tsv.gz", "sst2/glue_dev.tsv"}) {
    auto read = ReadRows(JoinPath(data, name), {"sentence", "", "label"});
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    rows.insert(rows.end(), read->begin(), read->end());
  }
  ASSERT_EQ(rows.size(), 67349u + 872u);
  const std::string vocabulary = JoinPath(data, "vocab/bert-base-uncased-vocab.txt");
  const auto tokenizer = WordPiece::Load(vocabulary);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  std::string texts, ours;
  for (const Row& row : rows) {
    texts += row.text + "\n";
    std::vector<int32_t> tokens;
    (*tokenizer)->Append(row.text, tokens);
    ours += fmt::format("{}\n", fmt::join(tokens, " "));
  }
  const std::string program = WriteTemporary("tokenize.py", kProgram), out = testing::TempDir() + "/ids.txt";
  const std::string command =
      fmt::format("'{}' '{}' '{}' '{}' '{}'", python, program, vocabulary, WriteTemporary("texts.txt", texts), out);
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const auto theirs = ReadFile(out);
  ASSERT_TRUE(theirs.ok()) << theirs.status().ToString();
  EXPECT_TRUE(*theirs == ours) << "first difference at byte "
                               << std::mismatch(ours.begin(), ours.end(), theirs->begin(), theirs->end()).first - ours.begin();
}

}  // namespace
}  // namespace ablate::tasks
