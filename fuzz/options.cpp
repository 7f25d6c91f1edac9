// SPDX-License-Identifier: Apache-2.0
//
// What every target is run with. Readers allocate much and fail often, so remembering who allocated
// what, and keeping a quarter of a gigabyte of freed memory, costs a third of the runs a second. A
// finding is found without both; ASAN_OPTIONS=malloc_context_size=30 tells more when it is
// replayed.
extern "C" const char* __asan_default_options();

extern "C" const char* __asan_default_options() {
  return "malloc_context_size=0:quarantine_size_mb=8:thread_local_quarantine_size_kb=64";
}
