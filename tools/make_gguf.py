#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden checkpoints as GGUF, with ggml's own `gguf` package:

    make_gguf.py FOLDER            <case>.gguf of the LLaMA and GPT-2 cases, float32, and blocks.gguf
    make_gguf.py FOLDER --golden   blocks.gguf and the hashes of the cases into tests/golden/gguf
    make_gguf.py FOLDER --judge    reads them back with Hugging Face transformers and compares with
                                   the answers in tests/golden/checkpoints; needs torch

Needs gguf and numpy. Names of tensors are those of the package's own map; the order of rows of q and
k, the transposed matrices of GPT-2 and the factors of LLaMA 3's rotary scaling are as ggml's
converter writes them, which --judge confirms from outside.
"""
import argparse
import hashlib
import json
import shutil
from pathlib import Path

import gguf
import numpy as np

from made_weights import made_tensors, uniform

GOLDEN = Path(__file__).resolve().parent.parent / "tests/golden"
CASES = ["llama", "llama_tied", "llama_one_head", "llama_stretched", "gpt2", "gpt2_untied"]
ARCHITECTURES = {"llama": gguf.MODEL_ARCH.LLAMA, "gpt2": gguf.MODEL_ARCH.GPT2}


def pairs_side_by_side(rows, heads):
    """Rows of a head whose pairs are half a head apart, in ggml's order."""
    size = rows.shape[0] // heads
    return np.ascontiguousarray(
        rows.reshape(heads, 2, size // 2, -1).swapaxes(1, 2).reshape(rows.shape))


def llama3_factors(rope, size):
    """What each frequency is divided by. Source: transformers, modeling_rope_utils, "llama3"."""
    length = rope["original_max_position_embeddings"]
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    frequencies = rope["rope_theta"]**(-np.arange(0, size, 2, dtype=np.float64) / size)
    turns = length * frequencies / (2 * np.pi)
    kept = np.clip((turns - low) / (high - low), 0.0, 1.0)
    return (1.0 / ((1.0 - kept) / rope["factor"] + kept)).astype(np.float32)


def write_keys_of_llama(writer, config):
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_rope_dimension_count(config["head_dim"])
    if config["rope_parameters"]["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(config["rope_parameters"]["factor"])


def write_keys_of_gpt2(writer, config):
    writer.add_context_length(config["n_positions"])
    writer.add_embedding_length(config["n_embd"])
    writer.add_feed_forward_length(config["n_inner"] or 4 * config["n_embd"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])


def as_stored(kind, config, name, values):
    if kind == "gpt2" and name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight")):
        return np.ascontiguousarray(values.T)
    if name.endswith("q_proj.weight"):
        return pairs_side_by_side(values, config["num_attention_heads"])
    if name.endswith("k_proj.weight"):
        return pairs_side_by_side(values, config["num_key_value_heads"])
    return values


def write_case(name, path):
    folder = GOLDEN / "checkpoints" / name
    config = json.loads((folder / "config.json").read_text())
    kind = config["model_type"]
    layers = config["num_hidden_layers"] if kind == "llama" else config["n_layer"]
    names = gguf.get_tensor_name_map(ARCHITECTURES[kind], layers)
    writer = gguf.GGUFWriter(path, kind)
    writer.add_name(name)
    writer.add_block_count(layers)
    (write_keys_of_llama if kind == "llama" else write_keys_of_gpt2)(writer, config)
    rope = config.get("rope_parameters", {})
    if rope.get("rope_type") == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_factors(rope, config["head_dim"]))
    for theirs, values in made_tensors(folder).items():
        ours = names.get_name(theirs, try_suffixes=(".weight", ".bias"))
        writer.add_tensor(ours, as_stored(kind, config, theirs, values))
    close(writer)


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# Small blocks can be made from numbers; the package only reads the K types, so those are random
# bytes whose float16 scales are given.
SMALL = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"]
SCALES_AT = {"Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def write_blocks(path):
    """Two rows of 256 of every type, `<type>`, and what the package reads there, `<type>.floats`."""
    writer = gguf.GGUFWriter(path, "none")
    writer.add_uint8("a.u8", 200)
    writer.add_int8("a.i8", -100)
    writer.add_uint16("a.u16", 60000)
    writer.add_int16("a.i16", -30000)
    writer.add_uint32("a.u32", 4000000000)
    writer.add_int32("a.i32", -2000000000)
    writer.add_uint64("a.u64", 2**64 - 1)
    writer.add_int64("a.i64", -2**62)
    writer.add_float32("a.f32", 0.5)
    writer.add_float64("a.f64", 0.1)
    writer.add_bool("a.bool", True)
    writer.add_string("a.text", "Grüße")
    writer.add_array("a.texts", ["one", "", "three"])
    writer.add_array("a.numbers", [1, 2, 3])
    for name in SMALL + list(SCALES_AT):
        kind = gguf.GGMLQuantizationType[name]
        if name in SMALL:
            packed = gguf.quantize(uniform(name, 512).astype(np.float32).reshape(2, 256), kind)
        else:
            size = gguf.GGML_QUANT_SIZES[kind][1]
            noise = ((uniform(name, 2 * size) + 1.0) * 128.0).astype(np.uint8)
            packed = noise.reshape(2, size)
            for at in SCALES_AT[name]:
                scale = np.array([0.01 + at / 1000.0], dtype=np.float16)
                packed[:, at:at + 2] = scale.view(np.uint8)
        writer.add_tensor(name, packed, raw_dtype=kind)
        writer.add_tensor(name + ".floats", gguf.dequantize(packed, kind).astype(np.float32))
    writer.add_tensor("F16", uniform("F16", 64).astype(np.float16).reshape(2, 32))
    close(writer)


def judge(name, path):
    """The greatest distance of a logit from the golden answers, as transformers reads the file."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    folder = GOLDEN / "checkpoints" / name
    expected = json.loads((folder / "expected.json").read_text())
    config = AutoConfig.from_pretrained(folder)  # its reader of metadata lacks some of the keys
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, config=config)
    model.eval()
    with torch.no_grad():
        logits = model(torch.tensor([expected["prompt"]])).logits[0]
    rows = [logits[0], logits[-1]]
    found = np.array([row[::expected["stride"]].numpy() for row in rows])
    return float(np.abs(found - np.array(expected["logits"])).max())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--judge", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    hashes = {}
    for name in CASES:
        path = options.folder / f"{name}.gguf"
        write_case(name, path)
        hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        print(name, hashes[name], f"{judge(name, path):.2g}" if options.judge else "")
    write_blocks(options.folder / "blocks.gguf")
    if options.golden:
        (GOLDEN / "gguf").mkdir(exist_ok=True)
        shutil.copy(options.folder / "blocks.gguf", GOLDEN / "gguf/blocks.gguf")
        (GOLDEN / "gguf/sha256.json").write_text(json.dumps(hashes, indent=2) + "\n")


if __name__ == "__main__":
    main()
