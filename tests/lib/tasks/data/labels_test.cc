#include "lib/tasks/data/labels.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ablate::tasks {
namespace {

std::vector<Row> Rows(const std::vector<std::string>& labels) {
  std::vector<Row> rows;
  for (const std::string& label : labels) rows.push_back({static_cast<int64_t>(rows.size()) + 2, "text", "", label});
  return rows;
}

std::vector<std::string> Names(const std::vector<std::string>& labels) {
  const auto collected = Labels::Collect("train.tsv", Rows(labels));
  EXPECT_TRUE(collected.ok()) << collected.status().ToString();
  if (!collected.ok()) return {};
  for (size_t i = 0; i < collected->names().size(); ++i) {
    EXPECT_EQ(*collected->ClassOf("", Rows({collected->names()[i]})[0]), static_cast<int32_t>(i));
  }
  return collected->names();
}

using Strings = std::vector<std::string>;

TEST(LabelsTest, WholeRangesOfIntegersKeepTheirNumbers) {
  EXPECT_EQ(Names({"1", "0", "1"}), (Strings{"0", "1"}));
  const Strings eleven = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
  EXPECT_EQ(Names(eleven), eleven);  // "10" is behind "9", not behind "1"
}

TEST(LabelsTest, OtherLabelsAreNamesInOrder) {
  EXPECT_EQ(Names({"neutral", "entailment", "contradiction", "neutral"}), (Strings{"contradiction", "entailment", "neutral"}));
  EXPECT_EQ(Names({"1", "2"}), (Strings{"1", "2"}));
  EXPECT_EQ(Names({"0", "1", "2", "02"}), (Strings{"0", "02", "1", "2"}));
}

TEST(LabelsTest, Refusals) {
  EXPECT_EQ(Labels::Collect("train.tsv", Rows({"1", "1"})).status().message(),
            "train.tsv: all labels are \"1\"; at least 2 classes are needed");
  std::vector<std::string> many;
  for (int i = 0; i < 10001; ++i) many.push_back(std::to_string(i * 3));
  EXPECT_EQ(Labels::Collect("train.tsv", Rows(many)).status().message(),
            "train.tsv:10002: more than 10000 different labels; is the label column the right one?");
  const Labels labels = *Labels::Collect("train.tsv", Rows({"positive", "negative"}));
  EXPECT_EQ(labels.ClassOf("dev.tsv", {7, "text", "", "positiv"}).status().message(),
            "dev.tsv:7: label \"positiv\" is not in the training file, which has \"negative\", \"positive\"; did you mean "
            "\"positive\"?");
}

}  // namespace
}  // namespace ablate::tasks
