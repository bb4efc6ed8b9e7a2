# shellcheck shell=bash
# scripts/gates/sanitizers and scripts/gates/threads source this file.

# run_sanitized <directory> <jobs> <value of EBPFKIT_SANITIZE> <tests> <target>...: builds the targets in the directory
# and runs the tests whose names match. A test that a sanitizer ends fails.
run_sanitized() {
  local directory=$1 jobs=$2 sanitize=$3 tests=$4 launcher=
  shift 4
  if command -v ccache >/dev/null 2>&1; then
    export CMAKE_CXX_COMPILER_LAUNCHER="${CMAKE_CXX_COMPILER_LAUNCHER-ccache}"
  fi
  if [ "$(id -u)" -ne 0 ] && sudo -n true 2>/dev/null; then
    launcher="$PWD/tests/detail/as_root"
  fi
  # Each room is one or a few large sources: most of the time goes into headers. The reports need lines only.
  cmake -S . -B "$directory" -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -gline-tables-only" -DCMAKE_UNITY_BUILD=ON \
    "-DEBPFKIT_SANITIZE=$sanitize" -DEBPFKIT_BUILD_TESTS=ON "-DEBPFKIT_RUNTIME_TEST_LAUNCHER=$launcher"
  cmake --build "$directory" --parallel "$jobs" --target "$@"
  ctest --test-dir "$directory" --parallel "$jobs" --output-on-failure --no-tests=error -R "$tests"
}
