"""Conan 2 recipe: conan create packaging/conan --build=missing

It builds the sources that it stands in. docs/packaging.md tells what Conan Center does not have.
"""

import os
import re

from conan import ConanFile
from conan.errors import ConanException, ConanInvalidConfiguration
from conan.tools.build import can_run, check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.env import VirtualBuildEnv, VirtualRunEnv
from conan.tools.files import copy, load
from conan.tools.gnu import PkgConfigDeps

required_conan_version = ">=2.0"

# What a build of the package reads.
SOURCES = ["CMakeLists.txt", "CHANGELOG.md", "LICENSE", "cmake/*", "include/*", "modules/*", "presets/*", "src/*",
           "templates/*"]


class EbpfKitRecipe(ConanFile):
    name = "ebpfkit"
    description = "eBPF for C and C++ projects built with CMake"
    license = "BSD-2-Clause"
    topics = ("bpf", "ebpf", "btf", "co-re", "linux", "cmake")
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"fPIC": [True, False]}
    default_options = {
        "fPIC": True,
        # The tool unpacks packages of distributions.
        "libarchive/*:with_bzip2": True,
        "libarchive/*:with_lzma": True,
        "libarchive/*:with_zstd": True,
    }

    def _root(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        text = load(self, os.path.join(self._root(), "CMakeLists.txt"))
        found = re.search(r"^  VERSION ([0-9.]+)$", text, re.MULTILINE)
        if not found:
            raise ConanException("CMakeLists.txt has no line VERSION of project().")
        self.version = found[1]

    def export_sources(self):
        for pattern in SOURCES:
            copy(self, pattern, src=self._root(), dst=self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        # An application links the runtime, which needs these two. libbpf brings libelf.
        self.requires("libbpf/[>=1.1]", transitive_headers=True, transitive_libs=True)
        self.requires("zlib/[>=1.2.11 <2]", transitive_headers=True, transitive_libs=True)
        # Only the tool needs these.
        self.requires("cli11/[>=2.0 <3]", visible=False)
        self.requires("elfutils/[>=0.186]")
        self.requires("fmt/[>=9 <12]", visible=False)
        self.requires("libarchive/[>=3.6]", visible=False)
        self.requires("libmd/[>=1.0]", visible=False)
        self.requires("lz4/[>=1.9 <2]", visible=False)
        self.requires("nlohmann_json/[>=3.11 <4]", visible=False)
        self.requires("xz_utils/[>=5.4]")
        self.requires("zstd/[>=1.5 <2]")

    def build_requirements(self):
        self.tool_requires("cmake/[>=3.25]")
        if not self.conf.get("tools.gnu:pkg_config", check_type=str):
            self.tool_requires("pkgconf/[>=2 <3]")

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("EbpfKit works on Linux")
        if not can_run(self):
            raise ConanInvalidConfiguration("EbpfKit's tool runs during the build: make the package for the machine that "
                                            "builds, and name a toolchain file of EbpfKit for the other one")
        check_min_cppstd(self, 20)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["EBPFKIT_BUILD_TESTS"] = False
        toolchain.cache_variables["EBPFKIT_INSTALL"] = True
        toolchain.cache_variables["CMAKE_INSTALL_LIBDIR"] = "lib"
        toolchain.generate()
        CMakeDeps(self).generate()
        # cmake/EbpfKitDependencies.cmake asks pkg-config what a static library needs.
        PkgConfigDeps(self).generate()
        VirtualBuildEnv(self).generate()
        # The build runs the tool, which may have shared libraries.
        VirtualRunEnv(self).generate(scope="build")

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # find_package(EbpfKit) finds EbpfKit's own package: its commands are no targets.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "EbpfKit")]
        self.cpp_info.set_property("pkg_config_name", "ebpfkit-runtime")
        self.cpp_info.includedirs = [os.path.join("share", "ebpfkit", "include")]
        self.cpp_info.libs = ["ebpfkit_runtime"]
        self.cpp_info.requires = ["libbpf::libbpf", "zlib::zlib"]
        self.buildenv_info.prepend_path("PATH", os.path.join(self.package_folder, "bin"))
