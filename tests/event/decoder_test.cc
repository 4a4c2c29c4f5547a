// SPDX-License-Identifier: Apache-2.0
#include "event/decoder.h"
#include <catch2/catch.hpp>
