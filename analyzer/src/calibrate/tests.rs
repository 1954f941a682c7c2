//! A small workspace built for real: what its executable holds, and how the comparison counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::build::build_executable;
use super::compare::compare;
use super::dwarf::{TruthFunction, live_functions};
use super::tally::{Calibration, Class};
use super::{Run, only_bin, render, restrict};
use crate::model::{
    BuildOutput, Domains, Fingerprint, Item, ItemKind, Origin, Package, Project, Source, Status,
    StdSources, Toolchain, Unit, UnitKind,
};
use crate::options::{Options, Selection};

const DEP: &str = include_str!("testdata/dep.rs");

/// Writes the fixture: `app` (whose profile optimizes everything) and `dep` beside it.
fn fixture() -> (tempfile::TempDir, Utf8PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::try_from(dir.path().canonicalize().unwrap()).unwrap();
    for (path, text) in [
        ("app/Cargo.toml", include_str!("testdata/app.toml")),
        ("app/Cargo.lock", include_str!("testdata/app.lock")),
        ("app/src/main.rs", include_str!("testdata/main.rs")),
        ("dep/Cargo.toml", include_str!("testdata/dep.toml")),
        ("dep/build.rs", include_str!("testdata/build.rs")),
        ("dep/src/lib.rs", DEP),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    (dir, root)
}

fn package(name: &str, dir: Utf8PathBuf, is_member: bool) -> Package {
    Package {
        id: name.into(),
        name: name.into(),
        version: "0.1.0".into(),
        source: Source::Path,
        manifest_dir: dir,
        is_member,
        license: None,
        has_build_script: !is_member,
        is_proc_macro: false,
        is_direct: !is_member,
        depth: u32::from(!is_member),
        dependencies: Vec::new(),
        manifest: crate::model::Manifest::default(),
    }
}

fn unit(package: usize, kind: UnitKind, crate_name: &str) -> Unit {
    Unit {
        package,
        kind,
        crate_name: crate_name.into(),
        test_harness: false,
        root_file: Utf8PathBuf::new(),
        edition: "2021".into(),
        for_host: false,
        features: Vec::new(),
        cfgs: Vec::new(),
        env: BTreeMap::new(),
        dependencies: Vec::new(),
        build_output: BuildOutput::None,
        proc_macro_dylib: None,
        domains: Domains::RUN,
    }
}

fn project(root: &Utf8Path) -> Project {
    Project {
        exec: crate::options::ExecPolicy::Trust,
        execution: crate::execution::Execution::default(),
        tightened: false,
        cargo_home: None,
        limits: crate::sandbox::Limits::default(),
        workspace_root: root.join("app"),
        out_dir: root.join("app/target/whittle"),
        packages: vec![
            package("dep", root.join("dep"), false),
            package("my-app", root.join("app"), true),
        ],
        units: vec![
            unit(0, UnitKind::Lib, "dep"),
            unit(1, UnitKind::Bin, "my_app"),
        ],
        roots: vec![1],
        toolchain: Toolchain {
            version: "1.0.0".into(),
            description: "rustc 1.0.0".into(),
            sysroot: "/nowhere".into(),
            host: "some-host".into(),
            target: "some-target".into(),
            data_layout: None,
            proc_macro_srv: None,
            std_cfgs: Vec::new(),
        },
        std_src: StdSources {
            root: "/nowhere/library".into(),
            origin: "option".into(),
        },
        features: "default".into(),
        profile: "dev".into(),
        notices: Vec::new(),
    }
}

fn options(root: &Utf8Path) -> Options {
    let manifest_path = Some(root.join("app/Cargo.toml"));
    Options {
        selection: Selection {
            manifest_path,
            ..Selection::default()
        },
        ..Options::default()
    }
}

/// 1-based line of the first line of `DEP` that contains the text.
fn dep_line(text: &str) -> u32 {
    let at = DEP.lines().position(|line| line.contains(text)).unwrap();
    u32::try_from(at).unwrap() + 1
}

fn item(file: &Utf8Path, line: u32, path: &str, status: Status) -> Item {
    Item {
        package: 0,
        path: path.into(),
        kind: ItemKind::Function,
        file: file.to_owned(),
        line,
        call_site: None,
        status,
        reason: None,
        direct: false,
        domains: if status == Status::Used {
            Domains::RUN
        } else {
            Domains::NONE
        },
        unknown_in: if status == Status::Unknown {
            Domains::RUN
        } else {
            Domains::NONE
        },
        compiled_in: Domains::RUN,
        origin: Origin::Source,
        const_only: false,
        is_unsafe: false,
        unsafe_blocks: 0,
        lines: 1,
        is_public: true,
        counted: true,
        fingerprint: Fingerprint::default(),
    }
}

/// Every function of `dep` that has code, as `line name`.
fn names(truth: &[TruthFunction], file: &Utf8Path) -> BTreeSet<String> {
    let here = truth.iter().filter(|function| function.file == file);
    here.map(|function| format!("{} {}", function.line, function.name))
        .collect()
}

fn expected() -> BTreeSet<String> {
    let at = |text: &str, name: &str| format!("{} {name}", dep_line(text));
    BTreeSet::from([
        at("fn used(", "used"),
        at("fn helper(", "helper"),
        at("fn inlined(", "inlined"),
        at("fn generic<", "generic"),
        at("fn area(&self) -> u32 {", "area"),
        at("fn provided(", "provided"),
        at("derive(Clone, Debug, PartialEq)", "clone"),
        // One trait a line: the line of the trait's name, not of the attribute.
        at("    Clone,", "clone"),
        at("    Debug,", "fmt"),
        at("fn drop(", "drop"),
        at("fn on_drop(", "on_drop"),
        at("fn with_nested(", "with_nested"),
        at("fn nested(", "nested"),
        at("fn in_closure(", "in_closure"),
        at("fn asynchronous(", "asynchronous"),
        at("pub fn $name(", "from_macro"),
        // The workspace's own, standing in the dependency's macro.
        at("fn in_caller(", "in_caller"),
        at("fn prunes(", "prunes"),
        at("fn r#try(", "try"),
    ])
}

#[test]
fn compares_a_built_workspace() {
    let (_guard, root) = fixture();
    let project = project(&root);
    let lib = root.join("dep/src/lib.rs");
    let executable = build_executable(&project, "my_app", &options(&root)).unwrap();
    let truth = live_functions(&executable).unwrap();

    assert_eq!(names(&truth, &lib), expected());
    let inlined = truth
        .iter()
        .find(|function| function.name == "inlined")
        .unwrap();
    assert!(inlined.inlined);
    assert_eq!(inlined.namespace, ["dep"]);

    check_comparison(&truth, &project, &lib, &executable);
}

/// A list that is wrong in every way there is.
fn check_comparison(
    truth: &[TruthFunction],
    project: &Project,
    lib: &Utf8Path,
    executable: &Utf8Path,
) {
    let used = |text: &str, path: &str| item(lib, dep_line(text), path, Status::Used);
    let mut items = vec![
        used("fn used(", "dep::used"),
        used("fn unused(", "dep::unused"),
        used("pub fn $name(", "dep::from_macro"),
        used("fn r#try(", "dep::r#try"),
        Item {
            status: Status::Unused,
            domains: Domains::NONE,
            ..used("fn helper(", "dep::helper")
        },
        Item {
            status: Status::Unknown,
            domains: Domains::NONE,
            unknown_in: Domains::RUN,
            reason: Some("why".into()),
            ..used("fn generic<", "dep::generic")
        },
        Item {
            const_only: true,
            ..used("fn compile_time(", "dep::compile_time")
        },
        Item {
            const_only: true,
            ..used("fn on_drop(", "dep::on_drop")
        },
        Item {
            domains: Domains::BUILD,
            ..used("fn prunes(", "dep::prunes")
        },
        Item {
            kind: ItemKind::Struct,
            ..used("pub struct Square", "dep::Square")
        },
    ];
    // The list gives the attribute's line, debug info the trait's.
    let attribute = dep_line("    Clone,") - 1;
    items.push(Item {
        origin: Origin::Derive,
        ..item(
            lib,
            attribute,
            "<dep::Multi as core::clone::Clone>::clone",
            Status::Used,
        )
    });
    let other_build = Utf8Path::new("/x/target/debug/build/dep-0123456789abcdef/out/generated.rs");
    items.push(item(other_build, 1, "dep::generated", Status::Used));

    let calibration = compare(truth, &items, project);
    let totals = calibration.totals;
    let of = |class| found(&calibration, class);
    assert_eq!(
        of(Class::Miss),
        ["dep::helper", "dep::on_drop", "dep::prunes"]
    );
    assert_eq!(of(Class::Extra), ["dep::unused"]);
    assert_eq!(of(Class::Unknown), ["dep::generic"]);
    assert_eq!(of(Class::ConstOnly), ["dep::compile_time"]);
    assert!(
        of(Class::Unlisted)
            .iter()
            .all(|path| !path.ends_with("in_caller"))
    );
    // used, from_macro, try, the derive of several lines, the generated one.
    assert_eq!((totals.hits, totals.misses, totals.extras), (5, 3, 1));
    assert_eq!(
        totals.truth,
        totals.hits + totals.misses + totals.unknown + totals.unlisted
    );
    assert_eq!(totals.recall(), Some(5.0 / 8.0));
    assert_eq!(totals.precision(), Some(5.0 / 6.0));
    assert!(totals.reaches(Some(0.62), Some(0.83)) && !totals.reaches(Some(0.63), None));
    assert_eq!(calibration.left_out.workspace, 3, "main, own, in_caller");
    assert_eq!(calibration.left_out.unattributed, 0);

    let run = Run {
        bin: "my_app".into(),
        executable: executable.to_owned(),
        calibration,
    };
    check_output(&run, project);
}

fn check_output(run: &Run, project: &Project) {
    let table = render::table(run, project);
    let rows = table.lines().filter(|line| !line.starts_with("executable"));
    assert!(
        rows.clone().all(|line| line.chars().count() <= 100),
        "{table}"
    );
    let line = dep_line("fn prunes(");
    assert!(table.contains(&format!(
        "src/lib.rs:{line} dep::prunes (listed used in build only)"
    )));
    assert!(
        table.contains("recall 62.50 %, precision 83.33 %"),
        "{table}"
    );

    let json: serde_json::Value =
        serde_json::from_str(&render::json(run, project).unwrap()).unwrap();
    assert_eq!(json["format"], "whittle-calibration");
    assert_eq!(json["totals"]["recall"], 0.625);
    assert_eq!(json["totals"]["precision"], 0.833_333);
    assert_eq!(json["crates"][0]["crate"], "dep");
    assert_eq!(json["findings"][0]["class"], "miss");
}

fn found(calibration: &Calibration, class: Class) -> Vec<&str> {
    let findings = calibration
        .findings
        .iter()
        .filter(|finding| finding.class == class);
    findings.map(|finding| finding.path.as_str()).collect()
}

#[test]
fn reports_a_build_that_fails() {
    let (_guard, root) = fixture();
    fs::write(root.join("app/src/main.rs"), "fn main() { missing() }").unwrap();
    let error = build_executable(&project(&root), "my_app", &options(&root)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`cargo build` of bin `my_app` failed"),
        "{error}"
    );
}

#[test]
fn refuses_what_is_no_executable() {
    let dir = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::try_from(dir.path().join("text")).unwrap();
    fs::write(&path, "text").unwrap();
    let error = live_functions(&path).unwrap_err().to_string();
    assert!(error.starts_with("cannot read debug info of"), "{error}");
}

#[test]
fn wants_one_bin_in_the_dev_profile() {
    let mut project = project(Utf8Path::new("/w"));
    assert_eq!(only_bin(&project).unwrap(), "my_app");
    project.units.push(unit(1, UnitKind::Bin, "other"));
    project.roots.push(2);
    assert_eq!(
        only_bin(&project).unwrap_err().to_string(),
        "calibrate compares one bin: name one of my_app, other with `--bin`"
    );

    let mut selection = Selection {
        lib: true,
        all_targets: true,
        ..Selection::default()
    };
    restrict(&mut selection).unwrap();
    assert!(selection.bins && !selection.lib && !selection.all_targets);
    selection.release = true;
    assert!(restrict(&mut selection).is_err());
}
