# EbpfKit for nixpkgs' callPackage. It builds the sources that it stands in:
#
#   nix-build packaging/nix
{
  lib,
  stdenv,
  bpftools,
  cli11,
  cmake,
  elfutils,
  fmt,
  libarchive,
  libbpf,
  libmd,
  lz4,
  ninja,
  nlohmann_json,
  pkg-config,
  llvmPackages,
  writeText,
  xz,
  zlib,
  zstd,
}:

let
  root = ../..;
  # project() in CMakeLists.txt is the only source of the version.
  versions = builtins.filter (match: match != null) (
    map (builtins.match "  VERSION ([0-9.]+)") (
      lib.splitString "\n" (builtins.readFile (root + "/CMakeLists.txt"))
    )
  );
in
stdenv.mkDerivation {
  pname = "ebpfkit";
  version = builtins.head (builtins.head versions);

  # What a build of the package reads.
  src = builtins.filterSource (
    path: type:
    builtins.elem (builtins.head (lib.splitString "/" (lib.removePrefix (toString root + "/") path))) [
      "CHANGELOG.md"
      "CMakeLists.txt"
      "LICENSE"
      "cmake"
      "include"
      "modules"
      "presets"
      "src"
      "templates"
    ]
  ) root;

  nativeBuildInputs = [
    cmake
    ninja
    pkg-config
  ];
  buildInputs = [
    cli11
    elfutils
    fmt
    libarchive
    libmd
    lz4
    nlohmann_json
    xz
    zstd
  ];
  # A project with BPF programs needs these. The clang of `stdenv` adds options that BPF does not have.
  propagatedBuildInputs = [
    libbpf
    zlib
  ];
  propagatedNativeBuildInputs = [ bpftools ];

  # nixpkgs gives absolute directories. EbpfKit's files find each other by relative ones.
  cmakeFlags = [
    "-DCMAKE_INSTALL_BINDIR=bin"
    "-DCMAKE_INSTALL_LIBDIR=lib"
    "-DEBPFKIT_BUILD_TESTS=OFF"
  ];

  setupHook = writeText "ebpfkit-setup-hook.sh" ''
    # A project that names another clang keeps it: CMake takes the last of two definitions.
    cmakeFlags="-DEBPFKIT_CLANG=${llvmPackages.clang-unwrapped}/bin/clang ''${cmakeFlags-}"
  '';

  meta = {
    description = "eBPF for C and C++ projects built with CMake";
    license = lib.licenses.bsd2;
    mainProgram = "ebpfkit";
    platforms = lib.platforms.linux;
  };
}
