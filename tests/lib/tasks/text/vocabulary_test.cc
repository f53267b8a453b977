#include "lib/tasks/text/vocabulary.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace ablate::tasks {
namespace {

using Tokens = std::vector<int32_t>;

std::vector<std::string> Sentences() {
  std::vector<std::string> lines;
  const std::vector<std::string> nouns = {"Hund", "Mann", "Vogel", "Zug", "Baum"},
                                 verbs = {"schl\u00e4ft", "l\u00e4uft", "steht"};
  for (const std::string& noun : nouns) {
    for (const std::string& verb : verbs) lines.push_back("Ein " + noun + " " + verb + " neben einem " + noun + ".");
  }
  return lines;
}

std::shared_ptr<const Vocabulary> Make(TextVocabulary::Kind kind, uint32_t size, const std::vector<std::string>& lines) {
  TextVocabulary settings;
  settings.set_kind(kind);
  settings.set_size(size);
  auto vocabulary = MakeVocabulary(settings, "task.translation.vocabulary", {lines.begin(), lines.end()});
  EXPECT_TRUE(vocabulary.ok()) << vocabulary.status();
  return vocabulary.ok() ? *vocabulary : nullptr;
}

Tokens Encode(const Vocabulary& vocabulary, std::string_view text) {
  Tokens tokens;
  vocabulary.Append(text, tokens);
  return tokens;
}

constexpr TextVocabulary::Kind kKinds[] = {TextVocabulary::BPE, TextVocabulary::UNIGRAM, TextVocabulary::WORDS,
                                           TextVocabulary::CHARACTERS};

TEST(VocabularyTest, TextComesBack) {
  for (const auto kind : kKinds) {
    const auto vocabulary = Make(kind, 60, Sentences());
    ASSERT_NE(vocabulary, nullptr);
    EXPECT_LE(vocabulary->size(), 60);
    for (const std::string& line : Sentences()) {
      const Tokens tokens = Encode(*vocabulary, line);
      EXPECT_EQ(vocabulary->Text(tokens), line) << vocabulary->description();
      for (const int32_t token : tokens) {
        EXPECT_GT(token, 3) << "nothing is unknown, and nothing special";
        EXPECT_LT(token, vocabulary->size());
      }
    }
  }
}

TEST(VocabularyTest, SpecialTokensAreNoText) {
  for (const auto kind : kKinds) {
    const auto vocabulary = Make(kind, 60, Sentences());
    Tokens tokens = {1};
    vocabulary->Append("Ein Hund", tokens);
    tokens.insert(tokens.end(), {2, 0, 0, vocabulary->size(), -1});
    EXPECT_EQ(vocabulary->Text(tokens), "Ein Hund");
    EXPECT_EQ(vocabulary->Text({0, 1, 2}), "");
    for (const char* special : {"<pad>", "<s>", "</s>"}) {
      for (const int32_t token : Encode(*vocabulary, special)) EXPECT_GE(token, 3) << special;
    }
  }
}

TEST(VocabularyTest, WhatWasNeverSeenIsUnknown) {
  for (const auto kind : kKinds) {
    const auto vocabulary = Make(kind, 60, Sentences());
    const Tokens tokens = Encode(*vocabulary, "\u4e2d");
    EXPECT_EQ(tokens.back(), 3) << vocabulary->description();
    EXPECT_NE(vocabulary->Text(tokens), "");
  }
}

TEST(VocabularyTest, TheSameLinesGiveTheSameVocabulary) {
  for (const auto kind : kKinds) {
    std::vector<std::string> others = Sentences();
    others.push_back("Zwei Katzen");
    const auto a = Make(kind, 60, Sentences()), b = Make(kind, 60, Sentences()), other = Make(kind, 60, others);
    EXPECT_EQ(a->description(), b->description());
    EXPECT_NE(a->description(), other->description());
  }
}

// Stored results hang on these: another release of the library may not change them unseen.
TEST(VocabularyTest, Golden) {
  EXPECT_EQ(Make(TextVocabulary::BPE, 60, Sentences())->description(),
            "BPE, 60 tokens, by sentencepiece 0.1.97, sha256 cb4c122a8f5f8abf2ef000d9c1f5318d1f2b94fd008bb7816ecd139fc2cedc08");
  EXPECT_EQ(Make(TextVocabulary::WORDS, 60, Sentences())->description(),
            "WORDS, 20 tokens, sha256 ac62787b1833b7ac43c39c7878cbf1de7dbd33eb8d1f98c92c9364723bbd9caa");
  EXPECT_EQ(Encode(*Make(TextVocabulary::BPE, 60, Sentences()), "Ein Zug steht."), (Tokens{13, 34, 18, 41, 37, 49, 41, 43}));
}

TEST(VocabularyTest, MostFrequentFirstThenByBytes) {
  const auto words = Make(TextVocabulary::WORDS, 8, {"b a b c", "<unk> d c b"});
  EXPECT_EQ(words->size(), 8);
  EXPECT_EQ(Encode(*words, "b c a d <unk> e"), (Tokens{4, 5, 6, 7, 3, 3}));
  EXPECT_EQ(words->Text({4, 3, 7}), "b <unk> d");
  const auto letters = Make(TextVocabulary::CHARACTERS, 100, {"abba \u00e4", "b"});
  EXPECT_EQ(letters->size(), 4 + 4);
  EXPECT_EQ(Encode(*letters, "ba \u00e4x"), (Tokens{4, 5, 6, 7, 3}));
}

TEST(VocabularyTest, FewLinesGiveFewerTokens) {
  for (const auto kind : kKinds) EXPECT_LT(Make(kind, 5000, {"ein Hund", "eine Hand"})->size(), 60);
}

TEST(VocabularyTest, Refusals) {
  const auto message = [](TextVocabulary::Kind kind, uint32_t size) {
    TextVocabulary settings;
    settings.set_kind(kind);
    settings.set_size(size);
    const std::vector<std::string> lines = Sentences();
    const auto status = MakeVocabulary(settings, "task.x.vocabulary", {lines.begin(), lines.end()}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_EQ(message(TextVocabulary::WORDS, 7), "task.x.vocabulary.size: 7; at least 8 are needed");
  EXPECT_EQ(message(TextVocabulary::KIND_UNSPECIFIED, 60),
            "task.x.vocabulary.kind: KIND_UNSPECIFIED; allowed: BPE, UNIGRAM, WORDS, CHARACTERS");
  const std::string too_few = message(TextVocabulary::BPE, 10);  // fewer than there are letters
  EXPECT_EQ(too_few.rfind("task.x.vocabulary.size: 10 with these training lines: sentencepiece: ", 0), 0u) << too_few;
}

}  // namespace
}  // namespace ablate::tasks
