"""proto_cc: a proto file as a C++ library, by Debian's protoc."""

def proto_cc(name, src, deps = [], protos = [], **kwargs):
    stem = src[:-len(".proto")]
    native.genrule(
        name = name + "_generated",
        srcs = [src] + protos,
        outs = [stem + ".pb.h", stem + ".pb.cc"],
        cmd = "protoc -I. -I/usr/include --cpp_out=$(GENDIR) $(location %s)" % src,
    )
    native.cc_library(
        name = name,
        srcs = [stem + ".pb.cc"],
        hdrs = [stem + ".pb.h"],
        deps = deps + ["@system//:protobuf"],
        visibility = ["//visibility:public"],
        **kwargs
    )
