// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify/notice.h"
#include "state/state.h"

namespace tocsin {

// Where the state thread hands over what is committed and is to be told. Never blocks.
class Teller {
 public:
  virtual ~Teller() = default;
  virtual void committed(Committed committed) = 0;
  // What was old news until now may be told.
  virtual void catch_up_ended() = 0;
  virtual void trouble(const EngineMessage& message) = 0;
};

}  // namespace tocsin
