# SPDX-License-Identifier: Apache-2.0
"""A bundle small enough to be made for a test: seeded noise for weights, so the grammar alone
gives its pieces their form."""

import array
import json
import pathlib
import random
import struct
import subprocess

SIZES = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2)


def shapes(vocabulary):
    """Names and shapes of the tensors, as Hugging Face's LlamaForCausalLM has them."""
    D, F = SIZES["hidden_size"], SIZES["intermediate_size"]
    K = D // SIZES["num_attention_heads"] * SIZES["num_key_value_heads"]
    found = {"model.embed_tokens.weight": [vocabulary, D], "model.norm.weight": [D],
             "lm_head.weight": [vocabulary, D]}
    for i in range(SIZES["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            found[layer + name + ".weight"] = [D]
        for name, rows in (("q", D), ("k", K), ("v", K), ("o", D)):
            found[f"{layer}self_attn.{name}_proj.weight"] = [rows, D]
        for name, shape in (("gate", [F, D]), ("up", [F, D]), ("down", [D, F])):
            found[f"{layer}mlp.{name}_proj.weight"] = shape
    return found


def lean_towards_notes(name, shape, values, names):
    """Gives every state the same first coordinate, through which the head prefers the first part
    to an empty bar: without it noise writes hardly a note."""
    for row in range(shape[0]):
        if name == "model.embed_tokens.weight":
            values[row * shape[1]] = 5.0
        if name == "lm_head.weight":
            values[row * shape[1]] = 1.6 if names[row] == "Part_0" else 0.0


def write_safetensors(path, tensors, names):
    """tensors: name to shape; the values are noise. names: of the tokens."""
    noise = random.Random(1)
    header, data = {}, b""
    for name, shape in sorted(tensors.items()):
        count = 1
        for size in shape:
            count *= size
        gain = name.endswith("norm.weight")
        values = array.array("f", (1.0 if gain else noise.gauss(0.0, 0.1) for _ in range(count)))
        if name in ("model.embed_tokens.weight", "lm_head.weight"):
            lean_towards_notes(name, shape, values, names)
        header[name] = dict(dtype="F32", shape=shape,
                            data_offsets=[len(data), len(data) + 4 * count])
        data += values.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def make(program, folder, change=lambda tensors: None):
    """Makes a bundle; `change` may spoil the dictionary of names and shapes first."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    vocabulary = subprocess.run([program, "tokenize", "--vocabulary"], check=True,
                                capture_output=True, text=True).stdout
    (folder / "tokenizer.json").write_text(vocabulary)
    names = json.loads(vocabulary)["tokens"]
    size = len(names)
    config = dict(architectures=["LlamaForCausalLM"], model_type="llama", vocab_size=size,
                  max_position_embeddings=1024, rms_norm_eps=1e-5, rope_theta=10000.0,
                  tie_word_embeddings=False, hidden_act="silu", torch_dtype="float32", **SIZES)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    tensors = shapes(size)
    change(tensors)
    write_safetensors(folder / "model.safetensors", tensors, names)
    (folder / "README.md").write_text(
        "---\nlicense: apache-2.0\ntraining_data_license: none, these weights are noise\n---\n"
        "# Noise\n\nFor tests.\n")
    return folder
