# SPDX-License-Identifier: Apache-2.0
"""Public checkpoints small enough to be made for a test: the layouts of tests/golden/checkpoints with
seeded noise for weights, so that only what each family's grammar allows gives its pieces a form."""

import array
import json
import pathlib
import random
import struct

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden" / "checkpoints"
BLOCK = 65521  # a prime: rows of a table begin at different places of it


def noise():
    numbers = random.Random(5)
    return array.array("f", (numbers.uniform(-1.0, 1.0) for _ in range(BLOCK)))


def floats(block, start, count, offset, scale):
    """count numbers offset + scale * noise, as bytes."""
    scaled = array.array("f", (offset + scale * x for x in block[:min(count, BLOCK)]))
    start %= len(scaled)
    turned = scaled[start:] + scaled[:start]
    return (turned * (count // len(scaled) + 1))[:count].tobytes()


def byte_tokenizer():
    """A byte-level tokenizer.json without a merge: printable characters stand for themselves."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = [chr(byte) for byte in plain] + [chr(256 + i) for i in range(len(others))]
    vocabulary = {letter: i for i, letter in enumerate(letters)}
    begin = dict(id=128000, content="<|begin_of_text|>", single_word=False, lstrip=False, rstrip=False,
                 normalized=False, special=True)
    lead = [{"SpecialToken": {"id": begin["content"], "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}}]
    return dict(
        version="1.0", truncation=None, padding=None, added_tokens=[begin], normalizer=None,
        pre_tokenizer=dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True),
        post_processor=dict(type="TemplateProcessing", single=lead, pair=lead,
                            special_tokens={begin["content"]: dict(
                                id=begin["content"], ids=[begin["id"]], tokens=[begin["content"]])}),
        decoder=dict(type="ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True),
        model=dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None,
                   end_of_word_suffix=None, fuse_unk=False, byte_fallback=False, vocab=vocabulary,
                   merges=[]))


def make(name, folder, change=lambda config: None, vocabulary=None):
    """The folder of a golden case; `change` may spoil the dictionary of its config first.
    vocabulary: rows of its table of embeddings, where they are not those of the case."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    if (GOLDEN / name / "config.json").is_file():
        config = json.loads((GOLDEN / name / "config.json").read_text())
        change(config)
        (folder / "config.json").write_text(json.dumps(config, indent=2))
    block = noise()
    header, parts, size = {}, [], 0
    for line in (GOLDEN / name / "tensors.tsv").read_text().splitlines():
        tensor, shape, offset, scale = line.split("\t")
        shape = [int(number) for number in shape.split(",")]
        if vocabulary and "wte" in tensor:
            shape[0] = vocabulary
        count = 1
        for number in shape:
            count *= number
        parts.append(floats(block, 7919 * len(parts), count, float(offset), float(scale)))
        header[tensor] = dict(dtype="F32", shape=shape, data_offsets=[size, size + len(parts[-1])])
        size += len(parts[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for part in parts:
            file.write(part)
    if name == "midi_llm":
        (folder / "tokenizer.json").write_text(json.dumps(byte_tokenizer()))
    return folder
