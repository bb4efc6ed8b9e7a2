# CPack runs this file on the installed files before it packs them: adds what a package of the distribution must have,
# and gives all files one time, so that two builds of a package are equal byte by byte.
cmake_minimum_required(VERSION 3.25)

if(NOT "$ENV{SOURCE_DATE_EPOCH}" MATCHES "^[0-9]+$")
  message(
    FATAL_ERROR "The environment has no SOURCE_DATE_EPOCH, the time of all files in the package.\n"
                "  Make packages with scripts/package, which sets it.")
endif()
if(NOT CPACK_EBPFKIT_PREFIX STREQUAL "/usr")
  message(
    FATAL_ERROR
      "This build has the prefix '${CPACK_EBPFKIT_PREFIX}', and packages have /usr.\n"
      "  Make packages with scripts/package, or configure with -DCMAKE_INSTALL_PREFIX=/usr.")
endif()
set(source "${CPACK_EBPFKIT_SOURCE_DIR}")
set(root "${CPACK_TEMPORARY_DIRECTORY}")
set(doc "${root}/usr/share/doc/ebpfkit")
file(MAKE_DIRECTORY "${doc}")

# compress(<file>...): packs each file to <file>.gz, without a time in it, as Debian's policy 12.1 and 12.7 demand.
function(compress)
  execute_process(COMMAND gzip -9nf ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(CPACK_GENERATOR STREQUAL "DEB")
  # The text of the licence, as the format of Debian's copyright files wants it: " ." for an empty line.
  file(READ "${source}/LICENSE" licence)
  string(REGEX REPLACE "\n+$" "" licence "${licence}")
  string(REPLACE "\n" "\n " licence " ${licence}")
  string(REPLACE "\n \n" "\n .\n" licence "${licence}")
  file(READ "${source}/packaging/debian/copyright" copyright)
  file(WRITE "${doc}/copyright" "${copyright}${licence}\n")
  file(COPY_FILE "${source}/CHANGELOG.md" "${doc}/changelog")
  compress("${doc}/changelog")
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(
    WRITE "${doc}/changelog.Debian"
    "ebpfkit (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
    "  * Version ${CPACK_PACKAGE_VERSION}; changelog.gz tells what is new.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
  compress("${doc}/changelog.Debian")
  file(GLOB pages "${root}/usr/share/man/man1/*.1")
  if(pages)
    compress(${pages})
  endif()
  file(COPY "${source}/packaging/debian/lintian-overrides/ebpfkit"
       DESTINATION "${root}/usr/share/lintian/overrides")
else()
  file(COPY "${source}/LICENSE" "${source}/CHANGELOG.md" DESTINATION "${doc}")
endif()

find_program(touch touch REQUIRED)
find_program(find find REQUIRED)
find_program(chmod chmod REQUIRED)
execute_process(COMMAND "${chmod}" -R u=rwX,go=rX "${root}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${find}" "${root}" -exec "${touch}" --no-dereference
                        "--date=@$ENV{SOURCE_DATE_EPOCH}" "{}" + COMMAND_ERROR_IS_FATAL ANY)
