// SPDX-License-Identifier: Apache-2.0
// Makes the precompiled header of the tests: catch_main.cc cannot, for it defines what the header
// leaves out.
