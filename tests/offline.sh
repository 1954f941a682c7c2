#!/usr/bin/env bash
# The whole test suite with the network cut off: in a network namespace of its own that has
# nothing but loopback, which the hostile tests need. Arguments go to `cargo test`.
#
# Needs root or unprivileged user namespaces; says so and exits with 77 where it has neither,
# because a run that was not cut off proves nothing. Everything must be fetched before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cut=(unshare --net)
"${cut[@]}" true 2>/dev/null || cut=(unshare --map-root-user --net)
if ! "${cut[@]}" true 2>/dev/null; then
    printf '\nSKIPPED: this machine gives no network namespace (unshare --net); nothing was proved\n\n' >&2
    exit 77
fi
cargo fetch --locked
cargo fetch --locked --manifest-path tests/fetched/Cargo.toml

inside() {
    ip link set lo up
    # What is proved below must be true first: no way out, and loopback.
    if (exec 3<>/dev/tcp/1.1.1.1/443) 2>/dev/null; then
        echo 'the network is not cut off' >&2
        exit 1
    fi
    [[ "$(ip -o link | wc -l)" == 1 ]] || { echo 'there is more than loopback' >&2; exit 1; }
    exec cargo test --locked --offline "$@"
}
export -f inside
exec "${cut[@]}" bash -c 'set -euo pipefail; inside "$@"' inside "$@"
