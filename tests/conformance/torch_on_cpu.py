"""Imports torch where its CUDA libraries are not installed; for tests on a machine without a GPU.

PyPI's torch for Linux is a build for CUDA: `import torch` loads libtorch_cuda.so, which needs CUDA libraries of some gigabytes
although nothing on a CPU calls them. Where some are missing, this module puts empty stand-ins in their place (made by the C
compiler, in a temporary folder, loaded before torch) and has the dynamic linker look functions up when they are first called,
which on a CPU is never. Calling one would end the process. Nothing installed is changed.
"""

import ctypes
import importlib.util
import os
import subprocess
import sys
import tempfile

# Not called, but their addresses are taken when libtorch_nvshmem.so is loaded.
ADDRESSES_TAKEN = "int nvshmemi_get_mem_handle, nvshmemi_device_only_state, nvshmem_init;"


def missing_libraries(folder):
    libraries = [os.path.join(folder, name) for name in ("libtorch_cuda.so", "libtorch_python.so")]
    listing = subprocess.run(["ldd", *libraries], capture_output=True, text=True, check=True).stdout
    return sorted({line.split()[0] for line in listing.splitlines() if line.endswith("=> not found")})


def load_stand_in(name, folder):
    path = os.path.join(folder, name)
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", path, "-Wl,-soname," + name]
    subprocess.run(command, input=ADDRESSES_TAKEN if "nvshmem" in name else "", text=True, check=True)
    ctypes.CDLL(path, ctypes.RTLD_GLOBAL)


def import_torch():
    """Returns the module; ImportError or OSError where that can't be done."""
    found = importlib.util.find_spec("torch")
    if found is None:
        raise ImportError("there is no package torch")
    missing = missing_libraries(os.path.join(found.submodule_search_locations[0], "lib"))
    if missing:
        print("stand-ins for", *missing, file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            for name in missing:
                load_stand_in(name, folder)
        sys.setdlopenflags(os.RTLD_LAZY | os.RTLD_GLOBAL)
    import torch

    return torch
