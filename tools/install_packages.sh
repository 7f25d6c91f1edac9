#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing of the named groups of Debian packages, and nothing else:
#   install_packages.sh build|play|test|train|bench|lint|fuzz …
# Silent and offline when nothing is missing. Uses sudo unless run by root.
set -euo pipefail

build=(build-essential cmake ninja-build ccache pkg-config nlohmann-json3-dev libcli11-dev
  libfluidsynth-dev libsndfile1-dev libssl-dev
  libpugixml-dev libzip-dev libicu-dev
  libsqlite3-dev libcurl4-openssl-dev)
play=(musescore-general-soundfont-small)  # 34 MB, MIT
train=(libtorch-dev)
bench=(libgtest-dev libbenchmark-dev)
lint=("${bench[@]}" python3 clang-format-14 clang-tidy-14)
fuzz=(clang-14 libclang-rt-14-dev)
tests=("${bench[@]}" python3 clang-format-14 xz-utils abcmidi)

wanted=()
for group in "$@"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    play) wanted+=("${build[@]}" "${play[@]}") ;;
    train) wanted+=("${build[@]}" "${train[@]}") ;;
    bench) wanted+=("${build[@]}" "${bench[@]}") ;;
    lint) wanted+=("${build[@]}" "${lint[@]}") ;;
    fuzz) wanted+=("${build[@]}" "${fuzz[@]}") ;;
    test) wanted+=("${build[@]}" "${play[@]}" "${train[@]}" "${fuzz[@]}" "${tests[@]}") ;;
    *) echo "install_packages: unknown group $group: build play test train bench lint fuzz" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "install_packages: this is not Debian; you need the equivalents of: ${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install_packages: missing ${missing[*]}; install them as root, then come back" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}"
