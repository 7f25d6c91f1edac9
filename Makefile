# SPDX-License-Identifier: Apache-2.0
#
# The front door. Each line is a command that a person can type.
SHELL := /bin/bash
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
TEST_FUZZ_SECONDS ?= 10
ARCHIVES := ../shared/data/unpack
SENTENCE ?= a calm waltz for piano in A minor

.PHONY: help play build install test data train bench bench-formats bench-ggml bench-long bench-midi bench-tokens lint fuzz clean

help:
	@echo "make play      compose a piece and hear it: installs what is missing, builds, composes"
	@echo "make test      every test, once more under sanitizers, then the fuzz targets"
	@echo "make build     the program: build/release/bin/motet"
	@echo "make install   the program, the library and the models, to PREFIX=$(PREFIX)"
	@echo "make train     the program with the trainer: build/train/bin/motet (needs LibTorch)"
	@echo "make bench     the engine's speed, beside what this machine could do    make lint   clang-format and clang-tidy"
	@echo "make bench-formats  reading and tokenizing    make bench-long  a million tokens in a row"
	@echo "make bench-ggml  the engine beside ggml's library, in one run (GGML=a checkout or installation)"
	@echo "make bench-midi  reading MIDI beside symusic's C++ core, on the same files"
	@echo "make bench-tokens  tokenizing beside MidiTok, on the same files, and on more threads"
	@echo "make fuzz      every fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)"

play:
	@tools/install_packages.sh play
	@$(MAKE) --no-print-directory build
	@mkdir -p build/play
	build/release/bin/motet compose "$(SENTENCE)" --bars 16 --seed 7 -o build/play/waltz

build:
	@tools/install_packages.sh build
	cmake --preset release -DMOTET_DEVELOPER_MODE=OFF --log-level=WARNING
	cmake --build --preset release

install: build
	cmake --install build/release --prefix $(PREFIX)

test:
	@tools/install_packages.sh test
	@$(MAKE) --no-print-directory data
	cmake --preset train --log-level=WARNING && cmake --build --preset train && ctest --preset train
	cmake --preset fuzz --log-level=WARNING && cmake --build --preset fuzz && ctest --preset fuzz
	@tools/run_fuzz.sh build/fuzz/bin $(TEST_FUZZ_SECONDS)

# Real music for the tests that want it; where the archives are absent, those tests skip.
data:
	@if [ -e build/data/.unpacked ]; then true; \
	elif [ -x $(ARCHIVES) ]; then \
	  echo "Unpacking the real music into build/data"; \
	  mkdir -p build/data && $(ARCHIVES) build/data midi text && touch build/data/.unpacked; \
	else echo "No $(ARCHIVES): tests that want real music will skip"; fi

train:
	@tools/install_packages.sh train
	cmake --preset train -DMOTET_DEVELOPER_MODE=OFF --log-level=WARNING
	cmake --build --preset train
	@echo "build/train/bin/motet train --help says how; recipes/ says how each shipped model was made"

# One table of the engine beside this machine's own limits, and build/bench.json.
bench:
	@tools/install_packages.sh build
	cmake --preset release --log-level=WARNING
	cmake --build --preset release --target engine_bench
	build/release/bin/engine_bench build/bench.json

bench-formats:
	@tools/install_packages.sh bench
	cmake --preset release --log-level=WARNING
	cmake --build --preset release --target midi_bench
	build/release/bin/midi_bench
	@tools/bench_tokens.sh

bench-ggml:
	@GGML="$(GGML)" tools/bench_ggml.sh

bench-long:
	@tools/install_packages.sh build
	cmake --preset release --log-level=WARNING
	cmake --build --preset release --target long_bench
	build/release/bin/long_bench

bench-midi:
	@tools/bench_midi.sh

bench-tokens:
	@tools/bench_tokens.sh

lint:
	@tools/install_packages.sh lint
	cmake --preset dev --log-level=WARNING
	@tools/check_format.py && tools/check_layers.py && tools/check_spdx.py && tools/check_sizes.py
	@tools/lint.sh build/dev

fuzz:
	@tools/install_packages.sh fuzz
	cmake --preset fuzz --log-level=WARNING && cmake --build --preset fuzz --target fuzz_targets
	@tools/run_fuzz.sh build/fuzz/bin $(FUZZ_SECONDS)

clean:
	rm -rf build/dev build/release build/asan build/tsan build/fuzz build/train build/play
