// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/api.h"
#include "notify/notifier.h"
#include "tocsin/store.h"

namespace tocsin {

// GET /api/v1/notifications by `limit`, `id` (its beginning), `channel` and `state`:
// {"notifications": [{id, channel, destination, state, composed, when, attempts, last_error,
// first_line, alerts}]}, newest first. With `text=1` each has `text`, as its mail says it. Any
// thread.
Api::Answer notifications_answer(const Store& store, const Notifier& notifier,
                                 const Api::Query& query);

// POST by `id` and, where one is meant, `channel`: what is parked is sent again with its id, what
// was delivered as another message. 200 with what is sent, when that is synced; 404 if there is
// none, 409 with the reason if it cannot be sent. Waits for the notifier. Any thread but its.
Api::Answer resend_answer(const Store& store, Notifier& notifier, const Api::Query& query);

}  // namespace tocsin
