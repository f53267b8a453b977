#include "runner/backends/slurm/answers.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace ablate::runner::slurm {
namespace {

std::vector<std::string> Lines(const std::string& text) { return absl::StrSplit(text, '\n', absl::SkipWhitespace()); }

// "CANCELLED" of "CANCELLED by 1000", and of "CANCELLED+".
std::string StateWord(const std::string& text) {
  const std::string word = text.substr(0, text.find(' '));
  return word.substr(0, word.find('+'));
}

// "3:0": exit code and signal.
std::optional<int> ExitCode(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  int code = 0, signal = 0;
  if (!absl::SimpleAtoi(parts.first, &code) || !absl::SimpleAtoi(parts.second, &signal)) return std::nullopt;
  return signal > 0 ? 128 + signal : code;
}

}  // namespace

std::optional<std::string> ParseSubmission(const std::string& answer) {
  const std::string job(absl::StripAsciiWhitespace(answer.substr(0, answer.find_first_of(";\n"))));
  uint64_t number = 0;
  if (!absl::SimpleAtoi(job, &number)) return std::nullopt;
  return job;
}

Tasks ParseQueue(const std::string& answer) {
  Tasks tasks;
  for (const std::string& line : Lines(answer)) {
    const std::vector<std::string> words = absl::StrSplit(line, '|');
    uint32_t index = 0;
    if (words.size() != 6 || words[0].empty()) continue;
    // Tasks that were cancelled before they began stay together in one line.
    if (!absl::SimpleAtoi(words[2], &index) && words[2] != "N/A") continue;
    tasks[{words[0], index}] = {words[1], StateWord(words[3]), words[4], words[5], std::nullopt};
  }
  return tasks;
}

Tasks ParseAccounting(const std::string& answer) {
  Tasks tasks;
  for (const std::string& line : Lines(answer)) {
    const std::vector<std::string> words = absl::StrSplit(line, '|');
    if (words.size() != 5) continue;
    const std::pair<std::string, std::string> job = absl::StrSplit(words[1], absl::MaxSplits('_', 1));
    uint32_t index = 0;
    if (!absl::SimpleAtoi(job.second, &index)) continue;
    tasks[{words[0], index}] = {job.first, StateWord(words[2]), "None", words[4], ExitCode(words[3])};
  }
  return tasks;
}

std::optional<int> ParseExitCode(const std::string& answer) {
  for (const absl::string_view word : absl::StrSplit(answer, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(word, absl::MaxSplits('=', 1));
    if (pair.first == "ExitCode") return ExitCode(pair.second);
  }
  return std::nullopt;
}

std::map<std::string, std::string> ParseConfiguration(const std::string& answer) {
  std::map<std::string, std::string> values;
  for (const std::string& line : Lines(answer)) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    values.emplace(absl::StripAsciiWhitespace(line.substr(0, equals)), absl::StripAsciiWhitespace(line.substr(equals + 1)));
  }
  return values;
}

std::vector<std::map<std::string, std::string>> ParsePartitions(const std::string& answer) {
  std::vector<std::map<std::string, std::string>> partitions;
  for (const std::string& line : Lines(answer)) {
    std::map<std::string, std::string>& values = partitions.emplace_back();
    for (const absl::string_view word : absl::StrSplit(line, ' ', absl::SkipEmpty())) {
      values.insert(std::pair<std::string, std::string>(absl::StrSplit(word, absl::MaxSplits('=', 1))));
    }
  }
  return partitions;
}

std::optional<double> ParseDuration(const std::string& text) {
  const size_t dash = text.find('-');
  uint64_t days = 0;
  if (dash != std::string::npos && !absl::SimpleAtoi(text.substr(0, dash), &days)) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(text.substr(dash == std::string::npos ? 0 : dash + 1), ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  uint64_t seconds = 0;
  for (const std::string& part : parts) {
    uint64_t number = 0;
    if (!absl::SimpleAtoi(part, &number)) return std::nullopt;
    seconds = 60 * seconds + number;
  }
  return static_cast<double>(days * 86400 + seconds);
}

}  // namespace ablate::runner::slurm
