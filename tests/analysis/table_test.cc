// What each format makes of numbers, NULL, NaN and hostile text: rows and the exact output.
#include "analysis/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <sstream>

#include "analysis/terminal_text.h"
#include "lib/base/text.h"

namespace ablate::analysis {
namespace {

using store::Table;
using store::Value;

constexpr double kInf = std::numeric_limits<double>::infinity();
const Value kNull = std::monostate();

Table Odd() {
  return {{"name", "value", "n"},
          {{"plain", 0.1, int64_t{1}},
           {"a,\"b\"|c\nd\te\\", std::nan(""), kNull},
           {"", kInf, int64_t{-9007199254740993}},
           {kNull, 1.0 / 3, int64_t{0}}}};
}

TEST(Table, AlignsAndRounds) {
  const Table table{{"arm", "n", "accuracy", "rate"},
                    {{"softmax", int64_t{3}, 0.912345678, 5e-4},
                     {"entmax alpha=1.5", int64_t{12}, 0.9, 1e-3},
                     {"broken", int64_t{0}, kNull, 1e-3}}};
  EXPECT_EQ(FormatTable(table, Format::kTable),
            "arm                n  accuracy    rate\n"
            "----------------  --  --------  ------\n"
            "softmax            3    0.9123  0.0005\n"
            "entmax alpha=1.5  12    0.9000  0.0010\n"
            "broken             0         -  0.0010\n");
}

TEST(Table, NumbersStayReadableInOneColumn) {
  const auto column = [](std::vector<Value> values) {
    Table table{{"x"}, {}};
    for (const Value& value : values) table.rows.push_back({value});
    std::istringstream lines(FormatTable(table, Format::kTable));
    std::string text, line;
    for (int i = 0; std::getline(lines, line); ++i) {
      if (i >= 2) text += line.substr(line.find_first_not_of(' ')) + " ";
    }
    return text;
  };
  EXPECT_EQ(column({1.0, 1.25, 1.5}), "1.00 1.25 1.50 ");
  EXPECT_EQ(column({2e-5, 1e-5}), "0.00002 0.00001 ");
  EXPECT_EQ(column({1.23456e-12, 0.0}), "1.235e-12 0 ");
  EXPECT_EQ(column({0.5123456, 0.0000123456}), "0.5123 1.2e-05 ");
  EXPECT_EQ(column({1764000000.123, 12.0}), "1764000000 12 ");
  EXPECT_EQ(column({1e300, -3.0}), "1e+300 -3 ");
  EXPECT_EQ(column({std::nan(""), kInf, -kInf, 0.25}), "nan inf -inf 0.25 ");
  EXPECT_EQ(column({-0.0, 0.25}), "0.00 0.25 ");
}

TEST(Table, WrapsTextToTheWidth) {
  const Table table{{"trial", "message", "steps"},
                    {{"3f2a", "loss became nan at step 17, learning rate 0.5, gradient norm inf", int64_t{17}},
                     {"91bc", "two\nlines", int64_t{400}}}};
  EXPECT_EQ(FormatTable(table, Format::kTable, {40}),
            "trial  message                     steps\n"
            "-----  --------------------------  -----\n"
            "3f2a   loss became nan at step        17\n"
            "       17, learning rate 0.5,\n"
            "       gradient norm inf\n"
            "91bc   two                           400\n"
            "       lines\n");
}

TEST(Table, LongNamesOfNumberColumnsWrap) {
  const Table table{{"arm", "validation/accuracy_mean", "validation/accuracy_low"}, {{"softmax", 0.5, 0.25}}};
  EXPECT_EQ(FormatTable(table, Format::kTable, {40}),
            "            validation/      validation/\n"
            "arm       accuracy_mean     accuracy_low\n"
            "-------  --------------  ---------------\n"
            "softmax             0.5             0.25\n");
}

TEST(Table, TooManyColumnsBecomeRecords) {
  const Table table{
      {"trial", "accuracy", "message"},
      {{"0123456789abcdef0123456789abcdef", 0.91234567, "out of memory on the device, at step 12"}, {"f", 0.5, kNull}}};
  EXPECT_EQ(FormatTable(table, Format::kTable, {42}),
            "-- 1 --\n"
            "trial     0123456789abcdef0123456789abcdef\n"
            "accuracy  0.9123\n"
            "message   out of memory on the device, at\n"
            "          step 12\n"
            "\n"
            "-- 2 --\n"
            "trial     f\n"
            "accuracy  0.5000\n"
            "message   -\n");
}

TEST(Table, ValuesOfEveryRowAreSaidOnceWhereThatMakesItFit) {
  const Table table{{"experiment", "arm", "layer", "n"},
                    {{"quickstart", "softmax", int64_t{0}, int64_t{3}}, {"quickstart", "top_k", int64_t{1}, int64_t{3}}}};
  EXPECT_EQ(FormatTable(table, Format::kTable, {18}),
            "Every row:\n"
            "experiment\n"
            "quickstart, n 3\n"
            "\n"
            "arm      layer\n"
            "-------  -----\n"
            "softmax      0\n"
            "top_k        1\n");
  EXPECT_EQ(FormatTable(table, Format::kTable, {80}),
            "experiment  arm      layer  n\n"
            "----------  -------  -----  -\n"
            "quickstart  softmax      0  3\n"
            "quickstart  top_k        1  3\n");
}

TEST(Table, NoRowsAreSaid) { EXPECT_EQ(FormatTable({{"arm", "n"}, {}}, Format::kTable), "arm  n\n---  -\n(no rows)\n"); }

TEST(Table, NoValueReachesTheTerminalAsAControl) {
  const Table table{{"x\x1b"}, {{"\x1b[31mred\x07\r\xc2\x9b \xff \xe2\x80\xaeright"}}};
  EXPECT_EQ(FormatTable(table, Format::kTable),
            "x\\x1b\n"
            "----------------------------------------\n"
            "\\x1b[31mred\\x07\\x0d\\x9b \\xff \\u202eright\n");
  for (const Format format :
       {Format::kTable, Format::kCsv, Format::kTsv, Format::kJson, Format::kJsonl, Format::kMarkdown, Format::kLatex}) {
    const std::string text = FormatTable(table, format, {80, true});
    EXPECT_EQ(text.find_first_of("\x1b\x07\x9b"), std::string::npos) << text;
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << text;
  }
}

TEST(Table, WideCharactersAlign) {
  const Table table{{"text", "n"}, {{"漢字", int64_t{1}}, {"e\xcc\x81t\xc3\xa9", int64_t{2}}}};
  EXPECT_EQ(FormatTable(table, Format::kTable), "text  n\n----  -\n漢字  1\ne\xcc\x81t\xc3\xa9   2\n");
}

TEST(Table, RowsBeyondTheLayoutStayWhole) {
  Table table{{"x", "text"}, {}};
  for (int64_t i = 1; i <= 1001; ++i) table.rows.push_back({i > 1000 ? Value(0.123456) : Value(0.5), "t"});
  table.rows.push_back({123456.0, "longer text behind"});
  const std::string text = FormatTable(table, Format::kTable);
  EXPECT_NE(text.find("\n0.12  t\n123456.0  longer text\n     behind\n"), std::string::npos) << text.substr(text.size() - 60);
}

TEST(Csv, FollowsRfc4180) {
  EXPECT_EQ(FormatTable(Odd(), Format::kCsv),
            "name,value,n\r\n"
            "plain,0.1,1\r\n"
            "\"a,\"\"b\"\"|c\nd\te\\\",nan,\r\n"
            "\"\",inf,-9007199254740993\r\n"
            ",0.3333333333333333,0\r\n");
}

TEST(Tsv, KeepsOneRowALine) {
  EXPECT_EQ(FormatTable(Odd(), Format::kTsv),
            "name\tvalue\tn\n"
            "plain\t0.1\t1\n"
            "a,\"b\"|c\\nd\\te\\\\\tnan\t\n"
            "\tinf\t-9007199254740993\n"
            "\t0.3333333333333333\t0\n");
}

TEST(Json, HasContextAndRows) {
  EXPECT_EQ(FormatTable(Odd(), Format::kJson, {80, false, {{"database", "a\"b.db"}, {"query", "SELECT 1"}}}),
            "{\"context\": {\"database\": \"a\\\"b.db\", \"query\": \"SELECT 1\"},\n"
            "\"rows\": [\n"
            "  {\"name\": \"plain\", \"value\": 0.1, \"n\": 1},\n"
            "  {\"name\": \"a,\\\"b\\\"|c\\nd\\te\\\\\", \"value\": \"NaN\", \"n\": null},\n"
            "  {\"name\": \"\", \"value\": \"Infinity\", \"n\": -9007199254740993},\n"
            "  {\"name\": null, \"value\": 0.3333333333333333, \"n\": 0}\n"
            "]}\n");
  EXPECT_EQ(FormatTable({{"a"}, {}}, Format::kJson), "{\"context\": {},\n\"rows\": []}\n");
}

TEST(Json, BadUtf8IsReplacedAndEqualNamesAreKeptApart) {
  EXPECT_EQ(FormatTable({{"a", "a"}, {{"\xff", 1e-7}}}, Format::kJsonl), "{\"a\": \"\xef\xbf\xbd\", \"a_2\": 1e-07}\n");
}

TEST(Markdown, EscapesBarsAndLines) {
  EXPECT_EQ(FormatTable(Odd(), Format::kMarkdown),
            "| name | value | n |\n"
            "| --- | --- | --- |\n"
            "| plain | 0.1 | 1 |\n"
            "| a,\"b\"\\|c<br>d\te\\ | nan |  |\n"
            "|  | inf | -9007199254740993 |\n"
            "|  | 0.3333333333333333 | 0 |\n");
}

TEST(Latex, EscapesAndAligns) {
  EXPECT_EQ(FormatTable({{"arm_1", "mean", "n"}, {{"50% & {more} \\ ~^#$<", "0.9±0.1 **", int64_t{3}}, {kNull, kNull, kNull}}},
                        Format::kLatex),
            "\\begin{tabular}{llr}\n"
            "\\toprule\n"
            "arm\\_1 & mean & n \\\\\n"
            "\\midrule\n"
            "50\\% \\& \\{more\\} \\textbackslash{} \\~{}\\^{}\\#\\$$<$ & 0.9$\\pm$0.1 ** & 3 \\\\\n"
            "-- & -- & -- \\\\\n"
            "\\bottomrule\n"
            "\\end{tabular}\n");
  EXPECT_EQ(FormatTable({{"a"}, {}}, Format::kLatex),
            "\\begin{tabular}{l}\n\\toprule\na \\\\\n\\midrule\n\\bottomrule\n\\end{tabular}\n");
}

TEST(Formats, EveryDigitComesBack) {
  for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -2.2250738585072014e-308, 123456789.12345679}) {
    const std::string text = FormatTable({{"x"}, {{value}}}, Format::kTsv);
    EXPECT_EQ(std::strtod(text.c_str() + 2, nullptr), value) << text;
  }
}

TEST(ParseFormat, NamesTheNearest) {
  EXPECT_EQ(*ParseFormat("jsonl"), Format::kJsonl);
  EXPECT_EQ(ParseFormat("jsn").status().message(),
            "\"jsn\" is none of table, csv, tsv, json, jsonl, markdown, latex; did you mean \"json\"?");
}

TEST(WrapText, KeepsWordsAndMarksTogether) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(WrapText("", 10), Lines({""}));
  EXPECT_EQ(WrapText("a b", 10), Lines({"a b"}));
  EXPECT_EQ(WrapText("one two three", 7), Lines({"one two", "three"}));
  EXPECT_EQ(WrapText("one\n\ntwo", 7), Lines({"one", "", "two"}));
  EXPECT_EQ(WrapText("abcdefghij", 4), Lines({"abcd", "efgh", "ij"}));
  EXPECT_EQ(WrapText("a/path/to/file", 8), Lines({"a/path/", "to/file"}));
  EXPECT_EQ(WrapText("漢字漢字", 5), Lines({"漢字", "漢字"}));
  EXPECT_EQ(WrapText("abe\xcc\x81z", 3), Lines({"abe\xcc\x81", "z"}));
}

// Random bytes, with many that mean something: nothing but spaces is lost, no line is too wide, and all of it is valid UTF-8.
TEST(WrapText, HoldsForAnyBytes) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {" ",    "\n", "\t", "\x1b", "\xff", "\xcc\x81",         "漢",
                                           "a",    "b",  "_",  "/",    ".",    "\xf0\x9f\x98\x80", "\xe2\x80\xae",
                                           "\xe2", "-",  "0"};
  const auto without_spaces = [](std::string text) {
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }), text.end());
    return text;
  };
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (size_t i = random() % 40; i > 0; --i) text += pieces[random() % pieces.size()];
    const std::string escaped = EscapeControls(text);
    EXPECT_TRUE(IsUtf8(escaped));
    const int width = 2 + static_cast<int>(random() % 20);
    std::string joined;
    for (const std::string& line : WrapText(escaped, width)) {
      EXPECT_LE(DisplayWidth(line), width) << line;
      joined += line;
    }
    EXPECT_EQ(without_spaces(joined), without_spaces(escaped));
    EXPECT_TRUE(IsUtf8(FormatTable({{text}, {{text}}}, Format::kJson)));
  }
}

}  // namespace
}  // namespace ablate::analysis
