"""@torch: LibTorch as it lies inside Python's torch package (LIBTORCH names its folder; tools/setup writes it)."""

# Other versions of libraries that we take from the system: their headers must not shadow ours.
_BUNDLED_WITH_TORCH = ["fmt", "google", "pybind11"]

def _torch_impl(ctx):
    root = ctx.os.environ.get("LIBTORCH")
    if not root:
        found = ctx.execute(["python3", "-c", "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"])
        if found.return_code:
            fail("no LibTorch: run tools/setup, or set LIBTORCH to the folder of Python's torch package")
        root = found.stdout.strip()
    for entry in ctx.path(root + "/include").readdir():
        if entry.basename not in _BUNDLED_WITH_TORCH:
            ctx.symlink(entry, "include/" + entry.basename)

    # libtorch_cpu.so of the CUDA wheel needs libcudart and libcupti; it finds them by its own run path.
    site = ctx.path(root).dirname
    nvidia = []
    if site.get_child("nvidia").exists:
        nvidia = [str(d) + "/lib" for d in site.get_child("nvidia").readdir() if d.get_child("lib").exists]
    link = [
        "-L%s/lib" % root,
        "-Wl,-rpath,$$ORIGIN/../lib/ablate",  # where tools/install puts it
        "-Wl,-rpath,%s/lib" % root,
        "-Wl,--no-as-needed",
        "-ltorch_cpu",
        "-lc10",
        "-Wl,--as-needed",
    ] + ["-Wl,-rpath-link,%s" % d for d in nvidia]
    ctx.file("defs.bzl", "LIBTORCH = %r\n" % root)
    ctx.file("BUILD", """
package(default_visibility = ["//visibility:public"])
cc_library(
    name = "torch",
    hdrs = glob(["include/**"]),
    defines = ["AT_PER_OPERATOR_HEADERS"],  # else some headers include all operators
    includes = ["include", "include/torch/csrc/api/include"],
    linkopts = %r,
)
""" % link)

torch_repository = repository_rule(implementation = _torch_impl, environ = ["LIBTORCH"], local = True)
