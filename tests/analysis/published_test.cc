// What papers report: expected.csv, and how it is held against an experiment.
#include "analysis/report/published.h"

#include <gtest/gtest.h>

#include "analysis/report/html.h"

namespace ablate::analysis {
namespace {

ExperimentResults Results() {
  ExperimentResults results;
  results.name = "levels";
  results.metric = "validation/accuracy";
  results.goal = "MAXIMIZE";
  results.at = "LAST";
  results.arms = {
      {"dense", {{1, 0.90}, {2, 0.92}}, 0, 0}, {"top_k level=0.8", {{1, 0.91}, {2, 0.95}}, 0, 0}, {"new", {}, 0, 2}};
  return results;
}

std::vector<PublishedValue> Parsed(const std::string& text) {
  const auto values = ParsePublished("expected.csv", text);
  EXPECT_TRUE(values.ok()) << values.status();
  return values.ok() ? *values : std::vector<PublishedValue>();
}

TEST(Published, IsReadFromCsv) {
  const std::vector<PublishedValue> values = Parsed(
      "\xef\xbb\xbf"
      "arm,accuracy,difference_to_dense,source\r\ndense,0.9062,,\"A, B 2025, \"\"abstract\"\"\"\r\n\r\n"
      "top_k level=0.8,0.9159,0.0097,\r\n");
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0].arm, "dense");
  EXPECT_EQ(values[0].quantity, "accuracy");
  EXPECT_EQ(values[0].baseline, "");
  EXPECT_EQ(values[0].value, 0.9062);
  EXPECT_EQ(values[0].source, "A, B 2025, \"abstract\"");
  EXPECT_EQ(values[2].arm, "top_k level=0.8");
  EXPECT_EQ(values[2].quantity, "");
  EXPECT_EQ(values[2].baseline, "dense");
  EXPECT_EQ(values[2].value, 0.0097);
}

TEST(Published, ABadRowIsNamedByPathAndLine) {
  const std::pair<const char*, const char*> kBad[] = {
      {"", "expected.csv:1: empty; the first row is a header: arm, source, metrics, difference_to_ARM"},
      {"accuracy\n1\n", "expected.csv:1: no column \"arm\"; columns are arm, source, metrics, difference_to_ARM"},
      {"arm,source\n", "expected.csv:1: no column of numbers: a metric, or difference_to_ARM"},
      {"arm,a,a\n", "expected.csv:1: column \"a\" is there twice"},
      {"arm,,a\n", "expected.csv:1: column 2 has no name"},
      {"arm,a\nx,1\ny,1,2\n", "expected.csv:3: 3 cells; the header has 2"},
      {"arm,a\n,1\n", "expected.csv:2: the arm has no name"},
      {"arm,a,source\nx,1,\"two\nlines\"\ny,91.6%,\n",
       "expected.csv:4: a is \"91.6%\"; a number, or empty where the paper says none"},
      {"arm,a\nx,inf\n", "expected.csv:2: a is \"inf\"; a number, or empty where the paper says none"},
      {"arm,a\nx,1\n\"y,1\n", "expected.csv:3: a quote is not closed"},
      {"arm,a\n\"x\"y,1\n", "expected.csv:2: text behind a closed quote"},
      {"arm,a\nx,1\n\xff,1\n", "expected.csv:3: not UTF-8"},
  };
  for (const auto& [text, message] : kBad) {
    EXPECT_EQ(ParsePublished("expected.csv", text).status(), absl::InvalidArgumentError(message)) << text;
  }
}

TEST(Published, IsHeldAgainstMeansAndPairedDifferences) {
  const ExperimentResults results = Results();
  const std::vector<PublishedValue> values =
      Parsed("arm,accuracy,difference_to_dense,bleu\ndense,0.90,0,\ntop_k level=0.8,0.2,0.5,27\nnew,0.9,,\nother,0.9,,\n");
  ASSERT_EQ(values.size(), 7u);
  EXPECT_DOUBLE_EQ(OursFor(values[0], results).mean, 0.91);
  EXPECT_NEAR(OursFor(values[3], results).mean, 0.02, 1e-15);  // (0.01 + 0.03) / 2; differences of doubles below 1
  EXPECT_TRUE(OfMetric(values[0], results));
  EXPECT_FALSE(OfMetric(values[3], results));
  EXPECT_FALSE(OfMetric(values[4], results));
  const store::Table table = PublishedTable(values, results);
  ASSERT_EQ(table.rows.size(), 6u);  // not dense's difference to itself
  std::vector<std::string> ours, places;
  for (const auto& row : table.rows) {
    ours.push_back(std::get<std::string>(row[3]));
    places.push_back(std::holds_alternative<std::string>(row[5]) ? std::get<std::string>(row[5]) : "NULL");
  }
  // Half-widths: t(0.975, 1) = 12.7062 times the deviation over the square root of 2: 0.127, 0.254, 0.127.
  EXPECT_EQ(ours, (std::vector<std::string>{"0.91±0.13", "0.93±0.25", "+0.02±0.13", "another metric counts here",
                                            "no values yet", "no arm \"other\" here"}));
  EXPECT_EQ(places, (std::vector<std::string>{"inside our interval", "below our interval", "above our interval", "NULL", "NULL",
                                              "NULL"}));
}

TEST(Html, TextsCanNotBecomeMarkup) {
  EXPECT_EQ(EscapeHtml("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
  EXPECT_EQ(EscapeScriptData("{\"a\": \"</script><!--\"}"), "{\"a\": \"\\u003c/script\\u003e\\u003c!--\"}");
  EXPECT_EQ(
      HtmlTable({{"<i>"}, {{std::string("<b>")}, {0.123456}, {store::Value()}}}, "a \"b\""),
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"a &quot;b&quot;\"><table><caption>a &quot;b&quot;"
      "</caption><thead><tr><th scope=\"col\">&lt;i&gt;</th></tr></thead><tbody>\n<tr><td>&lt;b&gt;</td></tr>\n"
      "<tr><td class=\"number\">0.1235</td></tr>\n<tr><td>–</td></tr>\n</tbody></table></div>\n");
}

TEST(Html, ALongTableEndsWithWhereTheRestIs) {
  const store::Table table{{"i"}, std::vector<std::vector<store::Value>>(401, {store::Value(int64_t{7})})};
  const std::string all = HtmlTable(table, "c"), some = HtmlTable(table, "c", "cost");
  EXPECT_EQ(some, all.substr(0, all.rfind("<tr>")) +
                      "</tbody></table></div>\n<p class=\"note\">The first 400 of 401 rows. All: ablate query cost.</p>\n");
}

}  // namespace
}  // namespace ablate::analysis
