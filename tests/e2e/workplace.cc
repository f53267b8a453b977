#include "tests/e2e/workplace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lib/base/files.h"
#include "lib/base/text.h"

namespace ablate::e2e {
namespace {

namespace fs = std::filesystem;

constexpr int kPatienceMs = 60'000;

std::string Content(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

// Absolute path of a program that the build file names.
std::string Program(const char* variable) {
  const char* path = std::getenv(variable);
  EXPECT_NE(path, nullptr) << variable << " is not set";
  return path == nullptr ? "" : fs::canonical(path).string();
}

std::string Text(const store::Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* number = std::get_if<double>(&value)) return ShortestNumber(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return "NULL";
}

double Seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); }

}  // namespace

Process::Process(pid_t pid, std::string out_path, std::string err_path)
    : pid_(pid), out_path_(std::move(out_path)), err_path_(std::move(err_path)) {}

Process::~Process() {
  if (!Running()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, &status_, 0);
}

void Process::Signal(int number) { kill(pid_, number); }

bool Process::Running() {
  if (!ended_) ended_ = wait4(pid_, &status_, WNOHANG, &usage_) == pid_;
  return !ended_;
}

Outcome Process::Wait() {
  for (int waited = 0; Running() && waited < kPatienceMs; ++waited) usleep(1000);
  EXPECT_TRUE(ended_) << "ablate does not end; it said:\n" << Content(out_path_);
  const int code = !ended_ ? -1000 : WIFSIGNALED(status_) ? -WTERMSIG(status_) : WEXITSTATUS(status_);
  const double cpu_seconds = Seconds(usage_.ru_utime) + Seconds(usage_.ru_stime);
  return {code, Content(out_path_), Content(err_path_), cpu_seconds, static_cast<double>(usage_.ru_maxrss) * 1024};
}

std::string Process::Out() const { return Content(out_path_); }

Workplace::Workplace(const std::string& name) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const char* top = std::getenv("TEST_TMPDIR");
  folder_ = fmt::format("{}/{}{}", top != nullptr ? top : "/tmp/ablate_e2e", test->name(), name);
  fs::remove_all(folder_);
  fs::create_directories(folder_);
}

void Workplace::Copy(const std::string& spec, const std::vector<std::pair<std::string, std::string>>& edits) {
  std::string text = Content("tests/e2e/testdata/" + spec);
  ASSERT_FALSE(text.empty()) << spec;
  for (const auto& [from, to] : edits) {
    const size_t place = text.find(from);
    ASSERT_NE(place, std::string::npos) << from;
    text.replace(place, from.size(), to);
  }
  std::ofstream(Path(spec)) << text;
}

std::unique_ptr<Process> Workplace::Start(const std::vector<std::string>& arguments, const Environment& environment) {
  const std::string out = Path(fmt::format("out.{}", ++runs_));
  const std::string err = Path(fmt::format("err.{}", runs_));
  const std::string program = Program("ABLATE_E2E_ABLATE");
  Environment all = {{"ABLATE_WORKER", Program("ABLATE_E2E_WORKER")}, {"ABLATE_FAKE_FOLDER", folder_}, {"ABLATE_DB", ""}};
  // Where tests run inside a git repository, what other tests leave there is none of this one's business.
  all["GIT_CEILING_DIRECTORIES"] = fs::canonical(folder_).parent_path();
  for (const auto& [name, value] : environment) all[name] = value;
  const pid_t pid = fork();
  if (pid == 0) {
    for (const auto& [name, value] : all) setenv(name.c_str(), value.c_str(), 1);
    unsetenv("ABLATE_DB");
    std::vector<char*> words = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
    if (chdir(folder_.c_str()) != 0) _exit(126);
    execv(program.c_str(), words.data());
    _exit(127);
  }
  return std::make_unique<Process>(pid, out, err);
}

Outcome Workplace::Run(const std::vector<std::string>& arguments, const Environment& environment) {
  return Start(arguments, environment)->Wait();
}

store::Table Workplace::Query(const std::string& sql) {
  const auto reader = store::Reader::Open(Path("results.db"));
  if (!reader.ok()) return {};  // not made yet
  // The views come last where a database is being made just now; until then this look may fail too.
  const auto views = (*reader)->Query("SELECT name FROM sqlite_master WHERE name = 'trial_overview'");
  if (!views.ok() || views->rows.empty()) return {};
  const auto table = (*reader)->Query(sql);
  EXPECT_TRUE(table.ok()) << table.status();
  return table.ok() ? *table : store::Table();
}

std::vector<std::string> Workplace::Column(const std::string& sql) {
  std::vector<std::string> column;
  for (const auto& row : Query(sql).rows) column.push_back(Text(row[0]));
  return column;
}

int64_t Workplace::Number(const std::string& sql) {
  const store::Table table = Query(sql);
  if (table.rows.empty()) return -1;
  const auto* number = std::get_if<int64_t>(&table.rows[0][0]);
  return number == nullptr ? -1 : *number;
}

Points Workplace::MetricPoints() {
  Points points;
  for (const auto& row : Query("SELECT trial_id, metric, step, value FROM metric_points").rows) {
    const bool is_new = points.emplace(std::tuple(Text(row[0]), Text(row[1]), std::get<int64_t>(row[2])), Text(row[3])).second;
    EXPECT_TRUE(is_new) << "doubled: " << Text(row[0]) << " " << Text(row[1]) << " " << Text(row[2]);
  }
  return points;
}

std::map<std::string, int64_t> Workplace::States() {
  std::map<std::string, int64_t> states;
  for (const auto& row : Query("SELECT state, COUNT(*) FROM trial_overview GROUP BY 1").rows) {
    states[Text(row[0])] = std::get<int64_t>(row[1]);
  }
  return states;
}

bool Workplace::WaitUntil(const std::function<bool()>& ready) {
  for (int waited = 0; waited < kPatienceMs; waited += 2) {
    if (ready()) return true;
    usleep(2000);
  }
  return false;
}

bool WorkerIsFake() { return fs::path(Program("ABLATE_E2E_WORKER")).filename() == "fake_worker"; }

std::vector<pid_t> LiveWorkers() {
  const std::string program = Program("ABLATE_E2E_WORKER");
  std::vector<pid_t> workers;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    std::error_code error;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (fs::read_symlink(entry.path() / "exe", error) != program || error) continue;
    // Tests of other folders may run at the same time.
    const std::string environment = Content(entry.path() / "environ");
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    if (environment.find(std::string("/") + test->name()) != std::string::npos) workers.push_back(std::stoi(name));
  }
  return workers;
}

}  // namespace ablate::e2e
