// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tocsin {

// Whether somebody asked a command that runs on to end: Ctrl-C, SIGTERM, or a terminal that closed.
// It is left to end by itself; the third time ends the process at once. One for the process;
// SIGPIPE is ignored from then on.
class Interruption {
 public:
  static void listen();
  // The signal's number; 0: nobody asked.
  static int asked();
};

}  // namespace tocsin
