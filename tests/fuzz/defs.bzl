"""fuzz_target: one target of tests/fuzz, as a fuzzer and as the replay of its corpus."""

def fuzz_target(name, deps):
    """NAME_fuzzer for libFuzzer (--config=fuzz, clang), and NAME_replay_test, which any compiler makes.

    Args:
      name: of the target; its source is NAME_target.cc, its seeds are in corpus/NAME.
      deps: what it tries.
    """
    native.cc_library(
        name = name + "_target",
        testonly = True,
        srcs = [name + "_target.cc"],
        deps = [":input"] + deps,
        alwayslink = True,
    )
    native.cc_binary(
        name = name + "_fuzzer",
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [name + "_target"],
    )
    native.cc_test(
        name = name + "_replay_test",
        size = "small",
        srcs = ["replay.cc"],
        args = ["tests/fuzz/corpus/" + name],
        data = native.glob(["corpus/%s/*" % name]),
        deps = [
            ":input",
            name + "_target",
        ],
    )
