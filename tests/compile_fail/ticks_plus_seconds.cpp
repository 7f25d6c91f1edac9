// SPDX-License-Identifier: Apache-2.0
#include "motet/score/score.h"

motet::Ticks later(motet::Ticks at, motet::Seconds wait) {
#ifdef MOTET_ALLOWED
  static_cast<void>(wait);
  return at + motet::Ticks{1};
#else
  return at + wait;
#endif
}
