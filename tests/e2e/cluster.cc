#include "tests/e2e/cluster.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>

namespace ablate::e2e {
namespace {

std::string folder;  // of the cluster; empty: there is none

std::string Output(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::array<char, 4096> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), count);
  pclose(pipe);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string Script() {
  const char* script = std::getenv("ABLATE_E2E_CLUSTER");
  return script == nullptr ? "" : std::filesystem::canonical(script).string();
}

bool HasSlurm() {
  return !Output("PATH=$PATH:/usr/sbin; command -v slurmctld && command -v slurmd && command -v munged && command -v ss")
              .empty();
}

}  // namespace

// The folder's name is short: it holds sockets, and their paths may have a hundred letters.
void OnACluster::SetUpTestSuite() {
  if (!HasSlurm()) return;
  char name[] = "/tmp/ablate_XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  folder = name;
  const std::string said = Output(fmt::format("CLUSTER_OF={} {} {} start 2>&1", getpid(), Script(), folder));
  ASSERT_THAT(said, ::testing::HasSubstr("up: ")) << said;
}

void OnACluster::TearDownTestSuite() {
  if (folder.empty()) return;
  Output(fmt::format("{} {} stop 2>&1", Script(), folder));
  std::filesystem::remove_all(std::exchange(folder, ""));
}

void OnACluster::SetUp() {
  if (folder.empty()) GTEST_SKIP() << "Slurm is not installed: slurmctld, slurmd, slurm-client, munge, iproute2 (tools/setup)";
}

void OnACluster::TearDown() {
  if (folder.empty()) return;
  if (HasFailure()) std::fprintf(stderr, "%s\n", Ask("squeue -r -t all -o '%j|%F|%K|%T|%r|%N'").c_str());
  Ask("scancel -u $(id -un)");
  place_.WaitUntil([&] { return Ask("squeue -h -t R,CG,PD").empty(); });
}

void OnACluster::CopyEight(Workplace& place, const std::string& launching, const std::string& slurm, const Edits& edits) {
  Edits all = edits;
  all.emplace_back("base {\n  task",
                   fmt::format("launching {{ {} slurm {{ poll_seconds: 1 {} }} }}\nbase {{\n  task", launching, slurm));
  place.Copy("eight.textproto", all);
}

std::unique_ptr<Process> OnACluster::Start(const Environment& environment, const std::vector<std::string>& more) {
  Environment all = environment;
  all["SLURM_CONF"] = Configuration();
  std::vector<std::string> arguments = {"run", "eight.textproto", "--backend", "slurm"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return place_.Start(arguments, all);
}

Outcome OnACluster::Finish(Process& run, int seconds) {
  for (int waited = 0; run.Running() && waited < seconds * 100; ++waited) usleep(10'000);
  EXPECT_FALSE(run.Running()) << "after " << seconds << " s";
  if (run.Running()) run.Signal(SIGKILL);
  return run.Wait();
}

std::string OnACluster::Ask(const std::string& command) const {
  return Output(fmt::format("export SLURM_CONF={}; {} 2>&1", Configuration(), command));
}

std::string OnACluster::Cluster(const std::string& verb) const {
  return Output(fmt::format("{} {} {} 2>&1", Script(), folder, verb));
}

std::string OnACluster::Configuration() const { return folder + "/slurm.conf"; }

std::string OnACluster::Job() {
  std::string job;
  place_.WaitUntil([&] {
    job = Ask("squeue -h -t all -o %F | sort -n | tail -1");
    return !job.empty() && !Ask("squeue -h -t R -j " + job).empty();
  });
  return job;
}

Points OnACluster::Undisturbed(const Edits& edits) {
  Workplace quiet("Undisturbed");
  quiet.Copy("eight.textproto", edits);
  EXPECT_EQ(quiet.Run({"run", "eight.textproto", "--devices", "cpu:2"}).code, 0);
  return quiet.MetricPoints();
}

void OnACluster::ExpectWholeAndEqual(const Points& undisturbed, int64_t trials) {
  EXPECT_EQ(place_.States(), (std::map<std::string, int64_t>{{"succeeded", trials}}));
  EXPECT_EQ(place_.MetricPoints(), undisturbed);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM attempts WHERE outcome IS NULL"), 0);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM launches WHERE exit_reason IS NULL"), 0);
  EXPECT_EQ(place_.Number("SELECT COUNT(*) FROM failures"), 0);
}

}  // namespace ablate::e2e
