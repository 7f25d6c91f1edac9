// SPDX-License-Identifier: Apache-2.0
#include "motet/nn/torch/fused.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "motet/nn/torch/train_kernels.h"

namespace motet::nn::fused {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kRowsAtOnce = 128;  // a share of work; also the unit of dgain's partial sums
constexpr int64_t kElementsAtOnce = 1 << 15;  // the same for elementwise loops

bool is_fused(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

float* floats(const at::Tensor& x) { return x.data_ptr<float>(); }
uint16_t* halves(const at::Tensor& x) {
  return reinterpret_cast<uint16_t*>(x.data_ptr<at::BFloat16>());
}

/// Calls work(pointer) with the elements of x as float* or uint16_t*.
template <typename Work>
void with_elements(const at::Tensor& x, const Work& work) {
  if (x.scalar_type() == at::kFloat) {
    work(floats(x));
  } else {
    work(halves(x));
  }
}

template <typename T>
T* elements(const at::Tensor& x, const T* /*kind*/) {
  if constexpr (std::is_same_v<T, float>) {
    return floats(x);
  } else {
    return halves(x);
  }
}

size_t size(int64_t n) { return static_cast<size_t>(n); }

class RmsNorm : public torch::autograd::Function<RmsNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& gain, double eps, int64_t type) {
    const at::Tensor x = input.contiguous();
    const int64_t width = x.size(-1);
    const int64_t rows = x.numel() / width;
    at::Tensor y = at::empty(x.sizes(), x.options().dtype(static_cast<at::ScalarType>(type)));
    at::Tensor scale = at::empty({rows}, x.options());
    with_elements(y, [&](auto* out) {
      at::parallel_for(0, rows, kRowsAtOnce, [&](int64_t begin, int64_t end) {
        train_kernels::rms_norm(floats(x) + begin * width, floats(gain), static_cast<float>(eps),
                                out + begin * width, floats(scale) + begin, size(end - begin),
                                size(width));
      });
    });
    context->save_for_backward({x, gain, scale});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &gain = saved[1], &scale = saved[2];
    const at::Tensor dy = gradients[0].contiguous();
    const int64_t width = x.size(-1);
    const int64_t rows = x.numel() / width;
    const int64_t chunks = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
    at::Tensor dx = at::empty_like(x);
    at::Tensor partial = at::zeros({chunks, width}, x.options());
    with_elements(dy, [&](const auto* in) {
      at::parallel_for(0, chunks, 1, [&](int64_t first, int64_t last) {
        for (int64_t chunk = first; chunk < last; ++chunk) {
          const int64_t begin = chunk * kRowsAtOnce;
          const int64_t end = std::min(rows, begin + kRowsAtOnce);
          train_kernels::rms_norm_gradient(
              floats(x) + begin * width, floats(gain), floats(scale) + begin, in + begin * width,
              floats(dx) + begin * width, floats(partial) + chunk * width, size(end - begin),
              size(width));
        }
      });
    });
    return {dx, partial.sum(0), at::Tensor(), at::Tensor()};
  }
};

class SwiGlu : public torch::autograd::Function<SwiGlu> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_input,
                            const at::Tensor& up_input) {
    const at::Tensor gate = gate_input.contiguous();
    const at::Tensor up = up_input.contiguous();
    at::Tensor y = at::empty_like(gate);
    with_elements(y, [&](auto* out) {
      at::parallel_for(0, y.numel(), kElementsAtOnce, [&](int64_t begin, int64_t end) {
        train_kernels::swiglu(elements(gate, out) + begin, elements(up, out) + begin, out + begin,
                              size(end - begin));
      });
    });
    context->save_for_backward({gate, up});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &gate = saved[0], &up = saved[1];
    const at::Tensor dy = gradients[0].contiguous();
    at::Tensor dgate = at::empty_like(gate);
    at::Tensor dup = at::empty_like(up);
    with_elements(dy, [&](auto* in) {
      at::parallel_for(0, dy.numel(), kElementsAtOnce, [&](int64_t begin, int64_t end) {
        train_kernels::swiglu_gradient(elements(gate, in) + begin, elements(up, in) + begin,
                                       in + begin, elements(dgate, in) + begin,
                                       elements(dup, in) + begin, size(end - begin));
      });
    });
    return {dgate, dup};
  }
};

/// Turns every position of x; the gradient turns back.
at::Tensor turned(const at::Tensor& input, const at::Tensor& cosine, const at::Tensor& sine,
                  float direction) {
  const at::Tensor x = input.contiguous();
  const int64_t length = x.size(1);
  const int64_t width = x.size(2);
  const int64_t half = cosine.size(1);
  at::Tensor y = at::empty_like(x);
  with_elements(y, [&](auto* out) {
    const auto* in = elements(x, out);
    at::parallel_for(0, x.size(0) * length, kRowsAtOnce, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t t = row % length;
        train_kernels::rope(in + row * width, floats(cosine) + t * half, floats(sine) + t * half,
                            direction, out + row * width, size(width / (2 * half)), size(half));
      }
    });
  });
  return y;
}

class Rope : public torch::autograd::Function<Rope> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cosine,
                            const at::Tensor& sine) {
    context->save_for_backward({cosine, sine});
    return turned(x, cosine, sine, 1.0F);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    return {turned(gradients[0], saved[0], saved[1], -1.0F), at::Tensor(), at::Tensor()};
  }
};

class CrossEntropySum : public torch::autograd::Function<CrossEntropySum> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& targets) {
    const at::Tensor logits = input.contiguous();
    const int64_t rows = logits.size(0);
    const int64_t width = logits.size(1);
    const int64_t* target = targets.data_ptr<int64_t>();
    at::Tensor log_sum = at::zeros({rows}, logits.options().dtype(at::kFloat));
    at::Tensor loss = at::zeros({rows}, log_sum.options());
    with_elements(logits, [&](const auto* in) {
      at::parallel_for(0, rows, kRowsAtOnce, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          if (target[row] < 0) continue;
          const auto* x = in + row * width;
          const float total = train_kernels::log_sum_exp(x, size(width));
          floats(log_sum)[row] = total;
          floats(loss)[row] = total - value(x[target[row]]);
        }
      });
    });
    context->save_for_backward({logits, targets, log_sum});
    return loss.sum();
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &logits = saved[0], &targets = saved[1], &log_sum = saved[2];
    const auto factor = gradients[0].item<float>();
    const int64_t width = logits.size(1);
    const int64_t* target = targets.data_ptr<int64_t>();
    at::Tensor gradient = at::empty_like(logits);
    with_elements(gradient, [&](auto* out) {
      const auto* in = elements(logits, out);
      at::parallel_for(0, logits.size(0), kRowsAtOnce, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          auto* dx = out + row * width;
          if (target[row] < 0) {
            std::fill_n(dx, width, zero(dx));
            continue;
          }
          const float total = floats(log_sum)[row];
          train_kernels::softmax_gradient(in + row * width, total, factor, dx, size(width));
          set(dx + target[row], value(dx[target[row]]) - factor);
        }
      });
    });
    return {gradient, at::Tensor()};
  }

 private:
  static float value(float x) { return x; }
  static float value(uint16_t x) { return train_kernels::widen(x); }
  static float zero(const float* /*kind*/) { return 0.0F; }
  static uint16_t zero(const uint16_t* /*kind*/) { return 0; }
  static void set(float* at, float x) { *at = x; }
  static void set(uint16_t* at, float x) { *at = train_kernels::narrow(x); }
};

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& gain, double eps, at::ScalarType type) {
  if (x.is_cpu() && x.scalar_type() == at::kFloat) {
    return RmsNorm::apply(x, gain, eps, static_cast<int64_t>(type));
  }
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor scale = wide.square().mean(-1, /*keepdim=*/true).add(eps).rsqrt();
  return (wide * scale * gain).to(type);
}

at::Tensor swiglu(const at::Tensor& gate, const at::Tensor& up) {
  if (is_fused(gate)) return SwiGlu::apply(gate, up);
  return at::silu(gate) * up;
}

at::Tensor rope(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
  if (is_fused(x)) return Rope::apply(x, cosine, sine);
  const int64_t half = cosine.size(1);
  const at::Tensor pairs = x.view({x.size(0), x.size(1), -1, 2, half}).to(at::kFloat);
  const at::Tensor a = pairs.select(3, 0);
  const at::Tensor b = pairs.select(3, 1);
  const at::Tensor c = cosine.unsqueeze(1);
  const at::Tensor s = sine.unsqueeze(1);
  return at::stack({a * c - b * s, b * c + a * s}, 3).to(x.scalar_type()).view(x.sizes());
}

at::Tensor cross_entropy_sum(const at::Tensor& logits, const at::Tensor& targets) {
  if (is_fused(logits)) return CrossEntropySum::apply(logits, targets);
  return at::cross_entropy_loss(logits.to(at::kFloat), targets, /*weight=*/{}, at::Reduction::Sum,
                                /*ignore_index=*/-1);
}

}  // namespace motet::nn::fused
