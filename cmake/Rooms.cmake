# SPDX-License-Identifier: Apache-2.0
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
