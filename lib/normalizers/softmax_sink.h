// Softmax with a sink: e^s in the denominator, s learned per head. OpenAI 2025, gpt-oss model card, arXiv:2508.10925.
#pragma once

#include <memory>

#include "lib/normalizers/normalizer.h"

namespace ablate::normalizers {

std::unique_ptr<Normalizer> MakeSoftmaxSink();

}  // namespace ablate::normalizers
