//! Analyses made by hand for pages: one in which every text is hostile, and a large one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_whittle::execution::{Denied, Execution, NotRun};
use cargo_whittle::history::file::History;
use cargo_whittle::model::{
    Analysis, BuildOutput, Domain, Domains, Edge, EdgeKind, Fingerprint, Gap, Item, ItemKind,
    Manifest, Node, Nodes, Origin, Package, Project, Source, Status, StdSources, Toolchain, Unit,
    UnitKind,
};
use cargo_whittle::options::ExecPolicy;
use cargo_whittle::sandbox::Limits;

/// What a name may hold: ends of elements and attributes, starts of others, characters that
/// turn text around, hide, or act on terminals.
pub(super) const EVIL: &str = "\"></title></script><script>alert(1)</script><img src=x \
     onerror=alert(2)>'`${alert(3)}<!--\u{202e}\u{200b}\u{1b}[31m\u{7}&lt;";

/// One dependency, in which everything that can be named has a hostile name.
pub(super) fn hostile(folder: &Utf8Path) -> Analysis {
    let mut analysis = empty(folder);
    "app\"></title><script>alert(1)</script>".clone_into(&mut analysis.project.packages[0].name);
    analysis.project.features = format!("a,{EVIL}");
    EVIL.clone_into(&mut analysis.project.profile);
    analysis.project.notices = vec![format!("notice {EVIL}")];
    analysis.project.execution = Execution {
        allowed: vec![format!("allowed {EVIL}")],
        not_run: vec![NotRun {
            krate: EVIL.to_owned(),
            version: EVIL.to_owned(),
            build_script: true,
            proc_macro: false,
            why: EVIL.to_owned(),
            allow: Vec::new(),
        }],
        denied: vec![Denied {
            by: "build script".into(),
            krate: Some(EVIL.to_owned()),
            said: EVIL.to_owned(),
        }],
    };
    let dep = add_package(&mut analysis, &format!("dep{EVIL}"), folder, 0);
    analysis.project.packages[dep].license = Some(EVIL.to_owned());
    let name = "lib\"'<img src=x onerror=alert(4)>\u{202e}.rs";
    let text = format!(
        "// {EVIL}\npub fn f() {{\n    let s = \"\n</script>{EVIL}\n\";\n    /* /* {EVIL}\n    */ */ \
         let c = '\\''; let r = r#\"a\"b\"#; // {long}\r\n}}\nfn g<'a>() {{}}\n",
        long = "x".repeat(5000)
    );
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("src").join(name), text).unwrap();
    let file = folder.join("src").join(name);
    let used = add_function(
        &mut analysis,
        dep,
        &format!("dep::f{EVIL}"),
        &file,
        2,
        9,
        Status::Used,
    );
    let unknown = add_function(
        &mut analysis,
        dep,
        &format!("dep::g{EVIL}"),
        &file,
        11,
        1,
        Status::Unknown,
    );
    analysis.items[unknown].reason = Some(format!("because {EVIL}"));
    analysis.gaps = vec![Gap {
        reason: EVIL.to_owned(),
        package: Some(dep),
        place: EVIL.to_owned(),
        count: 3,
    }];
    let main = add_node(
        &mut analysis,
        None,
        &format!("main{EVIL}"),
        &folder.join("main.rs"),
        1,
    );
    let node = add_node(
        &mut analysis,
        Some(used),
        &format!("dep::f::<{EVIL}>"),
        &file,
        2,
    );
    analysis.edges[main as usize].push(Edge {
        to: node,
        kind: EdgeKind::Widened,
        line: 4,
    });
    analysis.roots = vec![(main, Domain::Run, EVIL.to_owned().into())];
    analysis
}

/// Records of two commits, the second with a hostile title.
pub(super) fn history() -> History {
    let line = |commit: char, time: u64, used: u64| {
        let figures = serde_json::json!({
            "functions": [used, 1, 60], "derived": [0, 0, 3], "lines": [used * 7, 5, 900],
            "unsafe": [2, 0, 9], "public": [3, 20],
        });
        let mut total = serde_json::json!({"crates": 1, "direct_crates": 1, "source_lines": 1000});
        total
            .as_object_mut()
            .unwrap()
            .extend(figures.as_object().unwrap().clone());
        serde_json::json!({
            "format": "whittle-history", "version": 1, "commit": commit.to_string().repeat(40),
            "parents": [], "time": time, "title": EVIL,
            "asked": {"flags": [], "domains": ["run"], "policy": "never", "toolchain": "t", "tool": "0"},
            "measured": {
                "valid_for": {"roots": [], "domains": ["run"], "features": "default", "target": "t",
                    "profile": "dev", "policy": "never", "toolchain": EVIL, "tool": "0"},
                "unknown_functions": 1, "gaps": 0, "totals": {"run": total}, "crates": [],
            },
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let file = Utf8Path::from_path(folder.path())
        .unwrap()
        .join("history.jsonl");
    let text = [
        ('a', 1_700_000_000, 30),
        ('b', 1_700_090_000, 34),
        ('c', 1_700_190_000, 20),
    ]
    .map(|(commit, time, used)| format!("{}\n", line(commit, time, used)));
    fs::write(&file, text.concat()).unwrap();
    History::read(&file).unwrap().unwrap()
}

/// So many crates of ten files each, in all sizes; a part of each is reached, from crate to
/// crate down to a depth of twelve.
pub(super) fn large(folder: &Utf8Path, crates: usize) -> Analysis {
    let mut analysis = empty(folder);
    let main = add_node(&mut analysis, None, "app::main", &folder.join("main.rs"), 1);
    analysis.roots = vec![(main, Domain::Run, "main".into())];
    let mut entries = vec![main];
    for number in 0..crates {
        let user = if number < 40 { 0 } else { number - 39 };
        let name = format!("crate-{number:03}");
        let package = add_package(&mut analysis, &name, &folder.join(&name), user);
        analysis.package_lines[package] = 10 * 160;
        let from = entries[user.min(entries.len() - 1)];
        let entry = large_crate(&mut analysis, package, number, from);
        entries.push(entry);
    }
    analysis
}

fn large_crate(analysis: &mut Analysis, package: usize, number: usize, from: u32) -> u32 {
    let folder = analysis.project.packages[package].manifest_dir.clone();
    fs::create_dir_all(folder.join("src")).unwrap();
    let mut before = from;
    let mut entry = from;
    for file in 0..10 {
        let path = folder.join(format!("src/part_{file}.rs"));
        let mut text = String::from("//! A part.\n\n");
        let functions = 4 + (number * 7 + file) % 12;
        for function in 0..functions {
            let line = u32::try_from(text.lines().count()).unwrap() + 2;
            let name = format!("crate_{number:03}::part_{file}::function_{function}");
            write!(
                text,
                "/// Does what {name} does.\npub fn function_{function}(input: &[u8]) -> usize {{\n    \
                 let mut sum = {function};\n    for byte in input {{\n        sum += \
                 usize::from(*byte) * {number}; // \"weighed\"\n    }}\n    sum\n}}\n\n"
            )
            .unwrap();
            let status = match (file + function + number) % 7 {
                _ if file > 6 => Status::Unused,
                0 | 3 | 5 => Status::Used,
                1 => Status::Unknown,
                _ => Status::Unused,
            };
            let item = add_function(analysis, package, &name, &path, line, 7, status);
            if status == Status::Used {
                let node = add_node(analysis, Some(item), &name, &path, line);
                let edge = Edge {
                    to: node,
                    kind: EdgeKind::Call,
                    line: 5,
                };
                analysis.edges[before as usize].push(edge);
                if entry == from {
                    entry = node;
                }
                before = node;
            }
        }
        fs::write(&path, text).unwrap();
    }
    entry
}

fn empty(folder: &Utf8Path) -> Analysis {
    let mut analysis = Analysis {
        project: Project {
            workspace_root: folder.to_owned(),
            out_dir: folder.join("target/whittle"),
            packages: Vec::new(),
            units: Vec::new(),
            roots: vec![0],
            toolchain: Toolchain {
                version: "1.95.0".to_owned(),
                description: "rustc 1.95.0".to_owned(),
                sysroot: "/sysroot".into(),
                host: "x86_64-unknown-linux-gnu".to_owned(),
                target: "x86_64-unknown-linux-gnu".to_owned(),
                data_layout: None,
                std_cfgs: Vec::new(),
                proc_macro_srv: None,
            },
            std_src: StdSources {
                root: "/std".into(),
                origin: "rust-src".into(),
            },
            features: "default".to_owned(),
            profile: "dev".to_owned(),
            exec: ExecPolicy::Never,
            limits: Limits::default(),
            execution: Execution::default(),
            tightened: false,
            cargo_home: None,
            notices: Vec::new(),
        },
        unit_files: Vec::new(),
        powers: Vec::new(),
        extras: Vec::new(),
        options_domains: Domains::RUN | Domains::BUILD,
        items: Vec::new(),
        package_lines: Vec::new(),
        package_used: Vec::new(),
        nodes: Nodes::default(),
        edges: Vec::new(),
        roots: Vec::new(),
        gaps: Vec::new(),
        probes: Vec::new(),
        facts: Vec::new(),
        instances: 1,
        fallbacks: 0,
        bodies: 1,
    };
    add_package(&mut analysis, "app", folder, usize::MAX);
    analysis
}

/// A library that the package `user` depends on; without one, a member with a binary.
fn add_package(analysis: &mut Analysis, name: &str, folder: &Utf8Path, user: usize) -> usize {
    let packages = &mut analysis.project.packages;
    let index = packages.len();
    let depth = packages.get(user).map_or(0, |user| user.depth + 1);
    let is_member = depth == 0;
    packages.push(Package {
        id: format!("{name}@1.0.0"),
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        source: Source::Registry,
        manifest_dir: folder.to_owned(),
        is_member,
        license: Some("MIT OR Apache-2.0".to_owned()),
        has_build_script: false,
        is_proc_macro: false,
        is_direct: depth == 1,
        depth,
        dependencies: Vec::new(),
        manifest: Manifest::default(),
    });
    if let Some(user) = packages.get_mut(user) {
        user.dependencies.push(index);
    }
    analysis.project.units.push(Unit {
        package: index,
        kind: if is_member {
            UnitKind::Bin
        } else {
            UnitKind::Lib
        },
        crate_name: name.replace('-', "_"),
        test_harness: false,
        root_file: Utf8PathBuf::from("/src/lib.rs"),
        edition: "2024".to_owned(),
        for_host: false,
        features: Vec::new(),
        cfgs: Vec::new(),
        env: BTreeMap::new(),
        dependencies: Vec::new(),
        build_output: BuildOutput::None,
        proc_macro_dylib: None,
        domains: Domains::RUN,
    });
    analysis.package_lines.push(100);
    analysis.package_used.push(Domains::NONE);
    index
}

fn add_function(
    analysis: &mut Analysis,
    package: usize,
    path: &str,
    file: &Utf8Path,
    line: u32,
    lines: u32,
    status: Status,
) -> usize {
    let domains = |wanted| {
        if status == wanted {
            Domains::RUN
        } else {
            Domains::NONE
        }
    };
    analysis.items.push(Item {
        package,
        path: path.to_owned(),
        kind: ItemKind::Function,
        file: file.to_owned(),
        line,
        call_site: None,
        status,
        reason: (status == Status::Unknown).then(|| "macro not expanded".to_owned()),
        direct: false,
        domains: domains(Status::Used),
        unknown_in: domains(Status::Unknown),
        compiled_in: Domains::RUN,
        origin: Origin::Source,
        const_only: false,
        is_unsafe: false,
        unsafe_blocks: u32::from(line.is_multiple_of(5)),
        lines,
        is_public: true,
        counted: true,
        fingerprint: Fingerprint::default(),
    });
    analysis.items.len() - 1
}

fn add_node(
    analysis: &mut Analysis,
    item: Option<usize>,
    label: &str,
    file: &Utf8Path,
    line: u32,
) -> u32 {
    analysis.nodes.push(Node {
        item,
        label: label.to_owned(),
        file: Some(file.to_owned()),
        line,
    });
    analysis.edges.push(Vec::new());
    u32::try_from(analysis.nodes.len() - 1).unwrap()
}
