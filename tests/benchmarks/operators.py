"""Times libablate_ops.so beside the public entmax package and torch.softmax, in one process, on the CPU.

  PYTHON tests/benchmarks/operators.py bazel-bin/lib/libablate_ops.so [--rows 4096] [--threads 1]

Forward and backward in float32, N(0, 1) scores; the best of interleaved repeats. Prints milliseconds and ratios: `to softmax`
is ours over torch's softmax, `public to ours` how many times longer the public package takes.
"""

import argparse
import os
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
from torch_on_cpu import import_torch  # noqa: E402

torch = import_torch()
import entmax as public  # noqa: E402


def milliseconds(functions, scores, seconds):
    """The shortest time of each function's forward and backward; the functions take turns."""
    weights = torch.randn_like(scores)
    best = dict.fromkeys(functions, float("inf"))
    end = time.perf_counter() + seconds * len(functions)
    while True:
        for name, (function, *parameters) in functions.items():
            leaves = [scores.detach().requires_grad_(), *parameters]
            begin = time.perf_counter()
            torch.autograd.grad(function(*leaves), leaves, weights)
            best[name] = min(best[name], 1e3 * (time.perf_counter() - begin))
        if time.perf_counter() > end:
            return best


def functions_for(rows):
    ours = torch.ops.ablate
    alpha = (1 + torch.rand(rows, 1)).requires_grad_()
    return {
        "torch softmax": (lambda z: torch.softmax(z, -1),),
        "sparsemax": (ours.sparsemax,),
        "public sparsemax": (lambda z: public.sparsemax(z, dim=-1),),
        "entmax 1.5": (lambda z: ours.entmax(z, 1.5),),
        "public entmax 1.5": (lambda z: public.entmax15(z, dim=-1),),
        "entmax, alpha learned": (ours.entmax, alpha),
        "public entmax, alpha learned": (public.entmax_bisect, alpha),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--rows", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.5)
    arguments = parser.parse_args()
    torch.ops.load_library(arguments.library)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"torch {torch.__version__}, {capability}, {arguments.threads} thread(s), load {os.getloadavg()[0]:.1f}")
    print(f"{arguments.rows} rows, forward and backward")
    print(f"{'keys':>5}  {'function':<22} {'ours ms':>9} {'public ms':>10} {'to softmax':>11} {'public to ours':>15}")
    for keys in (64, 512, 2048):
        best = milliseconds(functions_for(arguments.rows), torch.randn(arguments.rows, keys), arguments.seconds)
        for name in ("sparsemax", "entmax 1.5", "entmax, alpha learned"):
            ours, theirs = best[name], best["public " + name]
            ratios = f"{ours / best['torch softmax']:>11.2f} {theirs / ours:>15.1f}"
            print(f"{keys:>5}  {name:<22} {ours:>9.3f} {theirs:>10.3f} {ratios}")


main()
