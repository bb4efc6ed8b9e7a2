"""Spack package. In the sources of EbpfKit:

    spack repo add packaging/spack
    spack dev-build ebpfkit@0.1.0
"""

from spack.package import *


class Ebpfkit(CMakePackage):
    """eBPF for C and C++ projects built with CMake."""

    license("BSD-2-Clause")
    # The test layout.recipes compares the number with project() in CMakeLists.txt.
    version("0.1.0")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type=("build", "run"))
    depends_on("ninja", type=("build", "run"))
    depends_on("pkgconfig", type="build")
    depends_on("cli11@2:", type="build")
    depends_on("fmt@9:")
    depends_on("nlohmann-json@3.11:", type="build")
    depends_on("elfutils")
    depends_on("libarchive compression=bz2lib,lzma,zlib,zstd")
    depends_on("libbpf@1.1:")
    depends_on("libmd")
    depends_on("lz4")
    depends_on("xz")
    depends_on("zlib-api")
    depends_on("zstd")
    # A project compiles its BPF programs with it.
    depends_on("llvm@11: +clang targets=bpf", type="run")

    conflicts("platform=darwin")
    conflicts("platform=windows")

    generator("ninja")

    def cmake_args(self):
        return [
            self.define("EBPFKIT_BUILD_TESTS", False),
            self.define("EBPFKIT_INSTALL", True),
            # Files of the package find each other by relative directories.
            self.define("CMAKE_INSTALL_LIBDIR", "lib"),
        ]

    def setup_dependent_build_environment(self, env, dependent_spec):
        env.prepend_path("PATH", self.prefix.bin)
