#include "runner/backends/local/local_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/base/process.h"
#include "runner/backends/local/find_worker.h"
#include "runner/backends/local/orphans.h"
#include "runner/backends/local/worker_process.h"

namespace ablate::runner {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Kind = LaunchReport::Kind;

// Workers are shell scripts: "done NAME" for each folder that they are handed.
class LocalBackendTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(MakeFolders(folder_).ok());
  }

  // Before each answer it runs `body`, in which $launch is the launch's name.
  std::string Script(const std::string& body) {
    const std::string path = folder_ + "/worker.sh";
    std::ofstream(path) << "#!/bin/sh\nwhile read -r folder; do\n  launch=${folder##*/}\n  " << body
                        << "\n  echo \"done $launch\"\ndone\n";
    chmod(path.c_str(), 0755);
    return path;
  }

  std::string Folder(const std::string& launch) {
    EXPECT_TRUE(MakeFolders(folder_ + "/" + launch).ok());
    return folder_ + "/" + launch;
  }

  absl::Status Submit(LocalBackend& backend, size_t slot, const std::string& launch) {
    return backend.Submit(slot, launch, Folder(launch));
  }

  // The next report that says an end; waits on the descriptors as the runner does.
  static LaunchReport NextEnd(LocalBackend& backend, std::vector<LaunchReport>* hints = nullptr) {
    for (int tries = 0; tries < 200; ++tries) {
      std::vector<pollfd> descriptors;
      for (const int descriptor : backend.Descriptors()) descriptors.push_back({descriptor, POLLIN, 0});
      poll(descriptors.data(), descriptors.size(), 50);
      for (const LaunchReport& report : backend.Poll()) {
        if (report.kind != Kind::kEvents) return report;
        if (hints != nullptr) hints->push_back(report);
      }
    }
    return {Kind::kDied, "", "no report in ten seconds"};
  }

  std::string folder_;
};

TEST_F(LocalBackendTest, AWarmWorkerRunsManyLaunches) {
  LocalBackend backend(Script("echo $$ >> " + folder_ + "/pids; echo \"events $launch\"; echo nonsense"), {"cpu"});
  EXPECT_THAT(backend.Descriptors(), testing::IsEmpty());  // nothing is started before it is needed
  for (const char* launch : {"a", "b", "c"}) {
    ASSERT_TRUE(Submit(backend, 0, launch).ok());
    std::vector<LaunchReport> hints;
    const LaunchReport end = NextEnd(backend, &hints);
    EXPECT_EQ(end.kind, Kind::kDone);
    EXPECT_EQ(end.launch, launch);
    EXPECT_EQ(hints.size(), 1u);
  }
  std::ifstream pids(folder_ + "/pids");
  std::string a, b, c;
  pids >> a >> b >> c;
  EXPECT_EQ(a, c);
}

TEST_F(LocalBackendTest, SlotsHaveWorkersOfTheirOwn) {
  LocalBackend backend(Script("echo $$ > " + folder_ + "/$launch.pid; sleep 0.2"), {"cpu", "cpu"});
  ASSERT_TRUE(Submit(backend, 0, "a").ok());
  ASSERT_TRUE(Submit(backend, 1, "b").ok());
  NextEnd(backend);
  NextEnd(backend);
  EXPECT_NE(*ReadFile(folder_ + "/a.pid"), *ReadFile(folder_ + "/b.pid"));
}

TEST_F(LocalBackendTest, TellsHowAWorkerDiedAndStartsAnother) {
  LocalBackend backend(Script("[ $launch = crash ] && kill -SEGV $$; [ $launch = exit ] && exit 3"), {"cpu"});
  ASSERT_TRUE(Submit(backend, 0, "crash").ok());
  LaunchReport end = NextEnd(backend);
  EXPECT_EQ(end.kind, Kind::kDied);
  EXPECT_EQ(end.launch, "crash");
  EXPECT_THAT(end.how, StartsWith("signal 11"));
  ASSERT_TRUE(Submit(backend, 0, "exit").ok());
  EXPECT_EQ(NextEnd(backend).how, "exit code 3");
  ASSERT_TRUE(Submit(backend, 0, "well").ok());
  EXPECT_EQ(NextEnd(backend).kind, Kind::kDone);
}

TEST_F(LocalBackendTest, OneThatCannotBeRunSaysWhyInLogText) {
  LocalBackend backend(folder_ + "/none", {"cpu"});
  ASSERT_TRUE(Submit(backend, 0, "a").ok());
  EXPECT_EQ(NextEnd(backend).how, "exit code 127");
  EXPECT_THAT(*ReadFile(folder_ + "/a/log.txt"), HasSubstr("No such file"));
}

TEST_F(LocalBackendTest, KillEndsAHangingLaunchAndWhatItStarted) {
  LocalBackend backend(Script("sleep 1000 & echo $! > " + folder_ + "/child; wait"), {"cpu"});
  ASSERT_TRUE(Submit(backend, 0, "a").ok());
  while (FileSize(folder_ + "/child").value_or(0) == 0) usleep(1000);
  backend.Kill("another");
  EXPECT_THAT(backend.Poll(), testing::IsEmpty());
  backend.Kill("a");
  EXPECT_THAT(NextEnd(backend).how, StartsWith("signal 9"));
  const pid_t child = std::stoi(*ReadFile(folder_ + "/child"));
  // Its init reaps it; until then it is there as a zombie without an executable.
  const std::string program = "/proc/" + std::to_string(child) + "/exe";
  char path[4096];
  for (int tries = 0; tries < 1000 && readlink(program.c_str(), path, sizeof path) >= 0; ++tries) usleep(1000);
  EXPECT_LT(readlink(program.c_str(), path, sizeof path), 0);
}

TEST_F(LocalBackendTest, WhatAWorkerStartedElsewhereGoesWithTheBackend) {
  pid_t stray = 0;
  {
    LocalBackend backend(Script("setsid sleep 1000 > /dev/null 2>&1 & echo $! > " + folder_ + "/stray"), {"cpu"});
    ASSERT_TRUE(Submit(backend, 0, "a").ok());
    EXPECT_EQ(NextEnd(backend).kind, Kind::kDone);
    std::ifstream(folder_ + "/stray") >> stray;
    ASSERT_GT(stray, 0);
    EXPECT_GT(StartTicks(stray), 0u);
  }
  EXPECT_EQ(StartTicks(stray), 0u);
}

TEST_F(LocalBackendTest, AWorkerThatMayFinishIsToldSoAndOutlivesNobodyWhoIsAlive) {
  LocalBackend backend(
      Script("tr '\\0' ' ' < /proc/$$/cmdline > " + folder_ + "/words; grep SigIgn /proc/$$/status >> " + folder_ + "/words"),
      {"cpu"}, {}, LocalBackend::Orphaned::kFinishes);
  ASSERT_TRUE(Submit(backend, 0, "a").ok());
  EXPECT_EQ(NextEnd(backend).kind, Kind::kDone);
  const auto words = ReadFile(folder_ + "/words");
  ASSERT_TRUE(words.ok());
  EXPECT_THAT(*words, HasSubstr("--serve-to-the-end"));
  EXPECT_THAT(*words, HasSubstr("1000"));  // SIGPIPE is the 13th
}

TEST_F(LocalBackendTest, WorkersGetAnEnvironmentThatKeepsTheirBits) {
  setenv("OMP_NUM_THREADS", "7", 1);
  LocalBackend backend(Script("env > " + folder_ + "/env"), {"cuda:0"});
  ASSERT_TRUE(Submit(backend, 0, "a").ok());
  NextEnd(backend);
  const std::string environment = *ReadFile(folder_ + "/env");
  for (const char* line : {"OMP_NUM_THREADS=1\n", "MKL_NUM_THREADS=1\n", "OMP_WAIT_POLICY=passive\n",
                           "CUDA_DEVICE_ORDER=PCI_BUS_ID\n", "ABLATE_RUNNER_VERSION="}) {
    EXPECT_THAT(environment, HasSubstr(line));
  }
  EXPECT_THAT(environment, testing::Not(HasSubstr("OMP_NUM_THREADS=7")));
}

TEST_F(LocalBackendTest, WorkersAreOutOfReachOfTheTerminal) {
  LocalBackend backend(Script("cut -d' ' -f1,5 /proc/$$/stat > " + folder_ + "/group"), {"cpu"});
  ASSERT_TRUE(Submit(backend, 0, "a").ok());
  NextEnd(backend);
  std::ifstream words(folder_ + "/group");
  int pid = 0, group = 0;
  words >> pid >> group;
  EXPECT_EQ(pid, group);
  EXPECT_NE(group, getpgrp());
}

TEST(EndOrphan, KillsOnlyWhatWritesTheLog) {
  const std::string folder = testing::TempDir() + "/orphan";
  ASSERT_TRUE(MakeFolders(folder).ok());
  ASSERT_TRUE(WriteFileAtomically(folder + "/events.log", "").ok());
  const std::string script = folder + "/holder.sh";
  std::ofstream(script) << "#!/bin/sh\nexec 5>>" << folder << "/events.log\necho ready\nread -r line\n";
  chmod(script.c_str(), 0755);
  auto holder = WorkerProcess::Start(script, {}, folder + "/log.txt");
  ASSERT_TRUE(holder.ok());
  std::vector<std::string> lines;
  while (lines.empty()) lines = (*holder)->Lines();

  ASSERT_TRUE(EndOrphan({getpid(), "", 0}, folder).ok());  // not ours: still here
  ASSERT_TRUE(EndOrphan({}, folder).ok());
  ASSERT_TRUE(EndOrphan({(*holder)->pid(), "", 0}, folder + "/elsewhere").ok());
  (*holder)->Lines();
  EXPECT_FALSE((*holder)->closed());
  ASSERT_TRUE(EndOrphan({(*holder)->pid(), "", 0}, folder).ok());
  EXPECT_THAT((*holder)->End(), StartsWith("signal 9"));
}

TEST(EndOrphan, KnowsAWorkerByBootAndStart) {
  const std::string folder = testing::TempDir() + "/lease";
  ASSERT_TRUE(MakeFolders(folder).ok());
  const std::string script = folder + "/sleeper.sh";  // has no log open
  std::ofstream(script) << "#!/bin/sh\nread -r line\n";
  chmod(script.c_str(), 0755);
  auto sleeper = WorkerProcess::Start(script, {}, folder + "/log.txt");
  ASSERT_TRUE(sleeper.ok());
  const pid_t pid = (*sleeper)->pid();
  const uint64_t start = StartTicks(pid);
  ASSERT_GT(start, 0u);
  EXPECT_TRUE(Lives({pid, BootId(), start}));
  EXPECT_FALSE(Lives({pid, BootId(), start + 1}));       // another process had the number
  EXPECT_FALSE(Lives({pid, "the boot before", start}));  // so did one before the restart
  EXPECT_FALSE(Lives({pid, "", 0}));
  ASSERT_TRUE(EndOrphan({pid, "the boot before", start}, folder).ok());
  EXPECT_EQ(StartTicks(pid), start);  // still here
  ASSERT_TRUE(EndOrphan({pid, BootId(), start}, folder).ok());
  EXPECT_FALSE(Lives({pid, BootId(), start}));
}

TEST(FindWorker, TakesTheOneThatIsNamedOrSaysWhereItLooked) {
  setenv("ABLATE_WORKER", "/bin/true", 1);
  EXPECT_THAT(*FindWorker(), HasSubstr("true"));
  setenv("ABLATE_WORKER", "/no/worker", 1);
  EXPECT_THAT(std::string(FindWorker().status().message()), HasSubstr("/no/worker"));
  unsetenv("ABLATE_WORKER");
  EXPECT_THAT(std::string(FindWorker().status().message()), HasSubstr("ablate-worker"));
}

}  // namespace
}  // namespace ablate::runner
