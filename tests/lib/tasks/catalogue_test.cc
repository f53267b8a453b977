#include "lib/tasks/catalogue.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ablate::tasks {
namespace {

TEST(CatalogueTest, NamesAreTheKindsOfTheProto) {
  const google::protobuf::OneofDescriptor& kinds = *Task::descriptor()->FindOneofByName("kind");
  std::set<std::string> names;
  for (int i = 0; i < kinds.field_count(); ++i) {
    names.insert(kinds.field(i)->name());
    Task task;
    task.GetReflection()->MutableMessage(&task, kinds.field(i));
    EXPECT_EQ(TaskName(task), kinds.field(i)->name());
    EXPECT_GT(MaxTokens(task), 0);
    EXPECT_EQ(MaxTargetTokens(task) > 0, ObjectiveOf(task) == Objective::kSequenceToSequence);
  }
  std::set<std::string> catalogue;
  std::string before;
  for (const Entry& entry : Catalogue()) {
    EXPECT_LT(before, entry.name) << "alphabetical";
    before = entry.name;
    catalogue.insert(entry.name);
    EXPECT_FALSE(entry.summary.empty());
    EXPECT_FALSE(entry.metrics.empty());
    for (const std::string& metric : entry.metrics) EXPECT_NE(MetricSummary(metric), "") << metric;
  }
  EXPECT_EQ(catalogue, names);
  EXPECT_EQ(MetricSummary("length_4x/exact_match"),
            "Share of examples whose whole target is right, on sequences 4x as long as the longest of training");
  EXPECT_EQ(MetricSummary("loss"), "");
  EXPECT_EQ(TaskName(Task()), "");
  EXPECT_EQ(MaxTokens(Task()), 0);
}

}  // namespace
}  // namespace ablate::tasks
