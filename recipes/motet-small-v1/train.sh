#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the bundle motet-small-v1: see README.md beside this file. Flags are passed on to the trainer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

MOTET=${MOTET:-build/train/bin/motet}
TRAINER=${TRAINER:-}
SHARDS=build/shards
OUT=build/motet-small-v1

[ -e $SHARDS/manifest.jsonl ] || "$MOTET" data prepare build/data/midi -o $SHARDS

settings=(
  hidden_size=256 intermediate_size=768 num_hidden_layers=6
  num_attention_heads=4 num_key_value_heads=2 max_position_embeddings=1024
  steps=3500 rows=4 length=1024 learning_rate=2e-3 warmup_steps=200
  checkpoint_every=200 log_every=10 compute=bf16 threads=2 seed=1)

flags=()
for setting in "${settings[@]}"; do
  name=${setting%%=*}
  [ -n "$TRAINER" ] || name=${name//_/-}
  flags+=("--$name" "${setting#*=}")
done

if [ -n "$TRAINER" ]; then
  "$TRAINER" --shards $SHARDS --run $OUT/run --out $OUT "${flags[@]}" "$@"
else
  "$MOTET" train $SHARDS -o $OUT "${flags[@]}" "$@"
fi
cp $SHARDS/manifest.jsonl $OUT/
