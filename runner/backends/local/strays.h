// What workers start and leave behind: it becomes ours instead of the system's, and goes with us.
#pragma once

namespace ablate::runner {

// From now on processes whose parents below this one die become children of this process (a "subreaper").
void AdoptStrays();

// Kills and reaps all children of this process: to be called when all that is meant to be there has ended.
void EndStrays();

}  // namespace ablate::runner
