// `ablate report`: one page that holds all it needs and runs nothing else; opened in Chromium where there is one.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/report/report_page.h"
#include "fmt/format.h"
#include "lib/base/files.h"
#include "tests/runner/cli/asking.h"
#include "tests/runner/cli/sample_database.h"

namespace ablate::runner {
namespace {

std::string Database() {
  static const std::string& path = *new std::string([] {
    const std::string folder = testing::TempDir() + "/report";
    EXPECT_TRUE(MakeFolders(folder).ok());
    for (const char* name : {"/results.db", "/results.db-wal", "/results.db-shm"}) unlink((folder + name).c_str());
    const absl::Status written = WriteSampleDatabase(folder + "/results.db");
    EXPECT_TRUE(written.ok()) << written;
    return folder + "/results.db";
  }());
  return path;
}

// The text between two marks, the first of them.
std::string Between(const std::string& text, const std::string& begin, const std::string& end) {
  const size_t at = text.find(begin);
  if (at == std::string::npos) return "";
  return text.substr(at + begin.size(), text.find(end, at + begin.size()) - at - begin.size());
}

std::string Page(const std::string& plotly, const std::string& folder) {
  const Answer answer = Ask({"report", "quickstart", "--db", Database(), "--plotly", plotly, "-o", folder});
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out, folder + "/index.html\n");
  const auto page = ReadFile(folder + "/index.html");
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *page : "";
}

TEST(Report, IsOnePageWithTheAnswerFirst) {
  const std::string stub = testing::TempDir() + "/stub.js";
  ASSERT_TRUE(WriteFileAtomically(stub, "var Plotly;").ok());
  const std::string page = Page(stub, testing::TempDir() + "/one");
  EXPECT_LT(page.find("Best: entmax alpha=1.5, 0.913±0.038."), page.find("<table>"));
  EXPECT_NE(page.find("<li>Claim: sparsemax - softmax &gt;= 0.2: contradicted"), std::string::npos);
  // SHA-256 of "var Plotly;", by openssl dgst -sha256 -binary | base64.
  EXPECT_NE(page.find("script-src &#39;sha256-3Vr1kpS3XCedkdn3hMS8Ei68Y23Wcjt1c0G69rpdPa4=&#39;"), std::string::npos)
      << Between(page, "Content-Security-Policy", ">");
  for (const char* outside : {"http://", "https://", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
}

TEST(Report, HoldsTheDataOfItsPlots) {
  const std::string stub = testing::TempDir() + "/stub.js";
  ASSERT_TRUE(WriteFileAtomically(stub, "var Plotly;").ok());
  const std::string page = Page(stub, testing::TempDir() + "/data");
  const nlohmann::json data = nlohmann::json::parse(Between(page, "id=\"data\">", "</script>"), nullptr, false);
  ASSERT_TRUE(data.is_object());
  EXPECT_EQ(data["experiment"]["fields"], nlohmann::json({"attention.normalizer"}));
  EXPECT_EQ(data["tables"]["leaderboard"]["rows"].size(), 4u);
  EXPECT_EQ(data["tables"]["by attention.normalizer"]["rows"].size(), 4u);
  EXPECT_EQ(data["tables"]["trials"]["rows"].size(), 12u);
  EXPECT_EQ(data["tables"]["heads"]["rows"].size(), 11 * 4u);
  for (const char* table : {"curves", "degrees", "failures", "launches", "growth"}) {
    EXPECT_FALSE(data["tables"][table]["rows"].empty()) << table;
  }
}

TEST(Report, TextsCanNotBecomeMarkup) {
  EXPECT_EQ(analysis::EscapeHtml("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
  EXPECT_EQ(analysis::EscapeScriptData("{\"a\": \"</script><!--\"}"), "{\"a\": \"\\u003c/script\\u003e\\u003c!--\"}");
  const std::string bad = testing::TempDir() + "/bad.js";
  ASSERT_TRUE(WriteFileAtomically(bad, "'</script>'").ok());
  EXPECT_EQ(Ask({"report", "quickstart", "--db", Database(), "--plotly", bad, "-o", testing::TempDir() + "/bad"}).code, 4);
}

TEST(Report, SaysWherePlotlyIs) {
  const Answer answer = Ask({"report", "quickstart", "--db", Database(), "--plotly", "/no/plotly.js", "-o", "x"});
  EXPECT_EQ(answer.code, 4);
  EXPECT_EQ(answer.err.substr(0, 36), "ablate: /no/plotly.js: no plotly.js;");
}

TEST(Report, DrawsAllItsPlotsInChromium) {
  const char* const plotly = std::getenv("ABLATE_PLOTLY");
  if (plotly == nullptr) GTEST_SKIP() << "ABLATE_PLOTLY, a plotly.min.js, is not set";
  if (std::system("command -v chromium >/dev/null") != 0) GTEST_SKIP() << "there is no chromium";
  const std::string folder = testing::TempDir() + "/chromium";
  Page(plotly, folder);
  const std::string command = fmt::format(
      "cd '{0}' && HOME='{0}' timeout 100 chromium --headless --no-sandbox --disable-gpu --enable-logging=stderr "
      "--virtual-time-budget=20000 --dump-dom 'file://{0}/index.html' >dom.html 2>log.txt",
      folder);
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const std::string dom = *ReadFile(folder + "/dom.html"), log = *ReadFile(folder + "/log.txt");
  EXPECT_NE(dom.find("data-drawn=\"5\""), std::string::npos) << Between(dom, "<html", ">");
  EXPECT_EQ(log.find(":CONSOLE"), std::string::npos) << log.substr(log.find(":CONSOLE"), 500);
}

}  // namespace
}  // namespace ablate::runner
