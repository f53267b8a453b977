#include "runner/cli/list_tables.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "lib/attribution/catalogue.h"
#include "lib/base/status_macros.h"
#include "lib/base/text.h"
#include "lib/normalizers/catalogue.h"
#include "lib/spec/fields.h"
#include "lib/statistics/catalogue.h"
#include "lib/store/documented.h"
#include "lib/tasks/catalogue.h"
#include "proto/trial.pb.h"
#include "runner/cli/proto_docs.h"

namespace ablate::runner {
namespace {

using store::Table;
using store::Value;
namespace pb = google::protobuf;

std::string Joined(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

Value TextOrNull(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value YesNo(bool yes) { return std::string(yes ? "yes" : "no"); }

Table Normalizers() {
  Table table{{"name", "summary", "reads", "sparse", "balance", "paper"}, {}};
  for (const normalizers::Entry& entry : normalizers::Catalogue()) {
    table.rows.push_back({entry.name, entry.summary, TextOrNull(Joined(entry.reads)), YesNo(entry.sparse),
                          YesNo(entry.has_threshold), entry.paper});
  }
  return table;
}

Table Structures() {
  Table table{{"name", "summary"}, {}};
  const pb::EnumDescriptor* type = Sparsity::Structure_descriptor();
  for (const std::string& name : spec::EnumNames(type)) {
    table.rows.push_back({name, ProtoComment(type->full_name() + "." + name)});
  }
  return table;
}

Table Models() {
  Table table{{"name", "summary", "shape"}, {}};
  const pb::OneofDescriptor* kinds = Model::descriptor()->oneof_decl(0);
  for (int i = 0; i < kinds->field_count(); ++i) {
    const pb::FieldDescriptor* kind = kinds->field(i);
    table.rows.push_back({kind->name(), ProtoComment(kind->full_name()), ProtoComment(kind->message_type()->full_name())});
  }
  return table;
}

Table Tasks() {
  Table table{{"name", "summary", "metrics"}, {}};
  for (const tasks::Entry& entry : tasks::Catalogue()) {
    table.rows.push_back({entry.name, entry.summary, Joined(entry.metrics)});
  }
  return table;
}

Table Statistics() {
  Table table{{"name", "definition", "level", "unit", "range", "source"}, {}};
  for (const statistics::Entry& entry : statistics::Catalogue()) {
    table.rows.push_back({entry.name, entry.definition, entry.level, entry.unit, entry.range, entry.source});
  }
  for (const attribution::Entry& entry : attribution::Catalogue()) {
    const std::string level = entry.of == attribution::Of::kPrediction ? "prediction" : "token";
    table.rows.push_back({entry.name, entry.definition, level, entry.unit, entry.range, entry.source});
  }
  return table;
}

Table Metrics() {
  std::map<std::string, std::pair<std::string, std::string>> metrics = {
      {"data/skipped_rows",
       {"Rows of all files that could not be used; at step 1",
        "generation, text_classification, translation, with on_bad_row SKIP"}},
      {"train/balance_loss",
       {"Weighted balance loss, mean since the last point", "every task, with attention.balance.k and a form that is a loss"}},
      {"train/gradient_norm", {"Norm of the gradient before clipping", "every task"}},
      {"train/learning_rate", {"Learning rate of the step", "every task"}},
      {"train/loss", {"The task's loss in training, mean since the last point", "every task"}},
  };
  for (const tasks::Entry& task : tasks::Catalogue()) {
    for (const std::string& metric : task.metrics) {
      auto& [summary, logged_by] = metrics[metric];
      summary = tasks::MetricSummary(metric);
      logged_by += (logged_by.empty() ? "" : ", ") + task.name;
    }
  }
  Table table{{"name", "summary", "logged_by"}, {}};
  for (const auto& [name, facts] : metrics) table.rows.push_back({name, facts.first, facts.second});
  return table;
}

// The comment without what other columns say, and what each value of an enum means.
std::string MeaningOf(const pb::FieldDescriptor* field) {
  std::string meaning = WithoutFacts(ProtoComment(field->full_name()));
  if (field->enum_type() == nullptr) return meaning;
  for (const std::string& name : spec::EnumNames(field->enum_type())) {
    const std::string comment = ProtoComment(field->enum_type()->full_name() + "." + name);
    meaning += fmt::format("{}{}: {}", meaning.empty() ? "" : " ", name, comment);
  }
  return meaning;
}

Table Fields() {
  Table table{{"field", "meaning", "allowed", "unit", "default", "read_when", "arrayable"}, {}};
  for (const spec::Field& field : spec::TrialFields()) {
    if (field.choice != nullptr) {
      table.rows.push_back({field.path, "Which of these is set.", spec::Allowed(field), Value(), Value(), Value(),
                            YesNo(field.facts.arrayable())});
      continue;
    }
    const std::string comment = ProtoComment(field.descriptor()->full_name());
    table.rows.push_back({field.path, MeaningOf(field.descriptor()), spec::Allowed(field), TextOrNull(UnitOf(comment)),
                          TextOrNull(field.default_text), TextOrNull(spec::ReadWhen(field)), YesNo(field.facts.arrayable())});
  }
  return table;
}

std::string Names(const std::vector<std::pair<std::string, std::string>>& documented) {
  std::vector<std::string> names;
  for (const auto& [name, meaning] : documented) names.push_back(name);
  return Joined(names);
}

Table Views() {
  Table table{{"name", "summary", "columns"}, {}};
  for (const store::Documented& view : store::Views()) table.rows.push_back({view.name, view.summary, Names(view.columns)});
  return table;
}

Table Queries() {
  Table table{{"name", "summary", "parameters", "columns"}, {}};
  for (const store::Documented& query : store::NamedQueries()) {
    table.rows.push_back({query.name, query.summary, TextOrNull(Names(query.parameters)), Names(query.columns)});
  }
  return table;
}

// One view or query: its parameters, its columns and the SQL that defines it.
Table Parts(const store::Documented& documented) {
  Table table{{"name", "meaning", "is"}, {}};
  for (const auto& [name, meaning] : documented.parameters) {
    table.rows.push_back({":" + name, meaning, std::string("parameter")});
  }
  for (const auto& [name, meaning] : documented.columns) table.rows.push_back({name, meaning, std::string("column")});
  table.rows.push_back({documented.name, documented.sql, std::string("SQL")});
  return table;
}

const std::map<std::string, std::function<Table()>>& Lists() {
  static const auto& lists = *new std::map<std::string, std::function<Table()>>{
      {"fields", Fields},           {"metrics", Metrics}, {"models", Models},
      {"normalizers", Normalizers}, {"queries", Queries}, {"statistics", Statistics},
      {"structures", Structures},   {"tasks", Tasks},     {"views", Views},
  };
  return lists;
}

absl::StatusOr<Table> Narrowed(Table table, const std::string& list, const std::string& name) {
  std::vector<std::string> names;
  for (const std::vector<Value>& row : table.rows) names.push_back(std::get<std::string>(row[0]));
  const bool whole = std::count(names.begin(), names.end(), name) > 0;
  std::vector<std::vector<Value>> rows;
  for (size_t i = 0; i < names.size(); ++i) {
    if (whole ? names[i] == name : names[i].rfind(name, 0) == 0) rows.push_back(std::move(table.rows[i]));
  }
  if (rows.empty()) {
    const std::string nearest = list == "fields" ? spec::NearestField(name) : NearestName(name, names);
    return absl::NotFoundError(fmt::format("nothing in the list of {} begins with \"{}\"{}", list, name,
                                           nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest)));
  }
  table.rows = std::move(rows);
  return table;
}

}  // namespace

const std::vector<std::string>& ListNames() {
  static const auto& names = *new std::vector<std::string>([] {
    std::vector<std::string> all;
    for (const auto& [name, make] : Lists()) all.push_back(name);
    return all;
  }());
  return names;
}

absl::StatusOr<Table> List(const std::string& list, const std::string& name) {
  const auto found = Lists().find(list);
  if (found == Lists().end()) {
    return absl::NotFoundError(
        fmt::format("no list \"{}\"{}: there are {}", list, DidYouMean(list, ListNames()), Joined(ListNames())));
  }
  if (list == "views" || list == "queries") {
    for (const store::Documented& one : list == "views" ? store::Views() : store::NamedQueries()) {
      if (one.name == name) return Parts(one);
    }
  }
  return name.empty() ? found->second() : Narrowed(found->second(), list, name);
}

}  // namespace ablate::runner
