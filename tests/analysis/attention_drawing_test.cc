// Drawings of attention: what is exactly 0 is seen as such, everything fits, nothing from a text is markup.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/attention_blocks.h"
#include "analysis/terminal_text.h"

namespace ablate::analysis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Each token attends itself with 3/4 and the next with 1/4; the last itself alone.
AttentionDrawing Drawing(const std::vector<std::string>& tokens, int layers = 1, int heads = 2) {
  AttentionDrawing drawing;
  const int n = static_cast<int>(tokens.size());
  for (const std::string& token : tokens) drawing.add_token(token);
  for (int i = 0; i < layers * heads; ++i) {
    HeadMap& map = *drawing.add_head();
    map.set_attention("encoder");
    map.set_layer(static_cast<uint32_t>(i / heads));
    map.set_head(static_cast<uint32_t>(i % heads));
    for (int query = 0; query < n; ++query) {
      for (int key = 0; key < n; ++key) {
        const float weight = query == key ? (query + 1 == n ? 1 : .75f) : key == query + 1 ? .25f : 0;
        map.add_probability(weight);
        map.add_support(weight > 0);
      }
    }
  }
  return drawing;
}

AttentionPicture Picture(const AttentionDrawing& drawing) {
  return PictureOf(drawing, "dense, seed 1; predicts good (0.93)", std::nullopt, std::nullopt);
}

TEST(AttentionText, ExactZerosAreDots) {
  const std::string text = AttentionText(Picture(Drawing({"[CLS]", "fine", "film"})), 80);
  EXPECT_EQ(text,
            "dense, seed 1; predicts good (0.93)\n"
            "Rows ask, columns answer. · exactly 0; ▁ above 0, ▄ 1/2, █ 1.\n\n"
            "         layer 0 head 0  layer 0 head 1\n"
            "         5 of 9 pairs    5 of 9 pairs\n"
            "         123             123\n"
            "1 [CLS]  ▆▂·             ▆▂·\n"
            "2 fine   ·▆▂             ·▆▂\n"
            "3 film   ··█             ··█\n\n");
}

TEST(AttentionText, AnUnderflowIsNoZero) {
  AttentionDrawing drawing = Drawing({"a", "b"}, 1, 1);
  drawing.mutable_head(0)->set_support(2, true);  // b -> a: weight 0, in the support
  EXPECT_THAT(AttentionText(Picture(drawing), 80), HasSubstr("2 b  ▁█\n"));
}

TEST(AttentionText, NothingIsWiderThanTheTerminal) {
  for (const size_t tokens : {size_t{2}, size_t{17}, size_t{60}, size_t{120}}) {
    std::vector<std::string> texts(tokens, "extraordinarily-long-token");
    texts[0] = "日本語の長い単語";
    for (const int width : {40, 80, 200}) {
      std::istringstream lines(AttentionText(Picture(Drawing(texts, 2, 6)), width));
      for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), width) << line;
    }
  }
}

TEST(AttentionText, OneHeadIsListedToo) {
  const AttentionPicture one = PictureOf(Drawing({"[CLS]", "fine", "film"}, 2, 2), "x", 1, 0);
  ASSERT_EQ(one.blocks.size(), 1u);
  const std::string text = AttentionText(one, 80);
  EXPECT_THAT(text, HasSubstr("layer 1 head 0, 5 of 9 pairs: each query's strongest keys\n"));
  EXPECT_THAT(text, HasSubstr("  1 [CLS]: [CLS] 0.75, fine 0.25, 1 exactly 0\n"));
}

TEST(AttentionText, AttributionsOfThePrediction) {
  AttentionDrawing drawing = Drawing({"[CLS]", "fine"});
  AttributionMap& map = *drawing.add_attribution();
  map.set_method("integrated_gradients");
  for (const double value : {-.25, 1.5}) map.add_value(value);
  map.set_completeness_gap(.001);
  const std::string text = AttentionText(Picture(drawing), 80);
  EXPECT_THAT(text, HasSubstr("(1) integrated_gradients, completeness gap 0.001\n"));
  EXPECT_THAT(text, HasSubstr("2 fine      +1.500\n"));
}

TEST(AttentionText, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_THAT(AttentionText(Picture(Drawing({"\x1b[31m", "b"})), 80), Not(HasSubstr("\x1b")));
}

TEST(AttentionSvg, HasACellForEachPairOfTheSupport) {
  const std::string svg = AttentionSvg(Picture(Drawing({"<b>", "fine & good", "film"})));
  EXPECT_THAT(svg, HasSubstr("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  size_t cells = 0;
  for (size_t at = svg.find("<rect class=\"w\""); at != std::string::npos; at = svg.find("<rect class=\"w\"", at + 1)) ++cells;
  EXPECT_EQ(cells, 2u * 5);
  EXPECT_THAT(svg, HasSubstr("fine &amp; good"));
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
  EXPECT_THAT(AttentionHtml(Picture(Drawing({"a", "b"}))), HasSubstr("<!DOCTYPE html>"));
}

TEST(AttentionJson, HoldsEveryWeight) {
  AttentionDrawing drawing = Drawing({"a", "b"}, 1, 1);
  AttributionMap& map = *drawing.add_attribution();
  map.set_method("value_zeroing");
  for (int i = 0; i < 4; ++i) map.add_value(i);
  const nlohmann::json json = nlohmann::json::parse(AttentionJson(drawing, {{"trial", "x"}}), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["context"]["trial"], "x");
  EXPECT_EQ(json["heads"][0]["weights"], (std::vector<std::vector<double>>{{.75, .25}, {0, 1}}));
  EXPECT_EQ(json["heads"][0]["support"], (std::vector<std::vector<bool>>{{true, true}, {false, true}}));
  EXPECT_EQ(json["attributions"][0]["values"][1][1], 3);
}

}  // namespace
}  // namespace ablate::analysis
