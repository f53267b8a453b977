#include "lib/models/catalogue.h"

namespace ablate::models {

const std::vector<Entry>& Catalogue() {
  static const auto* const kEntries = new std::vector<Entry>{
      {"decoder", "Causal Transformer: a language model, also for sequence-to-sequence tasks",
       "Radford, Narasimhan, Salimans, Sutskever 2018, Improving Language Understanding by Generative Pre-Training"},
      {"encoder", "Bidirectional post-norm Transformer with a classifier on its first token",
       "Devlin, Chang, Lee, Toutanova 2018, arXiv:1810.04805"},
      {"sequence_to_sequence", "Transformer that reads a source and writes a target: encoder, decoder, cross-attention",
       "Vaswani et al. 2017, arXiv:1706.03762"},
  };
  return *kEntries;
}

std::string ModelName(const Model& model) {
  const google::protobuf::OneofDescriptor* const kind = Model::descriptor()->FindOneofByName("kind");
  const google::protobuf::FieldDescriptor* const set = Model::GetReflection()->GetOneofFieldDescriptor(model, kind);
  return set == nullptr ? "" : set->name();
}

}  // namespace ablate::models
