// Early return of errors. Abseil's release of Debian 12 has no macros of its own.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the function when `expression`, an absl::Status, is an error.
#define RETURN_IF_ERROR(expression)                \
  do {                                             \
    absl::Status ablate_status = (expression);     \
    if (!ablate_status.ok()) return ablate_status; \
  } while (false)

// Declares or assigns `target` from `expression`, an absl::StatusOr; returns from the function on an error.
#define ASSIGN_OR_RETURN(target, expression) \
  ABLATE_ASSIGN_OR_RETURN(ABLATE_JOIN(ablate_status_or_, __LINE__), target, expression)
#define ABLATE_ASSIGN_OR_RETURN(holder, target, expression) \
  auto holder = (expression);                               \
  if (!holder.ok()) return std::move(holder).status();      \
  target = *std::move(holder)
#define ABLATE_JOIN(a, b) ABLATE_JOIN_AGAIN(a, b)
#define ABLATE_JOIN_AGAIN(a, b) a##b
