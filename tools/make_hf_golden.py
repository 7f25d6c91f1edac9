# SPDX-License-Identifier: Apache-2.0
"""Trains small Hugging Face tokenizers on our own text and writes what they do to tests/golden/hf/.

    python3 -m venv V && V/bin/pip install tokenizers==0.23.3
    V/bin/python tools/make_hf_golden.py

tests/tokens/hf_tokenizer_test.cpp holds Motet's ids against these, bpe_test.cpp its merges.
"""
import base64
import json
import random
import struct
import sys
from importlib.metadata import version
from pathlib import Path

from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "golden" / "hf"
CORPUS = ["src/motet/tokens/tokenizer.h", "src/motet/tokens/grid.h", "docs/style.md"]

TEXTS = [
    "", " ", "  ", "\n", "\t\n  \r\n", "a", " a", "a ", "  two  spaces  ", "Hello, world!",
    "It's we've I'm they'll he'd don't DON'T 'tis ''s", "a waltz in A minor, 3/4, 16 bars at 120",
    "naïve café résumé Ångström", "re\u0301sume\u0301 A\u030angstro\u0308m", "ﬁne ﬂow ½ ² ① ℌ ㎏ ﷺ",
    "Straße ΑΒΓ Σίσυφος ΟΔΟΣ İstanbul ǅ", "日本語のテキスト 中文字符 한국어", "مرحبا بالعالم שלום",
    "नमस्ते दुनिया สวัสดีชาวโลก", "🎵🎶🎹", "👩‍🎤👨‍👩‍👧‍👦🏳️‍🌈 🇵🇱", "♯♭♮𝄞𝄢𝆑", "x\u200dy\u200bz\ufeffw\u00a0v\u3000u\u2028t",
    "1234567890 3.14159 1,000,000 ١٢٣ Ⅳ", "tabs\tand\nnewlines\r\nand\x0bmore\x0c!", "\u0000nul\u0001\u001f\u0085",
    "---===+++", "…—–«»„“”¿¡", "$5 ^caret `tick` a_b_c ~ <b> | {x}", "(a(b)c)[d]{e}", "</s><s> <unk> [CLS][SEP] [MASK]",
    "say [MASK] now", "say[MASK]now", "say  [MASK]  now", "<pad><pad>x", "the END and THE END", "\u2581under\u2581line \u2581",
    "x" * 130, "long" * 60 + " word", "Bar_16 Position_0 Pitch_60 Duration_12", "a\u0378b\ue000c\U000e0001d",
    "e\u0301\u0301\u0301", "A" * 20 + "b" * 20, "   leading and trailing   ", "\ufffd replacement",
    "X:1\nT:Tune\nM:4/4\nK:D\n|:A2 FA DAFA|\"G\"B2 c>d:|", "<0x41> <0xZZ>", "ａｂｃ １２３", "Ǆ ß ŉ",
]


def corpus():
    return [line for name in CORPUS for line in (ROOT / name).read_text().splitlines() if line.strip()]


def trained(model, trainer, **parts):
    tokenizer = Tokenizer(model)
    for name, part in parts.items():
        setattr(tokenizer, name, part)
    tokenizer.train_from_iterator(corpus(), trainer)
    return tokenizer


def gpt2(add_prefix_space, regex=None, ignore_merges=False):
    level = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space, use_regex=regex is None)
    splitter = level if regex is None else pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(regex), "isolated"), level])
    trainer = trainers.BpeTrainer(vocab_size=480, show_progress=False, special_tokens=["<|end|>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    return trained(models.BPE(ignore_merges=ignore_merges), trainer, pre_tokenizer=splitter,
                   decoder=decoders.ByteLevel(), post_processor=processors.ByteLevel())


def llama():
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=560, show_progress=False, special_tokens=["<unk>", "<s>", "</s>"] + byte_tokens)
    tokenizer = trained(
        models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), trainer,
        normalizer=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        pre_tokenizer=pre_tokenizers.Split("▁", "merged_with_next"))
    # As LLaMA's file: no splitting, and the bytes are ordinary pieces.
    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = data["added_tokens"][:3]
    data["pre_tokenizer"] = None
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


def charsmap(rules):
    """SentencePiece's compiled rules, from {text: text}: a double array built in the plainest way."""
    texts, values = b"", {}
    for key, value in rules.items():
        values[key.encode()] = len(texts)
        texts += value.encode() + b"\0"
    units, used = {0: 0}, {0}

    def place(at, prefix):
        labels = sorted({key[len(prefix)] for key in values if key.startswith(prefix) and len(key) > len(prefix)})
        leaf = prefix in values
        offset = next(o for o in range(1, 1 << 20)
                      if all((at ^ o ^ c) not in used and (at ^ o ^ c) > 0 for c in ([0] if leaf else []) + labels))
        units[at] = units.get(at, 0) | (offset << 10) | (0x100 if leaf else 0)
        base = at ^ offset
        used.update(base ^ c for c in ([0] if leaf else []) + labels)
        if leaf:
            units[base] = 0x80000000 | values[prefix]
        for c in labels:
            units[base ^ c] = c
        for c in labels:
            place(base ^ c, prefix + bytes([c]))

    place(0, b"")
    array = [units.get(i, 0) for i in range((max(units) | 255) + 1)]
    trie = struct.pack(f"<{len(array)}I", *array)
    return struct.pack("<I", len(trie)) + trie + texts


def t5():
    rules = {"ﬁ": "fi", "½": "1⁄2", "\u3000": " ", "\u00a0": " ", "ａ": "a", "e\u0301": "é", "\t": " ", "\n": " ", "…": "..."}
    trainer = trainers.UnigramTrainer(vocab_size=400, show_progress=False, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>")
    tokenizer = trained(
        models.Unigram(), trainer,
        normalizer=normalizers.Sequence([normalizers.Precompiled(charsmap(rules)), normalizers.Replace(Regex(" {2,}"), " ")]),
        pre_tokenizer=pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
        decoder=decoders.Metaspace())
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def bert():
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=400, show_progress=False, special_tokens=specials)
    tokenizer = trained(models.WordPiece(unk_token="[UNK]"), trainer, normalizer=normalizers.BertNormalizer(),
                        pre_tokenizer=pre_tokenizers.BertPreTokenizer(), decoder=decoders.WordPiece())
    tokenizer.add_special_tokens([AddedToken("[MASK]", lstrip=True, special=True, normalized=False)])
    tokenizer.add_tokens([AddedToken("END", single_word=True, normalized=True)])
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(48)
    tokenizer.enable_padding(pad_to_multiple_of=4)
    return tokenizer


def word_level():
    trainer = trainers.WordLevelTrainer(vocab_size=150, show_progress=False, special_tokens=["[UNK]"])
    return trained(models.WordLevel(unk_token="[UNK]"), trainer,
                   normalizer=normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Strip()]),
                   pre_tokenizer=pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)]))


def other(behavior):
    trainer = trainers.BpeTrainer(vocab_size=220, show_progress=False, special_tokens=["<unk>"], end_of_word_suffix="</w>")
    return trained(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), trainer,
                   normalizer=normalizers.Sequence([normalizers.NFKC(), normalizers.Nmt()]),
                   pre_tokenizer=pre_tokenizers.Sequence([pre_tokenizers.Punctuation(behavior), pre_tokenizers.CharDelimiterSplit(" ")]),
                   decoder=decoders.BPEDecoder())


LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def write_tokenizer(name, tokenizer):
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append({"text": text, "ids": ids, "plain": plain, "decoded": tokenizer.decode(ids),
                      "decoded_all": tokenizer.decode(ids, skip_special_tokens=False)})
    write(name, {"tokenizer": json.loads(tokenizer.to_str()), "cases": cases})


def bars(seed, count):
    """Bars of made-up music: a base token is a letter, from a skewed choice, with repeats."""
    rng = random.Random(seed)
    alphabet = [chr(33 + i) for i in range(60)]
    weights = [1 / (1 + i) for i in range(60)]
    motifs = ["".join(rng.choices(alphabet, weights, k=rng.randint(1, 6))) for _ in range(40)]
    motifs += ["aaaa", "aaa", "abab", "bb"]
    return ["".join(rng.choice(motifs) for _ in range(rng.randint(1, 9))) for _ in range(count)]


def merges():
    options = {
        "plain": {}, "frequent": {"min_frequency": 5}, "short": {"max_token_length": 5},
        "few_symbols": {"limit_alphabet": 30}, "special": {"special_tokens": ["<s>", "!"]},
        "alphabet": {"initial_alphabet": [chr(33 + i) for i in range(90)]},
    }
    cases = []
    for number, (name, extra) in enumerate(options.items()):
        words = bars(number, 500 if name == "few_symbols" else 250)
        tokenizer = Tokenizer(models.BPE())
        tokenizer.train_from_iterator([[word] for word in words], trainers.BpeTrainer(vocab_size=300, show_progress=False, **extra))
        model = json.loads(tokenizer.to_str())["model"]
        vocab = sorted(model["vocab"], key=model["vocab"].get)
        cases.append({"name": name, "options": extra, "words": words, "vocab": vocab, "merges": model["merges"]})
    write("bpe_merges", {"cases": cases})


def write(name, data):
    text = json.dumps({"made_by": "tools/make_hf_golden.py", "tokenizers": version("tokenizers"), **data},
                      ensure_ascii=False, separators=(",", ":"))
    (OUT / f"{name}.json").write_text(text + "\n")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    write_tokenizer("gpt2", gpt2(False))
    write_tokenizer("roberta", gpt2(True))
    write_tokenizer("llama3", gpt2(False, LLAMA3, True))
    write_tokenizer("llama", llama())
    write_tokenizer("t5", t5())
    write_tokenizer("bert", bert())
    write_tokenizer("word_level", word_level())
    write_tokenizer("bpe_suffix", other("merged_with_previous"))
    merges()
    print(sum(path.stat().st_size for path in OUT.iterdir()), "bytes in", OUT, file=sys.stderr)


if __name__ == "__main__":
    main()
