// SPDX-License-Identifier: Apache-2.0
#include "motet/score/score.h"

#ifdef MOTET_ALLOWED
motet::Ticks place(motet::Ticks at) { return at; }
#else
motet::Ticks place(motet::Seconds at) { return at; }
#endif
