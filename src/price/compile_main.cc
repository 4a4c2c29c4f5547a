// SPDX-License-Identifier: Apache-2.0
// Run when we are built: compile_prices OUTPUT ROOT FILE… writes a C++ source whose function
// built_in_prices() has the price files, compiled. Files are named by their way from ROOT.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "price/compiled.h"
#include "price/load.h"

namespace {

using namespace tocsin;

std::string literal(std::string_view bytes) {
  std::string out = "    \"";
  std::size_t column = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\' && c != '?') {
      out.push_back(c);
      ++column;
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\%03o", byte);
      out += escaped;
      column += 4;
    }
    if (column > 90) {
      out += "\"\n    \"";
      column = 0;
    }
  }
  return out + '"';
}

bool add(const std::filesystem::path& path, const std::string& name, prices::Catalogue& catalogue) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Diagnostics diagnostics;
  auto provider = prices::load_provider(name, text, catalogue.texts, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) {
    std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
  }
  if (provider) catalogue.add(std::move(*provider));
  return provider && diagnostics.empty();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  prices::Catalogue catalogue;
  bool good = true;
  for (int i = 3; i < argc; ++i) {
    const std::filesystem::path path = argv[i];
    good = add(path, path.lexically_relative(argv[2]).string(), catalogue) && good;
  }
  Diagnostics diagnostics;
  catalogue.fill_likes(diagnostics);
  catalogue.apply_surcharges(diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) {
    std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
  }
  if (!good || !diagnostics.empty()) return 1;
  const std::string bytes = prices::compile(catalogue);
  std::ofstream out(argv[1], std::ios::binary);
  out << "// Made at build time by compile_prices; not to be edited.\n"
         "#include \"price/built_in.h\"\n\nnamespace tocsin::prices {\n\n"
         "std::string_view built_in_prices() {\n  static constexpr char kBytes[] =\n"
      << literal(bytes) << ";\n  return {kBytes, " << bytes.size()
      << "};\n}\n\n}  // namespace tocsin::prices\n";
  out.close();
  return out ? 0 : 1;
}
