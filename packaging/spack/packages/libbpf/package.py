"""Spack has no libbpf of its own."""

from spack.package import *


class Libbpf(MakefilePackage):
    """Loads BPF programs into the Linux kernel."""

    homepage = "https://github.com/libbpf/libbpf"
    url = "https://github.com/libbpf/libbpf/archive/refs/tags/v1.5.1.tar.gz"

    license("LGPL-2.1-only OR BSD-2-Clause")
    version("1.5.1", sha256="e5ff89750e48ab5ecdfc02a759aa0dacd1e7980e98e16bdb4bfa8ff0b3b4b98f")

    depends_on("c", type="build")
    depends_on("gmake", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("elfutils")
    depends_on("zlib-api")

    conflicts("platform=darwin")
    conflicts("platform=windows")

    build_directory = "src"

    @property
    def install_targets(self):
        return ["install", f"PREFIX={self.prefix}", f"LIBDIR={self.prefix.lib}"]
