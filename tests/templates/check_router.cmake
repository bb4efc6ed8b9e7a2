# A project for a router, by the presets that it includes: cmake -DTEMPLATE= -DWORK_DIR= -DPREFIX= -DKIT_DIR=
# -DSYSROOT_CACHE= -P check_router.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/../detail/steps.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../detail/sysroot.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/new_project.cmake")

function(build_for_router)
  require_sysroot(aarch64)
  # What a developer has in the environment.
  set(ENV{OPENWRT_SDK})
  set(ENV{OECORE_TARGET_SYSROOT})
  make_project(${TEMPLATE})
  # The template openwrt embeds BTF. The others for routers need none.
  set(btf "")
  if(TEMPLATE STREQUAL "openwrt")
    set(btf
        "-DEBPFKIT_BTF=${KIT_DIR}/example-project/kernels/debian/12/aarch64/6.1.0-50-cloud-arm64.btf.xz"
    )
  endif()
  in_project(--preset openwrt-aarch64 "-DEBPFKIT_CACHE_DIR=${SYSROOT_CACHE}" ${btf})
  in_project(--build --preset openwrt-aarch64)
  expect_no_output("warning:")
  find_program(READELF NAMES llvm-readelf readelf REQUIRED)
  run("${READELF}" -h -l "${project}/build/openwrt-aarch64/${name}")
  expect_output("AArch64")
  expect_no_output("INTERP")
endfunction()

build_for_router()
mark_if_skipped()
