//! The rules, on analyses made by hand: what is found, and what becomes of it.

mod loosened;

use std::fmt::Write;

use expect_test::{Expect, expect};

use crate::error::Result;
use crate::gate::config::Config;
use crate::gate::finding::{Base, CheckReport};
use crate::gate::lock::Lock;
use crate::gate::{Input, Tree, TreeLock, check};
use crate::model::{Analysis, Domains, Status};
use crate::sample::small;
use crate::surface::Surface;

const TODAY: &str = "2026-11-25";

fn config(rules: &str) -> Config {
    let text = format!("[package.metadata.whittle]\n{rules}\n");
    Config::read("Cargo.toml", &text).unwrap_or_else(|why| panic!("{why}"))
}

fn run(rules: &str, before: Option<&Analysis>, now: &Analysis) -> Result<CheckReport> {
    let lock = before.map(|analysis| Lock::of(&Surface::new(analysis)));
    let input = Input {
        config: &config(rules),
        lock: lock.as_ref().map(|lock| ("whittle.lock", lock)),
        base: None,
        today: TODAY,
        workspace: String::new(),
    };
    check(now, &input)
}

fn text(report: &CheckReport) -> String {
    let mut text = String::new();
    for one in &report.findings {
        let state = match &one.ignored {
            Some(ignored) => format!("ignored ({})", ignored.reason),
            None => one.level.as_str().to_owned(),
        };
        let place = &one.location;
        let _ = writeln!(text, "{state} {} {}:{}", one.rule, place.file, place.line);
        let _ = writeln!(text, "  {}", one.message);
        if let Some(through) = &one.through {
            let _ = writeln!(
                text,
                "  {:?} {:?} {}",
                through.from,
                through.via,
                through.crates.join(" > ")
            );
        }
    }
    let counts = report.counts;
    let _ = writeln!(
        text,
        "{} {} {}",
        counts.denied, counts.warnings, counts.ignored
    );
    text
}

fn check_rules(rules: &str, expected: &Expect) {
    expected.assert_eq(&text(&run(rules, None, &small()).unwrap()));
}

fn edited(edit: impl Fn(&mut Analysis)) -> Analysis {
    let mut analysis = small();
    edit(&mut analysis);
    analysis
}

fn reach(analysis: &mut Analysis, path: &str) {
    let item = analysis
        .items
        .iter_mut()
        .find(|item| item.path == path)
        .unwrap();
    item.status = Status::Used;
    item.domains = Domains::RUN;
}

fn check_news(rules: &str, edit: impl Fn(&mut Analysis), expected: &Expect) {
    let report = run(rules, Some(&small()), &edited(edit)).unwrap();
    expected.assert_eq(&text(&report));
}

#[test]
fn no_rules_no_findings() {
    check_rules(
        "",
        &expect![[r#"
        0 0 0
    "#]],
    );
    check_news(
        "",
        |_| {},
        &expect![[r#"
        0 0 0
    "#]],
    );
}

#[test]
fn limits_that_hold() {
    check_rules(
        "rules.max-crates = 4\nrules.max-depth = 2\nrules.max-duplicates = 0\nrules.max-lines = 30\nrules.max-unsafe = 3\nrules.max-build-scripts = 1\nrules.max-proc-macros = 1\nrules.max-unknown = 1",
        &expect![[r#"
            0 0 0
        "#]],
    );
}

#[test]
fn limits_that_do_not() {
    check_rules(
        "rules.max-crates = 3\nrules.max-depth = 1\nrules.max-duplicates = { max = 0, domains = [\"build\", \"macro\"] }\nrules.max-lines = 29\nrules.max-unsafe = 2\nrules.max-build-scripts = 0\nrules.max-proc-macros = { max = 0, level = \"warn\" }\nrules.max-unknown = 0",
        &expect![[r#"
            deny max-crates Cargo.toml:2
              4 dependencies, the limit is 3
            deny max-depth Cargo.toml:1
              `bytes-util 2.7.4` is 2 steps from the workspace, the limit is 1
              None None app@0.1.0 > finder@1.11.0 > bytes-util@2.7.4
            deny max-duplicates Cargo.toml:4
              1 crate in several versions, the limit is 0: parse (1.0.0, 2.0.0)
            deny max-lines Cargo.toml:5
              30 lines of dependencies reached, the limit is 29: finder 1.11.0 (20), bytes-util 2.7.4 (10)
            deny max-unsafe Cargo.toml:6
              3 unsafe functions and blocks of dependencies reached, the limit is 2: bytes-util 2.7.4 (3)
            deny max-build-scripts Cargo.toml:7
              1 dependency with a build script, the limit is 0: finder 1.11.0
            deny max-unknown Cargo.toml:9
              1 unknown function in dependencies, the limit is 0: bytes-util 2.7.4 (1)
            warn max-proc-macros Cargo.toml:8
              1 proc-macro crate, the limit is 0: codegen 1.0.9
            7 1 0
        "#]],
    );
}

#[test]
fn an_ignored_crate_is_not_counted() {
    check_rules(
        "rules.max-crates = 3\nrules.max-depth = 1\nrules.max-unknown = 0\nignore = [{ rule = \"max-crates\", crate = \"idle\", reason = \"a\" }, { rule = \"max-depth\", crate = \"bytes_util@2\", reason = \"b\" }, { rule = \"max-unknown\", reason = \"c\" }]",
        &expect![[r#"
            ignored (b) max-depth Cargo.toml:1
              `bytes-util 2.7.4` is 2 steps from the workspace, the limit is 1
              None None app@0.1.0 > finder@1.11.0 > bytes-util@2.7.4
            ignored (c) max-unknown Cargo.toml:4
              1 unknown function in dependencies, the limit is 0: bytes-util 2.7.4 (1)
            0 0 2
        "#]],
    );
}

#[test]
fn a_domain_that_is_not_analysed_cannot_be_counted() {
    let rules = "rules.max-crates = { max = 1, domains = [\"dev\"] }";
    let error = run(rules, None, &small()).unwrap_err();
    assert!(
        error.to_string().contains("which is not analyzed"),
        "{error}"
    );
}

#[test]
fn crates_denied_allowed_and_hardly_used() {
    check_rules(
        "rules.denied-crates = [\"parse@<2\", { crate = \"codegen\", reason = \"slow\" }]\nrules.allowed-crates = { crates = [\"finder\", \"idle\", \"kinds\", \"parse\", \"codegen\"], level = \"warn\" }\nrules.minimum-use = 51",
        &expect![[r#"
            deny minimum-use Cargo.toml:1
              `finder 1.11.0` is used by 50.0% (2 of 4 functions), below 51% it needs a reason
              None None app@0.1.0 > finder@1.11.0
            deny minimum-use Cargo.toml:1
              `idle 0.3.0` is used by 0% (0 of 1 functions), below 51% it needs a reason
              None None app@0.1.0 > idle@0.3.0
            deny minimum-use Cargo.toml:1
              no function of `kinds 0.1.2` is reached, only types, traits, consts, macros or linking are used, below 51% it needs a reason
              None None app@0.1.0 > kinds@0.1.2
            deny denied-crates Cargo.toml:1
              `codegen 1.0.9` is denied: slow
              None None app@0.1.0 > codegen@1.0.9
            deny denied-crates Cargo.toml:1
              `parse 1.0.0` is denied
              None None app@0.1.0 > finder@1.11.0 > parse@1.0.0
            warn allowed-crates Cargo.toml:1
              `bytes-util 2.7.4` is not on the list of allowed crates
              None None app@0.1.0 > finder@1.11.0 > bytes-util@2.7.4
            5 1 0
        "#]],
    );
    // What is unknown may be used.
    let mut unknown = small();
    for item in &mut unknown.items {
        if item.path == "idle::sleep" {
            item.status = Status::Unknown;
            item.unknown_in = Domains::RUN;
        }
    }
    let report = run("rules.minimum-use = 3", None, &unknown).unwrap();
    let names: Vec<_> = report
        .findings
        .iter()
        .filter_map(|one| one.krate.as_deref())
        .collect();
    assert_eq!(names, ["kinds"]);
}

#[test]
fn newly_reached_with_the_way_to_it() {
    check_news(
        "",
        |analysis| {
            reach(analysis, "bytes_util::rescan");
            let scan = analysis
                .nodes
                .iter()
                .position(|node| node.label == "bytes_util::scan")
                .unwrap();
            let item = analysis
                .items
                .iter()
                .position(|item| item.path == "bytes_util::rescan");
            analysis.nodes.push(crate::model::Node {
                item,
                label: "bytes_util::rescan".to_owned(),
                file: Some("/registry/bytes-util-2.7.4/src/lib.rs".into()),
                line: 21,
            });
            analysis.edges.push(Vec::new());
            let to = u32::try_from(analysis.nodes.len() - 1).unwrap();
            let kind = crate::model::EdgeKind::Call;
            analysis.edges[scan].push(crate::model::Edge { to, kind, line: 5 });
        },
        &expect![[r#"
            deny new-item Cargo.toml:1
              now reaches `bytes_util::rescan`
              Some("app::main") Some("<finder::Finder as finder::Search>::find") app@0.1.0 > finder@1.11.0 > bytes-util@2.7.4
            1 0 0
        "#]],
    );
}

#[test]
fn newly_named_at_its_use() {
    let edit = |analysis: &mut Analysis| {
        let find = "<finder::Finder as finder::Search>::find";
        let item = analysis.items.iter_mut().find(|item| item.path == find);
        item.unwrap().direct = true;
    };
    check_news(
        "",
        edit,
        &expect![[r#"
        deny new-direct src/main.rs:5
          now names `<finder::Finder as finder::Search>::find`, which was reached before
          Some("app::main") None app@0.1.0 > finder@1.11.0
        1 0 0
    "#]],
    );
    check_news(
        "rules.new-direct = { max = 1 }",
        edit,
        &expect![[r#"
        warn new-direct src/main.rs:5
          now names `<finder::Finder as finder::Search>::find`, which was reached before
          Some("app::main") None app@0.1.0 > finder@1.11.0
        0 1 0
    "#]],
    );
    check_news(
        "rules.new-direct = \"allow\"",
        edit,
        &expect![[r#"
        0 0 0
    "#]],
    );
}

#[test]
fn what_is_accepted_as_direct_must_be_accepted_as_reached() {
    check_news(
        "rules.new-direct = \"allow\"",
        |analysis| {
            reach(analysis, "finder::Finder::find_all");
            let find = "finder::Finder::find_all";
            analysis
                .items
                .iter_mut()
                .find(|item| item.path == find)
                .unwrap()
                .direct = true;
        },
        &expect![[r#"
            deny new-item Cargo.toml:1
              now reaches `finder::Finder::find_all`
              None None app@0.1.0 > finder@1.11.0
            1 0 0
        "#]],
    );
}

#[test]
fn a_new_crate_with_its_items() {
    let before = edited(|analysis| {
        // Before, `finder` had another name.
        analysis.project.packages[1].name = "seeker".to_owned();
    });
    let report = run("", Some(&before), &small()).unwrap();
    expect![[r#"
        deny new-crate Cargo.toml:1
          `finder 1.11.0` is new in run, build: 4 items reached, a build script
          None None app@0.1.0 > finder@1.11.0
        deny new-direct Cargo.toml:1
          now names `finder::Finder`
          None None app@0.1.0 > finder@1.11.0
        deny new-direct src/main.rs:4
          now names `finder::Finder::new`
          Some("app::main") None app@0.1.0 > finder@1.11.0
        warn stale-baseline whittle.lock:1
          whittle.lock holds 4 items that are no longer reached and 1 crate that left: seeker 1.11.0
        3 1 0
    "#]]
    .assert_eq(&text(&report));
    let items: Vec<_> = report
        .findings
        .iter()
        .flat_map(|one| &one.items)
        .map(|item| &item.path)
        .collect();
    assert_eq!(items.len(), 4, "{items:?}");
    // With `allow`, its items are findings of their own.
    let report = run("rules.new-crate = \"allow\"", Some(&before), &small()).unwrap();
    assert_eq!(report.counts.denied, 4, "{}", text(&report));
}

#[test]
fn ignores_expire_and_get_stale() {
    let rules = "ignore = [{ rule = \"new-item\", item = \"bytes_util::*\", reason = \"soon\", owner = \"me\", expires = 2026-11-25 }, { rule = \"new-item\", crate = \"finder\", reason = \"late\", expires = 2026-11-24 }, { rule = \"new-unknown\", reason = \"nothing\" }]";
    check_news(
        rules,
        |analysis| {
            reach(analysis, "bytes_util::rescan");
            reach(analysis, "finder::limits::max_u8");
        },
        &expect![[r#"
            deny new-item Cargo.toml:1
              now reaches `finder::limits::max_u8`
              None None app@0.1.0 > finder@1.11.0
            deny expired-ignore Cargo.toml:2
              the ignore of new-item for finder expired on 2026-11-24
            warn stale-ignore Cargo.toml:2
              the ignore of new-unknown matches nothing
            ignored (soon) new-item Cargo.toml:1
              now reaches `bytes_util::rescan`
              None None app@0.1.0 > finder@1.11.0 > bytes-util@2.7.4
            2 1 1
        "#]],
    );
    // Without a baseline nothing can be said about ignores of what is new.
    let report = run(
        "ignore = [{ rule = \"new-unknown\", reason = \"nothing\" }]",
        None,
        &small(),
    );
    assert_eq!(text(&report.unwrap()), "0 0 0\n");
}

#[test]
fn figures_of_something_else_are_not_compared() {
    let other = edited(|analysis| analysis.project.features = "all".to_owned());
    let error = run("", Some(&small()), &other).unwrap_err();
    assert!(
        error.to_string().contains("features `default`, here `all`"),
        "{error}"
    );
}

#[test]
fn what_left_is_said() {
    check_news(
        "",
        |analysis| {
            let item = analysis
                .items
                .iter_mut()
                .find(|item| item.path == "bytes_util::scan")
                .unwrap();
            item.status = Status::Unused;
            item.domains = Domains::NONE;
            analysis
                .project
                .packages
                .iter_mut()
                .find(|one| one.name == "idle")
                .unwrap()
                .is_member = true;
        },
        &expect![[r#"
            warn stale-baseline whittle.lock:1
              whittle.lock holds 1 item that is no longer reached and 1 crate that left: idle 0.3.0
            0 1 0
        "#]],
    );
}

/// Nothing of an id depends on versions, lines or figures; two versions of a crate have two.
#[test]
fn ids_stay() {
    let rules = "rules.max-crates = 0\nrules.max-depth = 0\nrules.denied-crates = [\"parse\"]";
    let ids = |analysis: &Analysis| {
        let report = run(rules, None, analysis).unwrap();
        let ids = report.findings.iter().map(|one| one.fingerprint.clone());
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids
    };
    let before = ids(&small());
    let after = ids(&edited(|analysis| {
        for package in &mut analysis.project.packages {
            package.version = package.version.replace(".0", ".9");
        }
        for item in &mut analysis.items {
            item.line += 7;
        }
    }));
    assert_eq!(before, after);
    let mut unique = before.clone();
    unique.dedup();
    assert_eq!(unique, before);
}
