#include "runner/cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "fmt/format.h"

namespace ablate::runner {
namespace {

constexpr size_t kFlushBytes = 1 << 16;
constexpr int kWidthOfPipes = 80;  // fixed, so that a pipe gets the same text everywhere

std::string CheckFormat(const std::string& name) {
  const auto format = analysis::ParseFormat(name);
  return format.ok() ? "" : std::string(format.status().message());
}

absl::Status WriteStatus(int error) {
  if (error == 0) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("can't write to standard output: {}", std::strerror(error)));
}

}  // namespace

void AddOutputOptions(VerbOptions verb, Output& output) {
  verb.Add("--format", output.format, "table (the default, rounded for reading), csv, tsv, json, jsonl, markdown or latex")
      .Type("FORMAT")
      .Check(CheckFormat);
  AddWidthOption(verb, output);
}

void AddWidthOption(VerbOptions verb, Output& output) {
  verb.Add("--width", output.width, "Columns of a table. Default: the terminal's; 80 in a pipe").Type("N").Between(20, 10000);
}

bool IsTable(const Output& output) { return output.format == "table"; }

bool IsForPeople(const Output& output) { return IsTable(output) || output.format == "markdown" || output.format == "latex"; }

int OutputWidth(const Output& output) {
  if (output.width > 0) return output.width;
  struct winsize size;
  if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
  return kWidthOfPipes;
}

Printer::Printer(const Output& output, std::vector<std::pair<std::string, std::string>> context) {
  const analysis::TableOptions options{OutputWidth(output), isatty(STDOUT_FILENO) != 0, std::move(context)};
  writer_ = analysis::MakeTableWriter(*analysis::ParseFormat(output.format), options);
}

void Printer::Begin(const std::vector<std::string>& columns) { writer_->Begin(columns, &waiting_); }

bool Printer::Row(const std::vector<store::Value>& values) {
  writer_->Row(values, &waiting_);
  if (waiting_.size() >= kFlushBytes) Flush();
  return error_ == 0;
}

absl::Status Printer::End() {
  writer_->End(&waiting_);
  Flush();
  if (error_ == 0 && std::fflush(stdout) != 0) error_ = errno;
  return WriteStatus(error_);
}

void Printer::Flush() {
  if (error_ == 0 && std::fwrite(waiting_.data(), 1, waiting_.size(), stdout) != waiting_.size()) error_ = errno;
  waiting_.clear();
}

absl::Status Print(const store::Table& table, const Output& output, std::vector<std::pair<std::string, std::string>> context) {
  Printer printer(output, std::move(context));
  printer.Begin(table.columns);
  for (const std::vector<store::Value>& row : table.rows) {
    if (!printer.Row(row)) break;
  }
  return printer.End();
}

absl::Status PrintText(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return WriteStatus(written ? 0 : errno);
}

}  // namespace ablate::runner
