// Text from a database on its way to a terminal: made harmless, measured and broken into lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ablate::analysis {

// Whether a code point acts on a terminal instead of being shown: C0, DEL, C1, line separators, marks of writing direction.
bool ActsOnTerminal(int32_t code_point);

// What ActsOnTerminal becomes "\x1b", "\u202e", except '\n', which stays; a byte that is not UTF-8 becomes "\xff". So no value
// can move the cursor, colour or reorder what is shown.
std::string EscapeControls(std::string_view text);

// Columns that the text takes in a terminal: two for East Asian wide characters and most emoji, none for combining marks.
// `text` has been through EscapeControls and holds no '\n'.
int DisplayWidth(std::string_view text);

// Lines of at most `width` columns (at least 2): broken at '\n', else at a space (which goes), else behind one of "_/,;:=-|",
// or behind a dot before a letter, else anywhere. Combining marks stay with their letter. Empty text gives one empty line.
std::vector<std::string> WrapText(std::string_view text, int width);

// Columns of the widest piece that WrapText would not break unless it has to.
int LongestPiece(std::string_view text);

}  // namespace ablate::analysis
