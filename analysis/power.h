// What a paired comparison of n seeds can see: the power of the two-sided paired t test. Effects are in units of the standard
// deviation of the paired differences.
#pragma once

#include "analysis/across_seeds.h"

namespace ablate::analysis {

constexpr double kLevel = 0.05;  // of all tests here
constexpr double kPower = 0.8;   // chance to see it that "could have been seen" stands for

// Chance that the test calls a true effect significant. n >= 2.
double PairedPower(double effect, int n);

// Smallest effect that is seen with kPower. n >= 2.
double SmallestEffect(int n);

// As SmallestEffect, in the metric's unit, for differences that vary between seeds as these did. NaN where n < 2.
double SmallestDifference(const Estimate& difference);

// Smallest n >= 2 with which the effect is seen with kPower; 0 where more than a million seeds are needed, or for no effect.
int SeedsNeeded(double effect);

}  // namespace ablate::analysis
