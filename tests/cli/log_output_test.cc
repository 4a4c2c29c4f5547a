// SPDX-License-Identifier: Apache-2.0
#include "cli/log_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>

using namespace tocsin;

namespace {

class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    for (const int end : ends_) ::close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int in() const { return ends_[1]; }
  // What lies in it, at most a megabyte.
  std::string read() {
    std::string all(1 << 20, '\0');
    const ssize_t count = ::read(ends_[0], all.data(), all.size());
    REQUIRE(count > 0);
    all.resize(static_cast<std::size_t>(count));
    return all;
  }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace

TEST_CASE("A pipe that nobody reads holds up nobody, and what it did not take is counted") {
  Pipe pipe;
  LogOutput output(pipe.in());
  std::string line(1'000, 'x');
  line.back() = '\n';
  for (int i = 0; i < 1'000; ++i) output.write(line);
  const std::string taken = pipe.read();
  CHECK(taken.size() % line.size() == 0);
  CHECK(output.left_out() == 1'000 - taken.size() / line.size());
  const auto lost = std::to_string(output.left_out());
  output.write("more\n");
  CHECK(pipe.read() == "(" + lost + " lines of the log could not be written)\nmore\n");
  CHECK(output.left_out() == 0);
}

TEST_CASE("A closed file takes nothing, and nobody minds") {
  LogOutput output(-1);
  output.write("a\n");
  CHECK(output.left_out() == 1);
}

TEST_CASE("A line longer than a pipe takes at once is cut, and still is one line") {
  Pipe pipe;
  LogOutput output(pipe.in());
  std::string line(100'000, 'x');
  line.back() = '\n';
  output.write(line);
  const std::string taken = pipe.read();
  CHECK(taken.size() == 4'096);
  CHECK(taken.find('\n') == taken.size() - 1);
}
