// A Slurm cluster on loopback (tests/e2e/slurm_cluster), up from the first test of a program to its last, and sweeps on it.
//   $ABLATE_E2E_CLUSTER  the script
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/workplace.h"

namespace ablate::e2e {

// Skips where Slurm is not installed.
class OnACluster : public ::testing::Test {
 public:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

 protected:
  using Edits = std::vector<std::pair<std::string, std::string>>;

  OnACluster() : place_("") {}
  void SetUp() override;
  void TearDown() override;  // no job is left to the next test

  // Puts eight.textproto into `place` with these fields of launching and launching.slurm.
  void CopyEight(Workplace& place, const std::string& launching, const std::string& slurm, const Edits& edits = {});

  // `ablate run eight.textproto --backend slurm`, on the cluster.
  std::unique_ptr<Process> Start(const Environment& environment = {}, const std::vector<std::string>& more = {});
  // Waits for its end, as long as `seconds`.
  Outcome Finish(Process& run, int seconds);

  // What a command of Slurm, or the cluster's script, prints.
  std::string Ask(const std::string& command) const;
  std::string Cluster(const std::string& verb) const;

  std::string Configuration() const;  // for $SLURM_CONF

  // Number of the newest job, once one of its tasks runs.
  std::string Job();

  // The points of the same experiment on this machine, without Slurm.
  Points Undisturbed(const Edits& edits = {});
  void ExpectWholeAndEqual(const Points& undisturbed, int64_t trials = 8);

  Workplace place_;
};

}  // namespace ablate::e2e
