# What a developer has in the environment.
set(ENV{OPENWRT_SDK})
set(ENV{OECORE_TARGET_SYSROOT})
# A consumer's presets are a few lines that include those of the installed EbpfKit.
include("${CMAKE_CURRENT_LIST_DIR}/../../detail/sysroot.cmake")
require_sysroot(aarch64)
file(
  WRITE "${WORK_DIR}/source/CMakePresets.json"
  "{
  \"version\": 6,
  \"include\": [\"${PREFIX}/share/ebpfkit/presets/openwrt.json\"],
  \"configurePresets\": [
    {
      \"name\": \"router\",
      \"inherits\": \"openwrt-aarch64\",
      \"cacheVariables\": { \"EBPFKIT_BTF\": \"${KIT_DIR}/example-project/kernels/debian/12/aarch64/6.1.0-50-cloud-arm64.btf.xz\" }
    }
  ]
}
")
set(configure_arguments --preset router "-DEBPFKIT_CACHE_DIR=${SYSROOT_CACHE}")
