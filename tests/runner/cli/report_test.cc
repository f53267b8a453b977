// `ablate report`: one page that holds all it needs and runs nothing else; opened in Chromium where there is one.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "tests/runner/cli/asking.h"
#include "tests/runner/cli/sample_database.h"

namespace ablate::runner {
namespace {

// Statistics of layers, a long curve and one of a single point, which the sample has none of; and names that would be markup.
constexpr char kMore[] = R"sql(
INSERT OR IGNORE INTO statistics (name) VALUES ('reach'), ('js_diversity');
INSERT INTO raw_layer_statistics
  SELECT DISTINCT h.snapshot, h.attention, h.layer, n.statistic, 0.25 * (h.layer + 1)
  FROM raw_head_statistics h JOIN statistics n ON n.name IN ('reach', 'js_diversity');
INSERT INTO metrics (name) VALUES ('train/long'), ('a point');
INSERT INTO raw_metric_points (attempt, metric, step, value)
  WITH RECURSIVE steps(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM steps WHERE i < 1000)
  SELECT 1, metric, i, i FROM metrics, steps WHERE name = 'train/long' OR (name = 'a point' AND i = 7);
UPDATE experiment_trials SET arm = '<script>alert(1)</script>' WHERE arm = 'sparsemax';
UPDATE claims SET arm = '<script>alert(1)</script>' WHERE arm = 'sparsemax';
UPDATE trial_settings SET value = '<img src=x onerror=alert(2)>' WHERE value = 'top_k_softmax';
UPDATE experiments SET question = '</script><script>alert(3)</script>';
UPDATE attempts SET message = '<b onclick="alert(4)">%{x}</b>' WHERE message IS NOT NULL;
)sql";

std::string NewDatabase(const std::string& name, const char* more) {
  const std::string folder = testing::TempDir() + "/" + name;
  EXPECT_TRUE(MakeFolders(folder).ok());
  for (const char* file : {"/results.db", "/results.db-wal", "/results.db-shm"}) unlink((folder + file).c_str());
  const std::string path = folder + "/results.db";
  const absl::Status written = WriteSampleDatabase(path);
  EXPECT_TRUE(written.ok()) << written;
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, more, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
  return path;
}

const std::string& Database() {
  static const std::string& path = *new std::string(NewDatabase("report", ""));
  return path;
}

// A file in place of plotly.js.
std::string Stub() {
  const std::string path = testing::TempDir() + "/stub.js";
  EXPECT_TRUE(WriteFileAtomically(path, "var Plotly;").ok());
  return path;
}

// The text between two marks, the first of them.
std::string Between(const std::string& text, const std::string& begin, const std::string& end) {
  const size_t at = text.find(begin);
  if (at == std::string::npos) return "";
  return text.substr(at + begin.size(), text.find(end, at + begin.size()) - at - begin.size());
}

std::string Page(const std::string& plotly, const std::string& folder, const std::string& database = Database(),
                 const std::string& experiment = "quickstart") {
  const Answer answer = Ask({"report", experiment, "--db", database, "--plotly", plotly, "-o", folder});
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out, folder + "/index.html\n");
  const auto page = ReadFile(folder + "/index.html");
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *page : "";
}

TEST(Report, IsOnePageWithTheAnswerFirst) {
  const std::string page = Page(Stub(), testing::TempDir() + "/one");
  EXPECT_LT(page.find("Best: entmax alpha=1.5, 0.913±0.038."), page.find("<table>"));
  EXPECT_NE(page.find("<li>Claim: sparsemax - softmax &gt;= 0.2: contradicted"), std::string::npos);
  // SHA-256 of "var Plotly;", by openssl dgst -sha256 -binary | base64.
  EXPECT_NE(page.find("script-src &#39;sha256-3Vr1kpS3XCedkdn3hMS8Ei68Y23Wcjt1c0G69rpdPa4=&#39;"), std::string::npos)
      << Between(page, "Content-Security-Policy", ">");
  for (const char* outside : {"http://", "https://", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
}

std::map<std::string, nlohmann::json> Figures(const std::string& page) {
  std::map<std::string, nlohmann::json> figures;
  const auto all = nlohmann::json::parse(Between(page, "id=\"figures\">", "</script>"), nullptr, false);
  EXPECT_TRUE(all.is_array());
  for (const auto& figure : all) figures[figure["id"]] = figure;
  return figures;
}

TEST(Report, HoldsTheDataOfItsPlots) {
  std::map<std::string, nlohmann::json> figures =
      Figures(Page(Stub(), testing::TempDir() + "/data", NewDatabase("more", kMore)));
  std::vector<std::string> ids;
  for (const auto& [id, figure] : figures) ids.push_back(id);
  EXPECT_EQ(ids, (std::vector<std::string>{"alpha-plot", "cost-0", "cost-1", "curves-plot", "degrees-plot", "diversity-plot",
                                           "evaluations-plot", "field-0", "growth-plot", "heads-plot", "leaderboard-plot",
                                           "reach-plot", "syntax-plot"}));
  EXPECT_EQ(figures["leaderboard-plot"]["traces"][0]["x"], nlohmann::json({0.9133, 0.9133, 0.81, 0.5}));
  EXPECT_EQ(figures["leaderboard-plot"]["traces"][1]["x"].size(), 10u);  // trials that succeeded
  EXPECT_EQ(figures["field-0"]["traces"][0]["y"].size(), 4u);
  // The metric that counts comes first: a band and a line for each arm.
  const nlohmann::json& curves = figures["curves-plot"]["variants"]["0"];
  EXPECT_EQ(curves["layout"]["yaxis"]["title"]["text"], "validation/accuracy");
  EXPECT_EQ(curves["traces"].size(), 8u);
  EXPECT_EQ(curves["traces"][1]["y"], nlohmann::json({0.4567, 0.9133}));
  EXPECT_EQ(curves["traces"][0]["y"], nlohmann::json({0.45, 0.9, 0.93, 0.465}));  // lowest forth, highest back
  // A long curve is thinned, and one of a single point is the last to be offered.
  const nlohmann::json& many = figures["curves-plot"]["variants"]["2"];
  EXPECT_EQ(many["layout"]["yaxis"]["title"]["text"], "train/long");
  const std::vector<int> steps = many["traces"][1]["x"];
  EXPECT_LE(steps.size(), 200u);
  EXPECT_GT(steps.size(), 100u);
  EXPECT_EQ(steps.front(), 1);
  EXPECT_EQ(steps.back(), 1000);
  EXPECT_EQ(many["traces"][1]["y"].get<std::vector<int>>(), steps);
  EXPECT_EQ(figures["curves-plot"]["variants"]["3"]["layout"]["yaxis"]["title"]["text"], "a point");
  // Four arms, then eleven trials with statistics; density is the first of five statistics, alpha entmax's only.
  const nlohmann::json& heads = figures["heads-plot"]["variants"];
  EXPECT_EQ(heads["0/0"]["traces"][0]["z"], nlohmann::json({{0.4, 0.39}, {0.35, 0.34}}));
  EXPECT_EQ(heads["0/1"]["traces"][0]["z"], nlohmann::json({{1.5, 1.5}, {1.5, 1.5}}));
  EXPECT_FALSE(heads.contains("1/1"));
  EXPECT_TRUE(heads.contains("14/0"));
  EXPECT_FALSE(heads.contains("15/0"));
  EXPECT_EQ(figures["degrees-plot"]["variants"]["0/0"]["traces"][0]["y"], nlohmann::json({0.75, 0.25}));
  EXPECT_EQ(figures["evaluations-plot"]["variants"]["0"]["traces"][0]["x"], nlohmann::json({0.75, 0.75, 0.5}));
  EXPECT_EQ(figures["reach-plot"]["variants"]["0"]["traces"][1]["y"], nlohmann::json({0.25, 0.5}));
  // What training did not log, an analysis did.
  EXPECT_EQ(figures["reach-plot"]["variants"]["1"]["layout"]["yaxis"]["title"]["text"], "effective_receptive_field");
  EXPECT_EQ(figures["reach-plot"]["variants"]["1"]["traces"][1]["y"], nlohmann::json({2, 3}));
  EXPECT_EQ(figures["syntax-plot"]["variants"]["0/0"]["traces"][0]["y"], nlohmann::json({2, 2, 2}));
  EXPECT_EQ(figures["syntax-plot"]["variants"]["0/1"]["traces"][2]["y"], nlohmann::json({0.25, 0.125, 0.08333}));
}

TEST(Report, TextsOfTheDataAreNoMarkup) {
  const std::string page = Page(Stub(), testing::TempDir() + "/hostile", NewDatabase("hostile", kMore));
  for (const char* markup : {"<script>alert", "<img", "<b onclick", "onclick=\"", "onerror=alert(2)>"}) {
    EXPECT_EQ(page.find(markup), std::string::npos) << markup;
  }
  EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
  EXPECT_NE(page.find("&lt;b onclick=&quot;alert(4)&quot;&gt;"), std::string::npos);
  // plotly.js reads markup in texts of its own kind, so they are escaped for it, and then for the script element.
  EXPECT_NE(Between(page, "id=\"figures\">", "</script>").find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
  const std::string bad = testing::TempDir() + "/bad.js";
  ASSERT_TRUE(WriteFileAtomically(bad, "'</script>'").ok());
  EXPECT_EQ(Ask({"report", "quickstart", "--db", Database(), "--plotly", bad, "-o", testing::TempDir() + "/bad"}).code, 4);
}

TEST(Report, EveryPlotIsATableTooAndEveryPickerHasALabel) {
  const std::string page = Page(Stub(), testing::TempDir() + "/tables", NewDatabase("tables", kMore));
  size_t plots = 0;
  for (size_t at = 0; (at = page.find("<figure>", at)) != std::string::npos; ++at) {
    const std::string figure = Between(page.substr(at), "<figure>", "<figure>");  // and what follows it
    ++plots;
    EXPECT_NE(figure.find("role=\"img\" aria-label=\""), std::string::npos);
    if (Between(figure, "id=\"", "\"") == "cost-0") continue;  // cost-1's table is its too
    EXPECT_NE(figure.find("<table"), std::string::npos) << figure.substr(0, 300);
  }
  EXPECT_EQ(plots, 13u);
  for (size_t at = 0; (at = page.find("<select id=\"", at)) != std::string::npos; ++at) {
    const std::string id = Between(page.substr(at), "<select id=\"", "\"");
    EXPECT_NE(page.find("<label for=\"" + id + "\">"), std::string::npos) << id;
  }
}

TEST(Report, PutsWhatPapersReportBesideOurs) {
  const std::string folder = testing::TempDir() + "/paper";
  ASSERT_TRUE(MakeFolders(folder).ok());
  // The experiment's file need not be the one that ran: its name counts.
  ASSERT_TRUE(WriteFileAtomically(folder + "/quickstart.textproto", *ReadFile("experiments/quickstart.textproto")).ok());
  const std::string expected = folder + "/expected.csv";
  ASSERT_TRUE(WriteFileAtomically(expected, "arm,accuracy,difference_to_softmax,source\nsparsemax,0.95,0.2,A <paper>\n").ok());
  const std::string page = Page(Stub(), folder + "/out", Database(), folder + "/quickstart.textproto");
  EXPECT_NE(page.find("<td>above our interval</td><td>A &lt;paper&gt;</td>"), std::string::npos);
  const nlohmann::json published = Figures(page)["leaderboard-plot"]["traces"][2];
  EXPECT_EQ(published["name"], "published");
  EXPECT_EQ(published["x"], nlohmann::json({0.95}));
  EXPECT_EQ(published["y"], nlohmann::json({"sparsemax"}));
  EXPECT_EQ(published["text"], nlohmann::json({"A &lt;paper&gt;"}));
  EXPECT_EQ(Figures(page)["field-0"]["traces"][2]["x"], nlohmann::json({"sparsemax"}));

  ASSERT_TRUE(WriteFileAtomically(expected, "arm,accuracy\nsoftmax,0.8\nsparsemax,good\n").ok());
  const Answer bad =
      Ask({"report", "quickstart", "--db", Database(), "--plotly", Stub(), "--expected", expected, "-o", folder});
  EXPECT_EQ(bad.code, 2);
  EXPECT_EQ(bad.err, "ablate: " + expected + ":3: accuracy is \"good\"; a number, or empty where the paper says none\n");
}

TEST(Report, LeavesOutWhatWasNotRecorded) {
  const std::string database =
      NewDatabase("older", "DROP VIEW evaluation_results; DROP VIEW analyses; DELETE FROM raw_degrees;");
  const std::string page = Page(Stub(), testing::TempDir() + "/older_page", database);
  EXPECT_EQ(Figures(page).count("evaluations-plot"), 0u);
  EXPECT_NE(
      page.find("Left out, since nothing was recorded for it: Second sets; Receptive fields; Diversity of heads; Syntax."),
      std::string::npos)
      << Between(page, "Left out", "<");
}

TEST(Report, SaysWherePlotlyIs) {
  const Answer answer = Ask({"report", "quickstart", "--db", Database(), "--plotly", "/no/plotly.js", "-o", "x"});
  EXPECT_EQ(answer.code, 4);
  EXPECT_EQ(answer.err.substr(0, 36), "ablate: /no/plotly.js: no plotly.js;");
}

// What Chromium makes of the page: its elements, and what it says on its console.
struct Opened {
  std::string dom, log;
};

Opened OpenInChromium(const std::string& folder) {
  const std::string command = fmt::format(
      "cd '{0}' && HOME='{0}' timeout 100 chromium --headless --no-sandbox --disable-gpu --enable-logging=stderr "
      "--virtual-time-budget=20000 --dump-dom 'file://{0}/index.html' >dom.html 2>log.txt",
      folder);
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return {*ReadFile(folder + "/dom.html"), *ReadFile(folder + "/log.txt")};
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

bool NoChromium() { return std::getenv("ABLATE_PLOTLY") == nullptr || std::system("command -v chromium >/dev/null") != 0; }

TEST(Report, DrawsAllItsPlotsInChromium) {
  if (NoChromium()) GTEST_SKIP() << "ABLATE_PLOTLY, a plotly.min.js, is not set, or there is no chromium";
  const std::string folder = testing::TempDir() + "/chromium";
  Page(std::getenv("ABLATE_PLOTLY"), folder, NewDatabase("drawn", kMore));
  const Opened opened = OpenInChromium(folder);
  EXPECT_NE(opened.dom.find("data-drawn=\"13\""), std::string::npos) << Between(opened.dom, "<html", ">");
  EXPECT_EQ(Count(opened.dom, "class=\"user-select-none svg-container\""), 13u);
  EXPECT_NE(opened.dom.find("<th scope=\"row\">layer 0</th><td>0.4</td><td>0.39</td>"), std::string::npos);
  EXPECT_EQ(opened.log.find(":CONSOLE"), std::string::npos) << opened.log.substr(opened.log.find(":CONSOLE"), 500);
}

// Picks every option of every list, once all is drawn. The page's policy would not let it run, so it is taken out.
constexpr char kPickAll[] = R"js(<script>
setTimeout(function pick() {
  if (document.documentElement.dataset.drawn !== '13') return setTimeout(pick, 20);
  let picked = 0;
  for (const select of document.querySelectorAll('select')) {
    for (const [i] of [...select.options].entries()) {
      select.selectedIndex = i;
      select.dispatchEvent(new Event('change'));
      ++picked;
    }
  }
  document.documentElement.dataset.picked = picked;
}, 20);
</script></body>)js";

TEST(Report, EveryPickIsDrawnInChromium) {
  if (NoChromium()) GTEST_SKIP() << "ABLATE_PLOTLY, a plotly.min.js, is not set, or there is no chromium";
  const std::string folder = testing::TempDir() + "/picked";
  std::string page = Page(std::getenv("ABLATE_PLOTLY"), folder, NewDatabase("picks", kMore));
  page.replace(page.find("Content-Security-Policy"), 23, "none");
  page.replace(page.rfind("</body>"), 7, kPickAll);
  ASSERT_TRUE(WriteFileAtomically(folder + "/index.html", page).ok());
  const Opened opened = OpenInChromium(folder);
  EXPECT_NE(opened.dom.find(fmt::format("data-picked=\"{}\"", Count(page, "<option "))), std::string::npos)
      << Between(opened.dom, "<html", ">");
  EXPECT_NE(opened.dom.find("data-theme=\"dark\""), std::string::npos);
  EXPECT_NE(opened.dom.find("bands from lowest to highest: js_share, top_k\""),
            std::string::npos);  // the last picked, in words
  EXPECT_EQ(opened.log.find(":CONSOLE"), std::string::npos) << opened.log.substr(opened.log.find(":CONSOLE"), 500);
}

}  // namespace
}  // namespace ablate::runner
