//! What `cargo whittle check --explain <rule>` says.

use super::rule::Rule;

/// The rule in a few paragraphs: what it looks at, how it is set, what to do about a finding.
#[must_use]
pub fn explain(rule: Rule) -> String {
    let text = match rule {
        Rule::MaxCrates => {
            "\
Counts the packages of the dependency tree, workspace members left out. By itself it counts what
ships; `domains` chooses others. An ignore with a `crate` takes that crate out of the count.

    max-crates = 40
    max-crates = { max = 40, level = \"warn\", domains = [\"run\", \"build\", \"macro\"] }"
        }
        Rule::MaxDepth => {
            "\
Each dependency that is more steps away from the nearest workspace member than the limit is a
finding. A direct dependency is one step away. By itself it looks at what ships.

    max-depth = 5
    max-depth = { max = 5, level = \"warn\", domains = [\"run\", \"build\"] }"
        }
        Rule::MaxDuplicates => {
            "\
Counts the crates that are in the tree in more than one version. By itself it counts what ships;
a crate that is there twice because one of them is for build scripts does not count then. An ignore
with a `crate` takes that crate out of the count.

    max-duplicates = 0"
        }
        Rule::MaxLines => {
            "\
Counts the lines of functions of dependencies that are reached, as in the report; a line that two
functions share counts once. By itself it counts what ships; of several domains the sum is taken.
Lines that are unknown are not in it: see `max-unknown`.

    max-lines = 60000"
        }
        Rule::MaxUnsafe => {
            "\
Counts the `unsafe fn` of dependencies that are reached, and the `unsafe` blocks in functions that
are reached. By itself it counts what ships.

    max-unsafe = 500"
        }
        Rule::MaxBuildScripts => {
            "\
Counts the dependencies that have a build script: code that runs on every machine that builds the
workspace. By itself it counts all domains but `dev`. An ignore with a `crate` takes that crate out
of the count.

    max-build-scripts = 3"
        }
        Rule::MaxProcMacros => {
            "\
Counts the proc-macro crates: code that runs in every compiler that builds the workspace. By itself
it counts all domains but `dev`. An ignore with a `crate` takes that crate out of the count.

    max-proc-macros = 4"
        }
        Rule::MaxUnknown => {
            "\
Counts the functions of dependencies that are neither surely used nor surely unused, those made by
derives too: a macro was not expanded, a body not understood. They are not in the figures of other
rules, so a tree with many of them may be larger than it looks. By itself it counts what ships.

    max-unknown = 0"
        }
        Rule::MinimumUse => {
            "\
A direct dependency of which less than this share of its functions is reached needs a reason: it
may be cheaper to do without it. Looks at what ships. What is unknown counts as used, and a crate
without functions has no share. A crate of which only types, traits, macros or consts are used is
used by 0%.

    minimum-use = 3
    minimum-use = { percent = 0.5, level = \"warn\" }

The reason is an ignore:

    [[workspace.metadata.whittle.ignore]]
    rule = \"minimum-use\"
    crate = \"libc\"
    reason = \"bindings: few of many is what they are for\""
        }
        Rule::DeniedCrates => {
            "\
Crates that must not be in the tree, in any domain, used or not. `name`, or `name@requirement` with
a version requirement as cargo has it (`=1.2.3` for exactly one). A pre-release counts as the
release that it leads to.

    denied-crates = [\"openssl\", { crate = \"time@<0.2\", reason = \"unmaintained\" }]"
        }
        Rule::AllowedCrates => {
            "\
The only crates that may be in the tree, in any domain, used or not. `name`, or `name@requirement`.

    allowed-crates = [\"serde\", \"serde_derive\", \"itoa@1\"]
    allowed-crates = { crates = [\"serde\"], level = \"warn\" }"
        }
        Rule::NewCrate => {
            "\
A dependency that the baseline does not have. The finding holds every item of it that is reached.
Another version in the place of one that left is an update, not a new crate; a second version beside
the first is new. Denied by itself when there is a baseline.

    new-crate = \"warn\"

With `allow` its items are findings of `new-item` and `new-direct`."
        }
        Rule::NewDirect => {
            "\
The workspace's own code names an item of a dependency that it did not name when the baseline was
accepted. The finding points at the use where it is a call, else at the dependency's line in the
manifest. Denied by itself when there is a baseline; up to `max` of them are only warned of.

    new-direct = { max = 3 }
    new-direct = \"warn\"

With `allow`, a direct item that was not reached at all is a finding of `new-item`."
        }
        Rule::NewItem => {
            "\
An item of a dependency is reached that was not reached when the baseline was accepted, or in a
domain in which it was not (what only a build script used now ships). Two findings never make up for
one another: it is the item that counts, not how many there are. After an update items that kept
their paths are not new. Denied by itself when there is a baseline.

    new-item = \"warn\""
        }
        Rule::NewUnknown => {
            "\
An item of a dependency may be reached: the analysis cannot decide, and could when the baseline was
accepted. Denied by itself when there is a baseline, because what is not known is not known to be
harmless.

    new-unknown = \"warn\""
        }
        Rule::NewSource => {
            "\
A dependency of the same name comes from another kind of source than when the baseline was accepted:
a git repository in the place of a registry, say. Denied by itself when there is a baseline.

    new-source = \"deny\""
        }
        Rule::StaleBaseline => {
            "\
The baseline holds items or crates that are no longer reached. They could come back without being
new. Warned of by itself.

    stale-baseline = \"deny\""
        }
        Rule::ExpiredIgnore => {
            "\
The last day of an ignore (`expires`) is over. It silences nothing any more. The day is that of
SOURCE_DATE_EPOCH if it is set, else of the clock, in UTC. Denied by itself.

    expired-ignore = \"warn\""
        }
        Rule::StaleIgnore => {
            "\
An ignore matches no finding, or names a crate that is not in the tree. Warned of by itself. Ignores
of what is new are not judged when there is no baseline.

    stale-ignore = \"deny\""
        }
        Rule::Loosened => {
            "\
With `--base`: the tree's rules, ignores, policy or baseline let more pass than those of the base
revision. They do not count for this check, but would for the next one. Denied by itself; the level
is that of the base revision.

    loosened = \"warn\""
        }
    };
    format!("{rule}: {}\n\n{text}\n", rule.summary())
}
