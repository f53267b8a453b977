#include "runner/backends/slurm/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace ablate::runner::slurm {
namespace {

using ::testing::HasSubstr;

TEST(Call, GivesStandardOutputBack) {
  const auto answer = Ask({"/bin/sh", "-c", "echo there; echo not this >&2"}, 10);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "there\n");
}

TEST(Call, LongAnswersDoNotBlock) {
  const auto answer = Ask({"/bin/sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"}, 10);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->size(), 300000u);
}

TEST(Call, AFailureSaysWhatWasSaidLast) {
  const auto answer = Ask({"/bin/sh", "-c", "echo first >&2; echo 'sbatch: error: no such partition' >&2; exit 1"}, 10);
  EXPECT_TRUE(absl::IsUnavailable(answer.status()));
  EXPECT_EQ(answer.status().message(), "sbatch: error: no such partition");
  EXPECT_THAT(std::string(Ask({"/bin/sh", "-c", "exit 3"}, 10).status().message()), HasSubstr("sh: exit code 3"));
  EXPECT_TRUE(absl::IsUnavailable(Ask({"/no/such/program"}, 10).status()));
}

TEST(Call, WhatTakesTooLongIsEnded) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(absl::IsDeadlineExceeded(Ask({"/bin/sleep", "30"}, 0.1).status()));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace ablate::runner::slurm
