# SPDX-License-Identifier: Apache-2.0
# What nearly every source includes, read once for all of them: a third of the time that compiling
# one takes. Headers of the standard library alone, and none that a pure room may not use
# (tests/tidy checks it), so that no room comes by a library this way. A source names what it uses
# all the same: builds without the option, and ./dev lint, read each without them.
option(TOCSIN_PRECOMPILED "A precompiled header of the standard library for all rooms" OFF)
set(TOCSIN_STANDARD_HEADERS)
if(TOCSIN_PRECOMPILED)
  set(TOCSIN_STANDARD_HEADERS
    <algorithm> <array> <charconv> <chrono> <compare> <cstddef> <cstdint> <cstring> <deque>
    <functional> <limits> <map> <memory> <optional> <set> <span> <string> <string_view> <tuple>
    <unordered_map> <unordered_set> <utility> <variant> <vector>)
  # All alike, for all share it; the second is for ccache, which else keeps nothing that uses one.
  target_compile_options(tocsin_flags INTERFACE -pthread -fpch-preprocess)
endif()

# A room is one static library, src/<name>/; its public headers are its folder's. A third-party
# library is linked PRIVATE, so that no other room compiles against it by accident.
#
# Presets compile several sources of a room as one (CMAKE_UNITY_BUILD), except those APART.
#
#   tocsin_room(document SOURCES a.cc b.cc ROOMS hash LIBS yaml-cpp APART b.cc)
function(tocsin_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ROOMS;LIBS;APART" ${ARGN})
  add_library(tocsin_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(tocsin_${name} PUBLIC tocsin_flags)
  foreach(room ${ARG_ROOMS})
    target_link_libraries(tocsin_${name} PUBLIC tocsin_${room})
  endforeach()
  target_link_libraries(tocsin_${name} PRIVATE ${ARG_LIBS})
  set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  if(TOCSIN_PRECOMPILED)
    target_precompile_headers(tocsin_${name} REUSE_FROM tocsin_standard)
  endif()
endfunction()

# How many of a test's made-up cases: fewer where each takes several times as long.
set(TOCSIN_CASES_PERCENT 100 CACHE STRING "Share of made-up cases that tests try")
function(tocsin_cases out count)
  math(EXPR cases "(${count} * ${TOCSIN_CASES_PERCENT} + 99) / 100")
  set(${out} ${cases} PARENT_SCOPE)
endfunction()

# Tests that are programs of ours: the targets unit_tests and threaded_tests build them, and ctest
# runs them by their labels, `unit` and `threads`. What has no label runs a script.
add_custom_target(unit_tests)
add_custom_target(threaded_tests)
# Everything else that tests run.
add_custom_target(programs)

#   tocsin_unit_tests(crash_suite NAMES crash_points crash_power)
function(tocsin_unit_tests target)
  cmake_parse_arguments(ARG "THREADS" "" "NAMES" ${ARGN})
  add_dependencies(unit_tests ${target})
  set_tests_properties(${ARG_NAMES} PROPERTIES LABELS unit)
  if(ARG_THREADS)
    add_dependencies(threaded_tests ${target})
    set_tests_properties(${ARG_NAMES} PROPERTIES LABELS "unit;threads")
  endif()
endfunction()

# The unit tests of a room, linking it, the rooms it may use, and nothing else: <name>_test.
# THREADS: those of SOURCES that have more than one thread. ThreadSanitizer has no others to see to.
#
#   tocsin_room_test(net SOURCES curl_test.cc mail_test.cc THREADS curl_test.cc ROOMS support)
function(tocsin_room_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;THREADS;ROOMS;LIBS;APART" ${ARGN})
  if(ARG_THREADS AND CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    set(ARG_SOURCES ${ARG_THREADS})
  endif()
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE tocsin_catch_main)
  if(TARGET tocsin_${name})
    target_link_libraries(${name}_test PRIVATE tocsin_${name})
  endif()
  foreach(room ${ARG_ROOMS})
    target_link_libraries(${name}_test PRIVATE tocsin_${room})
  endforeach()
  target_link_libraries(${name}_test PRIVATE ${ARG_LIBS})
  set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_precompile_headers(${name}_test REUSE_FROM tocsin_catch_main)
  target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${name}_test PRIVATE TOCSIN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  # Small batches: what tests compile is templates of Catch and RapidCheck more than headers.
  set_target_properties(${name}_test PROPERTIES UNITY_BUILD_BATCH_SIZE 4)
  add_test(NAME ${name} COMMAND ${name}_test)
  tocsin_cases(cases 100)  # RapidCheck's own number
  set_tests_properties(${name} PROPERTIES ENVIRONMENT RC_PARAMS=max_success=${cases})
  if(ARG_THREADS)
    tocsin_unit_tests(${name}_test THREADS NAMES ${name})
  else()
    tocsin_unit_tests(${name}_test NAMES ${name})
  endif()
endfunction()
