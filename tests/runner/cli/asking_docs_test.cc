// Runs every command of docs/querying.md against the sample database, and compares what the page prints below a command.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/files.h"
#include "lib/store/documented.h"
#include "runner/cli/exit_codes.h"
#include "tests/runner/cli/asking.h"
#include "tests/runner/cli/sample_database.h"

namespace ablate::runner {
namespace {

struct Command {
  std::string line, output;  // output "": the page prints none
};

// The lines behind "$ " of the ```console blocks, with what follows them.
std::vector<Command> Commands(const std::string& page) {
  std::vector<Command> commands;
  std::istringstream lines(page);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "```console" || line == "```") {
      inside = line == "```console";
    } else if (inside && line.rfind("$ ", 0) == 0) {
      commands.push_back({line.substr(2), ""});
    } else if (inside) {
      commands.back().output += line + "\n";
    }
  }
  return commands;
}

std::string WithoutCarriageReturns(const std::string& text) { return std::regex_replace(text, std::regex("\r\n"), "\n"); }

TEST(QueryingPage, SaysWhatCommandsPrint) {
  const auto page = ReadFile("docs/querying.md");
  ASSERT_TRUE(page.ok()) << page.status();
  unsetenv("ABLATE_DB");
  const std::string folder = testing::TempDir() + "/asking_docs";
  ASSERT_TRUE(MakeFolders(folder).ok());
  const std::string home = std::filesystem::current_path();
  ASSERT_EQ(chdir(folder.c_str()), 0);
  for (const char* name : {"results.db", "results.db-wal", "results.db-shm"}) unlink(name);
  const absl::Status written = WriteSampleDatabase("results.db");
  ASSERT_TRUE(written.ok()) << written;
  const std::vector<Command> commands = Commands(*page);
  EXPECT_GE(commands.size(), 15u);
  for (const Command& command : commands) {
    std::vector<std::string> words = Words(command.line);
    ASSERT_EQ(words[0], "ablate") << command.line;
    words.erase(words.begin());
    const Answer answer = Ask(words);
    EXPECT_EQ(answer.code, 0) << command.line << "\n" << answer.err;
    EXPECT_NE(answer.out, "") << command.line;
    if (command.output.empty()) continue;
    EXPECT_EQ(WithoutCarriageReturns(answer.out), command.output) << command.line;
  }
  ASSERT_EQ(chdir(home.c_str()), 0);
}

TEST(QueryingPage, NamesEveryViewAndQuery) {
  const auto page = ReadFile("docs/querying.md");
  ASSERT_TRUE(page.ok()) << page.status();
  for (const store::Documented& view : store::Views()) {
    EXPECT_NE(page->find("`" + view.name + "`"), std::string::npos) << view.name;
  }
  for (const store::Documented& query : store::NamedQueries()) {
    EXPECT_NE(page->find("ablate query " + query.name), std::string::npos) << query.name;
  }
}

TEST(ExitCodesPage, HasOneRowPerCode) {
  const auto page = ReadFile("docs/exit_codes.md");
  ASSERT_TRUE(page.ok()) << page.status();
  for (int code = 0; code <= static_cast<int>(ExitCode::kOurBug); ++code) {
    EXPECT_NE(page->find("\n| " + std::to_string(code) + " | "), std::string::npos) << code;
  }
  EXPECT_EQ(page->find("\n| 8 | "), std::string::npos);
}

}  // namespace
}  // namespace ablate::runner
