#!/usr/bin/env bash
# Runs the official SDKs and Claude Code against the real binary (AI_PROXY_BIN), through its own simulated providers;
# the providers' own SDKs against the simulated providers directly. What the tests need is installed first, pinned,
# into folders that git ignores. CONFORMANCE=write updates the page of conformance instead of comparing it.
set -euo pipefail
binary=$(realpath "${AI_PROXY_BIN:?names the binary to test}")
export AI_PROXY_BIN=$binary
cd "$(dirname "${BASH_SOURCE[0]}")"

# Only what has changed since the last run is installed: the stamp is a copy of the lock file.
if ! cmp -s requirements.txt .venv/installed.txt; then
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
  cp requirements.txt .venv/installed.txt
fi
if ! cmp -s node/package-lock.json node/node_modules/installed.json; then
  npm --prefix node ci --no-audit --no-fund
  cp node/package-lock.json node/node_modules/installed.json
fi

# Neither a proxy of the machine nor a key of the person who runs the tests may take part.
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
while IFS='=' read -r name _; do
  case $name in
    OPENAI_* | ANTHROPIC_* | CLAUDE_* | AWS_* | GEMINI_* | GOOGLE_* | CO_API_* | COHERE_* | MISTRAL_* | OLLAMA_* | HF_*) unset "$name" ;;
  esac
done < <(env)
mkdir -p ../../.cache
results=$(realpath ../../.cache)/conformance.json
rm -f "$results"
status=0
AI_PROXY_CONFORMANCE=$results .venv/bin/python ../launch.py gateway.yaml .venv/bin/python -m pytest -q python || status=$?
.venv/bin/python ../launch.py gateway.yaml node --test --test-reporter=tap node/*.test.mjs || status=$?
.venv/bin/python conformance.py "$results" "${CONFORMANCE:-check}" || status=$?
exit $status
