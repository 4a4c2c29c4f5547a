# SPDX-License-Identifier: Apache-2.0
# One INTERFACE target holds the flags of our own code; docs/operations.md says why each is there.
option(TOCSIN_WERROR "Warnings are errors" OFF)

include(CheckCXXCompilerFlag)

add_library(tocsin_flags INTERFACE)
target_include_directories(tocsin_flags INTERFACE
  ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(tocsin_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wformat=2 -Wconversion -Wsign-conversion -Wimplicit-fallthrough
  -Wshadow -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wdouble-promotion
  -Wfloat-equal -Wvla -Wswitch-enum -Werror=format-security -fvisibility=hidden
  -fno-strict-aliasing -fno-delete-null-pointer-checks
  # Sources that are compiled as one are headers to g++.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage> -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
# Overflow that has a meaning is none that UBSan would tell.
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize=[a-z,-]*undefined")
  target_compile_options(tocsin_flags INTERFACE -fno-strict-overflow)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(tocsin_flags INTERFACE
    -Wtrampolines -Wbidi-chars=any -Wduplicated-cond -Wlogical-op)
else()  # clang, of the fuzzers: tables made at compile time take more steps than it allows itself
  target_compile_options(tocsin_flags INTERFACE -fconstexpr-steps=100000000)
endif()
if(TOCSIN_WERROR)
  # g++ 12 sees overflows in its own std::string operators that are not there (GCC PR 105651).
  target_compile_options(tocsin_flags INTERFACE
    -Werror -Wno-error=array-bounds -Wno-error=restrict -Wno-error=stringop-overflow)
endif()

# Everything is one binary: -fPIE for libraries too, so that all share one precompiled header.
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
add_compile_options(-fPIE)
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,--as-needed -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--build-id=sha1)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
  add_link_options(-pie)
  target_compile_definitions(tocsin_flags INTERFACE _FORTIFY_SOURCE=3 _GLIBCXX_ASSERTIONS)
  target_compile_options(tocsin_flags INTERFACE
    -U_FORTIFY_SOURCE -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -ftrivial-auto-var-init=zero)
endif()
