# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C++ source with the bytes of FILES as tocsin::prices::built_in_files().
set(arrays)
set(rows)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  string(MAKE_C_IDENTIFIER ${name} identifier)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char ${identifier}[] = {\n${bytes}\n};\n")
  string(APPEND rows "      {\"rules/prices/${name}\", text(${identifier})},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made at build time from rules/prices; not to be edited.
#include \"price/built_in.h\"

namespace tocsin::prices {
namespace {

${arrays}
template <std::size_t N>
std::string_view text(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

}  // namespace

std::vector<BuiltInFile> built_in_files() {
  return {
${rows}  };
}

}  // namespace tocsin::prices
")
