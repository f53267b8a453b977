// What an array task runs on its node: its launches one after the other, by a warm worker (or several at a time). Torch-free,
// and the end of the batch script's exec: signals come here, and go to workers as files of their control folders.
//   SIGUSR2  time is nearly up, or the task is being preempted: workers write checkpoints, then the task has itself put back
//            into the queue; where that fails it ends with 85, and the runner submits its launches again
//   SIGTERM  somebody cancels the task: workers write checkpoints, the task ends with 143 and stays out of the queue
#pragma once

#include <cstdint>
#include <string>

namespace ablate::runner::slurm {

struct TaskOptions {
  std::string submission;  // folder
  std::string worker;      // program; absolute
  std::string scontrol;    // absolute
  uint32_t workers = 1;    // at a time
};

// In a job of Slurm ($SLURM_ARRAY_TASK_ID, $SLURM_JOB_ID). The exit code: 0 all launches are over, or nobody wants them; 1 a
// worker died (its outcome file tells how), or the submission can't be read; 85 and 143 as above.
int RunTask(const TaskOptions& options);

}  // namespace ablate::runner::slurm
