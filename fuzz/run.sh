#!/usr/bin/env bash
# Runs every fuzz target for SECONDS (default 10), or only those named: fuzz/run.sh SECONDS [TARGET...]
#
# Builds on the stable toolchain: the coverage that libFuzzer steers by comes from LLVM's own pass.
# What is found is kept in fuzz/corpus, inputs that fail in fuzz/artifacts; both are ignored by git.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds=${1:-10}
shift $(($# > 0 ? 1 : 0))

# --target keeps the coverage flags away from build scripts and macros.
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="--cfg fuzzing \
  -Cpasses=sancov-module \
  -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
  -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares"
cargo build --release --target "$host"
binaries=$(cargo metadata --no-deps --format-version 1 | python3 -c '
import json, sys
print(json.load(sys.stdin)["target_directory"])')/$host/release

if [ $# -eq 0 ]; then
  set -- $(for file in targets/*.rs; do basename "$file" .rs; done)
fi
failed=0
for target in "$@"; do
  mkdir -p "corpus/$target" "artifacts/$target"
  log=artifacts/$target/log
  inputs=("corpus/$target")
  [ ! -d "seeds/$target" ] || inputs+=("seeds/$target")
  [ ! -f "dictionaries/$target" ] || inputs+=("-dict=dictionaries/$target")
  if "$binaries/$target" "${inputs[@]}" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="artifacts/$target/" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "fuzz $target: $runs runs, nothing found"
  else
    failed=1
    tail -n 60 "$log"
    echo "fuzz $target: FAILED, see fuzz/artifacts/$target"
  fi
done
exit $failed
