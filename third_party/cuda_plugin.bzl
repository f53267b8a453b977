"""cuda_plugin: CUDA kernels as a library of their own; nothing where there is no nvcc."""

load("@cuda//:defs.bzl", "NVCC")
load("@torch//:defs.bzl", "LIBTORCH")

def cuda_plugin(name, srcs, hdrs = [], **kwargs):
    """A shared library of CUDA kernels against LibTorch, opened at run time by ablate-worker.

    Without nvcc it is an empty filegroup: the build is then a CPU build, and `ablate doctor` says so.
    """
    if not NVCC:
        native.filegroup(name = name, srcs = [], **kwargs)
        return
    for src in srcs:
        native.genrule(
            name = name + "_" + src,
            srcs = [src] + hdrs + ["@torch//:torch"],
            outs = [src + ".o"],
            cmd = " ".join([
                NVCC,
                "-std=c++17 -O3 -Xcompiler -fPIC,-Wall,-Wextra,-Wno-unused-parameter",
                "-gencode arch=compute_90,code=[sm_90,compute_90]",
                "-isystem external/torch/include -I. -I$(GENDIR)",
                "-c $(location %s) -o $@" % src,
            ]),
        )
    native.genrule(
        name = name,
        srcs = [src + ".o" for src in srcs],
        outs = ["lib%s.so" % name],

        # -cudart shared: the CUDA runtime that torch has loaded, whose current device and last error count, not a second one.
        cmd = " ".join([
            NVCC,
            "-shared -cudart shared $(SRCS) -o $@ -L%s/lib -lc10 -lc10_cuda -ltorch_cpu" % LIBTORCH,
            "-Xlinker --unresolved-symbols=ignore-in-shared-libs",
        ]),
        **kwargs
    )
