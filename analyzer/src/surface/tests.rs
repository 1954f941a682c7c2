//! The surface of analyses made by hand.

use std::fmt::Write;

use super::*;
use crate::model::Status;
use crate::sample::{Sample, small};

fn text(surface: &Surface) -> String {
    let mut text = String::new();
    for one in &surface.dependencies {
        let DependencyId {
            name,
            version,
            source,
        } = &one.id;
        let source = source_name(source);
        let (direct, depth) = (one.direct, one.depth);
        let _ = writeln!(text, "{name} {version} {source} {direct} {depth}");
        for item in &one.items {
            let kind = kind_name(item.kind);
            let SurfaceItem { path, ordinal, .. } = item;
            let domains = |set: Domains| set.iter().map(Domain::as_str).collect::<Vec<_>>();
            let (used, unknown) = (domains(item.used), domains(item.unknown));
            let _ = writeln!(text, "  {kind} {path} {ordinal} {used:?} {unknown:?}");
        }
    }
    text
}

#[test]
fn used_and_unknown_items_by_dependency() {
    expect_test::expect![[r#"
        bytes-util 2.7.4 registry false 2
          function bytes_util::scan 0 ["run"] []
          function bytes_util::table::lookup 0 [] ["run"]
        codegen 1.0.9 registry true 1
          function codegen::derive_thing 0 ["macro"] []
        finder 1.11.0 registry true 1
          method <finder::Finder as finder::Search>::find 0 ["run"] []
          function build_script_build::main 0 ["build"] []
          struct finder::Finder 0 ["run"] []
          associated_function finder::Finder::new 0 ["run"] []
        idle 0.3.0 registry true 1
        kinds 0.1.2 registry true 1
        parse 1.0.0 registry false 2
          function parse::parse 0 ["build"] []
        parse 2.0.0 registry false 2
          function parse::parse 0 ["macro"] []
    "#]]
    .assert_eq(&text(&Surface::new(&small())));
}

#[test]
fn places_and_numbering_do_not_matter() {
    let mut moved = small();
    for package in &mut moved.project.packages {
        let folder = package.manifest_dir.as_str();
        package.manifest_dir = folder.replace("/registry", "/another/place").into();
    }
    for item in &mut moved.items {
        item.file = item
            .file
            .as_str()
            .replace("/registry", "/another/place")
            .into();
    }
    // Other numbers for the same packages.
    moved.project.packages.reverse();
    moved.package_used.reverse();
    let last = moved.project.packages.len() - 1;
    for unit in &mut moved.project.units {
        unit.package = last - unit.package;
    }
    for item in &mut moved.items {
        item.package = last - item.package;
    }
    moved.items.reverse();
    let (one, other) = (Surface::new(&small()), Surface::new(&moved));
    assert_eq!(text(&one), text(&other));
    let keys = |surface: &Surface| -> Vec<(Key, String, u32)> {
        let items = surface.dependencies.iter().flat_map(|one| &one.items);
        items
            .map(|item| (item.key, item.file.clone(), item.line))
            .collect()
    };
    assert_eq!(keys(&one), keys(&other));
}

/// The ordinal is that among all that are compiled: what is reached of them does not shift it.
#[test]
fn items_that_share_a_path_are_told_apart() {
    let reached = |statuses: [Status; 3]| {
        let mut sample = Sample::new();
        let dep = sample.library("dep", "1.0.0", 0, Domains::RUN);
        for status in statuses {
            sample.function(dep, "dep::inner", status);
        }
        let surface = Surface::new(&sample.analysis);
        let items = &surface.dependencies[0].items;
        items.iter().map(|item| item.ordinal).collect::<Vec<_>>()
    };
    use Status::{Unused, Used};
    assert_eq!(reached([Used, Unused, Used]), [0, 2]);
    assert_eq!(reached([Unused, Used, Unused]), [1]);
}

#[test]
fn keys_are_read_as_they_are_written() {
    let key = Key::new("dep", ItemKind::Function, "dep::a", 0);
    assert_eq!(key.to_string().parse(), Ok(key));
    assert_eq!(key.to_string().len(), 24);
    let different = [
        Key::new("dep", ItemKind::Function, "dep::a", 1),
        Key::new("dep", ItemKind::Method, "dep::a", 0),
        Key::new("dep", ItemKind::Function, "dep::b", 0),
        Key::new("other", ItemKind::Function, "dep::a", 0),
    ];
    assert!(!different.contains(&key));
    let upper = key.to_string().to_uppercase();
    for text in [
        "",
        "0",
        "zz",
        &upper,
        &format!("{key}0"),
        "é23456789012345678901234",
    ] {
        assert_eq!(text.parse::<Key>(), Err(()), "{text}");
    }
}

#[test]
fn what_a_build_script_wrote_is_named_without_its_folder() {
    let mut sample = Sample::new();
    let dep = sample.library("dep", "1.0.0", 0, Domains::RUN);
    let item = sample.function(dep, "dep::made", Status::Used);
    sample.item(item).file = "/sample/target/whittle/build/dep-123/out/made.rs".into();
    sample.analysis.project.units[1].build_output = BuildOutput::Ran {
        out_dir: Some("/sample/target/whittle/build/dep-123/out".into()),
    };
    let surface = Surface::new(&sample.analysis);
    assert_eq!(surface.dependencies[0].items[0].file, "OUT_DIR/made.rs");
}

#[test]
fn a_release_of_the_workspace_changes_no_scope() {
    let mut other = small();
    other.project.packages[0].version = "9.9.9".to_owned();
    assert_eq!(Scope::new(&small()), Scope::new(&other));
    other.project.execution.allowed = ["b@2.0.0", "a@1.0.0"].map(str::to_owned).into();
    assert_eq!(Scope::new(&other).policy, "trust, allowed a b");
}
