#include "analysis/attention_blocks.h"

#include <utility>

#include "analysis/terminal_text.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace ablate::analysis {
namespace {

AttentionBlock BlockOf(const AttributionMap& map) {
  AttentionBlock block{map.method(), {map.value().begin(), map.value().end()}, {}};
  for (const double value : block.weights) block.support.push_back(value != 0);
  return block;
}

nlohmann::ordered_json Rows(const AttentionDrawing& drawing, const std::vector<double>& values) {
  const auto tokens = static_cast<size_t>(drawing.token_size());
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (size_t begin = 0; begin < values.size(); begin += tokens) {
    rows.push_back(std::vector<double>(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                       values.begin() + static_cast<std::ptrdiff_t>(begin + tokens)));
  }
  return rows;
}

}  // namespace

AttentionPicture PictureOf(const AttentionDrawing& drawing, std::string heading, std::optional<int> layer,
                           std::optional<int> head) {
  AttentionPicture picture;
  picture.heading = std::move(heading);
  for (const std::string& token : drawing.token()) picture.tokens.push_back(EscapeControls(token));
  for (const HeadMap& map : drawing.head()) {
    if (layer.has_value() && *layer != static_cast<int>(map.layer())) continue;
    if (head.has_value() && *head != static_cast<int>(map.head())) continue;
    picture.blocks.push_back({fmt::format("layer {} head {}", map.layer(), map.head()),
                              {map.probability().begin(), map.probability().end()},
                              {map.support().begin(), map.support().end()}});
  }
  for (const AttributionMap& map : drawing.attribution()) {
    if (map.value_size() != drawing.token_size()) {
      picture.blocks.push_back(BlockOf(map));
      continue;
    }
    const std::string gap = map.has_completeness_gap() ? fmt::format(", completeness gap {:.2g}", map.completeness_gap()) : "";
    picture.numbers.push_back({map.method() + gap, {map.value().begin(), map.value().end()}});
  }
  return picture;
}

std::string AttentionJson(const AttentionDrawing& drawing, const std::vector<std::pair<std::string, std::string>>& context) {
  nlohmann::ordered_json json;
  for (const auto& [name, value] : context) json["context"][name] = value;
  json["tokens"] = std::vector<std::string>(drawing.token().begin(), drawing.token().end());
  json["heads"] = nlohmann::ordered_json::array();
  for (const HeadMap& map : drawing.head()) {
    nlohmann::ordered_json head = {{"attention", map.attention()}, {"layer", map.layer()}, {"head", map.head()}};
    head["weights"] = Rows(drawing, {map.probability().begin(), map.probability().end()});
    nlohmann::ordered_json support = Rows(drawing, {map.support().begin(), map.support().end()});
    for (auto& row : support) {
      for (auto& kept : row) kept = kept.get<double>() != 0;
    }
    head["support"] = std::move(support);
    json["heads"].push_back(std::move(head));
  }
  json["attributions"] = nlohmann::ordered_json::array();
  for (const AttributionMap& map : drawing.attribution()) {
    nlohmann::ordered_json attribution = {{"method", map.method()}};
    const nlohmann::ordered_json rows = Rows(drawing, {map.value().begin(), map.value().end()});
    attribution["values"] = rows.size() == 1 ? rows[0] : rows;
    if (map.has_completeness_gap()) attribution["completeness_gap"] = map.completeness_gap();
    json["attributions"].push_back(std::move(attribution));
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace ablate::analysis
