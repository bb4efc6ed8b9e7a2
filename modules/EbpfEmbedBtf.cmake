#[=[.rst:
ebpf_embed_btf
--------------

Lets programs run on kernels without BTF. The command takes the BTF of given kernels, keeps what the CO-RE
relocations of the programs need, and puts that into the application::

  ebpf_embed_btf(<name> PROGRAMS <program>... BTFS <btf>... [FILTER <pattern>...] [NON_PORTABLE])

``<name>``
  A static library to link. It brings the BTF, ``EbpfKit::runtime``, and the header
  ``<name>.btf.hpp`` with the function ``ebpf::<name>()``, which ``ebpfkit::btf_source`` (C++17,
  ``<ebpfkit/btf_source.hpp>``) takes. In C++ names, characters that C does not allow become ``_``. The
  header is the library's file set ``HEADERS``; ``install(TARGETS <name> ebpfkit_runtime ...)`` installs
  and exports the library as ``ebpf_add_skeleton`` describes.
``PROGRAMS``
  Targets of ``ebpf_add_program``, all for the same CPU. Give them ``NO_KERNEL_BTF``: it makes sure that
  embedded BTF is enough for them.
``BTFS``
  Files (raw BTF, vmlinux, also compressed), directories (searched with all below them, as BTFHub's
  archive), or names in the BTF cache (``ebpfkit btf fetch``; ``ubuntu/20.04/x86_64/5.4.0-26``). The
  path of a file tells its kernel: ``<distribution>/<version>/<architecture>/<release>.btf``. Or say it
  behind the path: ``<file>=<distribution>:<version>:<architecture>:<release>``, where all but the release
  may be empty. A file that serves several kernels stands there once for each of them. EbpfKit reads what
  you leave out from the content of the file, if it is there. A build for another system refuses
  ``/sys/kernel/btf``, which is of the kernel that runs on this machine.
``FILTER``
  Patterns (``*``, ``?``, ``[...]``) of ``<distribution>/<version>/<architecture>/<release>``. The command
  embeds only kernels that fit one of them. It always leaves out kernels of another CPU than the programs'.
``NON_PORTABLE``
  Also embeds the layout of the kernel whose BTF the programs were compiled with, and what is known of that
  kernel. An application that asks for it in ``btf_search::fallback`` runs with this layout where there is
  no BTF for the running kernel. ``&checked_build_layout`` first compares what it can know there
  (architecture, release, version, some of a task's memory), and refuses when something differs.
  ``&forced_build_layout`` does not refuse. BTFS may be left out with NON_PORTABLE.

The build cuts the BTFs down in parallel. It keeps equal results once, stores the others as differences to one
another, and packs them: from a hundred kernels on, a kernel takes some tens of bytes. It cuts a file down
again only when the file or the needs of the relocations change. Other changes of the programs do not matter.
The build tells the number of kernels and bytes, and which relocations resolve on no kernel.
``<name>.btf.json`` (property ``EBPF_REPORT``) tells the same for each kernel.

At run time ``btf_source`` takes the running kernel's own BTF where there is one, else the embedded BTF for the
release and architecture of the kernel. The environment variable ``EBPFKIT_BTF_FILE`` names a file instead.
Without any of these, ``btf_source`` gives an error or, if the application allows it, the layout of
NON_PORTABLE.

The cache variable ``EBPFKIT_BTF_DIR`` is the BTF cache, where the tool looks names up. Default:
``~/.cache/ebpfkit/btf``.

Errors when configuring: an unknown or missing argument, PROGRAMS that are not programs or are for different
CPUs, CXX not enabled, no libbpf for the target system, NON_PORTABLE for programs whose types come from several
BTFs or from C headers. Errors when building: a BTF that is missing or damaged, a file whose kernel is not
known, two different BTFs for one kernel, a FILTER that fits no kernel.

Example::

  ebpf_embed_btf(kernels PROGRAMS packets BTFS btfhub-archive FILTER "ubuntu/20.04/*" "debian/*")
  target_link_libraries(application PRIVATE packets_skeleton kernels)

  #include "kernels.btf.hpp"
  const auto btf = ebpfkit::btf_source::find(ebpf::kernels()).value();
  auto packets = ebpf::packets::open(btf.open_options()).value();   // btf lives until load() is done
#]=]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

function(ebpf_embed_btf name)
  list(APPEND CMAKE_MESSAGE_CONTEXT ebpf_embed_btf)
  set(arguments "${ARGN}")
  cmake_parse_arguments(PARSE_ARGV 1 arg "NON_PORTABLE" "" "PROGRAMS;BTFS;FILTER")
  set(required PROGRAMS)
  if(NOT arg_NON_PORTABLE)
    list(APPEND required BTFS)
  endif()
  _ebpf_check_arguments(ebpf_embed_btf REQUIRED ${required})
  _ebpf_check_new_target(ebpf_embed_btf "${name}")
  _ebpf_enabled_languages(languages)
  if(NOT "CXX" IN_LIST languages)
    message(
      FATAL_ERROR "ebpf_embed_btf: CXX is not enabled, but the code that chooses the BTF is C++.\n"
                  "  Write project(${PROJECT_NAME} LANGUAGES CXX).")
  endif()
  _ebpf_embed_programs(arch objects)
  _ebpf_embed_btfs(btfs files)
  _ebpf_embed_build_kernel(build_words build_file)
  list(TRANSFORM objects PREPEND "--object=" OUTPUT_VARIABLE object_words)
  list(TRANSFORM btfs PREPEND "--btf=" OUTPUT_VARIABLE btf_words)
  list(TRANSFORM arg_FILTER PREPEND "--filter=" OUTPUT_VARIABLE filter_words)
  _ebpf_require_libbpf(ebpf_embed_btf LIBRARY)
  _ebpf_require_runtime(ebpf_embed_btf)

  string(MAKE_C_IDENTIFIER "${name}" identifier)
  _ebpf_bytes_symbol(symbol "${name}")
  _ebpf_output_directory(directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}")
  set(bundle "${directory}/${identifier}.btf-bundle")
  set(report "${directory}/${identifier}.btf.json")
  set(cache "")
  if(EBPFKIT_BTF_DIR)
    cmake_path(ABSOLUTE_PATH EBPFKIT_BTF_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" NORMALIZE
               OUTPUT_VARIABLE btf_directory)
    set(cache --btf-cache "${btf_directory}")
  endif()
  _ebpf_watch_inputs(watched OUTPUT "${bundle}" DEPFILE "${bundle}.d" INPUTS ${files} ${build_file})
  # The depfile makes directories and cached files dependencies.
  _ebpf_tool_output(output "${bundle}")
  add_custom_command(
    OUTPUT "${bundle}"
    BYPRODUCTS "${report}"
    COMMAND
      EbpfKit::ebpfkit embed blob ${object_words} ${btf_words} ${build_words} ${filter_words} --arch
      ${arch} ${cache} --work-directory "${directory}/embed" --report "${report}" --depfile
      "${bundle}.d" ${output}
    DEPENDS ${objects} ${arg_PROGRAMS} ${files} ${build_file} EbpfKit::ebpfkit ${watched}
    DEPFILE "${bundle}.d"
    COMMENT "Cutting BTF of kernels down for ${name}"
    VERBATIM)
  set(source "${directory}/${identifier}.btf.cpp")
  _ebpf_tool_output(output "${source}")
  add_custom_command(
    OUTPUT "${source}"
    COMMAND EbpfKit::ebpfkit embed source --file "${bundle}" --name ${symbol} ${output}
    DEPENDS "${bundle}" EbpfKit::ebpfkit
    COMMENT "Generating ${identifier}.btf.cpp"
    VERBATIM)
  set(include_directory "${CMAKE_CURRENT_BINARY_DIR}/ebpf/${name}/include")
  set(header "${include_directory}/${identifier}.btf.hpp")
  configure_file("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/detail/embedded_btf.hpp.in" "${header}" @ONLY)

  _ebpf_add_bytes_library(${name} "${source}" "${include_directory}" "${header}")
  set_target_properties(${name} PROPERTIES EBPF_KIND EMBEDDED_BTF EBPF_REPORT "${report}")
  target_link_libraries(${name} PUBLIC EbpfKit::runtime)
endfunction()

# _ebpf_embed_programs(<arch-out> <objects-out>): checks arg_PROGRAMS of ebpf_embed_btf.
function(_ebpf_embed_programs arch_out objects_out)
  set(arch "")
  set(objects "")
  foreach(program IN LISTS arg_PROGRAMS)
    _ebpf_check_kind(ebpf_embed_btf PROGRAMS "${program}" PROGRAM ebpf_add_program)
    get_target_property(object ${program} EBPF_OBJECT)
    get_target_property(program_arch ${program} EBPF_ARCH)
    list(APPEND objects "${object}")
    get_target_property(real_name ${program} NAME) # of an alias: the name of its target
    set_property(TARGET ${real_name} PROPERTY _EBPF_HAS_EMBEDDED_BTF TRUE)
    if(NOT arch STREQUAL "" AND NOT program_arch STREQUAL arch)
      message(
        FATAL_ERROR
          "ebpf_embed_btf: PROGRAMS are for different CPUs: '${program}' for ${program_arch}, others for ${arch}.\n"
          "  Call ebpf_embed_btf once for each ARCH.")
    endif()
    set(arch ${program_arch})
  endforeach()
  set(${arch_out} "${arch}" PARENT_SCOPE)
  set(${objects_out} "${objects}" PARENT_SCOPE)
endfunction()

# _ebpf_embed_build_kernel(<words-out> <file-out>)
#
# With arg_NON_PORTABLE, sets <words-out> to the tool's arguments about the one BTF of all arg_PROGRAMS, and
# <file-out> to its file. The running kernel's BTF does not hold its release and version, so CMake adds them.
function(_ebpf_embed_build_kernel words_out file_out)
  set(words "")
  set(btf "")
  if(arg_NON_PORTABLE)
    foreach(program IN LISTS arg_PROGRAMS)
      get_target_property(program_btf ${program} EBPF_BTF)
      get_target_property(program_btf_base ${program} EBPF_BTF_BASE)
      if(program_btf_base)
        message(
          FATAL_ERROR
            "ebpf_embed_btf: NON_PORTABLE: the types of PROGRAMS '${program}' come from a module's BTF ('${program_btf}') on the base '${program_btf_base}'. NON_PORTABLE needs programs that are built with a kernel's BTF alone.\n"
            "  Leave NON_PORTABLE out, or build the program with the kernel's BTF alone: BTF ${program_btf_base}."
        )
      endif()
      if(NOT program_btf)
        message(
          FATAL_ERROR
            "ebpf_embed_btf: NON_PORTABLE: the types of PROGRAMS '${program}' do not come from one BTF.\n"
            "  Name it: ebpf_add_program(${program} ... BTF <file>); or leave NON_PORTABLE out.")
      elseif(NOT btf STREQUAL "" AND NOT btf STREQUAL program_btf)
        message(
          FATAL_ERROR
            "ebpf_embed_btf: NON_PORTABLE: PROGRAMS are built for several kernels: '${btf}', '${program_btf}' ('${program}').\n"
            "  Build all with the same BTF, or leave NON_PORTABLE out.")
      endif()
      set(btf "${program_btf}")
    endforeach()
    set(words "--build-btf=${btf}")
    if(btf STREQUAL "${CMAKE_BINARY_DIR}/ebpfkit/running-kernel.btf")
      cmake_host_system_information(RESULT version QUERY OS_VERSION)
      set(words "--build-btf=${btf}=:::${CMAKE_HOST_SYSTEM_VERSION}" "--build-version=${version}")
    endif()
  endif()
  set(${words_out} "${words}" PARENT_SCOPE)
  # The depfile makes the file behind a name in the BTF cache a dependency.
  if(NOT IS_ABSOLUTE "${btf}")
    set(btf "")
  endif()
  set(${file_out} "${btf}" PARENT_SCOPE)
endfunction()

# _ebpf_embed_btfs(<words-out> <files-out>)
#
# Sets <words-out> to the words of arg_BTFS with absolute paths, and <files-out> to the files among them. A
# word that names no file or directory is a name in the BTF cache. The tool looks it up when it runs.
function(_ebpf_embed_btfs words_out files_out)
  set(words "")
  set(files "")
  foreach(word IN LISTS arg_BTFS)
    set(path "${word}")
    set(identity "")
    if(word MATCHES "^(.+)(=[^=:/]*:[^=:/]*:[^=:/]*:[^=:/]+)$")
      set(path "${CMAKE_MATCH_1}")
      set(identity "${CMAKE_MATCH_2}")
    endif()
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE
               OUTPUT_VARIABLE absolute)
    _ebpf_refuse_running_btf(ebpf_embed_btf BTFS "${absolute}")
    get_source_file_property(generated "${absolute}" GENERATED)
    if(IS_DIRECTORY "${absolute}" AND identity STREQUAL "")
      list(APPEND words "${absolute}")
    elseif(generated OR (EXISTS "${absolute}" AND NOT IS_DIRECTORY "${absolute}"))
      list(APPEND words "${absolute}${identity}")
      list(APPEND files "${absolute}")
    elseif(identity STREQUAL "" AND word MATCHES
                                    "^[A-Za-z0-9_+~-][A-Za-z0-9._+~:-]*(/[A-Za-z0-9._+~:-]+)+$")
      list(APPEND words "${word}")
    else()
      _ebpf_nearest_file_hint(nearest "${absolute}")
      message(
        FATAL_ERROR
          "ebpf_embed_btf: BTFS '${word}': there is no such file or directory.${nearest}\n"
          "  Check the name; a relative path starts at ${CMAKE_CURRENT_SOURCE_DIR}.")
    endif()
  endforeach()
  set(${words_out} "${words}" PARENT_SCOPE)
  set(${files_out} "${files}" PARENT_SCOPE)
endfunction()
