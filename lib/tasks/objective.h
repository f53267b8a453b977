// What trials of a task learn to foretell. Torch-free.
#pragma once

namespace ablate::tasks {

enum class Objective {
  kClassification,      // an example's label
  kSequenceToSequence,  // its target, from its tokens
  kLanguageModel,       // each of its tokens, from those before it
};

}  // namespace ablate::tasks
