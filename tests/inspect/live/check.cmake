# Each script runs in a network of its own, with a bpffs that nobody else sees.
foreach(CMAKE_script pins.sh detach.sh stats.sh globals.sh changes.sh events.sh xdp.sh terminal.sh)
  file(MAKE_DIRECTORY "${build_dir}/of ${CMAKE_script}")
  run("${CMAKE_COMMAND}" -E chdir "${build_dir}/of ${CMAKE_script}" unshare --mount --net sh
      "${source_dir}/${CMAKE_script}" "${PREFIX}/bin/ebpfkit" "${build_dir}"
      "${build_dir}/live.bpf.o")
endforeach()
include("${KIT_DIR}/tests/detail/documents.cmake")
expect_document("${build_dir}/of xdp.sh/xdp-advice=full.json" "${KIT_DIR}/docs/json.md")
