# SPDX-License-Identifier: Apache-2.0
# Run by tocsin_embed() at build time: writes OUTPUT, a C++ source that defines FUNCTION (declared
# in HEADER) to return the bytes of FILES, named by their way from ROOT.
string(REGEX MATCH "^(.*)::([^:]+)$" matched ${FUNCTION})
set(namespace ${CMAKE_MATCH_1})
set(function ${CMAKE_MATCH_2})
set(arrays)
set(rows)
foreach(file IN LISTS FILES)
  file(RELATIVE_PATH name ${ROOT} ${file})
  string(MAKE_C_IDENTIFIER ${name} identifier)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char ${identifier}[] = {\n${bytes}\n};\n")
  string(APPEND rows "      {\"${name}\", text(${identifier})},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made at build time by cmake/embed_files.cmake; not to be edited.
#include \"${HEADER}\"

namespace ${namespace} {
namespace {

${arrays}
template <std::size_t N>
std::string_view text(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

}  // namespace

std::vector<EmbeddedFile> ${function}() {
  return {
${rows}  };
}

}  // namespace ${namespace}
")
