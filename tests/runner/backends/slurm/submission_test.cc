#include "runner/backends/slurm/submission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/files.h"

namespace ablate::runner::slurm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Submission, TasksAndLaunchesFindEachOther) {
  const std::string launches = testing::TempDir() + "/submission";
  for (const char* name : {"/a", "/b with space", "/c"}) ASSERT_TRUE(MakeFolders(launches + name).ok());
  const std::string name = JobName("5f3a9c1e", 2, 1), folder = SubmissionFolder(launches, name);
  EXPECT_EQ(name, "ablate-5f3a9c1e-2-1");
  const TaskFolders tasks = {{launches + "/a", launches + "/b with space"}, {launches + "/c"}};
  ASSERT_TRUE(WriteSubmission(folder, {name, 1}, "#!/bin/bash\n", tasks).ok());

  const auto first = ReadTask(folder, 1);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*first, tasks[0]);
  EXPECT_TRUE(absl::IsNotFound(ReadTask(folder, 3).status()));
  const auto place = PlaceOf(launches + "/c");
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->job_name, name);
  EXPECT_EQ(place->task, 2u);
  EXPECT_FALSE(PlaceOf(launches).has_value());

  EXPECT_EQ(ReadJob(folder), "");
  ASSERT_TRUE(WriteJob(folder, "12").ok());
  EXPECT_EQ(ReadJob(folder), "12");
  EXPECT_THAT(OpenSubmissions(launches), ElementsAre(name));
  MarkOver(folder);
  EXPECT_THAT(OpenSubmissions(launches), IsEmpty());
}

}  // namespace
}  // namespace ablate::runner::slurm
