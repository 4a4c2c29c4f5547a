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
#   tocsin_room(document SOURCES a.cc b.cc ROOMS hash LIBS yaml-cpp)
function(tocsin_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ROOMS;LIBS" ${ARGN})
  add_library(tocsin_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(tocsin_${name} PUBLIC tocsin_flags)
  foreach(room ${ARG_ROOMS})
    target_link_libraries(tocsin_${name} PUBLIC tocsin_${room})
  endforeach()
  target_link_libraries(tocsin_${name} PRIVATE ${ARG_LIBS})
  if(TOCSIN_PRECOMPILED)
    target_precompile_headers(tocsin_${name} REUSE_FROM tocsin_standard)
  endif()
endfunction()

# The unit tests of a room, linking it, the rooms it may use, and nothing else: <name>_test.
#
#   tocsin_room_test(document SOURCES yaml_test.cc ROOMS support)
function(tocsin_room_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ROOMS;LIBS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE tocsin_catch_main)
  if(TARGET tocsin_${name})
    target_link_libraries(${name}_test PRIVATE tocsin_${name})
  endif()
  foreach(room ${ARG_ROOMS})
    target_link_libraries(${name}_test PRIVATE tocsin_${room})
  endforeach()
  target_link_libraries(${name}_test PRIVATE ${ARG_LIBS})
  target_precompile_headers(${name}_test REUSE_FROM tocsin_catch_main)
  target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${name}_test PRIVATE TOCSIN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name}_test)
endfunction()
