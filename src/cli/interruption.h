// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tocsin {

// Whether somebody asked a command that runs on to end: Ctrl-C, SIGTERM, or a terminal that closed.
// It is left to end by itself; what has not after 15 s is ended by the kernel. One for the process;
// SIGPIPE is ignored from then on.
class Interruption {
 public:
  static void listen();
  // The signal's number; 0: nobody asked.
  static int asked();
};

}  // namespace tocsin
