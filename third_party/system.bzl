"""@system: libraries installed by Debian packages (names and versions: tools/setup)."""

_STATIC = {
    "crypto": ["crypto"],
    "gtest": ["gtest", "gmock"],
    "gtest_main": ["gmock_main", "gtest", "gmock"],
    "protobuf": ["protobuf", "z"],
    "sqlite": ["sqlite3"],
    "utf8proc": ["utf8proc"],
    "zlib": ["z"],
}

_SHARED = ["benchmark", "fmt"]

# Debian's SentencePiece is a shared library that holds a protobuf of its own, 3.14, and exports it. The symbols of ours, 3.21,
# stay inside the program, or the library would call them.
_PROTOBUF_STAYS_INSIDE = "{ local: *6google8protobuf*; };\n"

_HEADERS_ONLY = ["boost", "cli11", "nlohmann_json"]

def _system_impl(ctx):
    found = ctx.execute(["sh", "-c", "cd /usr/lib && ls */libabsl_*.a 2>/dev/null"])
    abseil = [line.split("/")[1] for line in found.stdout.split("\n") if line]
    if not abseil:
        fail("no Abseil in /usr/lib: run tools/setup")

    rules = []
    for name in sorted(_STATIC.keys()):
        rules.append((name, ["-l:lib%s.a" % library for library in _STATIC[name]] + ["-lpthread", "-ldl"]))
    for name in _SHARED:
        rules.append((name, ["-l%s" % name]))
    for name in _HEADERS_ONLY:
        rules.append((name, []))
    rules.append(("absl", ["-Wl,--start-group"] + ["-l:" + library for library in abseil] + ["-Wl,--end-group", "-lpthread"]))

    # For our shared libraries, which the static ones can't be part of; to be named before what depends on :absl.
    found = ctx.execute(["sh", "-c", "cd /usr/lib && ls */libabsl_*.so"])
    shared = [line.split("/")[1] for line in found.stdout.split("\n") if line]
    rules.append(("absl_shared", ["-Wl,--as-needed"] + ["-l:" + library for library in shared]))
    ctx.file("protobuf_stays_inside.lds", _PROTOBUF_STAYS_INSIDE)
    rules.append(("sentencepiece", [
        "-lsentencepiece_train",
        "-lsentencepiece",
        "-Wl,--version-script=external/%s/protobuf_stays_inside.lds" % ctx.name,
    ]))
    lines = ["package(default_visibility = ['//visibility:public'])"]
    for name, linkopts in rules:
        lines.append("cc_library(name = %r, linkopts = %r)" % (name, linkopts))
    ctx.file("BUILD", "\n".join(lines) + "\n")

system_repository = repository_rule(implementation = _system_impl, local = True)
