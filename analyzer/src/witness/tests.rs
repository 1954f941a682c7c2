//! Chains on a made-up graph.

use expect_test::{Expect, expect};

use super::*;
use crate::model::{Domain, Domains, EdgeKind};
use crate::report::paint::Paint;
use crate::sample::{Sample, small};

fn shown(analysis: &Analysis, query: &str) -> String {
    let answer = why(analysis, query).unwrap();
    let mut out = Vec::new();
    text(&answer, analysis, Paint::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn check(query: &str, expected: &Expect) {
    expected.assert_eq(&shown(&small(), query));
}

#[test]
fn a_chain_names_every_edge() {
    check(
        "bytes_util::scan",
        &expect![[r#"
        bytes_util::scan (bytes-util 2.7.4) is used in run, 3 steps from a root (main)
          defined at bytes-util-2.7.4/src/lib.rs:1
          in the tree through app 0.1.0 > finder 1.11.0 > bytes-util 2.7.4

          main     app::main                                    src/main.rs:3
          vtable   <finder::Finder as finder::Search>::find     src/main.rs:5
          call     core::option::Option<T>::map<u8, {closure}>  finder-1.11.0/src/lib.rs:22
          closure  bytes_util::scan                             core/src/option.rs:1124
    "#]],
    );
}

#[test]
fn a_crate_is_reached_through_its_first_function() {
    check(
        "finder",
        &expect![[r#"
        finder 1.11.0 is used in run, 1 step from a root (main)
          in the tree through app 0.1.0 > finder 1.11.0

          main  app::main            src/main.rs:3
          call  finder::Finder::new  src/main.rs:4
    "#]],
    );
}

#[test]
fn what_is_not_reached_has_a_neighbor() {
    check(
        "find_all",
        &expect![[r#"
        finder::Finder::find_all (finder 1.11.0) is not reached
          defined at finder-1.11.0/src/lib.rs:41
          in the tree through app 0.1.0 > finder 1.11.0

        nearest that is used, in run: <finder::Finder as finder::Search>::find (finder 1.11.0)

          main    app::main                                 src/main.rs:3
          vtable  <finder::Finder as finder::Search>::find  src/main.rs:5
    "#]],
    );
}

#[test]
fn what_is_unknown_says_why() {
    check(
        "table::lookup",
        &expect![[r#"
        bytes_util::table::lookup (bytes-util 2.7.4) is unknown: macro not expanded
          defined at bytes-util-2.7.4/src/lib.rs:41
          in the tree through app 0.1.0 > finder 1.11.0 > bytes-util 2.7.4

        nearest that is used, in run: bytes_util::scan (bytes-util 2.7.4)

          main     app::main                                    src/main.rs:3
          vtable   <finder::Finder as finder::Search>::find     src/main.rs:5
          call     core::option::Option<T>::map<u8, {closure}>  finder-1.11.0/src/lib.rs:22
          closure  bytes_util::scan                             core/src/option.rs:1124
    "#]],
    );
}

#[test]
fn a_crate_that_is_not_used_shows_its_way_into_the_tree() {
    check(
        "idle",
        &expect![[r#"
        idle 0.3.0 is not used
          in the tree through app 0.1.0 > idle 0.3.0
    "#]],
    );
}

#[test]
fn a_crate_used_for_its_types_has_no_chain() {
    check(
        "kinds",
        &expect![[r#"
            kinds 0.1.2 is used: for types, traits, consts, macros or linking; no function of it is reached
              in the tree through app 0.1.0 > kinds 0.1.2
        "#]],
    );
}

#[test]
fn a_build_script_does_not_make_a_crate_used() {
    let mut sample = Sample::new();
    let lib = sample.library("lib", "1.0.0", 0, Domains::RUN);
    sample.unit(lib, UnitKind::BuildScript, Domains::BUILD);
    sample.function(lib, "lib::f", Status::Unused);
    let main = sample.function(lib, "build_script_build::main", Status::Used);
    let main = sample.node(main);
    sample.analysis.roots = vec![(main, Domain::Build, "build script".into())];
    expect![[r#"
        lib 1.0.0 is not used: only its build script runs
          in the tree through app 0.1.0 > lib 1.0.0
    "#]]
    .assert_eq(&shown(&sample.analysis, "lib"));
    assert_eq!(why(&sample.analysis, "lib").unwrap().status, Status::Unused);
}

#[test]
fn a_member_is_part_of_the_workspace() {
    check(
        "app",
        &expect![[r#"
        app 0.1.0 is used: it is a member of the workspace
    "#]],
    );
}

#[test]
fn candidates_are_listed() {
    check(
        "parse",
        &expect![[r#"
        parse 1.0.0 is used in build, 1 step from a root (build script)
          in the tree through app 0.1.0 > finder 1.11.0 > parse 1.0.0

          build script  build_script_build::main  finder-1.11.0/src/lib.rs:101
          macro         parse::parse              finder-1.11.0/src/lib.rs:103

        the name also fits
          used     parse 2.0.0
    "#]],
    );
    check(
        "parse::print",
        &expect![[r#"
        parse::print (parse 1.0.0) is not reached
          defined at parse-1.0.0/src/lib.rs:21
          in the tree through app 0.1.0 > finder 1.11.0 > parse 1.0.0

        nearest that is used, in build: parse::parse (parse 1.0.0)

          build script  build_script_build::main  finder-1.11.0/src/lib.rs:101
          macro         parse::parse              finder-1.11.0/src/lib.rs:103

        the name also fits
          unused   parse::print (parse 2.0.0)
    "#]],
    );
}

#[test]
fn json_of_a_chain() {
    let answer = why(&small(), "Finder::new").unwrap();
    let mut out = Vec::new();
    json(&answer, &mut out).unwrap();
    expect![[r#"
        {
          "format": "whittle-why",
          "version": 1,
          "roots": [
            "app@0.1.0 bin app"
          ],
          "domains": [
            "run",
            "build",
            "macro"
          ],
          "features": "default",
          "target": "x86_64-unknown-linux-gnu",
          "profile": "dev",
          "policy": "trust",
          "query": "Finder::new",
          "subject": {
            "crate": "finder",
            "crate_version": "1.11.0",
            "path": "finder::Finder::new",
            "file": "/registry/finder-1.11.0/src/lib.rs",
            "line": 1
          },
          "status": "used",
          "reason": null,
          "witness": {
            "domain": "run",
            "root": "main",
            "steps": [
              {
                "edge": null,
                "label": "app::main",
                "file": "/sample/src/main.rs",
                "line": 3,
                "use_file": null,
                "use_line": null
              },
              {
                "edge": "call",
                "label": "finder::Finder::new",
                "file": "/registry/finder-1.11.0/src/lib.rs",
                "line": 1,
                "use_file": "/sample/src/main.rs",
                "use_line": 4
              }
            ]
          },
          "nearest": null,
          "through": [
            "app@0.1.0",
            "finder@1.11.0"
          ],
          "others": []
        }
    "#]]
    .assert_eq(&String::from_utf8(out).unwrap());
}

#[test]
fn json_of_something_not_reached() {
    let answer = why(&small(), "find_all").unwrap();
    let mut out = Vec::new();
    json(&answer, &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["status"], "unused");
    assert_eq!(json["witness"], serde_json::Value::Null);
    assert_eq!(json["nearest"]["witness"]["steps"][0]["label"], "app::main");
}

#[test]
fn nothing_of_that_name() {
    let message = |query| {
        let error = why(&small(), query).unwrap_err();
        format!("{error}\n{}", error.remedy())
    };
    expect![[r#"
        `finder::Finder::nwe` names no crate and no item of the dependency tree
        did you mean `finder::Finder::new`, `finder::Finder`, `finder::Finder::find_all`?"#]]
    .assert_eq(&message("finder::Finder::nwe"));
    expect![[r#"
        `qqqqqqqqqqqqqq` names no crate and no item of the dependency tree
        `cargo whittle list` prints the paths there are"#]]
    .assert_eq(&message("qqqqqqqqqqqqqq"));
}

#[test]
fn what_ships_is_asked_first() {
    let mut sample = Sample::new();
    let both = sample.library("both", "1.0.0", 0, Domains::RUN | Domains::BUILD);
    let f = sample.function(both, "both::f", Status::Used);
    let build = sample.free_node(None, "build_script_build::main", None, 0);
    let main = sample.free_node(None, "app::main", None, 0);
    let long = sample.free_node(None, &"app::between".repeat(9), Some("/sample/src/a.rs"), 1);
    let f = sample.node(f);
    sample.edge(build, f, EdgeKind::Call, 0);
    sample.edge(main, long, EdgeKind::Call, 0);
    sample.edge(long, f, EdgeKind::Widened, 9);
    // A cycle changes nothing.
    sample.edge(f, main, EdgeKind::Call, 9);
    sample.analysis.roots = vec![
        (build, Domain::Build, "build script".into()),
        (main, Domain::Run, "main".into()),
    ];
    expect![[r#"
        both::f (both 1.0.0) is used in run, 2 steps from a root (main)
          defined at both-1.0.0/src/lib.rs:1
          in the tree through app 0.1.0 > both 1.0.0

          main     app::main
          call     app::betweenapp::betweenapp::betweenapp::betweenapp::betweenapp::betweenapp::betweenapp::betweenapp::between
          widened  both::f
                     src/a.rs:9
    "#]].assert_eq(&shown(&sample.analysis, "both::f"));
}
