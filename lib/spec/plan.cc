#include "lib/spec/plan.h"

namespace ablate::spec {

Trial PlannedTrial::trial() const {
  Trial trial;
  trial.ParseFromString(packed);
  return trial;
}

}  // namespace ablate::spec
