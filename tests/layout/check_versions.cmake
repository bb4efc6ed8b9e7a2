# One version everywhere: project() in CMakeLists.txt is the source. The newest entry of CHANGELOG.md is about it, and
# the table of renames fits it (docs/versions.md).
#
# cmake -DSOURCE_DIR=<source tree> -P check_versions.cmake
cmake_minimum_required(VERSION 3.25)

set(faults "")
file(READ "${SOURCE_DIR}/CMakeLists.txt" text)
string(REGEX MATCH "project\\([^)]*VERSION[ \n]+([0-9]+)\\.([0-9]+)\\.([0-9]+)" version "${text}")
if(version STREQUAL "")
  message(FATAL_ERROR "CMakeLists.txt has no project(... VERSION <major>.<minor>.<patch>).")
endif()
set(version "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.${CMAKE_MATCH_3}")
set(minor "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")

# The headings of the changelog: "Unreleased", then versions with their dates, the newest first.
file(STRINGS "${SOURCE_DIR}/CHANGELOG.md" headings REGEX "^## ")
list(TRANSFORM headings REPLACE "^## \\[(.*)\\]" "## (\\1)")
list(POP_FRONT headings first)
if(NOT first STREQUAL "## (Unreleased)")
  list(APPEND faults "CHANGELOG.md: the first heading is not '## [Unreleased]'")
endif()
set(newer "")
foreach(heading IN LISTS headings)
  if(NOT heading MATCHES
     "^## \\(([0-9]+\\.[0-9]+\\.[0-9]+)\\) - 20[0-9][0-9]-[01][0-9]-[0-3][0-9]$")
    list(APPEND faults "CHANGELOG.md: '${heading}' is not '## [<version>] - <year>-<month>-<day>'")
    continue()
  endif()
  if(newer STREQUAL "" AND NOT CMAKE_MATCH_1 STREQUAL version)
    list(APPEND faults
         "CHANGELOG.md: the newest entry is ${CMAKE_MATCH_1}, and project() has ${version}")
  elseif(NOT newer STREQUAL "" AND NOT CMAKE_MATCH_1 VERSION_LESS newer)
    list(APPEND faults "CHANGELOG.md: ${CMAKE_MATCH_1} stands below ${newer}")
  endif()
  set(newer "${CMAKE_MATCH_1}")
endforeach()
if(newer STREQUAL "")
  list(APPEND faults "CHANGELOG.md has no entry of a version")
endif()
file(STRINGS "${SOURCE_DIR}/CHANGELOG.md" groups REGEX "^### ")
foreach(group IN LISTS groups)
  if(NOT group MATCHES "^### (Added|Changed|Deprecated|Removed|Fixed|Security)$")
    list(APPEND faults "CHANGELOG.md: '${group}' is no group of Keep a Changelog")
  endif()
endforeach()

# Old names work in the minor version that brought the new ones, and no longer.
file(STRINGS "${SOURCE_DIR}/modules/detail/renames.txt" lines REGEX "^[^#]")
foreach(line IN LISTS lines)
  if(NOT
     line
     MATCHES
     "^(command|keyword|variable) +(works|refused) +([0-9]+\\.[0-9]+) +([a-z_]+|-) +([A-Za-z_]+) +([A-Za-z_]+)$"
  )
    list(APPEND faults "renames.txt: a line does not have its six columns: ${line}")
  elseif(CMAKE_MATCH_2 STREQUAL "works" AND NOT CMAKE_MATCH_3 STREQUAL minor)
    list(
      APPEND faults
      "renames.txt: ${CMAKE_MATCH_5} works since ${CMAKE_MATCH_3}, and EbpfKit ${minor} refuses it")
  elseif(CMAKE_MATCH_2 STREQUAL "refused" AND NOT CMAKE_MATCH_3 VERSION_LESS minor)
    list(APPEND faults
         "renames.txt: ${CMAKE_MATCH_5} is refused, and works in EbpfKit ${CMAKE_MATCH_3}")
  endif()
  if(CMAKE_MATCH_2 STREQUAL "works")
    file(STRINGS "${SOURCE_DIR}/CHANGELOG.md" told REGEX "`${CMAKE_MATCH_5}`")
    if(NOT told)
      list(APPEND faults "CHANGELOG.md does not name `${CMAKE_MATCH_5}`, which renames.txt has")
    endif()
  endif()
endforeach()

if(faults)
  list(JOIN faults "\n  " faults)
  message(FATAL_ERROR "  ${faults}")
endif()
