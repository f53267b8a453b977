// Opening, locking, migrating, and what the death of a writer leaves.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/store/embedded.h"
#include "lib/store/schema.h"
#include "lib/store/sqlite.h"
#include "lib/store/writer.h"
#include "tests/lib/store/example.h"

namespace ablate::store {
namespace {

Database OpenRaw(const std::string& path) {
  sqlite3* raw = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
  return Database(raw);
}

void RunSql(const std::string& path, const std::string& sql) { Check(Execute(OpenRaw(path).get(), sql)); }

// Runs `body` in a process of its own, which ends with what it returns.
template <typename Body>
int InChild(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int result;
  waitpid(child, &result, 0);
  return WIFEXITED(result) ? WEXITSTATUS(result) : -WTERMSIG(result);
}

TEST(Open, MakesADatabaseThatSaysWhatItIs) {
  const std::string path = NewDatabasePath("new");
  OpenWriter(path);
  EXPECT_EQ(Rows(path, "PRAGMA application_id"), fmt::format("{}\n", kApplicationId));
  EXPECT_EQ(Rows(path, "PRAGMA user_version"), fmt::format("{}\n", LatestSchema()));
  EXPECT_EQ(QueryText(OpenRaw(path).get(), "PRAGMA journal_mode")->value(), "wal");
  EXPECT_EQ(Rows(path, "PRAGMA integrity_check"), "ok\n");
}

TEST(Open, AgainChangesNothing) {
  const std::string path = NewDatabasePath("again");
  OpenWriter(path);
  const std::string schema_version = Rows(path, "PRAGMA schema_version");
  OpenWriter(path);
  EXPECT_EQ(Rows(path, "PRAGMA schema_version"), schema_version);
  EXPECT_FALSE(FileExists(fmt::format("{}.schema-{}.backup", path, LatestSchema())));
}

TEST(Open, ASecondWriterIsRefusedByNameAndPid) {
  const std::string path = NewDatabasePath("second");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  char host[256];
  gethostname(host, sizeof(host));
  const std::string expected =
      fmt::format("{}: is being written by process {} on {}; one process at a time may write it", path, getpid(), host);
  EXPECT_EQ(Writer::Open(path).status(), absl::FailedPreconditionError(expected));
  EXPECT_EQ(InChild([&] { return Writer::Open(path).status() == absl::FailedPreconditionError(expected) ? 0 : 1; }), 0);
  const std::string link = path + ".link";
  ASSERT_EQ(symlink(path.c_str(), link.c_str()), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(Writer::Open(link).status())) << "another name for it is no way around";
  writer.reset();
  EXPECT_EQ(InChild([&] { return Writer::Open(path).ok() ? 0 : 1; }), 0);
  OpenWriter(path);
}

TEST(Open, TheLockOfADeadProcessIsNoObstacle) {
  const std::string path = NewDatabasePath("dead");
  EXPECT_EQ(InChild([&] {
              std::unique_ptr<Writer> writer = OpenWriter(path);
              kill(getpid(), SIGKILL);
              return 0;
            }),
            -SIGKILL);
  EXPECT_TRUE(FileExists(path + ".lock"));
  OpenWriter(path);
}

// What it had forked a moment before has the lock as well, until exec closes it there.
TEST(Open, TheLockIsWaitedForWhereItsHolderIsDead) {
  const std::string path = NewDatabasePath("forked");
  EXPECT_EQ(InChild([&] {
              std::unique_ptr<Writer> writer = OpenWriter(path);
              if (fork() == 0) {
                usleep(300'000);
                _exit(0);
              }
              kill(getpid(), SIGKILL);
              return 0;
            }),
            -SIGKILL);
  OpenWriter(path);
}

TEST(Open, OtherFilesAreRefused) {
  const std::string text = NewDatabasePath("text"), foreign = NewDatabasePath("foreign"), empty = NewDatabasePath("empty");
  std::ofstream(text) << "this is no database, but long enough to have a header of one hundred bytes: "
                      << std::string(200, 'x');
  RunSql(foreign, "CREATE TABLE mine (x)");
  std::ofstream(empty).flush();
  for (const std::string& path : {text, foreign}) {
    const std::string before = *ReadFile(path);
    const absl::Status status = Writer::Open(path).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(status.message().substr(0, path.size()), path);
    EXPECT_TRUE(absl::IsDataLoss(Reader::Open(path).status()));
    EXPECT_EQ(*ReadFile(path), before);
  }
  EXPECT_TRUE(absl::IsDataLoss(Reader::Open(empty).status()));
  EXPECT_TRUE(Writer::Open(empty).ok()) << "an empty file is a new database, as SQLite has it";
  EXPECT_TRUE(absl::IsNotFound(Reader::Open(empty + ".none").status()));
  EXPECT_TRUE(absl::IsNotFound(Writer::Open("/no/such/folder/results.db").status()));
}

TEST(Open, TruncatedAndDamagedDatabasesNeverCrash) {
  const std::string path = NewDatabasePath("damaged");
  Check(OpenWriter(path)->RecordExperiment(Example("first", 1, 40)));
  const std::string whole = *ReadFile(path);
  const std::string damaged = NewDatabasePath("damage");
  for (size_t i = 0; i < 60; ++i) {
    std::string bytes = whole;
    if (i % 2 == 0) bytes.resize(whole.size() * i / 60);
    if (i % 2 == 1) bytes.replace(whole.size() * i / 60, 50, 50, static_cast<char>(i));
    ASSERT_TRUE(WriteFileAtomically(damaged, bytes).ok());
    for (const char* suffix : {"-wal", "-shm"}) unlink((damaged + suffix).c_str());
    absl::StatusOr<std::unique_ptr<Reader>> reader = Reader::Open(damaged);
    if (reader.ok()) (void)(*reader)->Query("SELECT * FROM leaderboard");
    absl::StatusOr<std::unique_ptr<Writer>> writer = Writer::Open(damaged);
    if (writer.ok()) (void)(*writer)->RecordExperiment(Example("second", 20, 40));
  }
}

TEST(Open, ANewerSchemaIsRefused) {
  const std::string path = NewDatabasePath("newer");
  OpenWriter(path);
  RunSql(path, "PRAGMA user_version = 99");
  const std::string expected =
      fmt::format("{}: was written by a newer ablate (its schema is 99, this program knows those up to {}); update ablate",
                  path, LatestSchema());
  EXPECT_EQ(Writer::Open(path).status(), absl::FailedPreconditionError(expected));
  EXPECT_EQ(Reader::Open(path).status(), absl::FailedPreconditionError(expected));
}

TEST(Open, AnOlderSchemaIsMigratedAfterABackup) {
  const std::string path = NewDatabasePath("older");
  {
    Connection connection(OpenRaw(path));
    Check(BringUpToDate(connection, path, 1));
    Check(Execute(connection.get(), "INSERT INTO metrics (name) VALUES ('kept')"));
  }
  EXPECT_TRUE(Reader::Open(path).ok()) << "an older schema can be read";
  OpenWriter(path);
  EXPECT_EQ(Rows(path, "PRAGMA user_version"), fmt::format("{}\n", LatestSchema()));
  EXPECT_EQ(Rows(path, "SELECT name FROM metrics"), "kept\n");
  EXPECT_EQ(Rows(path, "SELECT * FROM leaderboard"), "");
  const std::string backup = path + ".schema-1.backup";
  EXPECT_EQ(Rows(backup, "SELECT name FROM metrics"), "kept\n");
  EXPECT_EQ(Rows(backup, "PRAGMA user_version"), "1\n");
}

TEST(Open, ChangedViewsAreBroughtUpToDate) {
  const std::string path = NewDatabasePath("views");
  OpenWriter(path);
  RunSql(path, "DROP VIEW leaderboard; CREATE VIEW leaderboard (old) AS SELECT 1; DROP VIEW failures;");
  OpenWriter(path);
  EXPECT_EQ(Rows(path, "SELECT * FROM leaderboard"), "");
  EXPECT_EQ(Rows(path, "SELECT * FROM failures"), "");
}

struct Mount {
  FileSystem file_system;
  std::string name;  // of the network file system; empty: local
};

TEST(Open, NetworkFileSystemsAreRefused) {
  constexpr uint64_t kFuse = 0x65735546;
  const Mount kMounts[] = {
      {{0x6969, ""}, "NFS"},      {{0xFF534D42, ""}, "CIFS"},
      {{0xFE534D42, ""}, "SMB2"}, {{0x0BD00BD0, ""}, "Lustre"},
      {{0x47504653, ""}, "GPFS"}, {{kFuse, "fuse.sshfs"}, "fuse.sshfs"},
      {{kFuse, "fuseblk"}, ""},   {{0xEF53, ""}, ""},
      {{0x01021994, ""}, ""},     {{kFuse, ""}, ""},
  };
  for (const Mount& mount : kMounts) {
    Writer::Options options;
    options.file_system_of = [&](const std::string&) { return mount.file_system; };
    const std::string path = NewDatabasePath("mounted");
    const absl::Status status = Writer::Open(path, options).status();
    if (mount.name.empty()) {
      EXPECT_TRUE(status.ok()) << status;
    } else {
      EXPECT_EQ(status,
                absl::FailedPreconditionError(fmt::format(
                    "{}: lies on a network file system ({}), where SQLite's write-ahead log can lose data; choose a local "
                    "folder by --db",
                    path, mount.name)));
      EXPECT_FALSE(FileExists(path));
    }
  }
  EXPECT_NE(FileSystemOf("/proc")->magic, FileSystemOf(testing::TempDir())->magic);
}

// A child collects event after event and tells each; killed at any moment, all that it told is there, and what is there is
// whole.
TEST(Open, ADatabaseThatIsTakenAwayIsToldAndSaved) {
  for (const bool replaced : {false, true}) {
    const std::string path = NewDatabasePath(replaced ? "replaced" : "dele'ted");
    const std::unique_ptr<Writer> writer = OpenWriter(path);
    Check(writer->KeepText("what is there"));
    ASSERT_EQ(unlink(path.c_str()), 0);
    if (replaced) Check(WriteFileAtomically(path, "other"));
    const absl::Status told = writer->KeepText("what comes later");
    EXPECT_EQ(told.code(), absl::StatusCode::kFailedPrecondition) << told;
    EXPECT_NE(told.message().find("saved as " + path + ".rescued"), std::string::npos) << told;
    EXPECT_EQ(Rows(path + ".rescued", "SELECT text FROM texts"), "what is there\n");
    EXPECT_EQ(Rows(path + ".rescued", "PRAGMA integrity_check"), "ok\n");
    EXPECT_FALSE(writer->KeepText("still").ok());
  }
}

TEST(Open, SigkillOfTheWriterLosesNothingCollected) {
  for (int round = 0; round < 6; ++round) {
    const std::string path = NewDatabasePath("killed");
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      std::unique_ptr<Writer> writer = OpenWriter(path);
      Check(writer->RecordExperiment(Example("first", 1, 1)));
      Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1)})));
      Events events;
      events.Begin(TrialId(1), 1, 1);
      for (uint64_t step = 1;; ++step) {
        for (const char* metric : {"train/loss", "validation/accuracy"}) events.Point(TrialId(1), step, 1.0 / step, metric);
        Check(writer->Collect("one", events.Part(std::max<size_t>(1, events.all().size() - 3), events.all().size())));
        if (write(ends[1], "x", 1) != 1) _exit(1);
      }
    }
    close(ends[1]);
    uint64_t told = 0;
    char buffer[4096];
    while (told < 20u + 37 * round) told += read(ends[0], buffer, 10);
    usleep(137 * round);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;) told += got;
    close(ends[0]);
    const auto count = [&](const std::string& metric) {
      return std::stoull(Rows(path, "SELECT COUNT(*) FROM metric_points WHERE metric = :metric", {{"metric", metric}}));
    };
    EXPECT_GE(count("train/loss"), told);
    EXPECT_EQ(count("train/loss"), count("validation/accuracy")) << "a collection is whole or not there";
    EXPECT_EQ(Rows(path, "SELECT last_step FROM trial_results"), fmt::format("{}\n", count("train/loss")));
    EXPECT_EQ(Rows(path, "PRAGMA integrity_check"), "ok\n");
    EXPECT_EQ(OpenWriter(path)->OpenLaunches()->size(), 1u);
  }
}

TEST(Open, AFullDiskIsToldAndTheWriterGoesOn) {
  const std::string path = NewDatabasePath("full");
  EXPECT_EQ(InChild([&] {
              signal(SIGXFSZ, SIG_IGN);
              std::unique_ptr<Writer> writer = OpenWriter(path);
              Check(writer->RecordExperiment(Example("first", 1, 1)));
              Check(writer->RecordLaunch(LaunchOf("one", {TrialId(1)})));
              Events events;
              events.Begin(TrialId(1), 1, 1);
              for (int step = 1; step <= 20000; ++step) events.Point(TrialId(1), step, 0.5);
              rlimit limit;
              getrlimit(RLIMIT_FSIZE, &limit);
              const rlimit small = {*FileSize(path + "-wal") + 50'000, limit.rlim_max};  // as a full disk stops a write
              setrlimit(RLIMIT_FSIZE, &small);
              if (writer->Collect("one", events.all()).ok()) return 1;
              setrlimit(RLIMIT_FSIZE, &limit);
              if (!writer->Collect("one", events.all()).ok()) return 2;
              return Rows(path, "SELECT COUNT(*) FROM metric_points") == "20000\n" ? 0 : 3;
            }),
            0);
  EXPECT_EQ(Rows(path, "SELECT last_step FROM trial_results"), "20000\n");
}

}  // namespace
}  // namespace ablate::store
