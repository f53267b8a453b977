#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/attention_blocks.h"
#include "analysis/report/html.h"
#include "analysis/terminal_text.h"
#include "fmt/format.h"

namespace ablate::analysis {
namespace {

// Unit: pixels at 1x.
constexpr int kCell = 14, kGap = 28, kTitle = 34, kMargin = 16, kLetter = 7, kLine = 20, kPageWidth = 1100, kBar = 120;
constexpr size_t kMostTooltips = 20000;  // beyond, a page of them would take seconds to open

constexpr char kStyle[] = R"(
  svg { --ink: #1f2328; --quiet: #59636e; --paper: #ffffff; --frame: #d1d9e0; --weight: #0550ae; --minus: #bc4c00; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6edf3; --quiet: #9198a1; --paper: #0d1117; --frame: #3d444d; --weight: #79c0ff; --minus: #ffa657; }
  }
  text { font: 12px ui-monospace, 'DejaVu Sans Mono', monospace; fill: var(--ink); }
  .title { font-weight: 600; } .quiet { fill: var(--quiet); }
  .paper { fill: var(--paper); } .frame { fill: none; stroke: var(--frame); }
  .w { fill: var(--weight); } .minus { fill: var(--minus); }
)";

struct Layout {
  size_t tokens = 0;
  int label = 0;  // width of the longest token
  int Side() const { return static_cast<int>(tokens) * kCell; }
  int Width() const { return std::max(label + 8 + Side(), 40 * kLetter); }  // of a block: its second line may be the longest
  int Across() const { return std::max(1, (kPageWidth - 2 * kMargin + kGap) / (Width() + kGap)); }
  int Height() const { return kTitle + label + 8 + Side(); }  // columns have their tokens above them, turned
};

Layout LayoutOf(const AttentionPicture& picture) {
  Layout layout;
  layout.tokens = picture.tokens.size();
  for (const std::string& token : picture.tokens) layout.label = std::max(layout.label, DisplayWidth(token) * kLetter);
  return layout;
}

std::string Text(int x, int y, const std::string& text, const std::string& more = "") {
  return fmt::format("<text x=\"{}\" y=\"{}\"{}{}>{}</text>\n", x, y, more.empty() ? "" : " ", more, EscapeHtml(text));
}

// Queries down the left side, keys above their columns.
std::string Axes(const AttentionPicture& picture, const Layout& layout) {
  std::string svg;
  const int left = layout.label + 8, top = kTitle + layout.label + 8;
  for (size_t i = 0; i < layout.tokens; ++i) {
    const int middle = static_cast<int>(i) * kCell + kCell / 2 + 4;
    svg += Text(left - 6, top + middle, picture.tokens[i], "text-anchor=\"end\"");
    svg += Text(0, 0, picture.tokens[i], fmt::format("transform=\"translate({} {}) rotate(-90)\"", left + middle, top - 6));
  }
  return svg;
}

std::string Cells(const AttentionPicture& picture, const AttentionBlock& block, const Layout& layout, bool tooltips) {
  std::string svg;
  for (size_t query = 0; query < layout.tokens; ++query) {
    for (size_t key = 0; key < layout.tokens; ++key) {
      const size_t place = query * layout.tokens + key;
      if (!block.support[place]) continue;
      // Never so pale that it looks like an exact zero.
      const double opacity = 0.12 + 0.88 * std::clamp(block.weights[place], 0.0, 1.0);
      const std::string tooltip = fmt::format("<title>{} → {}: {:.3g}</title>", EscapeHtml(picture.tokens[query]),
                                              EscapeHtml(picture.tokens[key]), block.weights[place]);
      svg += fmt::format("<rect class=\"w\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" opacity=\"{:.2f}\">{}</rect>\n",
                         key * kCell + 1, query * kCell + 1, kCell - 1, kCell - 1, opacity, tooltips ? tooltip : "");
    }
  }
  return svg;
}

std::string Block(const AttentionPicture& picture, const AttentionBlock& block, const Layout& layout, bool tooltips) {
  const auto kept = std::count(block.support.begin(), block.support.end(), true);
  const size_t pairs = block.support.size();
  const std::string share = static_cast<size_t>(kept) == pairs
                                ? fmt::format("all {} pairs", pairs)
                                : fmt::format("{} of {} pairs, the others exactly 0", kept, pairs);
  const int left = layout.label + 8, top = kTitle + layout.label + 8, side = layout.Side();
  std::string svg = Text(0, 12, block.title, "class=\"title\"") + Text(0, 28, share, "class=\"quiet\"");
  svg += Axes(picture, layout);
  svg += fmt::format("<g transform=\"translate({} {})\" role=\"img\" aria-label=\"{}: {}\">\n", left, top,
                     EscapeHtml(block.title), share);
  svg += fmt::format("<rect class=\"frame\" x=\"0\" y=\"0\" width=\"{0}\" height=\"{0}\"/>\n", side + 1);
  return svg + Cells(picture, block, layout, tooltips) + "</g>\n";
}

// A bar for each token, to the right where it speaks for the prediction.
std::string Bars(const AttentionPicture& picture, const TokenNumbers& numbers, const Layout& layout) {
  double largest = 0;
  for (const double value : numbers.values) largest = std::max(largest, std::abs(value));
  std::string svg =
      Text(0, 12, numbers.title, "class=\"title\"") + Text(0, 28, "logits of the predicted class", "class=\"quiet\"");
  const int middle = layout.label + 8 + kBar;
  for (size_t i = 0; i < layout.tokens; ++i) {
    const double value = numbers.values[i];
    const int length = largest > 0 ? static_cast<int>(std::lround(std::abs(value) / largest * kBar)) : 0;
    const int y = kTitle + 8 + static_cast<int>(i) * kCell;
    svg += Text(layout.label, y + 11, picture.tokens[i], "text-anchor=\"end\"");
    svg += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", value < 0 ? "minus" : "w",
                       value < 0 ? middle - length : middle, y + 1, length, kCell - 2);
    svg += Text(middle + kBar + 8, y + 11, fmt::format("{:+.3f}", value), "class=\"quiet\"");
  }
  return svg;
}

}  // namespace

std::string AttentionSvg(const AttentionPicture& picture) {
  const Layout layout = LayoutOf(picture);
  const size_t cells = picture.blocks.size() * layout.tokens * layout.tokens;
  std::string body;
  int y = kMargin, widest = 0;
  for (const std::string& line : WrapText(picture.heading, kPageWidth / kLetter - 6)) {
    widest = std::max(widest, DisplayWidth(line) * kLetter);
    body += Text(kMargin, y += kLine, line);
  }
  body +=
      Text(kMargin, y += kLine,
           "Rows ask, columns answer. Empty cells are exactly 0; the stronger the colour, the more weight.", "class=\"quiet\"");
  widest = std::max(widest, 90 * kLetter);
  y += kGap;
  const auto place = [&](size_t i, int width, int height, const std::string& content, int across) {
    const int column = static_cast<int>(i) % across;
    body += fmt::format("<g transform=\"translate({} {})\">\n{}</g>\n", kMargin + column * (width + kGap), y, content);
    widest = std::max(widest, (column + 1) * (width + kGap));
    if (column + 1 == across) y += height + kGap;
    return column + 1 != across;
  };
  bool open = false;
  for (size_t i = 0; i < picture.blocks.size(); ++i) {
    open = place(i, layout.Width(), layout.Height(), Block(picture, picture.blocks[i], layout, cells <= kMostTooltips),
                 layout.Across());
  }
  if (open) y += layout.Height() + kGap;
  const int bars_width = layout.label + 2 * kBar + 80, bars_height = kTitle + 8 + layout.Side();
  for (size_t i = 0; i < picture.numbers.size(); ++i) {
    open = place(i, std::max(bars_width, 52 * kLetter), bars_height, Bars(picture, picture.numbers[i], layout), 2);
  }
  if (!picture.numbers.empty() && open) y += bars_height + kGap;
  const int width = widest + 2 * kMargin, height = y + kMargin;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n"
      "<style>{2}</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{3}</svg>\n",
      width, height, kStyle, body);
}

std::string AttentionHtml(const AttentionPicture& picture) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>\n"
      ":root {{ color-scheme: light dark; }} body {{ margin: 0; background: Canvas; }}\n"
      "svg {{ display: block; max-width: none; }}\n</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      EscapeHtml(picture.heading), AttentionSvg(picture));
}

}  // namespace ablate::analysis
