#include "tests/runner/cli/asking.h"

#include <gtest/gtest.h>

#include "runner/cli/command_line.h"
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
  CommandLine line("", "");
  AddQuery(line);
  AddLeaderboard(line);
  AddCompare(line);
  AddReport(line);
  AddExport(line);
  AddShow(line);
  AddList(line);
  AddDoctor(line);
  Answer answer;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  answer.code = static_cast<int>(line.Run(words));
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
