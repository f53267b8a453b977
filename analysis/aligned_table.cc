#include "analysis/aligned_table.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "analysis/terminal_text.h"
#include "fmt/format.h"

namespace ablate::analysis {
namespace {

constexpr size_t kRowsForLayout = 1000;
constexpr int kGap = 2;          // columns between two columns
constexpr int kLeastText = 14;   // a text column is not wrapped to less than this, if it is wider,
constexpr int kWholePiece = 36;  // nor so that pieces up to this are broken: trial ids and UUIDs can be copied
constexpr int kWidestName = 32;  // of a record's field
constexpr int kLeastValue = 20;  // columns for a record's values, however narrow the terminal

std::string Padded(const std::string& text, int width, bool right) {
  const std::string space(std::max(width - DisplayWidth(text), 0), ' ');
  return right ? space + text : text + space;
}

void AppendTrimmed(std::string line, std::string* out) {
  line.erase(line.find_last_not_of(' ') + 1);
  *out += line + "\n";
}

int WidestLine(const std::string& text) {
  int widest = 0;
  for (const std::string& line : WrapText(text, INT32_MAX)) widest = std::max(widest, DisplayWidth(line));
  return widest;
}

}  // namespace

void AlignedTable::Begin(const std::vector<std::string>& columns, std::string*) {
  for (const std::string& name : columns) {
    columns_.emplace_back();
    columns_.back().name = EscapeControls(name);
  }
}

void AlignedTable::Row(const std::vector<store::Value>& values, std::string* out) {
  if (laid_out_) return AppendRow(values, out);
  waiting_.push_back(values);
  if (waiting_.size() == kRowsForLayout) LayOut(out);
}

void AlignedTable::End(std::string* out) {
  const bool empty = !laid_out_ && waiting_.empty();
  if (!laid_out_) LayOut(out);
  if (empty) *out += "(no rows)\n";
}

void AlignedTable::LayOut(std::string* out) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    Measure(&columns_[i], i);
    name_width_ = std::max(name_width_, std::min(DisplayWidth(columns_[i].name), kWidestName));
  }
  const bool more_may_come = waiting_.size() == kRowsForLayout;
  laid_out_ = true;
  records_ = !Shrink() && (more_may_come || !LiftConstants(out)) && !waiting_.empty();
  if (!records_) AppendHeader(out);
  for (const std::vector<store::Value>& row : waiting_) AppendRow(row, out);
  waiting_.clear();
}

void AlignedTable::Measure(Column* column, size_t index) {
  for (const std::vector<store::Value>& row : waiting_) {
    if (const double* number = std::get_if<double>(&row[index])) column->numbers.Add(*number);
    if (std::holds_alternative<std::string>(row[index])) column->numeric = false;
  }
  column->numeric = column->numeric && !waiting_.empty();
  const bool more_may_come = waiting_.size() == kRowsForLayout;
  column->width = std::max(DisplayWidth(column->name), more_may_come && !column->numeric ? kLeastText : 0);
  column->least = LongestPiece(column->name);
  for (const std::vector<store::Value>& row : waiting_) {
    const std::string cell = Cell(*column, row[index]);
    const int width = WidestLine(cell);
    column->width = std::max(column->width, width);
    const int least = column->numeric ? width : std::min({width, std::max(LongestPiece(cell), kLeastText), kWholePiece});
    column->least = std::max(column->least, least);
  }
  column->natural = column->width;
}

bool AlignedTable::Shrink() {
  const auto by_room = [](const Column& a, const Column& b) {
    return (a.width > a.least ? a.width : 0) < (b.width > b.least ? b.width : 0);
  };
  int total = -kGap;
  for (const Column& column : columns_) total += column.width + kGap;
  for (; total > width_; --total) {
    const auto widest = std::max_element(columns_.begin(), columns_.end(), by_room);
    if (widest == columns_.end() || widest->width <= widest->least) return false;
    --widest->width;
  }
  return true;
}

bool AlignedTable::LiftConstants(std::string* out) {
  if (waiting_.size() < 2) return false;
  std::vector<size_t> kept;
  std::string constants;
  AlignedTable rest(width_);
  for (size_t i = 0; i < columns_.size(); ++i) {
    const store::Value& first = waiting_[0][i];
    if (std::all_of(waiting_.begin(), waiting_.end(), [&](const auto& row) { return row[i] == first; })) {
      constants += fmt::format("{}{} {}", constants.empty() ? "" : ", ", columns_[i].name, Cell(columns_[i], first));
    } else {
      kept.push_back(i);
      rest.columns_.push_back(columns_[i]);
    }
  }
  if (constants.empty() || kept.empty()) return false;
  for (Column& column : rest.columns_) column.width = column.natural;
  if (!rest.Shrink()) return false;
  for (const std::string& line : WrapText("Every row: " + constants, width_)) AppendTrimmed(line, out);
  *out += "\n";
  for (std::vector<store::Value>& row : waiting_) {
    std::vector<store::Value> cells;
    for (const size_t i : kept) cells.push_back(std::move(row[i]));
    row = std::move(cells);
  }
  columns_ = std::move(rest.columns_);
  return true;
}

std::string AlignedTable::Cell(const Column& column, const store::Value& value) const {
  if (const auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&value)) return column.numbers.Text(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return EscapeControls(*text);
  return "-";
}

void AlignedTable::AppendHeader(std::string* out) const {
  std::vector<std::vector<std::string>> names;
  std::string rule;
  for (const Column& column : columns_) {
    names.push_back(WrapText(column.name, column.width));
    rule += std::string(column.width, '-') + std::string(kGap, ' ');
  }
  AppendLines(names, true, out);
  AppendTrimmed(rule, out);
}

void AlignedTable::AppendRow(const std::vector<store::Value>& values, std::string* out) {
  ++rows_;
  if (records_) return AppendRecord(values, out);
  std::vector<std::vector<std::string>> cells;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const std::string cell = Cell(column, values[i]);
    cells.push_back(column.numeric ? std::vector<std::string>{cell} : WrapText(cell, column.width));
  }
  AppendLines(cells, false, out);
}

// Names end at the line above the rule, values start at the row's first line.
void AlignedTable::AppendLines(const std::vector<std::vector<std::string>>& cells, bool header, std::string* out) const {
  size_t height = 1;
  for (const std::vector<std::string>& lines : cells) height = std::max(height, lines.size());
  for (size_t i = 0; i < height; ++i) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      const size_t above = header ? height - cells[c].size() : 0;
      const std::string text = i >= above && i - above < cells[c].size() ? cells[c][i - above] : "";
      line += Padded(text, columns_[c].width, columns_[c].numeric) + std::string(kGap, ' ');
    }
    AppendTrimmed(std::move(line), out);
  }
}

void AlignedTable::AppendRecord(const std::vector<store::Value>& values, std::string* out) {
  *out += fmt::format("{}-- {} --\n", rows_ > 1 ? "\n" : "", rows_);
  const int value_width = std::max(width_ - name_width_ - kGap, kLeastValue);
  for (size_t i = 0; i < columns_.size(); ++i) {
    std::string name = columns_[i].name;
    for (const std::string& line : WrapText(Cell(columns_[i], values[i]), value_width)) {
      AppendTrimmed(Padded(name, name_width_ + kGap, false) + line, out);
      name.clear();
    }
  }
}

}  // namespace ablate::analysis
