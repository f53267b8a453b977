#include "analysis/report/report_page.h"

#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "analysis/claims.h"
#include "analysis/compare.h"
#include "analysis/compare_text.h"
#include "analysis/estimate_text.h"
#include "analysis/experiment_results.h"
#include "analysis/leaderboard.h"
#include "analysis/leaderboard_text.h"
#include "analysis/report/page_files.h"
#include "analysis/report/report_data.h"
#include "analysis/trial_results.h"
#include "fmt/format.h"
#include "lib/base/digest.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/base/version.h"
#include "lib/spec/fields.h"

namespace ablate::analysis {
namespace {

std::string Cell(const store::Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{:.4g}", *real);
  if (const auto* text = std::get_if<std::string>(&value)) return EscapeHtml(*text);
  return "–";
}

std::string HtmlTable(const store::Table& table, const std::string& caption) {
  if (table.rows.empty()) return "<p>None.</p>\n";
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table><caption>{0}</caption><thead><tr>",
      EscapeHtml(caption));
  for (const std::string& column : table.columns) html += fmt::format("<th scope=\"col\">{}</th>", EscapeHtml(column));
  html += "</tr></thead><tbody>\n";
  for (const std::vector<store::Value>& row : table.rows) {
    html += "<tr>";
    for (const store::Value& value : row) html += fmt::format("<td>{}</td>", Cell(value));
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string Section(const std::string& id, const std::string& title, const std::string& content) {
  return fmt::format("<section aria-labelledby=\"{0}-title\"><h2 id=\"{0}-title\">{1}</h2>\n{2}</section>\n", id,
                     EscapeHtml(title), content);
}

std::string Plot(const std::string& id, const std::string& label) {
  return fmt::format("<div class=\"plot\" id=\"{}\" role=\"img\" aria-label=\"{}\"></div>\n", id, EscapeHtml(label));
}

std::string Picker(const std::string& id, const std::string& label) {
  return fmt::format("<label for=\"{0}\">{1} <select id=\"{0}\"></select></label>\n", id, EscapeHtml(label));
}

// 'sha256-...' of an inline script, as a content security policy names it.
std::string HashSource(std::string_view script) {
  return fmt::format("'sha256-{}'", absl::Base64Escape(absl::HexStringToBytes(Sha256(script))));
}

std::string Answer(const ExperimentResults& results, const std::vector<Standing>& standings) {
  std::string html = fmt::format("<p class=\"answer\">{}</p>\n", EscapeHtml(AnswerText(standings)));
  const std::vector<ClaimResult> claims = JudgeClaims(results.claims, results.arms);
  if (claims.empty()) return html;
  html += "<ul class=\"claims\">\n";
  for (const ClaimResult& claim : claims) html += fmt::format("<li>{}</li>\n", EscapeHtml(ClaimText(claim)));
  return html + "</ul>\n";
}

absl::StatusOr<std::string> Fields(const ExperimentResults& results, const std::vector<TrialResult>& trials) {
  std::string html;
  int number = 0;
  for (const int field : VariedFields(trials)) {
    const std::string& path = spec::TrialFields()[field].path;
    ASSIGN_OR_RETURN(const FieldComparison comparison, CompareBy(trials, results.maximize(), path, ""));
    html += fmt::format("<h3>{}</h3>\n", EscapeHtml(path)) +
            Plot(fmt::format("field-{}", number++),
                 fmt::format("{} by {}, means with intervals; the table has the numbers", results.metric, path)) +
            HtmlTable(ComparisonForPeople(comparison), path);
  }
  return html;
}

std::string Commands(const ReportOptions& options) {
  std::string html = "<pre>";
  for (const std::string_view verb : {"run", "leaderboard", "report"}) {
    html += EscapeHtml(
        fmt::format("ablate {} {} --db {}{}\n", verb, options.spec, options.database, verb == "report" ? " -o report" : ""));
  }
  return html + "</pre>\n";
}

absl::StatusOr<std::string> Body(const store::Reader& reader, const ExperimentResults& results, const ReportOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<TrialResult> trials, ReadTrials(reader, results.name));
  const std::vector<Standing> standings = Leaderboard(results.arms, results.maximize(), "");
  ASSIGN_OR_RETURN(const std::string fields, Fields(results, trials));
  const store::Parameters of_it = {{"experiment", results.name}};
  ASSIGN_OR_RETURN(const store::Table failures,
                   reader.Query("SELECT arm, seed, failure_class, message, step, launch FROM failures "
                                "WHERE experiment = :experiment",
                                of_it));
  ASSIGN_OR_RETURN(
      const store::Table launches,
      reader.Query("SELECT name AS launch, host, device_name, threads, versions, git_commit, git_diff_digest, seconds "
                   "FROM launches WHERE launch IN (SELECT a.launch FROM attempts a JOIN experiment_trials et USING "
                   "(trial) JOIN experiments e USING (experiment) WHERE e.name = :experiment) ORDER BY launch",
                   of_it));
  return fmt::format("<header><h1>{}</h1><p class=\"question\">{}</p>\n", EscapeHtml(results.name),
                     EscapeHtml(results.question)) +
         Answer(results, standings) + "</header>\n" +
         Section(
             "leaderboard", "Leaderboard",
             fmt::format("<p>{}</p>\n", EscapeHtml(MetricText(results))) +
                 Plot("leaderboard-plot", results.metric + " of each arm, means with intervals; the table has the numbers") +
                 HtmlTable(LeaderboardForPeople(standings, ""), "Arms, best first") +
                 fmt::format("<p class=\"note\">{}</p>\n", EscapeHtml(kStarsMeaning))) +
         (fields.empty() ? "" : Section("fields", "What each field does", fields)) +
         Section("curves", "Learning curves",
                 Picker("curve-metric", "Metric") + Plot("curves-plot", "Mean over the seeds of each arm, by step")) +
         Section("heads", "Heads",
                 Picker("head-trial", "Trial") + Picker("head-statistic", "Statistic") +
                     Plot("heads-plot", "Heat map of layers and heads of the trial at its last evaluation")) +
         Section("degrees", "Receptive fields",
                 Picker("degree-arm", "Arm") +
                     Plot("degrees-plot", "How many keys queries attend and how many queries attend keys, by layer")) +
         Section("failures", "Failures", HtmlTable(failures, "Failed attempts")) +
         Section("provenance", "Where it comes from",
                 HtmlTable(launches, "Launches") + "<p>To repeat it:</p>\n" + Commands(options));
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string EscapeScriptData(std::string_view json) {
  std::string escaped;
  for (const char c : json) escaped += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : std::string(1, c);
  return escaped;
}

absl::StatusOr<std::string> ReportPage(const store::Reader& reader, const std::string& experiment,
                                       const ReportOptions& options) {
  if (absl::StrContains(options.plotly, "</script")) return absl::InvalidArgumentError("plotly.min.js holds \"</script\"");
  ASSIGN_OR_RETURN(const ExperimentResults results, ReadExperiment(reader, experiment));
  ASSIGN_OR_RETURN(const std::string data, ReportData(reader, experiment));
  ASSIGN_OR_RETURN(const std::string body, Body(reader, results, options));
  const std::string policy = fmt::format(
      "default-src 'none'; script-src {} {}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action "
      "'none'",
      HashSource(options.plotly), HashSource(PageScript()));
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, "
             "initial-scale=1\">\n<title>{}</title>\n<style>\n{}</style>\n"
             "</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n<main id=\"main\">\n",
             EscapeHtml(policy), EscapeHtml(results.name), PageStyle()) +
         body + fmt::format("</main>\n<footer>ablate {}</footer>\n", kVersion) +
         "<script type=\"application/json\" id=\"data\">" + EscapeScriptData(data) + "</script>\n<script>" + options.plotly +
         "</script>\n<script>" + std::string(PageScript()) + "</script>\n</body>\n</html>\n";
}

}  // namespace ablate::analysis
