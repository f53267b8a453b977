#include "tests/benchmarks/runner_floor.h"

#include <spawn.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/benchmarks/runner_workplace.h"

namespace ablate::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRowsPerCommit = 2000;

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// A database as the runner's is set up.
class BareDatabase {
 public:
  BareDatabase() : place_("") {
    if (sqlite3_open(place_.Path("bare.db").c_str(), &database_) != SQLITE_OK) GiveUp("can't open a database");
    Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000");
    Execute(
        "CREATE TABLE points (attempt INTEGER, metric INTEGER, step INTEGER, value REAL, "
        "PRIMARY KEY (attempt, metric, step)) WITHOUT ROWID");
    sqlite3_prepare_v2(database_, "INSERT INTO points VALUES (?, ?, ?, ?)", -1, &insert_, nullptr);
  }
  ~BareDatabase() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
  }
  BareDatabase(const BareDatabase&) = delete;
  BareDatabase& operator=(const BareDatabase&) = delete;

  void Execute(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) GiveUp(sqlite3_errmsg(database_));
  }
  void Insert(int64_t attempt, int64_t metric, int64_t step, double value) {
    sqlite3_bind_int64(insert_, 1, attempt);
    sqlite3_bind_int64(insert_, 2, metric);
    sqlite3_bind_int64(insert_, 3, step);
    sqlite3_bind_double(insert_, 4, value);
    if (sqlite3_step(insert_) != SQLITE_DONE) GiveUp(sqlite3_errmsg(database_));
    sqlite3_reset(insert_);
  }

 private:
  Workplace place_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

// Spawns the worker that needs no torch for one line, and waits until the line is there; its process.
pid_t SpawnAndHear() {
  static const std::string& program = *new std::string(FakeWorkerProgram());
  int ends[2];
  if (pipe(ends) != 0) GiveUp("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  const char* words[] = {program.c_str(), "--describe", nullptr};
  pid_t pid = 0;
  if (posix_spawn(&pid, program.c_str(), &actions, nullptr, const_cast<char**>(words), environ) != 0) GiveUp("no process");
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  char line[4096];
  if (read(ends[0], line, sizeof line) <= 0) GiveUp("the worker said nothing");
  close(ends[0]);
  return pid;
}

}  // namespace

double SpawnPipeAndInsertRate(int processes) {
  BareDatabase database;
  const auto begin = Clock::now();
  for (int i = 0; i < processes; ++i) {
    waitpid(SpawnAndHear(), nullptr, 0);
    database.Insert(i, 0, 0, 0);
  }
  return processes / SecondsSince(begin);
}

double SecondsToFirstLine(int processes) {
  std::vector<double> seconds;
  for (int i = 0; i < processes; ++i) {
    const auto begin = Clock::now();
    const pid_t pid = SpawnAndHear();
    seconds.push_back(SecondsSince(begin));
    waitpid(pid, nullptr, 0);
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

double BareInsertRate(int64_t rows) {
  BareDatabase database;
  const auto begin = Clock::now();
  for (int64_t row = 0; row < rows;) {
    database.Execute("BEGIN IMMEDIATE");
    for (int i = 0; i < kRowsPerCommit && row < rows; ++i, ++row) database.Insert(row % 16, row / 16 % 4, row / 64, 0.5);
    database.Execute("COMMIT");
  }
  return static_cast<double>(rows) / SecondsSince(begin);
}

}  // namespace ablate::benchmarks
