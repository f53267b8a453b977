// BLEU (Papineni et al. 2002) as the public sacrebleu computes it (Post 2018, arXiv:1804.08771).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ablate::tasks {

// What sacrebleu prints of the settings that Bleu has; nrefs is the references of a text, "var" where these differ in number.
inline constexpr char kBleuSignature[] = "case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0";

// The tokens of mteval-v13a: punctuation is split off but for apostrophes and inside numbers; split at white space. Equal to
// sacrebleu's Tokenizer13a on any valid UTF-8 line.
std::vector<std::string> Tokenize13a(std::string_view text);

// Corpus BLEU in [0, 100], of up to four words in a row, exponential smoothing, brevity penalty with each text's closest
// reference length (the shorter one of a tie). references[i], at least one each, belong to texts[i]. 0 of nothing.
double Bleu(const std::vector<std::string>& texts, const std::vector<std::vector<std::string>>& references);

}  // namespace ablate::tasks
