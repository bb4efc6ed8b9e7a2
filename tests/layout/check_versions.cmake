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

# period_of(<out> <version>): in which versions an old name of <version> works. Before 1.0 that is one minor version, and
# from 1.0 on one major version (docs/versions.md).
function(period_of out version)
  if(version VERSION_GREATER_EQUAL 1)
    string(REGEX REPLACE "\\..*" "" version "${version}")
  endif()
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

# Old names work in the period that brought the new ones, and no longer.
period_of(period ${minor})
file(STRINGS "${SOURCE_DIR}/modules/detail/renames.txt" lines REGEX "^[^#]")
foreach(line IN LISTS lines)
  if(NOT
     line
     MATCHES
     "^(command|keyword|variable) +(works|refused) +([0-9]+\\.[0-9]+) +([a-z_]+|-) +([A-Za-z_]+) +([A-Za-z_]+)$"
  )
    list(APPEND faults "renames.txt: a line does not have its six columns: ${line}")
    continue()
  endif()
  set(state ${CMAKE_MATCH_2})
  set(since ${CMAKE_MATCH_3})
  set(old ${CMAKE_MATCH_5})
  period_of(its_period ${since})
  if(state STREQUAL "works" AND NOT its_period STREQUAL period)
    list(APPEND faults "renames.txt: ${old} works since ${since}, and EbpfKit ${minor} refuses it")
  elseif(state STREQUAL "refused" AND NOT its_period VERSION_LESS period)
    list(APPEND faults "renames.txt: ${old} is refused, and works in EbpfKit ${since}")
  endif()
  if(state STREQUAL "works")
    file(STRINGS "${SOURCE_DIR}/CHANGELOG.md" told REGEX "`${old}`")
    if(NOT told)
      list(APPEND faults "CHANGELOG.md does not name `${old}`, which renames.txt has")
    endif()
  endif()
endforeach()

if(faults)
  list(JOIN faults "\n  " faults)
  message(FATAL_ERROR "  ${faults}")
endif()
