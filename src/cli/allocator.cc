// SPDX-License-Identifier: Apache-2.0
// How jemalloc keeps memory; it reads this before main. Few arenas, so that threads that need much
// once leave none behind that no other can use; what is freed goes back to the system within
// seconds, an idle process included. MALLOC_CONF in the environment says otherwise (decision 0028).
extern "C" [[gnu::visibility("default")]] const char* malloc_conf;
const char* malloc_conf = "narenas:4,background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
