// Student's t distribution. Tail by the incomplete beta function (NIST DLMF 8.17), to about 1e-13 of its value.
#pragma once

namespace ablate::analysis {

// P(T > t) for t >= 0, a share in (0, 0.5]. `degrees` > 0.
double StudentTail(double t, double degrees);

// t with P(T <= t) = `share`, in [0.5, 1). `degrees` > 0.
double StudentQuantile(double share, double degrees);

}  // namespace ablate::analysis
