// AdamW for an array of trials (Loshchilov, Hutter 2017, arXiv:1711.05101): every trial has settings of its own, and no number
// of one depends on another.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/models/parameters.h"
#include "proto/trial.pb.h"

namespace ablate::training {

// sum [T] of the squares of all gradients of a trial, in double, in the order of the parameters. A gradient may be undefined:
// zero.
std::vector<double> SquaredNorms(const std::vector<at::Tensor>& gradients, int64_t trials);

// State per parameter, on the parameter's device.
struct Moments {
  at::Tensor first;   // [T, ...] f32: decaying mean of gradients
  at::Tensor second;  // [T, ...] f32: decaying mean of squared gradients
};

class AdamW {
 public:
  // Moments are zero. `trials` [T] have their settings in `optimizer`.
  AdamW(const std::vector<Trial>& trials, const std::vector<models::Parameter>& parameters);

  // Takes step `step` (counted from 1) in place. gradients[i] belongs to parameters[i], undefined: the parameter stays as it
  // is. `norms` [T] of the gradients decide on clipping: where clip_norm > 0 and less than the norm, gradients are scaled to
  // it.
  void Step(const std::vector<at::Tensor>& gradients, const std::vector<double>& norms, int64_t step,
            std::vector<models::Parameter>& parameters);

  // Learning rate of weights at a step.
  double LearningRate(int64_t trial, int64_t step) const;

  // Keeps the trials at these places.
  void Keep(const std::vector<int64_t>& trials);

  std::vector<Moments>& moments() { return moments_; }
  const std::vector<Moments>& moments() const { return moments_; }

 private:
  struct Coefficients;
  Coefficients CoefficientsOf(int64_t trial, models::ParameterKind kind, int64_t step, double norm) const;

  std::vector<Trial> trials_;
  std::vector<Moments> moments_;  // of each parameter
};

}  // namespace ablate::training
