"""@cuda: tells whether nvcc is here."""

def _cuda_impl(ctx):
    nvcc = ctx.which("nvcc")
    if not nvcc and ctx.path("/usr/local/cuda/bin/nvcc").exists:
        nvcc = ctx.path("/usr/local/cuda/bin/nvcc")
    ctx.file("defs.bzl", "NVCC = %r\n" % (str(nvcc) if nvcc else ""))
    ctx.file("BUILD", "")

cuda_repository = repository_rule(implementation = _cuda_impl, environ = ["PATH"], local = True)
