#include "lib/tasks/data/rows.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "tests/lib/tasks/temporary_file.h"

namespace ablate::tasks {
namespace {

const Columns kColumns = {"sentence", "", "label"};
const Columns kPairs = {"premise", "hypothesis", "gold"};

using Cells = std::tuple<int64_t, std::string, std::string, std::string>;

absl::StatusOr<std::vector<Row>> ReadRows(const std::string& path, const Columns& columns) {
  BadRows bad(false);
  return ReadRows(path, {columns}, bad);
}

absl::Status CheckFirstRows(const std::string& path, const Columns& columns) {
  BadRows bad(false);
  return CheckFirstRows(path, {columns}, bad);
}

std::vector<Cells> ReadFormat(const std::string& path, const RowFormat& format, int64_t expected_bad = 0) {
  BadRows bad(expected_bad > 0), first_bad(expected_bad > 0);
  const auto rows = ReadRows(path, format, bad);
  EXPECT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_TRUE(CheckFirstRows(path, format, first_bad).ok());
  EXPECT_EQ(bad.count(), expected_bad);
  std::vector<Cells> cells;
  if (!rows.ok()) return cells;
  for (const Row& row : *rows) cells.emplace_back(row.line, row.text, row.second_text, row.label);
  return cells;
}

std::vector<Cells> Read(const std::string& path, const Columns& columns) { return ReadFormat(path, RowFormat{columns}); }

TEST(RowsTest, TsvColumnsByName) {
  const std::string path = WriteTemporary("good.tsv", "label\tid\tsentence\n1\tx\ta b \n0\t\t\"q\"\n");
  EXPECT_EQ(Read(path, kColumns), (std::vector<Cells>{{2, "a b ", "", "1"}, {3, "\"q\"", "", "0"}}));
}

TEST(RowsTest, TsvPairsByteOrderMarkCrLfAndNoLastLineEnd) {
  const std::string path = WriteTemporary("pairs.tsv", "\xEF\xBB\xBFpremise\thypothesis\tgold\r\na\tb\tyes\r\nc\td\tno");
  EXPECT_EQ(Read(path, kPairs), (std::vector<Cells>{{2, "a", "b", "yes"}, {3, "c", "d", "no"}}));
}

TEST(RowsTest, TsvOneColumnMayServeTwice) {
  const std::string path = WriteTemporary("twice.tsv", "sentence\nx\n");
  EXPECT_EQ(Read(path, {"sentence", "", "sentence"}), (std::vector<Cells>{{2, "x", "", "x"}}));
}

TEST(RowsTest, JsonLinesWithLabelsOfAllKinds) {
  const std::string path = WriteTemporary("good.jsonl", R"({"sentence": "a\tbé\n", "label": "pos", "other": [1, {}]})"
                                                        "\n"
                                                        R"({"label": -2, "sentence": "c"})"
                                                        "\r\n"
                                                        R"({"label": true, "sentence": "d"})");
  EXPECT_EQ(Read(path, kColumns),
            (std::vector<Cells>{{1, "a\tb\u00E9\n", "", "pos"}, {2, "c", "", "-2"}, {3, "d", "", "true"}}));
}

TEST(RowsTest, JsonListsOfOneFile) {
  RowFormat format{{"sentence", "", "label"}};
  const std::string path = WriteTemporary(
      "data.json", R"({"sst2": [{"sentence": "a", "label": 1, "idx": 7}, {"sentence": "b c", "label": 0}], "n": 3})");
  const auto read = [&](const std::string& file, const std::string& key) {
    format.json_key = key;
    BadRows bad(false);
    EXPECT_EQ(CheckFirstRows(file, format, bad), ReadRows(file, format, bad).status());
    return ReadRows(file, format, bad);
  };
  const auto rows = read(path, "sst2");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[1].text, "b c");
  EXPECT_EQ((*rows)[1].label, "0");
  EXPECT_EQ((*rows)[1].line, 2);
  const auto message = [&](const std::string& file, const std::string& key) {
    return std::string(read(file, key).status().message()).substr(file.size());
  };
  EXPECT_EQ(message(path, "sst"), ": no member \"sst\"; there are n, sst2; did you mean \"sst2\"?");
  EXPECT_EQ(message(path, "n"), ": member \"n\" is of type number; a list of records is needed");
  EXPECT_EQ(message(path, ""), ": its JSON is of type object; a list of records is needed");
  const std::string list = WriteTemporary("list.json", R"([{"sentence": "a", "label": "x"}, {"sentence": 3, "label": "y"}])");
  EXPECT_EQ(message(list, ""), ":2: member \"sentence\" is of type number; a string is needed");
  EXPECT_EQ(message(list, "k"), ": JSON array; an object with the member \"k\" is needed");
  EXPECT_EQ(message(WriteTemporary("broken.json", "[{"), ""), ": broken JSON");
  EXPECT_EQ(message(WriteTemporary("empty.json", "[]"), ""), ": no rows");
}

TEST(RowsTest, Gzip) {
  EXPECT_EQ(Read(WriteTemporaryGzip("good.tsv.gz", "sentence\tlabel\nx\t1\n"), kColumns),
            (std::vector<Cells>{{2, "x", "", "1"}}));
  EXPECT_EQ(Read(WriteTemporaryGzip("pairs.jsonl.gz", R"({"premise":"a","hypothesis":"b","gold":"c"})"), kPairs),
            (std::vector<Cells>{{1, "a", "b", "c"}}));
}

TEST(RowsTest, QuotedCells) {
  const std::string path = WriteTemporary("quoted.tsv",
                                          "label\t\"sentence\"\r\n"
                                          "1\t\"a\tb\r\nc \"\"d\"\"\"\r\n"
                                          "0\te \"f\" \n"
                                          "\"0\"\t\"\"\"\"\n");
  EXPECT_EQ(ReadFormat(path, RowFormat{kColumns, true}),
            (std::vector<Cells>{{2, "a\tb\r\nc \"d\"", "", "1"}, {4, "e \"f\" ", "", "0"}, {5, "\"", "", "0"}}));
}

TEST(RowsTest, QuotesGoneWrongSayWhere) {
  const std::string head = "sentence\tlabel\n\"x\ny\"\t1\n";
  for (const auto& [row, error] : {std::pair("\"x\t1\nz\t1\n", "4: the quote of cell 1 is not closed"),
                                   std::pair("x\t\"1\"y\n", "4: text behind the closing quote of cell 2"),
                                   std::pair("\"x\n\xFF\"\t1\n", "5: not UTF-8: byte 1 of the line is 0xFF")}) {
    const std::string path = WriteTemporary("bad_quotes.tsv", head + row);
    BadRows bad(false);
    EXPECT_EQ(ReadRows(path, RowFormat{kColumns, true}, bad).status().message(), path + ":" + error);
    EXPECT_EQ(ReadFormat(path, RowFormat{kColumns, true}, 1).size(),
              row[0] == '"' && row[2] == '\t' ? 2u : 1u);  // the row behind it
  }
}

TEST(RowsTest, BadRowsAreSkippedAndCounted) {
  const std::string path =
      WriteTemporary("some_bad.tsv", "sentence\tlabel\n\t1\nx\t1\ny\n\xFF\t1\nz\t0\n" + std::string(1 << 21, 'x'));
  EXPECT_EQ(ReadFormat(path, RowFormat{kColumns}, 4), (std::vector<Cells>{{3, "x", "", "1"}, {6, "z", "", "0"}}));
  BadRows bad(true);
  EXPECT_TRUE(ReadRows(path, {kColumns}, bad).ok());
  EXPECT_EQ(bad.first(), path + ":2: the text (\"sentence\") is empty");
  const std::string all = WriteTemporary("all_bad.jsonl", "[1]\n{}\n");
  EXPECT_EQ(ReadRows(all, {kColumns}, bad).status().message(), all + ": no rows that can be used; " + bad.first());
}

TEST(RowsTest, RowsOfTheIgnoredLabelAreLeftOut) {
  const std::string path = WriteTemporary("ignored.tsv", "sentence\tlabel\nx\t-\ny\t1\n");
  EXPECT_EQ(ReadFormat(path, RowFormat{kColumns, false, "-"}), (std::vector<Cells>{{3, "y", "", "1"}}));
}

struct BadFile {
  const char* name;
  std::string content;
  const Columns* columns;
  std::string error;  // after "path:" or "path: "
};

const BadFile kBadFiles[] = {
    {"no_column.tsv", "sentense\tlabel\nx\t1\n", &kColumns,
     "1: no column \"sentence\" in the header, which has \"sentense\", \"label\"; did you mean \"sentense\"?"},
    {"twice.tsv", "sentence\tlabel\tlabel\nx\t1\t1\n", &kColumns, "1: column \"label\" occurs 2 times in the header"},
    {"cells.tsv", "sentence\tlabel\nx\t1\ny\n", &kColumns, "3: 1 cell, the header has 2"},
    {"more_cells.tsv", "sentence\tlabel\nx\ty\t1\n", &kColumns, "2: 3 cells, the header has 2"},
    {"blank.tsv", "sentence\tlabel\nx\t1\n\n", &kColumns, "3: 1 cell, the header has 2"},
    {"empty_text.tsv", "sentence\tlabel\n\t1\n", &kColumns, "2: the text (\"sentence\") is empty"},
    {"empty_label.tsv", "sentence\tlabel\nx\t\n", &kColumns, "2: the label (\"label\") is empty"},
    {"empty_pair.tsv", "premise\thypothesis\tgold\nx\t\t1\n", &kPairs, "2: the second text (\"hypothesis\") is empty"},
    {"utf8.tsv", "sentence\tlabel\nx\t1\nab\xFF\t1\n", &kColumns, "3: not UTF-8: byte 3 of the line is 0xFF"},
    {"utf8_first.tsv", "\xC3(sentence\tlabel\nx\t1\n", &kColumns, "1: not UTF-8: byte 1 of the line is 0xC3"},
    {"no_rows.tsv", "sentence\tlabel\n", &kColumns, " no rows"},
    {"empty.tsv", "", &kColumns, " no rows"},
    {"empty.jsonl", "", &kColumns, " no rows"},
    {"broken.jsonl", "{\"sentence\": \"x\", \"label\": }\n", &kColumns,
     "1: broken JSON at byte 28: \"{\\\"sentence\\\": \\\"x\\\", \\\"label\\\": }\""},
    {"truncated.jsonl", "{\"sentence\": \"x\", \"label\": 1}\n{\"sent", &kColumns, "2: broken JSON at byte 7: \"{\\\"sent\""},
    {"array.jsonl", "[1]\n", &kColumns, "1: JSON array; an object is needed"},
    {"member.jsonl", "{\"sentense\": \"x\", \"label\": 1}\n", &kColumns,
     "1: no member \"sentence\"; did you mean \"sentense\"?"},
    {"number.jsonl", "{\"sentence\": 5, \"label\": 1}\n", &kColumns,
     "1: member \"sentence\" is of type number; a string is needed"},
    {"fraction.jsonl", "{\"sentence\": \"x\", \"label\": 0.5}\n", &kColumns,
     "1: member \"label\" is 0.5; a string, an integer or a boolean is needed"},
    {"null.jsonl", "{\"sentence\": \"x\", \"label\": null}\n", &kColumns,
     "1: member \"label\" is null; a string, an integer or a boolean is needed"},
    {"empty_text.jsonl", "{\"sentence\": \"\", \"label\": 1}\n", &kColumns, "1: the text (\"sentence\") is empty"},
    {"data.csv", "sentence,label\n", &kColumns, " no known format; the name must end in .tsv, .jsonl or .json, or in one of these and .gz"},
};

TEST(RowsTest, BadFilesSayWhere) {
  for (const BadFile& bad : kBadFiles) {
    const std::string path = WriteTemporary(std::string("bad_") + bad.name, bad.content);
    const absl::Status status = ReadRows(path, *bad.columns).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.name;
    EXPECT_EQ(status.message(), path + ":" + bad.error) << bad.name;
  }
}

TEST(RowsTest, ChecksOfTheFirstRowsReadNoFurther) {
  const std::string good = "sentence\tlabel\nx\t1\n";
  EXPECT_TRUE(CheckFirstRows(WriteTemporary("later.tsv", good + std::string(100000, '\xFF')), kColumns).ok());
  EXPECT_FALSE(CheckFirstRows(WriteTemporary("soon.tsv", "sentence\tlabel\nx\n"), kColumns).ok());
  const std::string path = WriteTemporary("not_named.tsv", "");
  WriteTemporaryGzip("not_named.tsv", good);
  EXPECT_EQ(CheckFirstRows(path, kColumns).message(), path + ": is gzip data; its name must then end in .gz");
}

TEST(RowsTest, MissingFilesFoldersAndBrokenGzip) {
  for (const std::string name : {"none.tsv", "none.jsonl.gz"}) {
    const std::string path = testing::TempDir() + "/" + name;
    EXPECT_EQ(ReadRows(path, kColumns).status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(CheckFirstRows(path, kColumns).code(), absl::StatusCode::kNotFound);
  }
  EXPECT_FALSE(CheckFirstRows(testing::TempDir(), kColumns).ok());
  std::string text = "sentence\tlabel\n";
  for (int i = 0; i < 20000; ++i) text += std::to_string(i * 7919) + "\t1\n";
  const std::string path = WriteTemporaryGzip("cut.tsv.gz", text);
  const std::string whole = path + "_whole";
  ASSERT_EQ(std::rename(path.c_str(), whole.c_str()), 0);
  std::ifstream file(whole, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  WriteTemporary("cut.tsv.gz", bytes.substr(0, bytes.size() / 2));
  EXPECT_EQ(ReadRows(path, kColumns).status().code(), absl::StatusCode::kDataLoss);
  WriteTemporary("cut.tsv.gz", bytes.substr(0, 12) + std::string(200, '\x55'));
  EXPECT_EQ(ReadRows(path, kColumns).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(CheckFirstRows(path, kColumns).code(), absl::StatusCode::kDataLoss);
}

TEST(RowsTest, LongLinesAndDeepJsonAreRefused) {
  const std::string path = WriteTemporary("long.tsv", "sentence\tlabel\n" + std::string((1 << 20) + 1, 'x') + "\t1\n");
  EXPECT_EQ(ReadRows(path, kColumns).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReadRows(path, kColumns).status().message(), path + ":2: 1048579 bytes; at most 1048576 are allowed");
  const std::string endless = WriteTemporary("endless.tsv", std::string(3 << 20, 'x'));
  EXPECT_EQ(CheckFirstRows(endless, kColumns).code(), absl::StatusCode::kOutOfRange);
  const std::string deep = WriteTemporary("deep.jsonl", std::string(1 << 20, '['));
  EXPECT_EQ(ReadRows(deep, kColumns).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(RowsTest, QuotedIsShortAndPrintable) {
  EXPECT_EQ(Quoted("a\"b\n\x01"), "\"a\\\"b\\n\\x01\"");
  EXPECT_EQ(Quoted(std::string(59, 'x') + "\u00E9y"), "\"" + std::string(59, 'x') + "...\"");
  EXPECT_EQ(Quoted(std::string(60, 'x')), "\"" + std::string(60, 'x') + "\"");
}

}  // namespace
}  // namespace ablate::tasks
