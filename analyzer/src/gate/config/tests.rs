//! Configurations, and what is wrong with others.

use expect_test::{Expect, expect};

use super::*;

fn read(text: &str) -> Config {
    Config::read("Cargo.toml", text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

fn check_error(rules: &str, expected: &Expect) {
    let text = format!("[workspace.metadata.whittle]\n{rules}\n");
    let error = Config::read("Cargo.toml", &text).expect_err(rules);
    expected.assert_eq(&format!("{error}\n  {}\n", error.remedy()));
}

const ALL: &str = r#"
[package]
name = "app"

[workspace.metadata.whittle]
exec = "never"

[workspace.metadata.whittle.rules]
max-crates = 40
max-depth = { max = 6, level = "warn" }
max-lines = { max = 60_000, domains = ["run", "build"] }
minimum-use = { percent = 0.5, level = "warn" }
denied-crates = ["openssl", { crate = "time@<0.2", reason = "unmaintained" }]
allowed-crates = { crates = ["serde"], level = "allow" }
new-direct = { max = 3 }
new-item = "warn"
stale-ignore = { level = "deny" }

[[workspace.metadata.whittle.ignore]]
rule = "minimum-use"
crate = "libc"
reason = "bindings"

[[workspace.metadata.whittle.ignore]]
rule = "new-item"
item = "a::b::*"
reason = "soon"
owner = "me"
expires = 2027-01-31
"#;

#[test]
fn everything() {
    let config = read(ALL);
    assert!(config.present && config.wants_baseline());
    assert_eq!(config.exec, Some(ExecPolicy::Never));
    let limit = |rule| config.limits[&rule];
    assert_eq!(
        (limit(Rule::MaxCrates).max, limit(Rule::MaxCrates).line),
        (40, 9)
    );
    assert_eq!(limit(Rule::MaxDepth).level, Level::Warn);
    assert_eq!(limit(Rule::MaxLines).max, 60_000);
    assert_eq!(
        limit(Rule::MaxLines).domains,
        Some(Domains::RUN | Domains::BUILD)
    );
    assert_eq!(config.minimum_use.unwrap().per_mille, 5);
    let denied = config.denied.as_ref().unwrap();
    assert_eq!(denied.crates[1].reason.as_deref(), Some("unmaintained"));
    assert_eq!(config.allowed.as_ref().unwrap().level, Level::Allow);
    assert_eq!(config.new_direct.unwrap().value, 3);
    assert_eq!(config.level(Rule::NewItem), Level::Warn);
    assert_eq!(config.level(Rule::NewDirect), Level::Deny);
    assert_eq!(config.level(Rule::StaleBaseline), Level::Warn);
    assert_eq!(config.level(Rule::StaleIgnore), Level::Deny);
    assert_eq!(config.ignores.len(), 2);
    assert_eq!(config.ignores[0].line, 19);
    assert_eq!(config.ignores[1].expires.as_deref(), Some("2027-01-31"));
}

#[test]
fn of_a_package_and_of_nobody() {
    let rules = "[package.metadata.whittle.rules]\nmax-crates = 1\n";
    assert_eq!(read(rules).limits.len(), 1);
    for text in [
        "",
        "[workspace]\n",
        "[package.metadata.other]\nwhittle = 1\n",
    ] {
        assert_eq!(read(text), Config::default(), "{text}");
    }
    assert!(!read("[package.metadata.whittle]\n").wants_baseline());
}

#[test]
fn the_nearest_key_is_named() {
    check_error(
        "rulez = 1",
        &expect![[r#"
        Cargo.toml:2: unknown key `rulez` in `workspace.metadata.whittle`
          did you mean `rules`?
    "#]],
    );
    check_error(
        "rules.max-crate = 1",
        &expect![[r#"
        Cargo.toml:2: unknown key `max-crate` in `workspace.metadata.whittle.rules`
          did you mean `max-crates`?
    "#]],
    );
    check_error(
        "rules.max-depth = { maximum = 1 }",
        &expect![[r#"
        Cargo.toml:2: unknown key `maximum` in `max-depth`
          known are max, level, domains
    "#]],
    );
    check_error(
        "rules.openssl = 1",
        &expect![[r#"
        Cargo.toml:2: unknown key `openssl` in `workspace.metadata.whittle.rules`
          known are max-crates, max-depth, max-duplicates, max-lines, max-unsafe, max-build-scripts, max-proc-macros, max-unknown, minimum-use, denied-crates, allowed-crates, new-crate, new-direct, new-item, new-unknown, new-source, stale-baseline, expired-ignore, stale-ignore, loosened
    "#]],
    );
    check_error(
        "rules.new-item = \"denied\"",
        &expect![[r#"
        Cargo.toml:2: unknown level `denied`
          known are deny, warn, allow
    "#]],
    );
    check_error(
        "ignore = [{ rule = \"new-items\", reason = \"x\" }]",
        &expect![[r#"
            Cargo.toml:2: unknown rule `new-items`
              did you mean `new-item`?
        "#]],
    );
}

#[test]
fn what_is_missing_or_of_another_type() {
    check_error(
        "rules.max-crates = \"many\"",
        &expect![[r#"
            Cargo.toml:2: `max-crates` has to be a whole number from 0
              see docs/CI.md for what it may hold
        "#]],
    );
    check_error(
        "rules.max-crates = -1",
        &expect![[r#"
            Cargo.toml:2: `max-crates` has to be a whole number from 0
              see docs/CI.md for what it may hold
        "#]],
    );
    check_error(
        "rules.max-crates = { level = \"warn\" }",
        &expect![[r#"
        Cargo.toml:2: `max-crates` has no `max`
          add `max = …`
    "#]],
    );
    check_error(
        "rules.max-crates = { max = 1, domains = [] }",
        &expect![[r#"
        Cargo.toml:2: `domains` is empty, so nothing would be counted
          leave it out, or name run, build, macro or dev
    "#]],
    );
    check_error(
        "rules.minimum-use = 0.25",
        &expect![[r#"
            Cargo.toml:2: `minimum-use` has to be percent with at most one decimal
              see docs/CI.md for what it may hold
        "#]],
    );
    check_error(
        "rules.minimum-use = 101",
        &expect![[r#"
            Cargo.toml:2: `minimum-use` has to be percent with at most one decimal
              see docs/CI.md for what it may hold
        "#]],
    );
    check_error(
        "rules.denied-crates = [\"a b\"]",
        &expect![[r#"
        Cargo.toml:2: `a b` is neither a crate's name nor `name@version-requirement`
          write `openssl` or `openssl@<0.10`
    "#]],
    );
    check_error(
        "ignore = [{ rule = \"new-item\" }]",
        &expect![[r#"
        Cargo.toml:2: `workspace.metadata.whittle.ignore` has no `reason`
          add `reason = …`
    "#]],
    );
    check_error(
        "ignore = [{ rule = \"new-item\", reason = \" \" }]",
        &expect![[r#"
            Cargo.toml:2: `reason` is empty
              say it in a few words
        "#]],
    );
    check_error(
        "ignore = [{ rule = \"loosened\", reason = \"x\" }]",
        &expect![[r#"
            Cargo.toml:2: `loosened` cannot be ignored
              set its level in `rules`
        "#]],
    );
    check_error(
        "ignore = [{ rule = \"new-item\", reason = \"x\", expires = \"2027-02-30\" }]",
        &expect![[r#"
            Cargo.toml:2: `expires` is no date: `2027-02-30`
              write it as 2027-01-31
        "#]],
    );
    check_error(
        "exec = \"always\"",
        &expect![[r#"
        Cargo.toml:2: unknown policy `always`
          known are never, sandbox, trust
    "#]],
    );
    check_error(
        "rules.max-crates = ",
        &expect![[r#"
        Cargo.toml:2: string values must be quoted, expected literal string
          correct the file
    "#]],
    );
    check_error(
        "rules = 1\n[package.metadata]\nwhittle = 1",
        &expect![[r#"
            Cargo.toml:4: `whittle` has to be a table
              see docs/CI.md for what it may hold
        "#]],
    );
    check_error(
        "[package.metadata.whittle]",
        &expect![[r#"
        Cargo.toml:2: `[package.metadata.whittle]` stands beside `[workspace.metadata.whittle]`
          move everything into the one of the workspace
    "#]],
    );
}
