// Views and named queries: data, query and expected rows (tests/golden/views), and that all of them are documented.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "fmt/format.h"
#include "lib/base/files.h"
#include "lib/store/documented.h"
#include "lib/store/sqlite.h"
#include "tests/lib/store/example.h"

namespace ablate::store {
namespace {

constexpr char kFolder[] = "tests/golden/views";

Database OpenRaw(const std::string& path) {
  sqlite3* raw = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
  return Database(raw);
}

std::string GoldenDatabase() {
  static const std::string& path = *new std::string([] {
    const std::string path = NewDatabasePath("golden");
    OpenWriter(path);
    Check(Execute(OpenRaw(path).get(), *ReadFile(JoinPath(kFolder, "data.sql"))));
    return path;
  }());
  return path;
}

struct Golden {
  std::string query, rows;
};

// Blocks of a query, a line "----" and its rows, with an empty line between blocks; lines with '#' in front are comment.
std::vector<Golden> ReadGolden(const std::string& path) {
  std::vector<Golden> all(1);
  bool in_rows = false;
  std::istringstream lines(*ReadFile(path));
  for (std::string line; std::getline(lines, line);) {
    if (line[0] == '#') continue;
    if (line == "----") {
      in_rows = true;
    } else if (line.empty() && in_rows) {
      all.emplace_back();
      in_rows = false;
    } else {
      (in_rows ? all.back().rows : all.back().query) += line + "\n";
    }
  }
  return all;
}

class Views : public testing::TestWithParam<std::string> {};

TEST_P(Views, GivesTheExpectedRows) {
  const std::vector<Golden> all = ReadGolden(fmt::format("{}/{}.golden", kFolder, GetParam()));
  for (const Golden& golden : all) {
    ASSERT_FALSE(golden.rows.empty()) << golden.query;
    EXPECT_EQ(Rows(GoldenDatabase(), golden.query), golden.rows) << golden.query;
  }
}

TEST_P(Views, ColumnsAreTheDocumentedOnes) {
  for (const Documented& view : store::Views()) {
    if (view.name != GetParam()) continue;
    std::vector<std::string> documented;
    for (const auto& [name, meaning] : view.columns) documented.push_back(name);
    EXPECT_EQ(OpenReader(GoldenDatabase())->Query("SELECT * FROM " + view.name)->columns, documented);
  }
}

std::vector<std::string> ViewNames() {
  std::vector<std::string> names;
  for (const Documented& view : store::Views()) names.push_back(view.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, Views, testing::ValuesIn(ViewNames()), [](const auto& info) { return info.param; });

TEST(Views, OpenAnywhere) {
  // Only functions that every SQLite has: a program that reads the file need not have been compiled with mathematics.
  const Database database = OpenRaw(GoldenDatabase());
  const auto authorize = [](void* odd, int action, const char*, const char* function, const char*, const char*) {
    static const char* const kPlain[] = {"avg",  "coalesce", "count", "first_value", "max",   "min",
                                         "rank", "strftime", "sum",   "like",        "printf"};
    if (action != SQLITE_FUNCTION) return SQLITE_OK;
    for (const char* plain : kPlain) {
      if (std::string(plain) == function) return SQLITE_OK;
    }
    *static_cast<std::string*>(odd) += function;
    return SQLITE_OK;
  };
  std::string odd;
  sqlite3_set_authorizer(database.get(), authorize, &odd);
  for (const std::string& name : ViewNames()) Check(Execute(database.get(), "SELECT * FROM " + name));
  for (const Documented& query : NamedQueries()) Check(Execute(database.get(), query.sql));
  EXPECT_EQ(odd, "");
}

TEST(Views, TablesOfDatabaseAndViewsDoNotShareNames) {
  EXPECT_EQ(Rows(GoldenDatabase(), "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name"), [] {
    std::string names;
    for (const std::string& name : ViewNames()) names += name + "\n";
    return names;
  }());
}

TEST(Documented, AnUndocumentedColumnIsRefused) {
  EXPECT_TRUE(ParseView("v", "-- Rows.\nCREATE VIEW v (\n  a,  -- one\n  b   -- two\n) AS\nSELECT 1, 2;\n").ok());
  const std::pair<std::string, std::string> kBroken[] = {
      {"-- Rows.\nCREATE VIEW v (\n  a,  -- one\n  b\n) AS\nSELECT 1, 2;\n", "v.sql: 'b' has no comment with its meaning"},
      {"CREATE VIEW v (\n  a  -- one\n) AS\nSELECT 1;\n", "v.sql: no comment says what a row is"},
      {"-- Rows.\nCREATE VIEW v (\n) AS\nSELECT 1;\n", "v.sql: no column is documented"},
      {"-- Rows.\nCREATE VIEW v (\n  a  -- one\n", "v.sql: the columns must end with a line ') AS'"},
      {"-- Rows.\nCREATE VIEW w (\n", "v.sql: must hold 'CREATE VIEW v (' and a column on each line after it"},
  };
  for (const auto& [text, message] : kBroken) EXPECT_EQ(ParseView("v", text).status(), absl::InvalidArgumentError(message));
  EXPECT_EQ(ParseQuery("q", "-- Rows.\n-- Parameters\n--   p\n-- Columns\n--   c  one\nSELECT 1").status(),
            absl::InvalidArgumentError("q.sql: 'p' has no comment with its meaning"));
}

TEST(Documented, MeaningsGoOnOverLines) {
  const Documented view =
      *ParseView("v", "-- Rows of\n-- things.\nCREATE VIEW v (\n  a  -- one\n     -- more\n) AS\nSELECT 1;\n");
  EXPECT_EQ(view.summary, "Rows of things.");
  EXPECT_EQ(view.columns, (std::vector<std::pair<std::string, std::string>>{{"a", "one more"}}));
  EXPECT_EQ(view.sql, "CREATE VIEW v (\n  a  -- one\n     -- more\n) AS\nSELECT 1");
}

TEST(NamedQueries, HaveTheDocumentedColumnsAndParameters) {
  ASSERT_FALSE(NamedQueries().empty());
  for (const Documented& query : NamedQueries()) {
    Parameters parameters;
    for (const auto& [name, meaning] : query.parameters) parameters.emplace_back(name, "x");
    const absl::StatusOr<Table> table = OpenReader(GoldenDatabase())->Query(query.sql, parameters);
    ASSERT_TRUE(table.ok()) << query.name << table.status();
    std::vector<std::string> documented;
    for (const auto& [name, meaning] : query.columns) documented.push_back(name);
    EXPECT_EQ(table->columns, documented) << query.name;
  }
}

std::string RowsOf(const std::string& name, const Parameters& parameters) {
  for (const Documented& query : NamedQueries()) {
    if (query.name == name) return Rows(GoldenDatabase(), query.sql, parameters);
  }
  return "no such query";
}

TEST(NamedQueries, GiveTheExpectedRows) {
  EXPECT_EQ(RowsOf("best_trial", {{"experiment", "small"}}), "d3|dense|3|validation/accuracy|0.75\n");
  EXPECT_EQ(RowsOf("best_trial", {{"experiment", "losses"}}), "l1|level=0.5|1|validation/loss|1\n");
  EXPECT_EQ(RowsOf("learning_curve", {{"trial", "d1"}, {"metric", "validation/accuracy"}}), "5|0.25\n10|0.5\n");
  EXPECT_EQ(RowsOf("alpha_by_head", {{"experiment", "small"}}),
            "entmax|encoder|0|0|1|1.5|1.75|1.75|1.75|0.5\nentmax|encoder|0|1|1|1.5|1.25|1.25|1.25|0.25\n");
  EXPECT_EQ(RowsOf("density_by_layer", {{"experiment", "losses"}}), "dense|encoder|0|1|1|1|8|2.5\n");
  EXPECT_EQ(RowsOf("paired_differences", {{"experiment", "small"}, {"arm", "entmax"}, {"baseline", "dense"}}),
            "1|0.75|0.5|0.25\n2|0.75|0.625|0.125\n");
  EXPECT_EQ(
      RowsOf("paired_errors", {{"experiment", "small"}, {"arm", "entmax"}, {"baseline", "dense"}, {"evaluation", "robust"}}),
      "1|3|2|0|1|0\n");
  EXPECT_EQ(RowsOf("interactions",
                   {{"experiment", "grid"}, {"first", "attention.normalizer"}, {"second", "attention.sparsity.structure"}}),
            "softmax|NONE|1|1|1|1|-0.5|1.5\nsoftmax|WINDOW|1|2|2|2|3.5|-1.5\n"
            "sparsemax|NONE|1|3|3|3|4.5|-1.5\nsparsemax|WINDOW|1|10|10|10|8.5|1.5\n");
  // Three of six pairs have no trial, so nothing is said of additivity.
  EXPECT_EQ(RowsOf("interactions",
                   {{"experiment", "small"}, {"first", "attention.normalizer"}, {"second", "attention.sparsity.structure"}}),
            "entmax|NONE|2|0.75|0.75|0.75|NULL|NULL\nsoftmax|NONE|3|0.625|0.5|0.75|NULL|NULL\n"
            "softmax|TOP_K_PER_QUERY|1|0.25|0.25|0.25|NULL|NULL\nsparsemax|NONE|1|0.75|0.75|0.75|NULL|NULL\n");
  EXPECT_EQ(RowsOf("pareto_front", {{"experiment", "small"}}),
            "entmax|2|0.75|0.375|1.2000000000000002|1|1\nk=2|1|0.75|NULL|NULL|NULL|NULL\ndense|3|0.625|1|1.6|0|0\n"
            "level=0.5|1|0.25|NULL|NULL|NULL|NULL\n");
  EXPECT_EQ(RowsOf("regularity_cost", {{"experiment", "small"}}),
            "entmax|2|NULL|0.75|NULL|NULL|NULL|NULL|NULL|NULL|NULL\ndense|3|NULL|0.625|NULL|NULL|NULL|NULL|NULL|NULL|NULL\n"
            "level=0.5|1|NULL|0.25|NULL|NULL|NULL|NULL|NULL|NULL|NULL\nk=2|1|2|0.75|NULL|NULL|NULL|NULL|NULL|NULL|NULL\n");
  EXPECT_EQ(RowsOf("trial_settings", {{"trial", "w"}}), "w1|model.encoder.layers|4\nw1|seed|1\n");
}

TEST(TQuantiles, AreThoseOfTheTables) {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, 0.975; the last one is the normal distribution's.
  const std::pair<int, std::string> kKnown[] = {{1, "12.706"}, {2, "4.303"},  {3, "3.182"},   {4, "2.776"},      {5, "2.571"},
                                                {9, "2.262"},  {10, "2.228"}, {20, "2.086"},  {30, "2.042"},     {50, "2.009"},
                                                {80, "1.990"}, {99, "1.984"}, {100, "1.984"}, {1000000, "1.960"}};
  for (const auto& [degrees, quantile] : kKnown) {
    EXPECT_EQ(Rows(GoldenDatabase(), "SELECT printf('%.3f', two_sided_95) FROM t_quantiles WHERE degrees = :degrees",
                   {{"degrees", std::to_string(degrees)}}),
              quantile + "\n");
  }
  EXPECT_EQ(Rows(GoldenDatabase(),
                 "SELECT COUNT(*) FROM t_quantiles a JOIN t_quantiles b ON b.degrees > a.degrees AND b.two_sided_95 >= "
                 "a.two_sided_95"),
            "0\n");
}

// Deviations over twelve orders of magnitude: Newton's method in SQL against the standard library's square root.
TEST(Views, DeviationsAreSquareRoots) {
  const std::string path = NewDatabasePath("roots");
  std::unique_ptr<Writer> writer = OpenWriter(path);
  Check(writer->RecordExperiment(Example("first", 1, 26)));
  const LaunchRecord launch = [] {
    LaunchRecord launch = LaunchOf("one", {});
    for (int i = 1; i <= 26; ++i) launch.trials.push_back(TrialId(i));
    return launch;
  }();
  Check(writer->RecordLaunch(launch));
  Events events;
  for (int i = 1; i <= 26; ++i) {
    const double value = (i % 2) * std::pow(10.0, (i - 1) / 2 - 6);  // each arm: 10^x and 0
    events.Begin(TrialId(i), 1, 1).Point(TrialId(i), 1, value).End(TrialId(i), 1, AttemptEnd::SUCCEEDED);
  }
  Check(writer->Collect("one", events.all()));
  const Table table = *OpenReader(path)->Query("SELECT deviation, high - low FROM leaderboard ORDER BY arm");
  ASSERT_EQ(table.rows.size(), 13u);
  for (int arm = 0; arm < 13; ++arm) {
    const double spread = std::pow(10.0, arm - 6), deviation = spread / std::sqrt(2.0);
    // Newton stops within an ulp, and the variance has a few roundings: 8 ulps are 1.8e-15.
    EXPECT_NEAR(std::get<double>(table.rows[arm][0]) / deviation, 1, 2e-15) << arm;
    EXPECT_NEAR(std::get<double>(table.rows[arm][1]) / (2 * 12.706204736174705 * deviation / std::sqrt(2.0)), 1, 4e-15) << arm;
  }
}

}  // namespace
}  // namespace ablate::store
