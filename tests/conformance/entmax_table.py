"""Makes tests/conformance/entmax_table.tsv: alpha-entmax and its gradients to 60 digits, by mpmath.

  PYTHON tests/conformance/entmax_table.py > tests/conformance/entmax_table.tsv

Columns, all numbers as hexadecimal doubles (the inputs exact, the answers correctly rounded), lists separated by spaces: name of
the row, alpha (a float32), scores (float32), gradients in the probabilities, probabilities p, gradients in scores, gradient in
alpha, sum of |g dp/dalpha|, least distance of a key from the edge of the support: min |1 + d (y - t)|, d = alpha - 1, y the
score less the largest one, t such that sum p = 1.
"""

import random
import struct

from mpmath import exp, expm1, fabs, fsum, log, log1p, mp, mpf

mp.dps = 60 + 15 + 8  # the smallest d is 2^-23, which costs 7 digits
INFINITY = float("inf")


def float32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


ALPHAS = [float32(a) for a in (1, 1 + 2**-23, 1.00001, 1.001, 1.02, 1.25, 1.5, 1.75, 1.9, 2)]


def rows():
    numbers = random.Random(1)

    def normal(count, deviation, mean=0):
        return [float32(numbers.gauss(mean, deviation)) for _ in range(count)]

    yield "one key", [0.75]
    yield "equal", [3.0] * 5
    yield "ties at the edge of sparsemax", [1.0, 0.0, 0.0, -1.0]
    for gap in (0.49, 0.9, 3.0):
        yield f"spike of {gap}", [2.0] + [float32(2 - gap)] * 7
    yield "near 1e4", normal(8, 1, 1e4)
    yield "deviation 0.01", normal(9, 0.01)
    yield "deviation 1", normal(12, 1)
    yield "deviation 4", normal(40, 4)
    yield "deviation 16", normal(9, 16)
    yield "weights below float's smallest number", [0.0, -10.0, -49.0, -80.0, -100.0, -0.125]
    yield "masked", [0.5, -INFINITY, 1.25, -INFINITY, 0.375]


def probability(y, t, d):
    w = 1 + d * (y - t)
    if w <= 0:
        return mpf(0)
    return exp(y - t) if d == 0 else exp(log1p(d * (y - t)) / d)


def solve(ys, d):
    """t such that the probabilities sum to 1: bisection, then Newton; certified to 62 digits."""
    low, high = mpf(0), log(len(ys)) if d == 0 else -expm1(-d * log(len(ys))) / d
    if low == high:
        return low
    for _ in range(40):
        middle = (low + high) / 2
        if fsum(probability(y, middle, d) for y in ys) > 1:
            low = middle
        else:
            high = middle
    t = low
    for _ in range(12):
        ps = [probability(y, t, d) for y in ys]
        t += (fsum(ps) - 1) / fsum(p ** (1 - d) for p in ps if p > 0)
    tiny = mpf(10) ** -62
    assert fsum(probability(y, t - tiny, d) for y in ys) > 1 > fsum(probability(y, t + tiny, d) for y in ys)
    return t


def answers(z, alpha, g):
    d = mpf(alpha) - 1
    ys = [mpf(x) - mpf(max(z)) for x in z]

    def at(d):
        t = solve(ys, d)
        return t, [probability(y, t, d) for y in ys]

    t, ps = at(d)
    edge = min(fabs(1 + d * (y - t)) for y in ys)
    slopes = [p ** (1 - d) if p > 0 else mpf(0) for p in ps]
    mean = fsum(x * s for x, s in zip(g, slopes)) / fsum(slopes)
    in_scores = [s * (x - mean) for x, s in zip(g, slopes)]

    def term(p):
        if p == 0:
            return mpf(0)
        return p * log(p) ** 2 / 2 if d == 0 else (p ** (1 - d) - p + d * p * log(p)) / d**2

    terms = [term(p) for p in ps]
    share = fsum(terms) / fsum(slopes)
    in_alpha = [share * s - q for s, q in zip(slopes, terms)]
    if edge > 1e-6:  # the formula against differences, which know nothing of it
        step = mpf(10) ** -20
        above, below = at(d + step)[1], at(d - step)[1]
        for formula, high, low in zip(in_alpha, above, below):
            assert fabs(formula - (high - low) / (2 * step)) < mpf(10) ** -25
    total = fsum(x * a for x, a in zip(g, in_alpha))
    return ps, in_scores, total, fsum(fabs(x * a) for x, a in zip(g, in_alpha)), edge


def main():
    for name, scores in rows():
        g = [float32(((7 * i) % 11 - 4) / 4) for i in range(len(scores))]
        kept = [i for i, z in enumerate(scores) if z > -INFINITY]
        for alpha in ALPHAS:
            found = answers([scores[i] for i in kept], alpha, [g[i] for i in kept])
            p, in_scores = [0.0] * len(scores), [0.0] * len(scores)
            for place, i in enumerate(kept):
                p[i], in_scores[i] = float(found[0][place]), float(found[1][place])
            lists = [" ".join(float(x).hex() for x in values) for values in (scores, g, p, in_scores)]
            print(name, float(alpha).hex(), *lists, *(float(x).hex() for x in found[2:]), sep="\t")


main()
