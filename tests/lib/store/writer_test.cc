#include "lib/store/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "lib/base/files.h"
#include "tests/lib/store/example.h"

namespace ablate::store {
namespace {

std::string States(Writer& writer, const std::string& experiment) {
  const absl::StatusOr<std::vector<TrialStatus>> statuses = writer.Statuses(experiment);
  Check(statuses.status());
  std::string states;
  for (const TrialStatus& status : *statuses) states += (states.empty() ? "" : " ") + status.state;
  return states;
}

TEST(Writer, KeepsAnExperimentAndItsTrials) {
  const std::string path = NewDatabasePath("experiment");
  ExperimentRecord experiment = Example("first", 1, 4);
  experiment.claims = {{"b", "a", "a paper", 0.0097}};
  Attention& entmax = *experiment.trials[1].trial.mutable_attention();
  entmax.set_normalizer("entmax");
  entmax.set_alpha(1.25);
  entmax.set_alpha_learned(true);
  entmax.set_top_k(3);  // not read by entmax
  Attention& top_k = *experiment.trials[2].trial.mutable_attention();
  top_k.set_normalizer("top_k_softmax");
  top_k.mutable_sparsity()->set_structure(Sparsity::TOP_K_PER_QUERY);
  top_k.mutable_sparsity()->set_level(0.8);
  top_k.mutable_balance()->set_k(4);
  experiment.trials[3].trial.set_seed(std::numeric_limits<uint64_t>::max());
  Sparsity& top_p = *experiment.trials[3].trial.mutable_attention()->mutable_sparsity();
  top_p.set_structure(Sparsity::TOP_P);
  top_p.set_level(0.8);  // not read by TOP_P
  Check(OpenWriter(path)->RecordExperiment(experiment));
  EXPECT_EQ(
      Rows(path,
           "SELECT trial_id, normalizer, alpha, alpha_learned, top_k, sparsity_structure, sparsity_level, k, seed, task, model "
           "FROM trials ORDER BY trial_id"),
      TrialId(1) + "|softmax|NULL|NULL|NULL|NONE|NULL|NULL|1|recall|encoder\n" +  //
          TrialId(2) + "|entmax|1.25|1|NULL|NONE|NULL|NULL|2|recall|encoder\n" + TrialId(3) +
          "|top_k_softmax|NULL|NULL|8|TOP_K_PER_QUERY|0.8|4|1|recall|encoder\n" + TrialId(4) +
          "|softmax|NULL|NULL|NULL|TOP_P|NULL|NULL|-1|recall|encoder\n");
  EXPECT_EQ(Rows(path, "SELECT name, question, text, digest, goal, at FROM experiments"),
            "first|Is it so?|name: ...|0123|MAXIMIZE|LAST\n");
  EXPECT_EQ(Rows(path, "SELECT arm, arm_position, position, state FROM experiment_trials ORDER BY position"),
            "a|0|0|pending\na|0|1|pending\nb|1|2|pending\nb|1|3|pending\n");
  EXPECT_EQ(Rows(path, "SELECT arm, baseline, at_least, source FROM claims"), "b|a|0.0097|a paper\n");
  EXPECT_EQ(Rows(path, "SELECT * FROM settings WHERE trial_id = :id", {{"id", TrialId(2)}}), TrialId(2) + "|seed|2\n");
}

TEST(Writer, RecordingAnExperimentAgainKeepsWhatIsThere) {
  const std::string path = NewDatabasePath("again");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 4)));
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1), TrialId(2)})));
  Check(writer->Collect("one", Events()
                                   .Begin(TrialId(1), 1, 1)
                                   .Point(TrialId(1), 5, 0.5)
                                   .End(TrialId(1), 5, AttemptEnd::SUCCEEDED)
                                   .Begin(TrialId(2), 1, 1)
                                   .End(TrialId(2), 3, AttemptEnd::FAILED, "nan", "loss is NaN")
                                   .all()));
  Check(writer->RecordExperiment(Example("first", 1, 4)));
  EXPECT_EQ(States(*writer, "first"), "succeeded failed pending pending");

  // Shifted by one: trial 1 leaves, trial 5 comes.
  Check(writer->RecordExperiment(Example("first", 2, 4)));
  EXPECT_EQ(States(*writer, "first"), "failed pending pending pending");
  EXPECT_EQ(Rows(path, "SELECT COUNT(*) FROM trial_results"), "0\n");
  EXPECT_EQ(Rows(path, "SELECT COUNT(*) FROM trials"), "5\n");

  // And back: its result is still there.
  Check(writer->RecordExperiment(Example("first", 1, 4)));
  EXPECT_EQ(States(*writer, "first"), "succeeded failed pending pending");
  EXPECT_EQ(Rows(path, "SELECT last_value FROM trial_results"), "0.5\n");
}

TEST(Writer, ExperimentsShareTheFactsOfATrial) {
  const std::string path = NewDatabasePath("shared");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 3)));
  Check(writer->RecordExperiment(Example("second", 2, 3)));
  Check(writer->SetState("second", TrialId(2), "cancelled"));
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1), TrialId(2), TrialId(3)})));
  EXPECT_EQ(States(*writer, "first"), "running running running");
  EXPECT_EQ(States(*writer, "second"), "cancelled running pending");
  Check(writer->Collect("one", Events()
                                   .Begin(TrialId(2), 1, 1)
                                   .Point(TrialId(2), 7, 0.25)
                                   .End(TrialId(2), 7, AttemptEnd::SUCCEEDED)
                                   .Begin(TrialId(3), 1, 1)
                                   .End(TrialId(3), 7, AttemptEnd::STOPPED)
                                   .all()));
  EXPECT_EQ(States(*writer, "first"), "running succeeded stopped");
  EXPECT_EQ(States(*writer, "second"), "succeeded stopped pending");
  ExperimentRecord third = Example("third", 2, 1);
  third.goal = "MINIMIZE";
  Check(writer->RecordExperiment(third));
  EXPECT_EQ(States(*writer, "third"), "succeeded");
  EXPECT_EQ(Rows(path, "SELECT e.name, last_value FROM trial_results JOIN experiments e USING (experiment) ORDER BY 1"),
            "first|0.25\nsecond|0.25\nthird|0.25\n");
}

TEST(Writer, StatesFollowEndsOfAttemptsAndLaunches) {
  const std::string path = NewDatabasePath("states");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 5)));
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1), TrialId(2), TrialId(3), TrialId(4), TrialId(5)})));
  Events one;
  one.Begin(TrialId(1), 1, 1).Begin(TrialId(2), 1, 1).Begin(TrialId(3), 1, 1).Begin(TrialId(4), 1, 1);
  one.End(TrialId(1), 9, AttemptEnd::SUCCEEDED).End(TrialId(2), 4, AttemptEnd::LEFT).End(TrialId(3), 4, AttemptEnd::STOPPED);
  one.End(TrialId(4), 4, AttemptEnd::FAILED, "nan", "loss is NaN");
  Check(writer->Collect("one", one.all()));
  EXPECT_EQ(States(*writer, "first"), "succeeded pending stopped failed running");
  EXPECT_EQ(writer->OpenLaunches()->size(), 1u);

  Check(writer->EndLaunch("one", "crashed (signal 9)", "pending", "crash", "killed by signal 9"));
  Check(writer->EndLaunch("one", "ended", "failed", "", ""));  // too late
  EXPECT_EQ(States(*writer, "first"), "succeeded pending stopped failed pending");
  EXPECT_TRUE(writer->OpenLaunches()->empty());
  EXPECT_EQ(Rows(path, "SELECT outcome, failure_class, message, first_step FROM attempts ORDER BY attempt"),
            "succeeded|NULL|NULL|1\nleft|NULL|NULL|1\nstopped|NULL|NULL|1\nfailed|nan|loss is NaN|1\n"
            "crashed|crash|killed by signal 9|NULL\n");
  EXPECT_EQ(Rows(path, "SELECT exit_reason FROM launches"), "crashed (signal 9)\n");

  Check(writer->RecordLaunch(LaunchOf("two", {TrialId(4), TrialId(5)})));
  EXPECT_EQ(States(*writer, "first"), "succeeded pending stopped running running");
  Check(writer->EndLaunch("two", "runner died", "pending", "", ""));
  const std::vector<TrialStatus> statuses = *writer->Statuses("first");
  EXPECT_EQ(statuses[3].attempts, 1u);
  EXPECT_EQ(statuses[3].failures, 1u);
  EXPECT_EQ(statuses[4].attempts, 0u);
  EXPECT_EQ(statuses[4].failures, 1u) << "an interruption is no failure, a crash is one";
}

TEST(Writer, AnOldLogDoesNotTouchTheStateOfANewerAttempt) {
  const std::string path = NewDatabasePath("late");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 1)));
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1)})));
  Check(writer->RecordLaunch(LaunchOf("two", {TrialId(1)})));
  Check(writer->Collect("two", Events().Begin(TrialId(1), 2, 1).all()));
  Check(writer->Collect("one", Events().Begin(TrialId(1), 1, 1).End(TrialId(1), 4, AttemptEnd::LEFT).all()));
  Check(writer->EndLaunch("one", "ended", "pending", "", ""));
  EXPECT_EQ(States(*writer, "first"), "running");
}

TEST(Writer, SetStateAllowsCancelAndRetryOnly) {
  const std::string path = NewDatabasePath("set_state");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 3)));
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(2), TrialId(3)})));
  Check(writer->Collect("one", Events().Begin(TrialId(3), 1, 1).End(TrialId(3), 4, AttemptEnd::FAILED, "nan", "").all()));
  Check(writer->SetState("first", TrialId(1), "cancelled"));
  Check(writer->SetState("first", TrialId(1), "cancelled"));
  EXPECT_EQ(States(*writer, "first"), "cancelled running failed");
  Check(writer->SetState("first", TrialId(1), "pending"));
  Check(writer->SetState("first", TrialId(3), "pending"));
  EXPECT_EQ(States(*writer, "first"), "pending running pending");
  const absl::Status running = writer->SetState("first", TrialId(2), "cancelled");
  EXPECT_TRUE(absl::IsFailedPrecondition(running));
  EXPECT_EQ(running.message(), "trial " + TrialId(2) + " is running: it can't be set to cancelled");
  EXPECT_TRUE(absl::IsFailedPrecondition(writer->SetState("first", TrialId(1), "succeeded")));
  EXPECT_TRUE(absl::IsNotFound(writer->SetState("first", TrialId(9), "cancelled")));
}

TEST(Writer, FindsTheNewestCheckpointThatIsThere) {
  const std::string path = NewDatabasePath("checkpoints");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 1)));
  LaunchRecord one = LaunchOf("one", {TrialId(1)}), two = LaunchOf("two", {TrialId(1)});
  one.folder = path + ".launches/one";  // absolute
  two.folder = path.substr(path.rfind('/') + 1) + ".launches/two";
  for (const char* name : {"one", "two"}) Check(MakeFolders(path + ".launches/" + name));
  const auto touch = [&](const std::string& file) { std::ofstream(path + ".launches/" + file) << "x"; };
  touch("one/a");
  touch("one/b");
  touch("two/c");
  Check(writer->RecordLaunch(one));
  Check(writer->Collect("one",
                        Events().Begin(TrialId(1), 1, 1).Checkpoint(TrialId(1), 4, "a").Checkpoint(TrialId(1), 8, "b").all()));
  EXPECT_EQ(writer->Statuses("first")->at(0).checkpoint_step, 8u);
  // Goes on from step 4, as if "b" had been broken: what came after it is void.
  Check(writer->RecordLaunch(two));
  Events events;
  Check(writer->Collect("two", events.Begin(TrialId(1), 2, 5).all()));
  EXPECT_EQ(writer->Statuses("first")->at(0).checkpoint_path, path + ".launches/one/a");
  Check(writer->Collect("two", events.Checkpoint(TrialId(1), 6, "c").Checkpoint(TrialId(1), 7, "lost").all()));
  EXPECT_EQ(writer->Statuses("first")->at(0).checkpoint_step, 6u);
  EXPECT_EQ(writer->Statuses("first")->at(0).checkpoint_path, path + ".launches/two/c");
  Check(writer->Collect("two", events.End(TrialId(1), 9, AttemptEnd::SUCCEEDED).all()));
  EXPECT_EQ(writer->Statuses("first")->at(0).checkpoint_path, "");
}

TEST(Writer, AStopForATimeLimitBecomesAFailure) {
  const std::string path = NewDatabasePath("time_limit");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 2)));
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1), TrialId(2)})));
  Events events;
  events.Begin(TrialId(1), 1, 1).Begin(TrialId(2), 1, 1).End(TrialId(1), 4, AttemptEnd::STOPPED);
  Check(writer->Collect("one", events.all()));
  Check(writer->FailStopped("one", TrialId(1), "time_limit", "longer than 3 s"));
  Check(writer->FailStopped("one", TrialId(2), "time_limit", "it was not stopped, so nothing changes"));
  EXPECT_EQ(States(*writer, "first"), "failed running");
  EXPECT_EQ(Rows(path, "SELECT outcome, failure_class, message FROM attempts"),
            "failed|time_limit|longer than 3 s\nNULL|NULL|NULL\n");
  EXPECT_TRUE(absl::IsNotFound(writer->FailStopped("one", TrialId(3), "time_limit", "")));
}

TEST(Writer, RecordsWhatARungDecidesOnceAndStopsThoseThatWait) {
  const std::string path = NewDatabasePath("rungs");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 3)));
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(3)})));
  const double nan = std::nan("");
  Check(writer->RecordRungs("first", {{"a", 1, 0.25, 2, false}, {"b", 1, nan, 0, true}}, {TrialId(1), TrialId(3)}));
  EXPECT_EQ(States(*writer, "first"), "stopped pending running") << "only those that wait are stopped";
  Check(writer->RecordRungs("first", {{"a", 1, 0.75, 2, true}, {"b", 2, 0.5, 1, true}}, {}));
  const std::vector<RungDecision> decisions = *writer->Rungs("first");
  ASSERT_EQ(decisions.size(), 3u);
  EXPECT_EQ(decisions[0].value, 0.25) << "what was decided stays";
  EXPECT_FALSE(decisions[0].kept);
  EXPECT_TRUE(std::isnan(decisions[1].value));
  EXPECT_EQ(decisions[2].rung, 2u);
  EXPECT_EQ(decisions[2].arm, "b");
  EXPECT_TRUE(absl::IsNotFound(writer->Rungs("second").status()));
}

TEST(Writer, KeepsWhatALaunchTellsOfCosts) {
  const std::string path = NewDatabasePath("costs");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 2)));
  LaunchRecord one = LaunchOf("one", {TrialId(1)});
  one.shape = "abc";
  one.slot_bytes = 7;
  Check(writer->RecordLaunch(one));
  Check(writer->RecordLaunch(LaunchOf("two", {TrialId(2)})));
  Event end;
  end.mutable_launch_end()->set_seconds(1.5);
  end.mutable_launch_end()->set_device_peak_bytes(5);
  Check(writer->Collect("one", Events().Add(end).all()));
  EXPECT_EQ(Rows(path, "SELECT shape, slot_bytes, device_peak_bytes FROM launches"), "abc|7|5\nNULL|NULL|NULL\n");
}

TEST(Writer, RefusesWhatItDoesNotKnow) {
  const std::string path = NewDatabasePath("unknown");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 1)));
  EXPECT_TRUE(absl::IsNotFound(writer->Statuses("second").status()));
  EXPECT_TRUE(absl::IsNotFound(writer->Collect("none", Events().Begin(TrialId(1), 1, 1).all())));
  EXPECT_TRUE(absl::IsNotFound(writer->EndLaunch("none", "ended", "pending", "", "")));
  EXPECT_TRUE(absl::IsNotFound(writer->RecordLaunch(LaunchOf("one", {TrialId(1), TrialId(7)}))));
  EXPECT_EQ(States(*writer, "first"), "pending") << "a refused launch leaves nothing behind";
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1)})));
  EXPECT_TRUE(absl::IsAlreadyExists(writer->RecordLaunch(LaunchOf("one", {TrialId(1)}))));
  EXPECT_TRUE(absl::IsInvalidArgument(writer->EndLaunch("one", "ended", "succeeded", "", "")));
}

TEST(Writer, MessagesAreKeptOnce) {
  const std::string path = NewDatabasePath("messages");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 1)));
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1)})));
  for (int i = 0; i < 2; ++i) Check(writer->AddMessage("one", Note::ERROR, "the log is damaged"));
  Event note;
  note.mutable_note()->set_trial(TrialId(1));
  note.mutable_note()->set_severity(Note::WARNING);
  note.mutable_note()->set_text("slow");
  Check(writer->Collect("one", Events().Add(note).all()));
  EXPECT_EQ(Rows(path, "SELECT launch, trial_id, severity, text FROM log_messages"),
            "one|" + TrialId(1) + "|WARNING|slow\none|NULL|ERROR|the log is damaged\n");
}

}  // namespace
}  // namespace ablate::store
