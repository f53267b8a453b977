// What a drawing of attention is made of: matrices between tokens, each with a title, and numbers of tokens.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/evaluation.pb.h"

namespace ablate::analysis {

// [tokens, tokens], rows ask. A weight in the support is shown however small; others are exactly 0.
struct AttentionBlock {
  std::string title;            // "layer 0 head 1", "value_zeroing"
  std::vector<double> weights;  // row by row, [0, 1]
  std::vector<bool> support;
};

// One number for each token.
struct TokenNumbers {
  std::string title;  // "integrated_gradients, completeness gap 0.001"
  std::vector<double> values;
};

struct AttentionPicture {
  std::string heading;              // whose attention, and what it predicts
  std::vector<std::string> tokens;  // without control characters
  std::vector<AttentionBlock> blocks;
  std::vector<TokenNumbers> numbers;
};

// Heads of one layer, or one head, where they are chosen; all attributions.
AttentionPicture PictureOf(const AttentionDrawing& drawing, std::string heading, std::optional<int> layer,
                           std::optional<int> head);

// Legend, a matrix for each block as wide as fits, several beside each other, and a table of the numbers. Where the tokens are
// more than fit in `width` columns, or of a single block, each query's strongest keys as a list. UTF-8.
std::string AttentionText(const AttentionPicture& picture, int width);

// A picture of its own, in light and dark, with a tooltip for each weight.
std::string AttentionSvg(const AttentionPicture& picture);

// The picture on an offline page.
std::string AttentionHtml(const AttentionPicture& picture);

// {"context": ..., "tokens": [...], "heads": [{"title", "weights", "support"}], "attributions": [...]}; `context` as pairs.
std::string AttentionJson(const AttentionDrawing& drawing, const std::vector<std::pair<std::string, std::string>>& context);

}  // namespace ablate::analysis
