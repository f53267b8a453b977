#include "tests/runner/cli/asking.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runner/cli/compare.h"
#include "runner/cli/doctor.h"
#include "runner/cli/export.h"
#include "runner/cli/leaderboard.h"
#include "runner/cli/list.h"
#include "runner/cli/query.h"
#include "runner/cli/report.h"
#include "runner/cli/show.h"

namespace ablate::runner {

Answer Ask(const std::vector<std::string>& words) {
  CLI::App app("", "ablate");
  app.require_subcommand(1);  // else CLI11 takes the word "leaderboard" behind `query` for the verb
  const std::vector<Verb> verbs = {AddQuery(app),  AddLeaderboard(app), AddCompare(app), AddReport(app),
                                   AddExport(app), AddShow(app),        AddList(app),    AddDoctor(app)};
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 takes them
  Answer answer;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  try {
    app.parse(reversed);
    for (const Verb& verb : verbs) {
      if (*verb.command) answer.code = static_cast<int>(verb.run());
    }
  } catch (const CLI::ParseError& error) {
    answer.code = app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kBadUsage);
  }
  answer.out = testing::internal::GetCapturedStdout();
  answer.err = testing::internal::GetCapturedStderr();
  return answer;
}

std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  bool inside = false;  // a word has begun
  char quote = 0;
  for (const char c : line) {
    if (quote == 0 && c == ' ') {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == quote)
      quote = 0;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else
      words.back() += c;
  }
  return words;
}

}  // namespace ablate::runner
