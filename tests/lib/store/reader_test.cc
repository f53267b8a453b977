#include "lib/store/reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "tests/lib/store/example.h"

namespace ablate::store {
namespace {

std::string NewDatabase(const std::string& name) {
  const std::string path = NewDatabasePath(name);
  Check(OpenWriter(path)->RecordExperiment(Example("first", 1, 2)));
  return path;
}

absl::Status StatusOf(const std::string& sql, const Parameters& parameters = {}) {
  static const std::string& path = *new std::string(NewDatabase("status"));
  return OpenReader(path)->Query(sql, parameters).status();
}

TEST(Reader, GivesColumnsAndTypedValues) {
  const std::string path = NewDatabase("types");
  const Table table = *OpenReader(path)->Query("SELECT 1 AS i, 0.1 AS r, 'x' AS t, NULL AS n, X'00ff' AS b;  -- done\n ; ");
  EXPECT_EQ(table.columns, (std::vector<std::string>{"i", "r", "t", "n", "b"}));
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.rows[0], (std::vector<Value>{int64_t{1}, 0.1, std::string("x"), std::monostate(), std::string("X'00ff'")}));
  EXPECT_EQ(OpenReader(path)->Query("SELECT name AS who FROM experiments WHERE 0")->columns, std::vector<std::string>{"who"});
}

TEST(Reader, RowByRowStopsWhenToldTo) {
  const std::string path = NewDatabase("rows");
  const std::unique_ptr<Reader> reader = OpenReader(path);
  const std::string sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";  // has no end
  int rows = 0;
  Check(reader->ForEachRow(sql, {}, [&](const std::vector<std::string>& columns, const std::vector<Value>& row) {
    EXPECT_EQ(columns[0], "i");
    EXPECT_EQ(std::get<int64_t>(row[0]), ++rows);
    return rows < 1000;
  }));
  EXPECT_EQ(rows, 1000);
  bool begun = false;
  Check(reader->ForEachRow(
      "SELECT 1 AS one WHERE 0", {}, [&](const std::vector<std::string>& columns) { begun = columns[0] == "one"; },
      [](const std::vector<Value>&) { return false; }));
  EXPECT_TRUE(begun);
}

struct Refused {
  std::string sql, what;
};

TEST(Reader, CanOnlyRead) {
  const std::string path = NewDatabase("only_read"), other = path + ".attached";
  const Refused kRefused[] = {
      {"INSERT INTO metrics (name) VALUES ('x')", "INSERT into metrics"},
      {"UPDATE trials SET seed = 7", "UPDATE of trials"},
      {"DELETE FROM trials", "DELETE from trials"},
      {"WITH x AS (SELECT 1) DELETE FROM trials", "DELETE from trials"},
      {"INSERT INTO metrics (name) SELECT 'x' RETURNING name", "INSERT into metrics"},
      {"DROP TABLE trials", "DELETE from sqlite_master"},
      {"CREATE TABLE x (y)", "INSERT into sqlite_master"},
      {"CREATE TEMP TABLE x AS SELECT 1", "INSERT into sqlite_temp_master"},
      {"CREATE TEMP VIEW x AS SELECT 1", "INSERT into sqlite_temp_master"},
      {"ATTACH '" + other + "' AS x", "ATTACH"},
      {"DETACH main", "DETACH"},
      {"VACUUM", ""},
      {"VACUUM INTO '" + other + "'", ""},
      {"REINDEX", "REINDEX"},
      {"ANALYZE", "INSERT into sqlite_master"},
      {"BEGIN", "a transaction"},
      {"SAVEPOINT x", "a transaction"},
      {"PRAGMA user_version = 7", "PRAGMA user_version"},
      {"PRAGMA writable_schema = ON", "PRAGMA writable_schema"},
      {"PRAGMA journal_mode = DELETE", "PRAGMA journal_mode"},
      {"PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint"},
      {"PRAGMA query_only = OFF", "PRAGMA query_only"},
      {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA locking_mode"},
      {"SELECT load_extension('x')", "an extension"},
  };
  const std::string before = Content(path);
  const std::unique_ptr<Reader> reader = OpenReader(path);
  for (const Refused& refused : kRefused) {
    const absl::Status status = reader->Query(refused.sql).status();
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << refused.sql << ": " << status;
    const std::string expected =
        "a query can only read" + (refused.what.empty() ? "" : "; " + refused.what + " is not allowed");
    EXPECT_EQ(status.message(), expected) << refused.sql;
  }
  EXPECT_FALSE(reader->Query("UPDATE sqlite_master SET sql = ''").ok());
  EXPECT_FALSE(FileExists(other));
  EXPECT_EQ(Content(path), before);
  EXPECT_TRUE(reader->Query("SELECT * FROM leaderboard").ok()) << "a refusal leaves the reader usable";
}

TEST(Reader, ReadingPragmasAndExplainAreAllowed) {
  for (const char* sql :
       {"PRAGMA table_info(trials)", "PRAGMA user_version", "EXPLAIN QUERY PLAN SELECT * FROM leaderboard",
        "SELECT name FROM pragma_table_info('trials')", "SELECT value FROM json_each('[1, 2]')", "VALUES (1), (2)"}) {
    EXPECT_TRUE(StatusOf(sql).ok()) << sql << StatusOf(sql);
  }
}

TEST(Reader, OneStatementOnly) {
  EXPECT_EQ(StatusOf("SELECT 1; SELECT 2"), absl::InvalidArgumentError("a query is one statement; there is more after it"));
  EXPECT_EQ(StatusOf("SELECT 1; DROP TABLE trials"),
            absl::InvalidArgumentError("a query is one statement; there is more after it"));
  EXPECT_EQ(StatusOf("SELECT 1; nonsense"), absl::InvalidArgumentError("a query is one statement; there is more after it"));
  EXPECT_EQ(StatusOf(""), absl::InvalidArgumentError("the query is empty"));
  EXPECT_EQ(StatusOf(" -- nothing\n"), absl::InvalidArgumentError("the query is empty"));
  EXPECT_EQ(StatusOf(std::string("SELECT 1\0 DROP", 14)), absl::InvalidArgumentError("the query holds a zero byte"));
}

TEST(Reader, MisspeltNamesAreAnsweredWithTheNearest) {
  EXPECT_EQ(StatusOf("SELECT * FROM leaderbord"),
            absl::InvalidArgumentError("no such table: leaderbord; did you mean \"leaderboard\"?"));
  EXPECT_EQ(StatusOf("SELECT arm, deviaton FROM leaderboard"),
            absl::InvalidArgumentError("no such column: deviaton; did you mean \"deviation\"?"));
  EXPECT_EQ(StatusOf("SELECT t.normaliser FROM trials t"),
            absl::InvalidArgumentError("no such column: t.normaliser; did you mean \"normalizer\"?"));
  const absl::Status far = StatusOf("SELECT * FROM zzzzzzzz");
  EXPECT_EQ(far.message().substr(0, 51), "no such table: zzzzzzzz; there are alpha_trajectori");
  EXPECT_EQ(StatusOf("SELEC 1"), absl::InvalidArgumentError("near \"SELEC\": syntax error"));
}

TEST(Reader, ParametersAreBoundByName) {
  const std::string path = NewDatabase("parameters");
  const std::string sql = "SELECT typeof(:x), :x";
  const std::pair<std::string, std::string> kCases[] = {
      {"3", "integer|3\n"},      {"-3", "integer|-3\n"},        {"0.5", "real|0.5\n"},
      {"2e-05", "real|2e-05\n"}, {"1.5e3", "real|1500\n"},      {"007", "text|007\n"},
      {"", "text|\n"},           {"a b", "text|a b\n"},         {"12e5", "text|12e5\n"},
      {"+", "text|+\n"},         {"nan", "text|nan\n"},         {"1.2.3", "text|1.2.3\n"},
      {"'", "text|'\n"},         {"3; DROP", "text|3; DROP\n"}, {"99999999999999999999", "text|99999999999999999999\n"},
  };
  for (const auto& [value, expected] : kCases) EXPECT_EQ(Rows(path, sql, {{"x", value}}), expected);
  EXPECT_EQ(Rows(path, "SELECT seed FROM trials WHERE trial_id = :id", {{"id", TrialId(2)}}), "2\n");
  EXPECT_EQ(StatusOf("SELECT :trial"), absl::InvalidArgumentError("the query's parameter :trial has no value"));
  EXPECT_EQ(StatusOf("SELECT :trial", {{"trials", "x"}}),
            absl::InvalidArgumentError("the query has no parameter :trials; did you mean \"trial\"?; it has :trial"));
  EXPECT_EQ(StatusOf("SELECT 1", {{"x", "1"}}), absl::InvalidArgumentError("the query has no parameter :x; it has none"));
  EXPECT_EQ(StatusOf("SELECT ?"), absl::InvalidArgumentError("a parameter of a query has a name, like :trial, not '?'"));
}

TEST(Reader, ALongQueryIsStopped) {
  const std::string path = NewDatabase("long");
  Reader::Options options;
  options.time_limit_s = 0.05;
  const std::unique_ptr<Reader> reader = *Reader::Open(path, options);
  const auto start = std::chrono::steady_clock::now();
  const absl::Status status =
      reader->Query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n").status();
  EXPECT_EQ(status, absl::DeadlineExceededError("the query took longer than the 0.05 s allowed"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(reader->Query("SELECT 1").ok()) << "the clock starts anew";
}

TEST(Reader, PathsWithOddLetters) {
  const std::string path = NewDatabasePath("50% of? #1 'x'");
  OpenWriter(path);
  EXPECT_EQ(Rows(path, "SELECT 1"), "1\n");
}

// Readers as processes of their own, over and over, while a writer commits: none is refused, each sees whole collections, and
// the writer is not held up by a reader that stays in the middle of its rows.
TEST(Reader, ReadsWhileAWriterWrites) {
  const std::string path = NewDatabasePath("while");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 1)));
  Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1)})));
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(fork());
    if (children.back() != 0) continue;
    for (int round = 0; round < 60; ++round) {
      const absl::StatusOr<std::unique_ptr<Reader>> reader = Reader::Open(path);
      if (!reader.ok()) _exit(1);
      const absl::StatusOr<Table> counts = (*reader)->Query(
          "SELECT SUM(metric = 'a'), SUM(metric = 'b') FROM metric_points UNION ALL SELECT COUNT(*), 0 FROM leaderboard");
      if (!counts.ok()) _exit(2);
      if (counts->rows[0][0] != counts->rows[0][1]) _exit(3);
    }
    _exit(0);
  }
  const std::unique_ptr<Reader> slow = OpenReader(path);
  Events events;
  Check(writer->Collect("one", events.Begin(TrialId(1), 1, 1).Point(TrialId(1), 1, 0, "a").Point(TrialId(1), 1, 0, "b").all()));
  uint64_t rows = 0;
  Check(slow->ForEachRow("SELECT * FROM metric_points", {}, [&](const std::vector<std::string>&, const std::vector<Value>&) {
    for (uint64_t step = 2 + 500 * rows; step < 502 + 500 * rows; ++step) {
      events.Point(TrialId(1), step, 0, "a").Point(TrialId(1), step, 0, "b");
      Check(writer->Collect("one", events.Part(events.all().size() - 1, events.all().size())));
    }
    return ++rows < 10;
  }));
  EXPECT_EQ(rows, 2u) << "a reader sees the database as it was when its query began";
  for (const pid_t child : children) {
    int result;
    waitpid(child, &result, 0);
    EXPECT_EQ(result, 0);
  }
}

// As a user who may read the folder, but not write into it.
TEST(Reader, ReadsInAFolderThatItMayNotWrite) {
  const std::string folder = NewDatabasePath("folder"), path = folder + "/results.db";
  Check(MakeFolders(folder));
  Check(OpenWriter(path)->RecordExperiment(Example("first", 1, 2)));
  ASSERT_FALSE(FileExists(path + "-wal"));
  ASSERT_EQ(chmod(folder.c_str(), 0555), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && seteuid(65534) != 0) _exit(9);
    if (euidaccess(folder.c_str(), X_OK) != 0 || euidaccess(folder.c_str(), W_OK) == 0) _exit(9);
    const absl::StatusOr<std::unique_ptr<Reader>> reader = Reader::Open(path);
    if (!reader.ok()) _exit(1);
    _exit((*reader)->Query("SELECT * FROM leaderboard").ok() ? 0 : 2);
  }
  int result;
  waitpid(child, &result, 0);
  if (WEXITSTATUS(result) == 9) GTEST_SKIP() << "can't become a user who may not write " << folder;
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace ablate::store
