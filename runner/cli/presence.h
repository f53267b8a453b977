// Whether a process is writing a database just now.
#pragma once

#include <optional>
#include <string>

namespace ablate::runner {

// "process 123 on HOST", as the holder of the database's lock says; nothing if nobody holds it. Looks at the kernel's list of
// locks, since trying to lock could get in the way of a runner that starts.
std::optional<std::string> WriterOf(const std::string& database);

}  // namespace ablate::runner
