# SPDX-License-Identifier: Apache-2.0
# Files that ride in the binary, so that no installation is without them. Sets `out` to a source to
# be compiled; HEADER declares FUNCTION, which returns std::vector<EmbeddedFile>
# (document/embedded_file.h). Names are the files' way from ROOT.
#
#   tocsin_embed(embedded FUNCTION tocsin::prices::built_in_files HEADER price/built_in.h
#                ROOT ${CMAKE_SOURCE_DIR} FILES ${price_files})
function(tocsin_embed out)
  cmake_parse_arguments(ARG "" "FUNCTION;HEADER;ROOT" "FILES" ${ARGN})
  string(REGEX REPLACE ".*::" "" name ${ARG_FUNCTION})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DFUNCTION=${ARG_FUNCTION} -DHEADER=${ARG_HEADER}
            -DROOT=${ARG_ROOT} "-DFILES=${ARG_FILES}" -P ${script}
    DEPENDS ${ARG_FILES} ${script}
    VERBATIM)
  set(${out} ${output} PARENT_SCOPE)
endfunction()
