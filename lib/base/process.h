// This machine's name, and what tells a process from all others, also from later ones with the same number.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace ablate {

std::string HostName();

// The kernel's name for the time since this machine was started; empty where it has none.
std::string BootId();

// When the process was started, in the kernel's ticks since the machine was; 0 if it is not there, or is dead and not yet
// reaped.
uint64_t StartTicks(pid_t pid);

}  // namespace ablate
