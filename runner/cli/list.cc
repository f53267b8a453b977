#include "runner/cli/list.h"

#include <memory>
#include <string>
#include <variant>

#include "analysis/terminal_text.h"
#include "fmt/format.h"
#include "runner/cli/common_options.h"
#include "runner/cli/list_tables.h"
#include "runner/cli/output.h"

namespace ablate::runner {
namespace {

constexpr int kIndent = 4;

struct Options {
  std::string list, name;
  Output output;
};

void AppendIndented(const std::string& text, int width, std::string* out) {
  for (const std::string& line : analysis::WrapText(text, width - kIndent)) *out += std::string(kIndent, ' ') + line + "\n";
}

// For people: the name, below it what it is and the facts that it has.
std::string Entries(const store::Table& table, int width) {
  std::string out;
  for (const std::vector<store::Value>& row : table.rows) {
    std::string facts;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string* text = std::get_if<std::string>(&row[i]);
      if (text == nullptr) continue;
      if (i == 0)
        out += *text + "\n";
      else if (i == 1)
        AppendIndented(*text, width, &out);
      else
        facts += fmt::format("{}{}: {}", facts.empty() ? "" : "; ", table.columns[i], *text);
    }
    if (!facts.empty()) AppendIndented(facts, width, &out);
  }
  return out;
}

ExitCode RunList(const Options& options) {
  const absl::StatusOr<store::Table> table = List(options.list, options.name);
  if (!table.ok()) return Fail(ExitCode::kBadUsage, table.status());
  const absl::Status printed = IsTable(options.output) ? PrintText(Entries(*table, OutputWidth(options.output)))
                                                       : Print(*table, options.output, {{"list", options.list}});
  return printed.ok() ? ExitCode::kAllWell : Fail(ExitCode::kBadUsage, printed);
}

}  // namespace

void AddList(CommandLine& line) {
  auto options = std::make_shared<Options>();
  VerbOptions verb =
      line.AddVerb("list", "Print the names that an experiment or a query may use", [options] { return RunList(*options); });
  std::string lists;
  for (const std::string& name : ListNames()) lists += (lists.empty() ? "" : ", ") + name;
  verb.Add("list", options->list, "One of " + lists).Required().Type("LIST");
  verb.Add("name", options->name, "Only the entry of this name, or those whose names begin with it").Type("NAME");
  AddOutputOptions(verb, options->output);
  verb.AddFooter(
      "Examples:\n"
      "  ablate list normalizers\n"
      "  ablate list fields attention            what can be set below `attention`\n"
      "  ablate list views leaderboard           its columns and what they mean\n"
      "  ablate list fields --format csv");
}

}  // namespace ablate::runner
