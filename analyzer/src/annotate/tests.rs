//! Files and their lines, on analyses made by hand.

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;
use crate::measure;
use crate::model::{Domain, ItemKind, Status, UnitKind};
use crate::sample::{Sample, small};
use crate::script::Reading;

/// A line a file, then its stretches and starts.
fn show(analysis: &Analysis, domains: Domains) -> String {
    let mut text = String::new();
    for file in annotate(analysis, domains) {
        let package = &analysis.project.packages[file.package];
        let _ = write!(text, "{} {}:", package.name, file.path);
        for one in &file.stretches {
            let _ = write!(text, " {}-{} {:?}", one.first, one.last, one.status);
        }
        text += "\n";
        for start in &file.starts {
            let call = if start.is_call { " called" } else { "" };
            let path = &analysis.items[start.item].path;
            let _ = writeln!(text, "  {} {path}{call}", start.line);
        }
    }
    text
}

fn check(analysis: &Analysis, domains: Domains, expected: &Expect) {
    expected.assert_eq(&show(analysis, domains));
}

#[test]
fn a_file_a_package() {
    check(
        &small(),
        Domains::RUN,
        &expect![[r#"
            finder src/lib.rs: 1-10 Used 21-30 Used 41-50 Unused 81-90 Unused
              1 finder::Finder::new
              21 <finder::Finder as finder::Search>::find
              41 finder::Finder::find_all
              61 <finder::Finder as core::fmt::Debug>::fmt
              81 finder::limits::max_u8
              121 finder::Finder
            finder src/limits.rs:
              7 finder::limits::max_u8 called
            bytes-util src/lib.rs: 1-10 Used 21-30 Unused 41-50 Unknown
              1 bytes_util::scan
              21 bytes_util::rescan
              41 bytes_util::table::lookup
            idle src/lib.rs: 1-10 Unused
              1 idle::sleep
            kinds src/lib.rs: 1-10 Unused
              1 kinds::Kind::new
        "#]],
    );
}

#[test]
fn lines_are_those_of_the_figures() {
    let analysis = small();
    let measures = measure::measure(&analysis);
    let mut seen = 0;
    for domain in [Domain::Run, Domain::Build, Domain::Macro] {
        let files = annotate(&analysis, Domains::of(domain));
        let count = |status: Status| {
            let lines = files.iter().flat_map(SourceFile::lines);
            lines.filter(|line| line.1 == status).count() as u64
        };
        let figures = measures.totals[&domain].figures.lines;
        assert_eq!(count(Status::Used), figures.used, "{domain:?}");
        assert_eq!(count(Status::Unknown), figures.unknown, "{domain:?}");
        assert_eq!(count(Status::Unused), figures.unused, "{domain:?}");
        seen += figures.total;
    }
    assert!(seen > 50, "only {seen} lines");
}

#[test]
fn nested_spans_and_neighbors() {
    let spans = [
        (10, 20, Status::Unused),
        (12, 15, Status::Used),
        (14, 18, Status::Unknown),
        (20, 22, Status::Unused),
        (30, 31, Status::Used),
    ];
    let all: Vec<_> = stretches(&spans)
        .into_iter()
        .map(|one| (one.first, one.last, one.status))
        .collect();
    assert_eq!(
        all,
        [
            (10, 11, Status::Unused),
            (12, 14, Status::Used),
            (15, 17, Status::Unknown),
            (18, 21, Status::Unused),
            (30, 30, Status::Used),
        ]
    );
}

/// What stands in another package's macro, in a build script's output, beside the package.
#[test]
fn files_of_others() {
    let mut sample = Sample::new();
    let flags = sample.library("flags", "1.0.0", 0, Domains::RUN);
    let user = sample.library("user", "2.0.0", 0, Domains::RUN);
    let made = sample.function(user, "user::Bits::empty", Status::Used);
    let file = sample.analysis.project.packages[flags]
        .manifest_dir
        .join("src/lib.rs");
    let item = sample.item(made);
    item.call_site = Some((item.file.clone(), 77));
    item.origin = Origin::Macro;
    item.file = file;
    item.lines = 1;
    let written = sample.function(user, "user::table", Status::Unknown);
    sample.item(written).file = "/sample/target/debug/build/user-1/out/a/table.rs".into();
    let beside = sample.function(user, "user::shared", Status::Unused);
    sample.item(beside).file = "/registry/shared.rs".into();
    let hidden = sample.function(flags, "flags::inner", Status::Used);
    sample.item(hidden).counted = false;
    let hidden = sample.function(flags, "flags::other", Status::Unused);
    sample.item(hidden).counted = false;
    let ty = sample.function(flags, "flags::Flags", Status::Used);
    sample.item(ty).kind = ItemKind::Struct;
    sample.unit(user, UnitKind::Lib, Domains::RUN);
    let mut reading = Reading::default();
    reading
        .out_files
        .insert("a/table.rs".to_owned(), "fn table() {}\n".to_owned());
    let unit = sample.analysis.project.units.last_mut().unwrap();
    unit.build_output = BuildOutput::Read {
        out_dir: "/sample/target/debug/build/user-1/out".into(),
        reading: reading.into(),
    };
    let analysis = &sample.analysis;
    check(
        analysis,
        Domains::RUN,
        &expect![[r#"
            flags src/lib.rs: 1-10 Used
              1 user::Bits::empty
              1 flags::inner
              21 flags::other
              41 flags::Flags
            user ../shared.rs: 41-50 Unused
              41 user::shared
            user OUT_DIR/a/table.rs: 21-30 Unknown
              21 user::table
            user src/lib.rs:
              77 user::Bits::empty called
        "#]],
    );
    let files = annotate(analysis, Domains::RUN);
    let text = files[2].text(&analysis.project).unwrap();
    assert_eq!(text, "fn table() {}\n");
    assert!(files[0].text(&analysis.project).is_err(), "no such file");
    assert!(annotate(analysis, Domains::BUILD).is_empty());
}

/// What a file of the package may be, by where it really is.
#[cfg(unix)]
#[test]
fn text_stays_in_the_package() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let registry = folder.join("dep-1.0.0");
    fs::create_dir_all(registry.join("src")).unwrap();
    fs::write(registry.join("src/lib.rs"), "fn a() {}\n").unwrap();
    fs::write(folder.join("private.rs"), "fn b() {}\n").unwrap();
    std::os::unix::fs::symlink(folder.join("private.rs"), registry.join("src/link.rs")).unwrap();
    let mut sample = Sample::new();
    let dep = sample.library("dep", "1.0.0", 0, Domains::RUN);
    sample.analysis.project.packages[dep].manifest_dir = registry.clone();
    for name in ["src/lib.rs", "src/link.rs", "src/../../private.rs"] {
        let item = sample.function(dep, "dep::f", Status::Used);
        sample.item(item).file = registry.join(name);
    }
    let texts = |analysis: &Analysis| {
        let files = annotate(analysis, Domains::RUN);
        let text = |file: &SourceFile<'_>| file.text(&analysis.project).ok();
        files.iter().map(text).collect::<Vec<_>>()
    };
    let (a, b) = (
        Some("fn a() {}\n".to_owned()),
        Some("fn b() {}\n".to_owned()),
    );
    assert_eq!(texts(&sample.analysis), [None, a.clone(), None]);
    // A path dependency may share files with the rest of the workspace.
    sample.analysis.project.packages[dep].source = Source::Path;
    sample.analysis.project.workspace_root = folder.to_owned();
    assert_eq!(texts(&sample.analysis), [b.clone(), a, b]);
}
