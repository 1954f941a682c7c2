#!/usr/bin/env bash
# Every format, read by a program that is not ours. Needs a built cargo-whittle, and of Debian:
# lcov graphviz libxml2-utils shellcheck python3-jsonschema python3-yaml. What is missing is named
# and makes the bench fail: nothing was proved then.
#
#   tests/bench/formats.sh [workspace] [folder for the results]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
workspace=${1:-$root}
out=${2:-$(mktemp -d)}
mkdir -p "$out"
whittle=${WHITTLE:-${CARGO_TARGET_DIR:-$root/target}/debug/cargo-whittle}
python=${PYTHON:-python3}

for program in genhtml dot xmllint shellcheck "$python"; do
    command -v "$program" >/dev/null || { echo "$program is missing" >&2; exit 2; }
done
"$python" -c 'import jsonschema, yaml' || { echo 'python3-jsonschema or python3-yaml is missing' >&2; exit 2; }
run() { "$whittle" whittle "$@" --quiet --manifest-path "$workspace/Cargo.toml"; }

run report --format json >"$out/report.json"
run report --format lcov >"$out/report.info"
genhtml --quiet --output-directory "$out/coverage" "$out/report.info"
# What genhtml counted is what the file says.
lines=$(grep -c '^DA:' "$out/report.info")
hit=$(grep -c '^DA:.*,1$' "$out/report.info")
echo "lcov: $lines lines, $hit reached; $(grep -c '^SF:' "$out/report.info") files shown"
total=$(lcov --summary "$out/report.info" 2>&1 | sed -n 's/.*lines.*(\([0-9]*\) of \([0-9]*\) lines)/\1 \2/p')
[[ "$total" == "$hit "* ]] || { echo "lcov counts $total" >&2; exit 1; }

for depth in 1 99; do
    run report --format dot --depth "$depth" >"$out/crates-$depth.dot"
    dot -Tsvg "$out/crates-$depth.dot" -o "$out/crates-$depth.svg"
    xmllint --noout "$out/crates-$depth.svg"
done
dot -Tpng "$out/crates-1.dot" -o "$out/crates-1.png"
echo "dot: $(grep -c ' -> ' "$out/crates-99.dot") edges"

for figure in functions lines reached crates unsafe; do
    run report --format badge --figure "$figure" >"$out/badge-$figure.json"
    "$python" - "$out/badge-$figure.json" <<'PYTHON'
import json, sys
badge = json.load(open(sys.argv[1]))
assert badge["schemaVersion"] == 1 and badge.keys() == {"schemaVersion", "label", "message", "color"}
print("badge:", badge["label"], "|", badge["message"], "|", badge["color"])
PYTHON
done

code=0
run check --output "sarif=$out/check.sarif" --output "junit=$out/check.xml" \
    --output "json=$out/check.json" --output "markdown=$out/check.md" --format github >"$out/check.github" || code=$?
if [[ "$code" == 2 ]]; then
    echo 'check: this workspace has no rules or baseline that count; its formats were not checked' >&2
    exit 1
fi
xmllint --noout "$out/check.xml"
cargo fetch --quiet --locked --manifest-path "$root/tests/fetched/Cargo.toml"
schema=$(cargo metadata --quiet --locked --offline --format-version 1 --manifest-path "$root/tests/fetched/Cargo.toml" |
    "$python" -c 'import json, sys; print(next(p["manifest_path"] for p in json.load(sys.stdin)["packages"] if p["name"] == "serde-sarif"))')
"$python" - "${schema%Cargo.toml}src/schema.json" "$out/check.sarif" "$out/check.json" <<'PYTHON'
import json, sys, jsonschema
schema, sarif, check = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(sarif)
open_findings = [one for one in check["findings"] if one["ignored"] is None]
assert len(sarif["runs"][0]["results"]) == len(open_findings)
print("sarif:", len(open_findings), "results, valid")
PYTHON

cd "$root"
"$python" - <<'PYTHON'
import subprocess, yaml
for file in ["action.yml", ".github/actions/comment/action.yml"]:
    for step in yaml.safe_load(open(file))["runs"]["steps"]:
        if "run" in step:
            subprocess.run(["shellcheck", "-s", "bash", "-"], input=step["run"], text=True, check=True)
PYTHON
shellcheck .github/actions/comment/comment.sh tests/bench/formats.sh
echo "results are in $out"
