"""embedded_sql: .sql files as a C++ library."""

def embedded_sql(name, srcs):
    native.genrule(
        name = name + "_generated",
        srcs = ["embed.sh"] + srcs,
        outs = [name + ".cc"],
        cmd = "sh $(location embed.sh) %s > $@" % " ".join(["$(location %s)" % src for src in srcs]),
    )
    native.cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = ["embedded.h"],
        visibility = ["//tests/lib/store:__pkg__"],
    )
