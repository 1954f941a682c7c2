//! Plans of hand-made facts.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use expect_test::{Expect, expect};

use super::*;
use crate::request::{Exposure, Gap, How, Mention, Module, Naming, Place, Site, TargetRoot};

const LIB: &str = "//! Docs.
#![no_std]

mod a;

/// Adds.
pub fn f(x: u32) -> u32 {
    a::g(x)
}

pub fn unused() {}

pub static COUNT: Count = Count;
";
const A: &str = "pub(crate) fn g(x: u32) -> u32 {
    x + crate::COUNT
}
";
const MAIN: &str = "use std::fmt;

use dep::f;

fn main() {
    f(1);
}
";

struct Case {
    upstream: Upstream,
    host: Host,
    facts: Facts,
    texts: Vec<String>,
    choice: Choice,
    mode: Mode,
    others: Vec<String>,
}

impl Case {
    fn new() -> Self {
        let at = |file: usize, text: &str, what: &str, skip: usize| Place {
            file: crate::lexed::offset(file),
            offset: crate::lexed::offset(text.find(what).unwrap() + skip),
        };
        let mention = |from, to| Mention {
            from,
            to,
            how: How::Name,
        };
        let f = at(0, LIB, "fn f(", 3);
        let g = at(1, A, "fn g(", 3);
        let name = at(2, MAIN, "dep::f", 0).offset;
        let root = TargetRoot {
            file: 2,
            kind: TargetKind::Bin,
            name: "app".into(),
        };
        let mut mentions = vec![
            mention(at(2, MAIN, "f;\n", 0), f),
            mention(at(2, MAIN, "f(1)", 0), f),
            mention(at(0, LIB, "g(x)", 0), g),
            mention(at(1, A, "COUNT", 0), at(0, LIB, "COUNT", 0)),
        ];
        mentions.sort();
        Self {
            upstream: Upstream {
                name: "dep".into(),
                version: "1.2.3".into(),
                crate_name: "dep".into(),
                edition: 2021,
                env: BTreeMap::from([("CARGO_MANIFEST_DIR".into(), "/up/dep-1.2.3".into())]),
                ..Upstream::default()
            },
            host: Host {
                package: 7,
                name: "app".into(),
                folder: "/ws/app".into(),
                edition: 2021,
                roots: vec![root],
                ..Host::default()
            },
            facts: Facts {
                package: 8,
                files: [
                    "/up/dep-1.2.3/src/lib.rs",
                    "/up/dep-1.2.3/src/a.rs",
                    "/ws/app/src/main.rs",
                ]
                .map(Utf8PathBuf::from)
                .into(),
                own: 2,
                modules: vec![
                    Module {
                        file: 0,
                        path: Vec::new(),
                        declared: None,
                    },
                    Module {
                        file: 1,
                        path: vec!["a".into()],
                        declared: Some(at(0, LIB, "mod a", 4)),
                    },
                ],
                mentions,
                reached: vec![f, g],
                sites: vec![Site {
                    file: 2,
                    range: crate::edit::Span::new(name, name + 3),
                    how: Naming::Path,
                    package: 7,
                    roots: vec![2],
                }],
                ..Facts::default()
            },
            texts: [LIB, A, MAIN].map(str::to_owned).into(),
            choice: Choice::default(),
            mode: Mode::Module,
            others: Vec::new(),
        }
    }

    fn plan(&self) -> Plan {
        plan(&Request {
            upstream: &self.upstream,
            host: &self.host,
            facts: &self.facts,
            texts: &self.texts,
            choice: &self.choice,
            placement: &Placement::new("dep"),
            mode: self.mode,
            allow: &BTreeSet::new(),
            said: &[],
            others: &self.others,
        })
    }

    fn check(&self, out: Expect) {
        out.assert_eq(&self.plan().text());
    }
}

#[test]
fn a_plan_as_text() {
    let case = Case::new();
    case.check(expect![[r#"
        dep 1.2.3 would become the module `crate::whittled::dep` of the package `app`, in src/whittled/dep.
        3 items, 2 functions and 9 lines of 10 in 2 files; no unsafe code.

        mod.rs (from src/lib.rs)
          fn f, 3 lines, reached
          static COUNT, 1 line

        a.rs (from src/a.rs)
          fn a::g, 3 lines, reached

        src/main.rs
          1 + mod whittled;
          2 +
          3 - use dep::f;
          5 + use crate::whittled::dep::f;
    "#]]);
    let plan = case.plan();
    let copy = apply(LIB, &plan.files[0].edits).unwrap();
    expect![[r#"
        //! Docs.

        mod a;

        /// Adds.
        pub fn f(x: u32) -> u32 {
            a::g(x)
        }

        pub static COUNT: Count = Count;
    "#]]
    .assert_eq(&copy);
    let copy = apply(A, &plan.files[1].edits).unwrap();
    expect![[r#"
        pub(crate) fn g(x: u32) -> u32 {
            x + crate::whittled::dep::COUNT
        }
    "#]]
    .assert_eq(&copy);
}

#[test]
fn a_plan_as_json() {
    let plan = Case::new().plan();
    let json = serde_json::to_value(plan.document()).unwrap();
    assert_eq!(json["format"], "whittle-plan");
    assert_eq!(json["possible"], true);
    assert_eq!(json["plan"]["files"][1]["path"], "a.rs");
    let back: Plan = serde_json::from_value(json["plan"].clone()).unwrap();
    assert_eq!(back, plan);
}

#[test]
fn all_reasons_at_once() {
    let mut case = Case::new();
    case.upstream.edition = 2024;
    case.upstream.links = Some("z".into());
    case.upstream.is_proc_macro = true;
    case.choice.packages = BTreeSet::from([7, 9]);
    case.others = vec!["other 1.0.0".into()];
    case.host.roots.push(TargetRoot {
        file: 2,
        kind: TargetKind::Lib,
        name: "app".into(),
    });
    let f = case.facts.reached[0];
    for by in [7, 3] {
        case.facts.exposed.push(Exposure {
            definition: f,
            by,
            path: "app::g".into(),
            file: "/ws/app/src/main.rs".into(),
            line: 5,
        });
    }
    case.facts.gaps.push(Gap {
        at: None,
        what: "a macro was not expanded".into(),
    });
    case.check(expect![[r#"
        dep 1.2.3 would become the module `crate::whittled::dep` of the package `app`, in src/whittled/dep.
        3 items, 2 functions and 9 lines of 10 in 2 files; no unsafe code.

        mod.rs (from src/lib.rs)
          fn f, 3 lines, reached
          static COUNT, 1 line

        a.rs (from src/a.rs)
          fn a::g, 3 lines, reached

        src/main.rs
          1 + mod whittled;
          2 +
          3 - use dep::f;
          5 + use crate::whittled::dep::f;

        To know
          not understood: a macro was not expanded

        Refused
          src/main.rs:5: `f` in `app::g` is part of what the package exports: its users would get another type [public-api]
            instead: keep the dependency
          src/main.rs:5: `f` in `app::g` is exchanged with another crate that keeps using the dependency [shared-types]
            instead: extract it from that crate too if it is a member of the workspace; otherwise keep it
          dep-1.2.3/src/lib.rs:13: `static COUNT` (other 1.0.0) is state that would exist twice: another crate keeps using the dependency's own [shared-state]
            instead: keep the dependency
          dep-1.2.3/src/lib.rs:13: `static COUNT` is state that would exist once in the library and once in each other target [state-in-targets]
            instead: use `--as crate`: a crate of its own keeps it as it is
          packages beside `app` also use the dependency, and a module is one package's own [other-members]
            instead: use `--as crate`: a crate of its own keeps it as it is
          `dep` is a procedural macro: the compiler loads it as a crate [proc-macro-crate]
            instead: keep the dependency
          `dep` (`links = "z"`) links a native library, which only one package of a tree may do [native-library]
            instead: keep the dependency
          `dep` (edition 2024, the package's is 2021) is written in a newer edition than the package's [edition-newer]
            instead: use `--as crate`, or move the package to that edition first
    "#]]);
}

#[test]
fn a_path_that_is_not_there() {
    let mut case = Case::new();
    case.choice.paths = vec!["dep::ff".into()];
    case.check(expect![[r#"
        dep 1.2.3 would become the module `crate::whittled::dep` of the package `app`, in src/whittled/dep.
        0 items, 0 functions and 0 lines of 0 in 0 files; no unsafe code.

        Refused
          `dep::ff` (like it: `dep::f`) is not found in the dependency [path-not-found]
            instead: name one of the paths that are listed; without paths, what the package reaches is taken
    "#]]);
}

#[test]
fn as_a_crate() {
    let mut case = Case::new();
    case.mode = Mode::Crate;
    case.check(expect![[r#"
        dep 1.2.3 would become a package of the workspace, in src/whittled.
        3 items, 2 functions and 9 lines of 10 in 2 files; no unsafe code.

        src/lib.rs (from src/lib.rs)
          fn f, 3 lines, reached
          static COUNT, 1 line

        src/a.rs (from src/a.rs)
          fn a::g, 3 lines, reached
    "#]]);
}

#[test]
fn what_was_done_is_no_plan_any_more() {
    let mut plan = Case::new().plan();
    assert!(plan.text().contains("dep 1.2.3 would become the module"));
    plan.applied = true;
    assert!(plan.text().contains("dep 1.2.3 is now the module"));
}
