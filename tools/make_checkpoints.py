#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes small random checkpoints in the exact layout of the public families, and what they answer:

    make_checkpoints.py FOLDER             a checkpoint folder for each case, as it would be published
    make_checkpoints.py FOLDER --golden    expected.json of each case into tests/golden/checkpoints

Needs torch, transformers and safetensors. LLaMA and GPT-2 networks are those of transformers; the
families whose own code it lacks are put together here from their published rules: docs/checkpoints.md.

A weight is a function of its tensor's name and its place: offset + scale * u, with u in [-1, 1) from
splitmix64(FNV-1a(name) + place). So a golden case is a config, a list of tensors and the answers,
and a test makes the same weights again without Python.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
import transformers
from transformers import (GPT2Config, GPT2LMHeadModel, GPT2Model, LlamaConfig, LlamaForCausalLM,
                          LlamaModel)

from made_weights import uniform

GREEDY = 100  # tokens
PROMPT = 16  # positions
SAMPLES = 400  # logits of a position that are kept
GOLDEN = Path(__file__).resolve().parent.parent / "tests/golden/checkpoints"


def spread_of(name, shape):
    """(offset, scale): norms near one, biases small, matrices so that signals keep their size."""
    if len(shape) == 1:
        return (1.0, 0.25) if name.endswith("weight") else (0.0, 0.25)
    if "patch_embedding" in name:
        return 0.0, 0.5
    if any(word in name for word in ("embed", "wte", "wpe", "lm_head")):
        return 0.0, 0.4
    inputs = shape[0] if ("c_attn" in name or "c_proj" in name or "c_fc" in name) else shape[1]
    return 0.0, round(4.0 / float(inputs)**0.5, 4)


def fill(model):
    filled = set()  # a tied tensor has two names: the first counts
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point() or tensor.data_ptr() in filled:
                continue
            filled.add(tensor.data_ptr())
            offset, scale = spread_of(name, tensor.shape)
            values = offset + scale * uniform(name, tensor.numel())
            tensor.copy_(torch.from_numpy(values.astype(np.float32)).reshape(tensor.shape))
    return model.eval()


# The families that transformers lacks.


class AriaBlock(nn.Module):
    """Pre-norm; q, k and v in one map; rotary positions on halves of a head; a gated inner layer."""

    def __init__(self, width, heads, times):
        super().__init__()
        self.heads = heads
        self.mixed_qkv = nn.Linear(width, 3 * width, bias=False)
        self.att_proj_linear = nn.Linear(width, width, bias=False)
        self.ff_gate_proj = nn.Linear(width, times * width, bias=False)
        self.ff_up_proj = nn.Linear(width, times * width, bias=False)
        self.ff_down_proj = nn.Linear(times * width, width, bias=False)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)

    def forward(self, x):
        rows, length, width = x.shape
        size = width // self.heads
        q, k, v = (part.reshape(rows, length, self.heads, size).transpose(1, 2)
                   for part in self.mixed_qkv(self.norm1(x)).split(width, dim=-1))
        rate = 500000.0**(-torch.arange(0, size, 2).double() / size)
        angle = torch.arange(length).double()[:, None] * rate
        cos, sin = angle.cos().float(), angle.sin().float()

        def turn(y):
            a, b = y[..., :size // 2], y[..., size // 2:]
            return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)

        scores = turn(q) @ turn(k).transpose(-1, -2) / size**0.5
        hidden = torch.ones(length, length, dtype=torch.bool).triu(1)
        shares = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        x = x + self.att_proj_linear((shares @ v).transpose(1, 2).reshape(rows, length, width))
        m = self.norm2(x)
        return x + self.ff_down_proj(nn.functional.silu(self.ff_gate_proj(m)) * self.ff_up_proj(m))


class Aria(nn.Module):
    def __init__(self, vocabulary, width, layers, heads, times):
        super().__init__()
        self.model = nn.Module()
        self.model.tok_embeddings = nn.Embedding(vocabulary, width)
        self.model.out_layer_norm = nn.LayerNorm(width)
        self.model.encode_layers = nn.ModuleList(AriaBlock(width, heads, times) for _ in range(layers))
        self.lm_head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids):
        x = self.model.tok_embeddings(ids)
        for block in self.model.encode_layers:
            x = block(x)
        return self.lm_head(self.model.out_layer_norm(x))


class MidiModel(nn.Module):
    """An event is the sum of its tokens' embeddings; the second network begins with the hidden state."""
    width = 8

    def __init__(self, body, inner):
        super().__init__()
        self.net = LlamaModel(body)
        self.net_token = LlamaModel(inner)
        self.lm_head = nn.Linear(body.hidden_size, body.vocab_size, bias=False)

    def hidden(self, groups):
        return self.net(inputs_embeds=self.net.embed_tokens(groups).sum(-2)).last_hidden_state

    def inner_logits(self, hidden, ids):
        x = torch.cat([hidden[:, None], self.net_token.embed_tokens(ids)], 1)
        return self.lm_head(self.net_token(inputs_embeds=x).last_hidden_state)


class NotaGen(nn.Module):
    """A patch is one linear map of its one-hot characters."""
    width = 16

    def __init__(self, patches, characters):
        super().__init__()
        self.patch_level_decoder = nn.Module()
        self.patch_level_decoder.patch_embedding = nn.Linear(16 * 128, patches.n_embd)
        self.patch_level_decoder.base = GPT2Model(patches)
        self.char_level_decoder = nn.Module()
        self.char_level_decoder.base = GPT2LMHeadModel(characters)

    def hidden(self, groups):
        one_hot = nn.functional.one_hot(groups, 128).float().flatten(-2)
        x = self.patch_level_decoder.patch_embedding(one_hot)
        return self.patch_level_decoder.base(inputs_embeds=x).last_hidden_state

    def inner_logits(self, hidden, ids):
        base = self.char_level_decoder.base
        x = torch.cat([hidden[:, None], base.transformer.wte(ids)], 1)
        return base(inputs_embeds=x).logits


# The cases: a model, and config.json where transformers does not write it.

LLAMA = dict(vocab_size=96, hidden_size=48, intermediate_size=112, num_hidden_layers=3,
             num_attention_heads=6, num_key_value_heads=2, max_position_embeddings=256)
STRETCHED = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                 original_max_position_embeddings=32)
GPT2 = dict(n_embd=48, n_layer=3, n_head=4, n_positions=128)


def rope(theta, **scaling):
    """In the form that this version of transformers takes, and therefore writes."""
    return dict(rope_parameters=dict(dict(rope_type="default"), rope_theta=theta, **scaling))


def llama(**changes):
    return LlamaForCausalLM(LlamaConfig(**dict(LLAMA, **changes))), None


def gpt2(**changes):
    return GPT2LMHeadModel(GPT2Config(**dict(GPT2, **changes))), None


def midi_model():
    size = dict(vocab_size=3406, hidden_size=48, max_position_embeddings=4096)
    body = LlamaConfig(**size, num_hidden_layers=3, num_attention_heads=4, intermediate_size=96)
    inner = LlamaConfig(**size, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48)
    config = dict(model_type="midi_model", tokenizer=dict(version="v2", optimise_midi=True),
                  net_config=body.to_dict(), net_token_config=inner.to_dict(), n_embd=48)
    return MidiModel(body, inner), config


def aria():
    config = dict(model_type="aria", vocab_size=17727, hidden_size=48, num_hidden_layers=3,
                  num_attention_heads=4, ff_mult=4, max_seq_len=8192)
    return Aria(17727, 48, 3, 4, 4), config


def notagen():
    patches = GPT2Config(vocab_size=1, n_embd=128, n_layer=2, n_head=2, n_positions=64)
    characters = GPT2Config(vocab_size=128, n_embd=128, n_layer=2, n_head=2, n_positions=17)
    return NotaGen(patches, characters), {}


CASES = {
    "llama": lambda: llama(**rope(10000.0)),
    "llama_tied": lambda: llama(num_key_value_heads=6, tie_word_embeddings=True, rms_norm_eps=1e-5,
                                **rope(50000.0)),
    "llama_one_head": lambda: llama(num_key_value_heads=1, head_dim=16,
                                    **rope(10000.0, rope_type="linear", factor=4.0)),
    "llama_stretched": lambda: llama(**rope(500000.0, **STRETCHED)),
    "gpt2": lambda: gpt2(vocab_size=96),
    "gpt2_untied": lambda: gpt2(vocab_size=96, n_inner=100, tie_word_embeddings=False),
    "anticipation": lambda: gpt2(vocab_size=55028),
    "midi_llm": lambda: llama(vocab_size=128256 + 55030, hidden_size=32, num_attention_heads=4,
                              tie_word_embeddings=True, **rope(500000.0, **STRETCHED)),
    "midi_model": midi_model,
    "aria": aria,
    "notagen": notagen,
}


def answer_flat(model, vocabulary):
    """The logits after a prompt, and greedy tokens."""
    run = lambda ids: (lambda y: getattr(y, "logits", y))(model(torch.tensor([ids])))[0]
    prompt = [(i * 7919 + 13) % vocabulary for i in range(PROMPT)]
    logits = run(prompt)
    margin = float("inf")
    ids = list(prompt)
    for _ in range(GREEDY):
        top = run(ids)[-1].topk(2)
        margin = min(margin, float(top.values[0] - top.values[1]))
        ids.append(int(top.indices[0]))
    return prompt, [logits[0], logits[-1]], ids[PROMPT:], margin


def answer_groups(model, vocabulary):
    """The logits at the first and last id within the last group, and groups written greedily."""
    width = model.width
    prompt = [[(i * 7919 + j * 104729 + 13) % vocabulary for j in range(width)] for i in range(PROMPT)]
    hidden = model.hidden(torch.tensor([prompt]))[:, -1]
    logits = model.inner_logits(hidden, torch.tensor([prompt[-1][:-1]]))[0]
    margin = float("inf")
    groups = list(prompt)
    written = []
    while len(written) < GREEDY:
        hidden = model.hidden(torch.tensor([groups]))[:, -1]
        group = []
        for _ in range(width):
            ids = torch.tensor([group], dtype=torch.long).reshape(1, -1)
            top = model.inner_logits(hidden, ids)[0, -1].topk(2)
            margin = min(margin, float(top.values[0] - top.values[1]))
            group.append(int(top.indices[0]))
        groups.append(group)
        written += group
    return sum(prompt, []), [logits[0], logits[-1]], written, margin


def make(name, folder):
    """Writes the folder of a case and returns what it answers."""
    model, config = CASES[name]()
    fill(model)
    folder.mkdir(parents=True, exist_ok=True)
    if config is None:
        model.save_pretrained(folder)
        config = json.loads((folder / "config.json").read_text())
    elif name == "notagen":
        state = {key: value for key, value in model.state_dict().items()
                 if key != "char_level_decoder.base.lm_head.weight"}
        torch.save({"model": model.state_dict()}, folder / "weights_notagen.pth")
        save_file({key: value.contiguous() for key, value in state.items()},
                  folder / "model.safetensors")
    else:
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        save_file(model.state_dict(), folder / "model.safetensors")
    tensors = load_file(folder / "model.safetensors")
    vocabulary = config.get("vocab_size", 128 if name == "notagen" else 3406)
    with torch.no_grad():
        answer = (answer_groups if hasattr(model, "width") else answer_flat)(model, vocabulary)
    prompt, logits, greedy, margin = answer
    stride = max(1, vocabulary // SAMPLES)
    print(f"{name}: {sum(t.numel() for t in tensors.values())} weights, "
          f"{len(set(greedy))} different greedy tokens, smallest lead {margin:.5f}")
    if margin < 5e-4:
        sys.exit(f"{name}: two tokens are too near to tell apart in float32; change its sizes")
    return config, tensors, dict(
        prompt=prompt, stride=stride, greedy=greedy,
        logits=[[float(f"{float(x):.6g}") for x in row[::stride]] for row in logits])


def write_golden(name, config, tensors, expected):
    folder = GOLDEN / name
    folder.mkdir(parents=True, exist_ok=True)
    if config:
        (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    lines = []
    for tensor, values in tensors.items():
        offset, scale = spread_of(tensor, values.shape)
        want = (offset + scale * uniform(tensor, values.numel())).astype(np.float32)
        if not np.array_equal(want, values.numpy().reshape(-1)):
            sys.exit(f"{name}: {tensor} is not what its name says")
        shape = ",".join(str(n) for n in values.shape)
        lines.append(f"{tensor}\t{shape}\t{offset}\t{scale}\n")
    (folder / "tensors.tsv").write_text("".join(lines))
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--only", choices=sorted(CASES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    for name in [options.only] if options.only else CASES:
        config, tensors, expected = make(name, options.folder / name)
        (options.folder / name / "expected.json").write_text(json.dumps(expected) + "\n")
        if options.golden:
            write_golden(name, config, tensors, expected)


if __name__ == "__main__":
    main()
