#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/attention_blocks.h"
#include "analysis/terminal_text.h"
#include "fmt/format.h"

namespace ablate::analysis {
namespace {

constexpr int kMostLabel = 14, kGap = 2, kMostListed = 5;
constexpr const char* kZero = "·";
constexpr const char* kEighths[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

// At most `width` columns, the end cut off.
std::string Cut(const std::string& text, int width) {
  return DisplayWidth(text) <= width ? text : WrapText(text, width - 1)[0] + "…";
}

std::string Padded(const std::string& text, int width) {
  return text + std::string(static_cast<size_t>(std::max(0, width - DisplayWidth(text))), ' ');
}

const char* Mark(const AttentionBlock& block, size_t place) {
  if (!block.support[place]) return kZero;
  const int eighth = static_cast<int>(std::ceil(block.weights[place] * 8)) - 1;
  return kEighths[std::clamp(eighth, 0, 7)];
}

std::string ZeroShare(const AttentionBlock& block) {
  const auto kept = std::count(block.support.begin(), block.support.end(), true);
  return fmt::format("{} of {} pairs", kept, block.support.size());
}

// One line of text for each of title, number of pairs, heads of columns, queries.
std::vector<std::string> Lines(const AttentionBlock& block, size_t tokens, int width) {
  std::vector<std::string> lines = {Padded(Cut(block.title, width), width), Padded(Cut(ZeroShare(block), width), width), ""};
  for (size_t key = 0; key < tokens; ++key) lines.back() += fmt::format("{}", (key + 1) % 10);
  lines.back() = Padded(lines.back(), width);
  for (size_t query = 0; query < tokens; ++query) {
    std::string line;
    for (size_t key = 0; key < tokens; ++key) line += Mark(block, query * tokens + key);
    lines.push_back(Padded(line, width));
  }
  return lines;
}

int LabelWidth(const AttentionPicture& picture) {
  int width = 0;
  for (const std::string& token : picture.tokens) width = std::max(width, DisplayWidth(token));
  return std::min(width, kMostLabel);
}

// "fine": its number in front, so that columns can be told.
std::string Label(const AttentionPicture& picture, size_t token, int width) {
  const auto digits = static_cast<int>(std::to_string(picture.tokens.size()).size());
  return fmt::format("{:>{}} {}", token + 1, digits, Padded(Cut(picture.tokens[token], width), width));
}

std::string Matrices(const AttentionPicture& picture, int width) {
  const size_t tokens = picture.tokens.size();
  const int label_width = LabelWidth(picture), label = DisplayWidth(Label(picture, 0, label_width)) + kGap;
  int longest = static_cast<int>(tokens);
  for (const AttentionBlock& block : picture.blocks) {
    longest = std::max({longest, std::min(DisplayWidth(block.title), 17), DisplayWidth(ZeroShare(block))});
  }
  const size_t across = std::max(1, (width - label + kGap) / (longest + kGap));
  std::string text;
  for (size_t begin = 0; begin < picture.blocks.size(); begin += across) {
    const size_t end = std::min(begin + across, picture.blocks.size());
    std::vector<std::string> lines(tokens + 3, std::string(static_cast<size_t>(label), ' '));
    for (size_t token = 0; token < tokens; ++token) lines[token + 3] = Padded(Label(picture, token, label_width), label);
    for (size_t i = begin; i < end; ++i) {
      const std::vector<std::string> block = Lines(picture.blocks[i], tokens, longest);
      for (size_t line = 0; line < lines.size(); ++line) {
        lines[line] += block[line] + (i + 1 < end ? std::string(kGap, ' ') : "");
      }
    }
    for (const std::string& line : lines) text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    text += "\n";
  }
  return text;
}

// "fine: film 0.52, [CLS] 0.31, 3 more, 4 exactly 0"
std::string ListOf(const AttentionPicture& picture, const AttentionBlock& block, size_t query) {
  const size_t tokens = picture.tokens.size();
  std::vector<size_t> keys;
  for (size_t key = 0; key < tokens; ++key) {
    if (block.support[query * tokens + key]) keys.push_back(key);
  }
  const auto weight = [&](size_t key) { return block.weights[query * tokens + key]; };
  std::stable_sort(keys.begin(), keys.end(), [&](size_t a, size_t b) { return weight(a) > weight(b); });
  std::string text = fmt::format("{} {}:", query + 1, picture.tokens[query]);
  for (size_t i = 0; i < std::min<size_t>(keys.size(), kMostListed); ++i) {
    text += fmt::format("{} {} {:.2g}", i == 0 ? "" : ",", picture.tokens[keys[i]], weight(keys[i]));
  }
  if (keys.size() > kMostListed) text += fmt::format(", {} more", keys.size() - kMostListed);
  if (keys.size() < tokens) text += fmt::format("{} {} exactly 0", keys.empty() ? "" : ",", tokens - keys.size());
  return text;
}

std::string Wrapped(const std::string& text, int width, const std::string& indent = "") {
  std::string lines;
  for (const std::string& line : WrapText(text, width - static_cast<int>(indent.size()))) lines += indent + line + "\n";
  return lines;
}

std::string Lists(const AttentionPicture& picture, int width) {
  std::string text;
  for (const AttentionBlock& block : picture.blocks) {
    text += Wrapped(fmt::format("{}, {}: each query's strongest keys", block.title, ZeroShare(block)), width);
    for (size_t query = 0; query < picture.tokens.size(); ++query) {
      text += Wrapped(ListOf(picture, block, query), width, "  ");
    }
    text += "\n";
  }
  return text;
}

// A column of numbers for each, as many beside each other as fit.
std::string Numbers(const AttentionPicture& picture) {
  if (picture.numbers.empty()) return "";
  std::string text = "What the predicted class's score is made of, in logits:\n";
  for (size_t i = 0; i < picture.numbers.size(); ++i) text += fmt::format("  ({}) {}\n", i + 1, picture.numbers[i].title);
  const int label = LabelWidth(picture);
  for (size_t token = 0; token < picture.tokens.size(); ++token) {
    text += "  " + Label(picture, token, label);
    for (const TokenNumbers& numbers : picture.numbers) text += fmt::format("  {:>+9.3f}", numbers.values[token]);
    text += "\n";
  }
  return text + "\n";
}

}  // namespace

std::string AttentionText(const AttentionPicture& picture, int width) {
  std::string text = Wrapped(picture.heading, width);
  const int matrix = static_cast<int>(picture.tokens.size()) + LabelWidth(picture) + 8;
  if (matrix <= width) {
    text += Wrapped(fmt::format("Rows ask, columns answer. {} exactly 0; {} above 0, {} 1/2, {} 1.", kZero, kEighths[0],
                                kEighths[3], kEighths[7]),
                    width);
    text += "\n";
    text += Matrices(picture, width);
  }
  if (matrix > width || picture.blocks.size() == 1) text += (matrix > width ? "\n" : "") + Lists(picture, width);
  text += Numbers(picture);
  return text;
}

}  // namespace ablate::analysis
