"""e2e_test: a test that runs `ablate` with one worker or another."""

def e2e_test(name, src, worker, **kwargs):
    """A test whose tests/e2e/workplace.h finds `ablate` and this worker. The same source serves with each worker.

    Args:
      name: of the test.
      src: its one source file.
      worker: a program that speaks the worker's protocol.
      **kwargs: of cc_test.
    """
    native.cc_test(
        name = name,
        srcs = [src],
        data = [
            "//runner/cli:ablate",
            worker,
        ] + native.glob(["testdata/*"]),
        env = {
            "ABLATE_E2E_ABLATE": "$(rootpath //runner/cli:ablate)",
            "ABLATE_E2E_WORKER": "$(rootpath %s)" % worker,
        },
        deps = [
            ":workplace",
            "@system//:gtest_main",
            "@system//:nlohmann_json",
        ],
        **kwargs
    )
