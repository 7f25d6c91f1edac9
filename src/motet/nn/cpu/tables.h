// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "motet/nn/cpu/kernels.h"

// One table an instruction set; dispatch.cpp alone asks for them, where the machine runs them.
namespace motet::nn::kernels::generic {
const KernelTable& table() noexcept;
}
namespace motet::nn::kernels::avx2 {
const KernelTable& table() noexcept;
}
namespace motet::nn::kernels::avx512 {
const KernelTable& table() noexcept;
}
namespace motet::nn::kernels::amx {
const KernelTable& table() noexcept;
}
namespace motet::nn::kernels::neon {
const KernelTable& table() noexcept;
}
namespace motet::nn::kernels::dotprod {
const KernelTable& table() noexcept;
}
