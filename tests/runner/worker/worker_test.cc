// The program as a runner sees it: arguments, standard input and output, exit codes, launch folders.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/eventlog/reader.h"
#include "proto/launch.pb.h"

namespace ablate::worker {
namespace {

struct Ran {
  std::string output;  // standard output
  int code = -1;       // exit code; -1: a signal ended it
};

// `command` is what a shell runs with $WORKER for the program.
Ran RunShell(const std::string& command) {
  const char* const program = std::getenv("ABLATE_WORKER");
  EXPECT_NE(program, nullptr) << "ABLATE_WORKER names the program to test";
  setenv("WORKER", program == nullptr ? "" : program, 1);
  Ran ran;
  FILE* const pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof buffer, pipe)) ran.output.append(buffer, count);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) ran.code = WEXITSTATUS(status);
  return ran;
}

LaunchRequest RequestOf(const std::string& launch) {
  LaunchRequest request;
  request.set_launch(launch);
  TrialRequest& trial = *request.add_trial();
  trial.set_id("0123456789abcdef0123456789abcdef");
  trial.mutable_trial()->mutable_task()->mutable_majority()->set_train_examples(64);
  trial.mutable_trial()->mutable_task()->mutable_majority()->set_validation_examples(16);
  trial.mutable_trial()->mutable_model()->mutable_encoder()->set_layers(1);
  trial.mutable_trial()->mutable_model()->mutable_encoder()->set_width(8);
  trial.mutable_trial()->mutable_training()->set_steps(4);
  trial.mutable_trial()->mutable_training()->set_batch_size(8);
  return request;
}

std::string WriteFolder(const LaunchRequest& request) {
  const std::string folder = JoinPath(::testing::TempDir(), fmt::format("{}_{}", request.launch(), getpid()));
  EXPECT_TRUE(MakeFolders(folder).ok());
  EXPECT_TRUE(WriteFileAtomically(JoinPath(folder, "launch.pb"), request.SerializeAsString()).ok());
  return folder;
}

std::vector<Event> EventsOf(const std::string& folder) {
  auto events = eventlog::Reader(JoinPath(folder, "events.log")).Read();
  EXPECT_TRUE(events.ok()) << events.status();
  return events.ok() ? *events : std::vector<Event>();
}

AttemptEnd EndIn(const std::vector<Event>& events) {
  for (const Event& event : events) {
    if (event.has_attempt_end()) return event.attempt_end();
  }
  ADD_FAILURE() << "no attempt has ended";
  return {};
}

TEST(WorkerTest, RunsOneFolder) {
  const std::string folder = WriteFolder(RequestOf("one"));
  const Ran ran = RunShell("$WORKER " + folder);
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.output.substr(ran.output.rfind("done")), "done one\n");
  const std::vector<Event> events = EventsOf(folder);
  ASSERT_FALSE(events.empty());
  const LaunchBegin& begin = events.front().launch_begin();
  EXPECT_EQ(begin.launch(), "one");
  EXPECT_EQ(begin.device(), "cpu");
  EXPECT_EQ(begin.threads(), 1u);
  EXPECT_GT(begin.pid(), 0);
  EXPECT_GE(begin.version_size(), 2);
  EXPECT_EQ(EndIn(events).outcome(), AttemptEnd::SUCCEEDED);
  EXPECT_GT(events.back().launch_end().seconds(), 0);
  EXPECT_GT(events.back().launch_end().peak_bytes(), 1u << 20);
}

TEST(WorkerTest, ServesFoldersUntilInputEnds) {
  const std::string first = WriteFolder(RequestOf("first")), second = WriteFolder(RequestOf("second"));
  const Ran ran = RunShell(fmt::format("printf '{}\\n{}\\n' | $WORKER --serve | grep -v ^events", first, second));
  EXPECT_EQ(ran.output, "done first\ndone second\n");
  EXPECT_EQ(RunShell("$WORKER --serve < /dev/null").code, 0);
  for (const std::string& folder : {first, second}) EXPECT_TRUE(EventsOf(folder).back().has_launch_end());
}

TEST(WorkerTest, HintsAtEventsWhileALaunchRuns) {
  LaunchRequest request = RequestOf("hints");
  request.mutable_trial(0)->mutable_trial()->mutable_training()->set_steps(600);
  request.mutable_trial(0)->mutable_trial()->mutable_training()->set_log_every_steps(1);
  const Ran ran = RunShell(fmt::format("echo {} | $WORKER --serve", WriteFolder(request)));
  EXPECT_EQ(ran.output.find("events hints\n"), 0u) << ran.output;
}

TEST(WorkerTest, WhatItCannotTrainIsTheTrialsFailure) {
  LaunchRequest request = RequestOf("device");
  request.set_device("abacus");
  std::string folder = WriteFolder(request);
  EXPECT_EQ(RunShell("$WORKER " + folder).code, 0);
  EXPECT_EQ(EndIn(EventsOf(folder)).failure_class(), "internal");
  EXPECT_NE(EndIn(EventsOf(folder)).message().find("\"abacus\""), std::string::npos) << EndIn(EventsOf(folder)).message();
  EXPECT_TRUE(EventsOf(folder).back().has_launch_end());
  request = RequestOf("shapes");
  *request.add_trial() = request.trial(0);
  request.mutable_trial(1)->mutable_trial()->mutable_training()->set_steps(5);
  folder = WriteFolder(request);
  EXPECT_EQ(RunShell("$WORKER " + folder).code, 0);
  EXPECT_NE(EndIn(EventsOf(folder)).message().find("can't share an array"), std::string::npos);
}

TEST(WorkerTest, ADeviceThatIsNotThereIsTheTrialsFailure) {
  if (FileExists("/dev/nvidia0")) GTEST_SKIP() << "this machine has a GPU";
  LaunchRequest request = RequestOf("cuda");
  request.set_device("cuda:0");
  const std::string folder = WriteFolder(request);
  EXPECT_EQ(RunShell("$WORKER " + folder).code, 0);
  const AttemptEnd end = EndIn(EventsOf(folder));
  EXPECT_EQ(end.failure_class(), "internal");
  EXPECT_NE(end.message().find("cuda"), std::string::npos) << end.message();
}

TEST(WorkerTest, AFolderThatIsNoLaunchIsAnError) {
  const std::string folder = WriteFolder(RequestOf("broken"));
  ASSERT_TRUE(WriteFileAtomically(JoinPath(folder, "launch.pb"), "\x0f broken").ok());
  EXPECT_EQ(RunShell("$WORKER " + folder).code, 1);
  const std::string said = ReadFile(JoinPath(folder, "log.txt")).value_or("");
  EXPECT_NE(said.find("launch.pb: is no LaunchRequest"), std::string::npos) << said;
  EXPECT_EQ(RunShell("$WORKER /no/such/folder 2>&1").code, 1);
}

TEST(WorkerTest, DescribesItself) {
  const Ran ran = RunShell("$WORKER --describe");
  EXPECT_EQ(ran.code, 0);
  const nlohmann::json description = nlohmann::json::parse(ran.output, nullptr, false);
  ASSERT_TRUE(description.is_object()) << ran.output;
  for (const char* const key : {"version", "torch", "instruction_set", "cuda_plugin", "devices"}) {
    EXPECT_TRUE(description.contains(key)) << key;
  }
}

TEST(WorkerTest, RefusesARunnerOfAnotherVersion) {
  const Ran ran = RunShell("ABLATE_RUNNER_VERSION=0.0.1 $WORKER --serve 2>&1 < /dev/null");
  EXPECT_EQ(ran.code, 8);
  EXPECT_NE(ran.output.find("was started by ablate 0.0.1"), std::string::npos) << ran.output;
}

TEST(WorkerTest, SaysHowItIsUsed) {
  EXPECT_EQ(RunShell("$WORKER --help").code, 0);
  EXPECT_NE(RunShell("$WORKER --help").output.find("--serve"), std::string::npos);
  for (const char* const arguments : {"", "--sreve", "a b"}) {
    const Ran ran = RunShell(fmt::format("$WORKER {} 2>&1", arguments));
    EXPECT_EQ(ran.code, 4) << arguments;
    EXPECT_NE(ran.output.find("--serve"), std::string::npos) << arguments;
  }
}

}  // namespace
}  // namespace ablate::worker
