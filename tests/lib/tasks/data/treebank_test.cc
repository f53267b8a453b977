// CoNLL-U: what is read, what is skipped, what is refused, and the whole of UD EWT.
#include "lib/tasks/data/treebank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/base/files.h"
#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

using ::testing::HasSubstr;

// A line of ten columns.
std::string Line(const std::string& id, const std::string& form, const std::string& head, const std::string& relation) {
  return id + "\t" + form + "\t_\t_\t_\t_\t" + head + "\t" + relation + "\t_\t_\n";
}

std::vector<DependencyTree> Read(const std::string& content) {
  const auto trees = ReadTreebank(WriteTemporary("tree.conllu", content));
  EXPECT_TRUE(trees.ok()) << trees.status();
  return trees.ok() ? *trees : std::vector<DependencyTree>();
}

TEST(Treebank, SyntacticWordsAlone) {
  const auto trees = Read("# text = We don't know\n" + Line("1", "We", "4", "nsubj") + Line("2-3", "don't", "_", "_") +
                          Line("2", "do", "4", "aux") + Line("3", "n't", "4", "advmod:neg") + Line("3.1", "x", "_", "_") +
                          Line("4", "know", "0", "root") + "\n\n" + Line("1", "Yes", "0", "root"));
  ASSERT_EQ(trees.size(), 2u);
  ASSERT_EQ(trees[0].size(), 4u);
  EXPECT_EQ(trees[0][0].form, "We");
  EXPECT_EQ(trees[0][0].head, 3);
  EXPECT_EQ(trees[0][2].form, "n't");
  EXPECT_EQ(trees[0][2].relation, "advmod");  // without its subtype
  EXPECT_EQ(trees[0][3].head, -1);
  EXPECT_EQ(trees[1][0].form, "Yes");
}

TEST(Treebank, DistancesAreEdges) {
  // 0 <- 1 <- 2 -> 3, and 3 -> 4.
  const DependencyTree tree = {{"a", 1, "x"}, {"b", 2, "x"}, {"c", -1, "root"}, {"d", 2, "x"}, {"e", 3, "x"}};
  EXPECT_EQ(TreeDistances(tree),
            (std::vector<int32_t>{0, 1, 2, 3, 4, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 4, 3, 2, 1, 0}));
}

TEST(Treebank, WhatIsNoTreeIsRefused) {
  const std::pair<std::string, std::string> kCases[] = {
      {"1\tWe\n", "tree.conllu:1: 2 columns, CoNLL-U has 10"},
      {Line("2", "We", "0", "root"), "tree.conllu:1: word \"2\", expected was 1"},
      {Line("1", "We", "x", "root"), "tree.conllu:1: head \"x\""},
      {Line("1", "We", "3", "root") + Line("2", "know", "0", "root"), "head 3 of word 1 in a sentence of 2 words"},
      {Line("1", "We", "0", "root") + Line("2", "know", "0", "root"), "a sentence with 2 roots"},
      {Line("1", "a", "2", "x") + Line("2", "b", "1", "x") + Line("3", "c", "0", "root"),
       "word 1 of the sentence leads to no root"},
      {Line("1", "\xff", "0", "root"), "tree.conllu:1: not UTF-8"},
      {"# nothing\n", "no sentence"},
  };
  for (const auto& [content, says] : kCases) {
    const auto trees = ReadTreebank(WriteTemporary("tree.conllu", content));
    ASSERT_FALSE(trees.ok()) << content;
    EXPECT_THAT(std::string(trees.status().message()), HasSubstr(says));
  }
  EXPECT_TRUE(absl::IsNotFound(ReadTreebank("none.conllu").status()));
}

TEST(Treebank, EnglishWebTreebank) {
  const char* data = std::getenv("ABLATE_DATA");
  if (data == nullptr) GTEST_SKIP() << "ABLATE_DATA is not set";
  const auto trees = ReadTreebank(JoinPath(data, "ud_ewt/en_ewt-ud-dev.conllu.gz"));
  ASSERT_TRUE(trees.ok()) << trees.status();
  EXPECT_EQ(trees->size(), 2001u);  // as its stats.xml says
  size_t words = 0;
  for (const DependencyTree& tree : *trees) words += tree.size();
  EXPECT_EQ(words, 25147u);
}

}  // namespace
}  // namespace ablate::tasks
