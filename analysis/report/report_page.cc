#include "analysis/report/report_page.h"

#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "analysis/claims.h"
#include "analysis/estimate_text.h"
#include "analysis/leaderboard_text.h"
#include "analysis/report/html.h"
#include "analysis/report/page_files.h"
#include "analysis/report/sections.h"
#include "fmt/format.h"
#include "lib/base/digest.h"
#include "lib/base/status_macros.h"
#include "lib/base/version.h"

namespace ablate::analysis {
namespace {

// 'sha256-...' of an inline script, as a content security policy names it.
std::string HashSource(std::string_view script) {
  return fmt::format("'sha256-{}'", absl::Base64Escape(absl::HexStringToBytes(Sha256(script))));
}

std::string TrialCounts(const Study& study) {
  int failed = 0, succeeded = 0;
  for (const TrialResult& trial : study.trials) {
    succeeded += trial.state == "succeeded" ? 1 : 0;
    failed += trial.state == "failed" ? 1 : 0;
  }
  const int all = static_cast<int>(study.trials.size());
  std::string text = fmt::format("{} of {}: {} succeeded", Plural(all, "trial"),
                                 Plural(static_cast<int>(study.standings.size()), "arm"), succeeded);
  if (failed > 0) text += fmt::format(", {} failed", failed);
  if (all > failed + succeeded) text += fmt::format(", {} unfinished", all - failed - succeeded);
  return text + ".";
}

std::string Header(const Study& study) {
  const ExperimentResults& results = study.results;
  std::string html =
      fmt::format("<header><h1>{}</h1><p class=\"question\">{}</p>\n<p class=\"answer\">{}</p>\n", EscapeHtml(results.name),
                  EscapeHtml(results.question), EscapeHtml(AnswerText(study.standings)));
  const std::vector<ClaimResult> claims = JudgeClaims(results.claims, results.arms);
  if (!claims.empty()) html += "<ul class=\"claims\">\n";
  for (const ClaimResult& claim : claims) html += fmt::format("<li>{}</li>\n", EscapeHtml(ClaimText(claim)));
  if (!claims.empty()) html += "</ul>\n";
  return html + Note(TrialCounts(study)) + "</header>\n";
}

// Links to the sections, and the theme.
std::string Navigation(const std::vector<Section>& sections) {
  std::string html = "<nav aria-label=\"Sections\"><ul>\n";
  for (const Section& section : sections) {
    html += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, EscapeHtml(section.title));
  }
  return html +
         "</ul><label for=\"theme\">Theme <select id=\"theme\"><option value=\"\">of the system</option>"
         "<option value=\"light\">light</option><option value=\"dark\">dark</option></select></label></nav>\n"
         "<noscript><p>Plots need JavaScript; every one of them is also a table on this page.</p></noscript>\n";
}

std::string SectionHtml(const Section& section) {
  return fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\"><h2 id=\"{0}-title\">{1}</h2>\n{2}</section>\n",
                     section.id, EscapeHtml(section.title), section.html);
}

// Those that have something to show; what was not recorded is named at the end of the last.
absl::StatusOr<std::vector<Section>> Sections(const Study& study, const ReportOptions& options) {
  std::vector<Section> sections{LeaderboardSection(study)};
  std::vector<std::string> missing;
  for (const auto make : {FieldsSection, CostSection, CurvesSection, EvaluationsSection, HeadsSection, ReceptiveFieldsSection,
                          DiversitySection, SyntaxSection, FailuresSection}) {
    ASSIGN_OR_RETURN(Section section, make(study));
    if (section.html.empty()) {
      missing.push_back(section.title);
    } else {
      sections.push_back(std::move(section));
    }
  }
  ASSIGN_OR_RETURN(Section provenance, ProvenanceSection(study, options.spec, options.database));
  if (!missing.empty()) {
    provenance.html += Note(fmt::format("Left out, since nothing was recorded for it: {}.", absl::StrJoin(missing, "; ")));
  }
  sections.push_back(std::move(provenance));
  return sections;
}

std::string Head(const std::string& title, const std::string& plotly) {
  const std::string policy = fmt::format(
      "default-src 'none'; script-src {} {}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action "
      "'none'",
      HashSource(plotly), HashSource(PageScript()));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n{}</style>\n"
      "</head>\n",
      EscapeHtml(policy), EscapeHtml(title), PageStyle());
}

}  // namespace

absl::StatusOr<std::string> ReportPage(const store::Reader& reader, const std::string& experiment,
                                       const ReportOptions& options) {
  if (absl::StrContains(options.plotly, "</script")) return absl::InvalidArgumentError("plotly.min.js holds \"</script\"");
  ASSIGN_OR_RETURN(const Study study, ReadStudy(reader, experiment, options.published));
  ASSIGN_OR_RETURN(const std::vector<Section> sections, Sections(study, options));
  std::string html = Head(study.results.name, options.plotly) +
                     "<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n<main id=\"main\">\n" + Header(study) +
                     Navigation(sections);
  ordered_json figures = ordered_json::array();
  for (const Section& section : sections) {
    html += SectionHtml(section);
    for (const ordered_json& figure : FigureData(section.figures)) figures.push_back(figure);
  }
  const std::string data = figures.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return html + fmt::format("</main>\n<footer>ablate {}</footer>\n", kVersion) +
         "<script type=\"application/json\" id=\"figures\">" + EscapeScriptData(data) + "</script>\n<script>" + options.plotly +
         "</script>\n<script>" + std::string(PageScript()) + "</script>\n</body>\n</html>\n";
}

}  // namespace ablate::analysis
