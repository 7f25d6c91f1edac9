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

common=(
  hidden_size=256 intermediate_size=768 num_hidden_layers=6
  num_attention_heads=4 num_key_value_heads=2 max_position_embeddings=1024
  rows=4 length=1024 checkpoint_every=200 log_every=10 compute=bf16)

# train FOLDER SETTING...: one stage; it goes on where it was stopped.
train() {
  local folder=$1 flags=() setting name
  shift
  for setting in "${common[@]}" "$@"; do
    name=${setting%%=*}
    [ -n "$TRAINER" ] || name=${name//_/-}
    flags+=("--$name" "${setting#*=}")
  done
  if [ -n "$TRAINER" ]; then
    "$TRAINER" --shards $SHARDS --run "$folder/run" --out "$folder" "${flags[@]}"
  else
    "$MOTET" train $SHARDS -o "$folder" "${flags[@]}"
  fi
}

train $OUT/stage1 steps=3500 learning_rate=2e-3 warmup_steps=200 seed=1 threads=2 "$@"
train $OUT steps=4500 learning_rate=1.5e-3 warmup_steps=100 seed=2 threads=1 \
  start_from=$OUT/stage1 "$@"
cp $SHARDS/manifest.jsonl $OUT/
