# What the host's targets link: mistakes whose cause the linker's own messages do not tell.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# _ebpf_check_links(<programs>)
#
# Fatal when an executable or a library links a program instead of its skeleton, and when an executable with a
# skeleton is linked with -static but libbpf is a shared library. The linker's own messages do not tell what
# is wrong.
function(_ebpf_check_links programs)
  _ebpf_all_targets(targets)
  foreach(target IN LISTS targets)
    get_property(libraries TARGET ${target} PROPERTY LINK_LIBRARIES)
    if(NOT "${libraries}" STREQUAL "")
      _ebpf_check_link(${target})
    endif()
  endforeach()
endfunction()

# _ebpf_check_link(<target>): the same for one target. Reads libraries, which it links, and programs.
function(_ebpf_check_link target)
  get_property(kind TARGET ${target} PROPERTY EBPF_KIND)
  if(kind STREQUAL "PROGRAM")
    return()
  endif()
  foreach(library IN LISTS libraries)
    if(library IN_LIST programs)
      set(skeleton "${library}_skeleton")
      set(remedy "ebpf_add_skeleton(${skeleton} PROGRAM ${library}), then ")
      _ebpf_targets_of_kind(skeletons SKELETON)
      foreach(candidate IN LISTS skeletons)
        get_property(program TARGET ${candidate} PROPERTY EBPF_PROGRAM)
        if(program STREQUAL library)
          set(skeleton ${candidate})
          set(remedy "")
        endif()
      endforeach()
      message(
        FATAL_ERROR
          "target_link_libraries(${target}): '${library}' is a BPF program of ebpf_add_program, which applications cannot link.\n"
          "  Link its skeleton: ${remedy}target_link_libraries(${target} PRIVATE ${skeleton}).")
    endif()
    if(EBPFKIT_LIBBPF_LIBRARY MATCHES "\\.so[.0-9]*$" AND TARGET "${library}")
      get_property(library_kind TARGET "${library}" PROPERTY EBPF_KIND)
      get_property(type TARGET ${target} PROPERTY TYPE)
      if(library_kind STREQUAL "SKELETON" AND type STREQUAL "EXECUTABLE")
        get_property(options TARGET ${target} PROPERTY LINK_OPTIONS)
        if(" ${CMAKE_EXE_LINKER_FLAGS} ${options} " MATCHES "[ ;]-static(-pie)?[ ;]")
          message(
            FATAL_ERROR
              "target_link_libraries(${target}): '${target}' is linked with -static, but libbpf is the shared library '${EBPFKIT_LIBBPF_LIBRARY}'.\n"
              "  Name a static libbpf: -DEBPFKIT_LIBBPF_LIBRARY=<path of libbpf.a>; or leave -static out."
          )
        endif()
      endif()
    endif()
  endforeach()
endfunction()
