// The asking verbs against a small database: what they print, what they refuse, and how they say it.
#include "tests/runner/cli/asking.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/terminal_text.h"
#include "lib/base/files.h"
#include "lib/store/documented.h"
#include "lib/store/writer.h"
#include "runner/cli/list_tables.h"
#include "runner/cli/proto_docs.h"
#include "runner/cli/run_program.h"
#include "tests/runner/cli/sample_database.h"

namespace ablate::runner {
namespace {

// Made once; the working folder of all tests, so that results.db is found without --db.
class Asking : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    unsetenv("ABLATE_DB");
    unsetenv("ABLATE_DATA");
    const std::string folder = testing::TempDir() + "/asking";
    ASSERT_TRUE(MakeFolders(folder).ok());
    home_ = std::filesystem::current_path();
    ASSERT_EQ(chdir(folder.c_str()), 0);
    for (const char* name : {"results.db", "results.db-wal", "results.db-shm"}) unlink(name);
    const absl::Status written = WriteSampleDatabase("results.db");
    ASSERT_TRUE(written.ok()) << written;
  }
  static void TearDownTestSuite() { ASSERT_EQ(chdir(home_.c_str()), 0); }

 private:
  static inline std::string home_;
};

struct Refusal {
  const char* name;
  const char* command;
  int code;
  const char* message;  // the whole of standard error; null where it names too much
};

class AskingRefuses : public Asking, public testing::WithParamInterface<Refusal> {};

TEST_P(AskingRefuses, AndSaysWhy) {
  const Answer answer = Ask(Words(GetParam().command));
  EXPECT_EQ(answer.code, GetParam().code);
  if (GetParam().message != nullptr) {
    EXPECT_EQ(answer.err, std::string("ablate: ") + GetParam().message + "\n");
  }
  EXPECT_EQ(answer.err.substr(0, 8), "ablate: ");
  EXPECT_EQ(answer.out, "");
}

const Refusal kRefusals[] = {
    {"Writes", "query 'DELETE FROM trials'", 4, "a query can only read; DELETE from trials is not allowed"},
    {"Inserts", "query 'INSERT INTO metrics (name) VALUES (1)'", 4,
     "a query can only read; INSERT into metrics is not allowed"},
    {"Drops", "query 'DROP TABLE trials'", 4, "a query can only read; DELETE from sqlite_master is not allowed"},
    {"Attaches", "query \"ATTACH 'x.db' AS x\"", 4, "a query can only read; ATTACH is not allowed"},
    {"EndlessQuery", "query --time-limit 0.3s 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT MAX(n) FROM c'",
     4, "the query took longer than the 0.3 s allowed"},
    {"BadTimeLimit", "query leaderboard --time-limit soon", 4,
     "--time-limit soon: allowed are durations as 30s, 10m, 1h30m, and 0 for none"},
    {"MisspeltTable", "query 'SELECT * FROM leaderbord'", 4, "no such table: leaderbord; did you mean \"leaderboard\"?"},
    {"MisspeltColumn", "query 'SELECT normaliser FROM trials'", 4, "no such column: normaliser; did you mean \"normalizer\"?"},
    {"MisspeltView", "query leaderbord", 4,
     "no view, table or named query \"leaderbord\"; did you mean \"leaderboard\"? (`ablate list views`, `ablate list "
     "queries`)"},
    {"MisspeltQuery", "query best_trail", 4,
     "no view, table or named query \"best_trail\"; did you mean \"best_trial\"? (`ablate list views`, `ablate list queries`)"},
    {"BadParameter", "query leaderboard --param x", 4, "--param: \"x\" is not NAME=VALUE"},
    {"MissingParameter", "query paired_differences", 4,
     "paired_differences needs --param arm=..., name of the arm: there are softmax, entmax alpha=1.5, sparsemax, top_k"},
    {"MissingTrial", "query trial_settings", 4, "trial_settings needs --param trial=..., id of the trial, or its beginning"},
    {"MissingSqlParameter", "query 'SELECT :x'", 4, "the query's parameter :x has no value"},
    {"MisspeltExperiment", "query best_trial --param experiment=quikstart", 4,
     "--param experiment: there is no \"quikstart\"; did you mean \"quickstart\"?: there are quickstart"},
    {"MisspeltArm", "query paired_differences --param arm=sparsmax --param baseline=softmax", 4,
     "--param arm: there is no \"sparsmax\"; did you mean \"sparsemax\"?: there are softmax, entmax alpha=1.5, sparsemax, "
     "top_k"},
    {"UnknownField", "query interactions --param first=attention.normaliser --param second=task", 4,
     "--param first: there is no \"attention.normaliser\"; did you mean \"attention.normalizer\"?: there are "
     "attention.normalizer"},
    {"NoSuchTrial", "query trial_settings --param trial=zz", 4, "--param trial: there is no \"zz\""},
    {"UnknownParameter", "query best_trial --param experimnt=quickstart", 4,
     "the query has no parameter :experimnt; did you mean \"experiment\"?; it has :experiment"},
    {"CompareByNothing", "compare quickstart --by depth", 4,
     "--by: \"depth\" is no field that varies in the experiment: there are attention.normalizer"},
    {"CompareWithNothing", "compare quickstart --by normalizer --baseline sofmax", 4,
     "--baseline: attention.normalizer is never \"sofmax\"; did you mean \"softmax\"?: its values are softmax, entmax, "
     "sparsemax, top_k_softmax"},
    {"ExportToNowhere", "export", 4, "say where to: -o FOLDER, or -o - for standard output"},
    {"ExportOfUnknown", "export -o - --view leaderbord --format jsonl", 4, nullptr},
    {"ExportOfAllAsCsv", "export -o -", 4, "-o -: csv has one table; give one --view NAME, or --format jsonl"},
    {"NoDatabase", "query leaderboard --db none.db", 6,
     "none.db: no such database; `ablate run` makes it, --db FILE or $ABLATE_DB names another"},
    {"UnknownExperiment", "leaderboard quickstrat", 4,
     "no experiment \"quickstrat\" in the database; did you mean \"quickstart\"?: there are quickstart"},
    {"UnknownBaseline", "leaderboard quickstart --baseline sofmax", 4,
     "--baseline: no arm \"sofmax\" in quickstart; did you mean \"softmax\"?"},
    {"NoIdAtAll", "show quickstart", 4, "\"quickstart\" is no beginning of a trial's id: ids are 32 of the digits 0-9 and a-f"},
    {"UnknownTrial", "show 0000", 4, "no trial's id begins with \"0000\" (ids: `ablate query trial_overview`)"},
    {"SeveralTrials", "show f7", 4,
     "2 trials' ids begin with \"f7\":\n"
     "  f7d5a6ba33ac9eed6435a39305ee76f7  softmax, seed 1\n"
     "  f7e5f6c410277039ce2995f9c3d17157  entmax alpha=1.5, seed 1"},
    {"UnknownList", "list normalisers", 4,
     "no list \"normalisers\"; did you mean \"normalizers\"?: there are fields, metrics, models, normalizers, queries, "
     "statistics, structures, tasks, views"},
    {"UnknownListedField", "list fields attention.alhpa", 4,
     "nothing in the list of fields begins with \"attention.alhpa\"; did you mean \"attention.alpha\"?"},
};

INSTANTIATE_TEST_SUITE_P(All, AskingRefuses, testing::ValuesIn(kRefusals), [](const auto& info) { return info.param.name; });

TEST_F(Asking, ABadFileIsABadExperiment) {
  ASSERT_TRUE(WriteFileAtomically("bad.textproto", "name: 7\n").ok());
  const Answer answer = Ask({"leaderboard", "bad.textproto"});
  EXPECT_EQ(answer.code, 2);
  EXPECT_NE(answer.err.find("bad.textproto:1:"), std::string::npos) << answer.err;
}

TEST_F(Asking, AFileNamesItsExperiment) {
  ASSERT_TRUE(
      WriteFileAtomically("good.textproto", "name: \"quickstart\" base { task { recall {} } model { encoder {} } }\n").ok());
  const Answer answer = Ask({"leaderboard", "good.textproto"});
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out, Ask({"leaderboard", "quickstart"}).out);
}

TEST_F(Asking, ReadsWhileASweepRuns) {
  const auto writer = store::Writer::Open("results.db");
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ(Ask({"query", "SELECT COUNT(*) AS n FROM trials", "--format", "tsv"}).out, "n\n12\n");
}

TEST_F(Asking, NothingIsWiderThanTheTerminal) {
  std::vector<std::vector<std::string>> questions = {
      {"leaderboard", "quickstart"}, {"compare", "quickstart", "--by", "normalizer"}, {"show", "7ff0"}};
  for (const store::Documented& view : store::Views()) questions.push_back({"query", view.name});
  for (const std::string& list : ListNames()) questions.push_back({"list", list});
  questions.push_back({"doctor"});
  for (std::vector<std::string>& question : questions) {
    const Answer answer = Ask(question);
    EXPECT_EQ(answer.err, "") << question[0] << " " << question.back();
    std::istringstream lines(answer.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(analysis::DisplayWidth(line), 80) << line;
  }
}

TEST_F(Asking, EveryViewHasRowsHere) {
  for (const store::Documented& view : store::Views()) {
    if (view.name == "layer_statistics" || view.name == "log_messages") continue;  // the sample has none
    const Answer answer = Ask({"query", view.name, "--format", "jsonl"});
    EXPECT_NE(answer.out, "") << view.name << answer.err;
  }
}

TEST_F(Asking, JsonIsJson) {
  for (const std::vector<std::string>& question : {std::vector<std::string>{"leaderboard", "quickstart"},
                                                   {"compare", "quickstart", "--by", "normalizer"},
                                                   {"query", "trial_overview"},
                                                   {"list", "fields"},
                                                   {"doctor"}}) {
    std::vector<std::string> words = question;
    words.insert(words.end(), {"--format", "json"});
    const nlohmann::json json = nlohmann::json::parse(Ask(words).out, nullptr, false);
    ASSERT_TRUE(json.is_object()) << question[0];
    EXPECT_TRUE(json["context"].is_object());
    EXPECT_GT(json["rows"].size(), 3u) << question[0];
  }
}

TEST_F(Asking, PapersGetTheTableThatPeopleRead) {
  const std::string latex = Ask({"leaderboard", "quickstart", "--format", "latex"}).out;
  EXPECT_NE(latex.find("3 & softmax & 3 & 0.810$\\pm$0.025 & 0.820 & -0.103$\\pm$0.014** & baseline \\\\\n"), std::string::npos)
      << latex;
  const std::string markdown = Ask({"compare", "quickstart", "--by", "normalizer", "--format", "markdown"}).out;
  EXPECT_NE(markdown.find("| entmax | 1 | 3 | 0.913±0.038 | 0.930 | +0.103±0.014** | 0.019 |\n"), std::string::npos)
      << markdown;
}

TEST_F(Asking, ExportWritesAFilePerView) {
  const Answer answer = Ask({"export", "quickstart", "-o", "exported"});
  EXPECT_EQ(answer.code, 0) << answer.err;
  for (const store::Documented& view : store::Views()) {
    const auto file = ReadFile("exported/" + view.name + ".csv");
    if (view.name == "axis_values" || view.name == "last_snapshots") {
      EXPECT_FALSE(file.ok());
      continue;
    }
    ASSERT_TRUE(file.ok()) << file.status();
    const std::string all = Ask({"query", view.name, "--format", "csv"}).out;
    EXPECT_EQ(file->substr(0, file->find('\n')), all.substr(0, all.find('\n'))) << view.name;
    EXPECT_EQ(file->size(), all.size()) << view.name;  // views without an order of their own may give the rows in another
  }
}

TEST_F(Asking, ExportStreamsJsonLines) {
  const Answer answer = Ask({"export", "-o", "-", "--format", "jsonl", "--view", "settings", "--view", "leaderboard"});
  EXPECT_EQ(answer.code, 0) << answer.err;
  std::istringstream lines(answer.out);
  int leaderboard = 0, settings = 0;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(json.is_object()) << line;
    leaderboard += json["view"] == "leaderboard" && json.contains("arm");
    settings += json["view"] == "settings" && json.contains("field");
  }
  EXPECT_EQ(leaderboard, 4);
  EXPECT_GT(settings, 12);
}

TEST_F(Asking, DatasetteMetadataDescribesAllThatThereIs) {
  const nlohmann::json json = nlohmann::json::parse(Ask({"export", "--datasette-metadata"}).out, nullptr, false);
  ASSERT_TRUE(json.is_object());
  const nlohmann::json& database = json["databases"]["results"];
  EXPECT_EQ(database["tables"]["trials"]["hidden"], true);
  for (const store::Documented& view : store::Views()) {
    EXPECT_EQ(database["tables"][view.name]["columns"].size(), view.columns.size()) << view.name;
  }
  for (const store::Documented& query : store::NamedQueries()) {
    EXPECT_EQ(database["queries"][query.name]["sql"], query.sql);
  }
}

TEST_F(Asking, ColumnsAreSaidWithoutRows) {
  EXPECT_EQ(Ask({"query", "SELECT arm, n FROM leaderboard WHERE 0", "--format", "csv"}).out, "arm,n\r\n");
}

TEST_F(Asking, AMillionRowsArePrintedAsTheyCome) {
  const std::string count = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000) SELECT n FROM c";
  const Answer answer = Ask({"query", count, "--format", "tsv"});
  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(answer.out.substr(answer.out.size() - 8), "1000000\n");
}

TEST_F(Asking, ShowHasTheFailureAndTheHarmlessEndOfTheLog) {
  const std::string out = Ask({"show", SampleTrial("top_k", 2)}).out;
  EXPECT_NE(out.find("Failure: nan: train/loss is nan at step 100\n"), std::string::npos) << out;
  EXPECT_NE(out.find("  first line\n  the loss is \\x1b[31mnan\\x1b[0m\n"), std::string::npos) << out;
  EXPECT_NE(out.find("git_commit       0123456789abcdef0123456789abcdef01234567\n"), std::string::npos) << out;
  EXPECT_EQ(Ask({"show", SampleTrial("softmax", 1)}).out.find("Failure"), std::string::npos);
}

TEST_F(Asking, DoctorSaysWhatIsMissing) {
  const auto doctor = [](const char* worker, std::vector<std::string> more = {}) {
    setenv("ABLATE_WORKER", worker, 1);
    more.insert(more.begin(), "doctor");
    return Ask(more);
  };
  ASSERT_TRUE(WriteFileAtomically("worker.sh",
                                  "#!/bin/sh\necho '{\"version\": \"0.1.0\", \"torch\": \"2.11.0\", \"cuda_plugin\": false}'\n")
                  .ok());
  ASSERT_EQ(chmod("worker.sh", 0755), 0);
  const Answer well = doctor("worker.sh");
  EXPECT_EQ(well.code, 0) << well.out;
  EXPECT_NE(well.out.find("built without the CUDA Toolkit"), std::string::npos) << well.out;
  EXPECT_NE(well.out.find("trials: 12, finished: 10"), std::string::npos) << well.out;
  EXPECT_EQ(doctor("/no/such/worker").code, 3);
  EXPECT_EQ(doctor("/bin/true").code, 3);
  EXPECT_EQ(doctor("worker.sh", {"--data", "/no/such/folder"}).code, 2);
  ASSERT_TRUE(WriteFileAtomically("text.db", "this is no database, however long one makes it\n").ok());
  EXPECT_EQ(doctor("worker.sh", {"--db", "text.db"}).code, 6);
  EXPECT_EQ(doctor("worker.sh", {"--db", "/no/such/folder/results.db"}).code, 6);
  unsetenv("ABLATE_WORKER");
}

TEST(RunProgram, HasALimit) {
  EXPECT_EQ(*OutputOf({"/bin/echo", "two words"}, 10), "two words\n");
  EXPECT_EQ(OutputOf({"/bin/sh", "-c", "sleep 100 & sleep 100"}, 1).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutputOf({"/bin/sh", "-c", "exec >/dev/null; sleep 100"}, 1).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(OutputOf({"/bin/false"}, 10).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(OutputOf({"/no/such/program"}, 10).status().code(), absl::StatusCode::kNotFound);
}

TEST(ProtoDocs, CommentsAreThere) {
  EXPECT_EQ(WithoutFacts(ProtoComment("ablate.Attention.top_k")), "top_k_softmax: keys kept per query.");
  EXPECT_EQ(UnitOf(ProtoComment("ablate.Attention.top_k")), "keys");
  EXPECT_EQ(ProtoComment("ablate.Attention.no_such_field"), "");
}

TEST(List, EveryEntryIsDescribed) {
  for (const std::string& list : ListNames()) {
    const auto table = List(list, "");
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_FALSE(table->rows.empty()) << list;
    for (const std::vector<store::Value>& row : table->rows) {
      ASSERT_TRUE(std::holds_alternative<std::string>(row[1])) << list << " " << std::get<std::string>(row[0]);
      EXPECT_NE(std::get<std::string>(row[1]), "") << list << " " << std::get<std::string>(row[0]);
    }
  }
}

}  // namespace
}  // namespace ablate::runner
