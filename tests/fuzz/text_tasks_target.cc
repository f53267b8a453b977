// Files of tasks on text: lists of a JSON file, published ListOps, language modelling and translation with each kind of
// vocabulary. The first byte says which.
#include <cstdlib>
#include <string>

#include "lib/tasks/data/rows.h"
#include "lib/tasks/task.h"
#include "tests/fuzz/input.h"

namespace {

using ablate::TextVocabulary;

void SetVocabulary(int kind, TextVocabulary& vocabulary) {
  constexpr TextVocabulary::Kind kKinds[] = {TextVocabulary::BPE, TextVocabulary::UNIGRAM, TextVocabulary::WORDS,
                                             TextVocabulary::CHARACTERS};
  vocabulary.set_kind(kKinds[kind % 4]);
  vocabulary.set_size(300);
  vocabulary.set_lower_case(kind >= 4);
}

void TryRecords(const std::string& text, const std::string& key) {
  ablate::tasks::RowFormat format;
  format.columns = {"sentence", "", "label"};
  format.json_key = key;
  ablate::tasks::BadRows skips(/*skip=*/true);
  ablate::fuzz::ExpectSensible(ablate::tasks::ReadRows(ablate::fuzz::FileWith(text, ".json"), format, skips).status());
}

void TryTask(const ablate::Task& task) {
  ablate::fuzz::ExpectSensible(ablate::tasks::CheckTaskFiles(task, ""));
  const auto examples = ablate::tasks::LoadTask(task, "");
  ablate::fuzz::ExpectSensible(examples.status());
  if (!examples.ok()) return;
  for (const auto* set : {&examples->train, &examples->validation}) {
    for (const ablate::tasks::Example& example : *set) {
      if (static_cast<int>(example.tokens.size()) > examples->max_tokens) std::abort();
      for (const int32_t token : example.tokens) {
        if (token <= 0 || token >= examples->vocabulary) std::abort();
      }
      if (examples->text != nullptr) examples->text->Text(example.tokens);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text = ablate::fuzz::Text(data + 1, size - 1);
  const int kind = data[0] / 4 % 8;
  ablate::Task task;
  if (data[0] % 4 == 0) {
    TryRecords(text, kind % 2 == 0 ? "" : "rows");
    return 0;
  }
  const std::string path = ablate::fuzz::FileWith(text, kind == 7 ? ".gz" : ".txt");
  if (data[0] % 4 == 1) {
    task.mutable_list_ops()->set_published(path);
    task.mutable_list_ops()->set_train_examples(1);
    task.mutable_list_ops()->set_validation_examples(1);
  } else if (data[0] % 4 == 2) {
    task.mutable_language_modeling()->set_train(path);
    SetVocabulary(kind, *task.mutable_language_modeling()->mutable_vocabulary());
  } else {
    ablate::ParallelText& settings = *task.mutable_generation();
    settings.set_train_source(path);
    settings.set_train_target(path);
    settings.set_validation_source(path);
    settings.set_validation_target(path);
    SetVocabulary(kind, *settings.mutable_vocabulary());
  }
  TryTask(task);
  return 0;
}
