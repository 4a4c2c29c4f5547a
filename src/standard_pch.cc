// SPDX-License-Identifier: Apache-2.0
// Makes the precompiled header of all rooms, TOCSIN_STANDARD_HEADERS of cmake/Rooms.cmake.
