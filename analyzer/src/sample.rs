//! A hand-made [`Analysis`] for the tests of everything after the engine.
//!
//! [`Sample`] builds one piece by piece; [`small`] is the scene that the snapshots share: a
//! binary with a dependency in every state the report has a word for.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use crate::model::{
    Analysis, BuildOutput, Domain, Domains, Edge, EdgeKind, Fingerprint, Gap, Item, ItemKind, Node,
    Nodes, Origin, Package, Project, Source, Status, StdSources, Toolchain, Unit, UnitDependency,
    UnitKind,
};

pub(crate) struct Sample {
    pub(crate) analysis: Analysis,
}

impl Sample {
    /// The member `app 0.1.0` with the selected binary `app`, and nothing else.
    pub(crate) fn new() -> Self {
        let mut sample = Self { analysis: empty() };
        let app = sample.package("app", "0.1.0", None);
        sample.unit(app, UnitKind::Bin, Domains::RUN);
        sample.analysis.project.roots.push(0);
        sample
    }

    /// A package without units; a workspace member unless another package depends on it.
    pub(crate) fn package(&mut self, name: &str, version: &str, user: Option<usize>) -> usize {
        let index = self.analysis.project.packages.len();
        let manifest_dir = match user {
            Some(_) => format!("/registry/{name}-{version}"),
            None => "/sample".to_owned(),
        };
        let depth = user.map_or(0, |user| self.analysis.project.packages[user].depth + 1);
        self.analysis.project.packages.push(Package {
            id: format!("{name}@{version}"),
            name: name.to_owned(),
            version: version.to_owned(),
            source: if user.is_some() {
                Source::Registry
            } else {
                Source::Path
            },
            manifest_dir: manifest_dir.into(),
            is_member: user.is_none(),
            license: Some("MIT".to_owned()),
            has_build_script: false,
            is_proc_macro: false,
            is_direct: depth == 1,
            depth,
            dependencies: Vec::new(),
            manifest: crate::model::Manifest::default(),
        });
        if let Some(user) = user {
            self.depend(user, index);
        }
        self.analysis.package_lines.push(1000);
        self.analysis.package_used.push(Domains::NONE);
        index
    }

    pub(crate) fn depend(&mut self, user: usize, dependency: usize) {
        self.analysis.project.packages[user]
            .dependencies
            .push(dependency);
    }

    pub(crate) fn unit(&mut self, package: usize, kind: UnitKind, domains: Domains) {
        let name = match kind {
            UnitKind::BuildScript => "build_script_build".to_owned(),
            _ => self.analysis.project.packages[package]
                .name
                .replace('-', "_"),
        };
        match kind {
            UnitKind::BuildScript => {
                self.analysis.project.packages[package].has_build_script = true;
            }
            UnitKind::ProcMacro => self.analysis.project.packages[package].is_proc_macro = true,
            _ => {}
        }
        self.analysis.project.units.push(Unit {
            package,
            kind,
            crate_name: name,
            test_harness: false,
            root_file: "/src/lib.rs".into(),
            edition: "2021".to_owned(),
            for_host: false,
            features: Vec::new(),
            cfgs: Vec::new(),
            env: BTreeMap::new(),
            dependencies: Vec::<UnitDependency>::new(),
            build_output: BuildOutput::None,
            proc_macro_dylib: None,
            domains,
        });
    }

    /// A library that the package `user` depends on, compiled in `domains`.
    pub(crate) fn library(
        &mut self,
        name: &str,
        version: &str,
        user: usize,
        domains: Domains,
    ) -> usize {
        let package = self.package(name, version, Some(user));
        self.unit(package, UnitKind::Lib, domains);
        package
    }

    /// A function of ten lines; each of a package begins twenty lines below the one before.
    pub(crate) fn function(&mut self, package: usize, path: &str, status: Status) -> usize {
        let before = self
            .analysis
            .items
            .iter()
            .filter(|item| item.package == package)
            .count();
        let line = u32::try_from(before).unwrap_or(u32::MAX) * 20 + 1;
        let compiled_in = self
            .analysis
            .project
            .units
            .iter()
            .filter(|unit| unit.package == package)
            .fold(Domains::NONE, |all, unit| all | unit.domains);
        let file = self.analysis.project.packages[package]
            .manifest_dir
            .join("src/lib.rs");
        self.analysis.items.push(Item {
            package,
            path: path.to_owned(),
            kind: ItemKind::Function,
            file,
            line,
            call_site: None,
            status,
            reason: (status == Status::Unknown).then(|| "macro not expanded".to_owned()),
            direct: false,
            domains: if status == Status::Used {
                compiled_in
            } else {
                Domains::NONE
            },
            unknown_in: if status == Status::Unknown {
                compiled_in
            } else {
                Domains::NONE
            },
            compiled_in,
            origin: Origin::Source,
            const_only: false,
            is_unsafe: false,
            unsafe_blocks: 0,
            lines: 10,
            is_public: true,
            counted: true,
            fingerprint: Fingerprint::default(),
        });
        self.analysis.items.len() - 1
    }

    pub(crate) fn item(&mut self, index: usize) -> &mut Item {
        &mut self.analysis.items[index]
    }

    /// A node for an item.
    pub(crate) fn node(&mut self, item: usize) -> u32 {
        let Item {
            path, file, line, ..
        } = &self.analysis.items[item];
        let (path, file, line) = (path.clone(), file.clone(), *line);
        self.free_node(Some(item), &path, Some(file.as_str()), line)
    }

    /// A node of the workspace's own code, of std, or generated glue.
    pub(crate) fn free_node(
        &mut self,
        item: Option<usize>,
        label: &str,
        file: Option<&str>,
        line: u32,
    ) -> u32 {
        self.analysis.nodes.push(Node {
            item,
            label: label.to_owned(),
            file: file.map(Utf8PathBuf::from),
            line,
        });
        self.analysis.edges.push(Vec::new());
        u32::try_from(self.analysis.nodes.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn edge(&mut self, from: u32, to: u32, kind: EdgeKind, line: u32) {
        self.analysis.edges[from as usize].push(Edge { to, kind, line });
    }
}

fn empty() -> Analysis {
    Analysis {
        project: Project {
            exec: crate::options::ExecPolicy::Trust,
            limits: crate::sandbox::Limits::default(),
            execution: crate::execution::Execution::default(),
            tightened: false,
            cargo_home: None,
            workspace_root: "/sample".into(),
            out_dir: "/sample/target/whittle".into(),
            packages: Vec::new(),
            units: Vec::new(),
            roots: Vec::new(),
            toolchain: Toolchain {
                version: "1.95.0".to_owned(),
                description: "rustc 1.95.0 (59807616e 2026-04-14)".to_owned(),
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
            notices: Vec::new(),
        },
        options_domains: Domains::RUN | Domains::BUILD | Domains::MACRO,
        items: Vec::new(),
        package_lines: Vec::new(),
        package_used: Vec::new(),
        nodes: Nodes::default(),
        edges: Vec::new(),
        roots: Vec::new(),
        gaps: Vec::new(),
        probes: Vec::new(),
        facts: Vec::new(),
        unit_files: Vec::new(),
        powers: Vec::new(),
        extras: Vec::new(),
        instances: 1234,
        fallbacks: 12,
        bodies: 567,
    }
}

/// `app` uses little of `finder`, which uses `bytes-util`; `kinds` only for a type; `idle` not
/// at all; `codegen` (a proc macro) uses `parse 2.0.0` while `finder`'s build script uses
/// `parse 1.0.0`.
pub(crate) fn small() -> Analysis {
    let mut sample = Sample::new();
    let finder = sample.library("finder", "1.11.0", 0, Domains::RUN);
    sample.unit(finder, UnitKind::BuildScript, Domains::BUILD);
    let bytes = sample.library("bytes-util", "2.7.4", finder, Domains::RUN);
    let idle = sample.library("idle", "0.3.0", 0, Domains::RUN);
    let kinds = sample.library("kinds", "0.1.2", 0, Domains::RUN);
    let codegen = sample.package("codegen", "1.0.9", Some(0));
    sample.unit(codegen, UnitKind::ProcMacro, Domains::MACRO);
    let old_parse = sample.library("parse", "1.0.0", finder, Domains::BUILD);
    let parse = sample.library("parse", "2.0.0", codegen, Domains::MACRO);
    sample.analysis.package_used[kinds] = Domains::RUN;

    finder_items(&mut sample, finder);
    let scan = sample.function(bytes, "bytes_util::scan", Status::Used);
    sample.item(scan).is_unsafe = true;
    sample.item(scan).unsafe_blocks = 2;
    let rescan = sample.function(bytes, "bytes_util::rescan", Status::Unused);
    sample.item(rescan).unsafe_blocks = 1;
    sample.function(bytes, "bytes_util::table::lookup", Status::Unknown);
    sample.function(idle, "idle::sleep", Status::Unused);
    sample.function(kinds, "kinds::Kind::new", Status::Unused);
    let derive = sample.function(codegen, "codegen::derive_thing", Status::Used);
    sample.function(old_parse, "parse::parse", Status::Used);
    sample.function(old_parse, "parse::print", Status::Unused);
    let token = sample.function(parse, "parse::parse", Status::Used);
    sample.function(parse, "parse::print", Status::Unused);
    for index in 0..sample.analysis.items.len() {
        // The build script of `finder` is one function.
        if sample.analysis.items[index].path == "build_script_build::main" {
            sample.item(index).compiled_in = Domains::BUILD;
            sample.item(index).domains = Domains::BUILD;
        } else if sample.analysis.items[index].package == finder {
            let used = sample.analysis.items[index].status == Status::Used;
            sample.item(index).compiled_in = Domains::RUN;
            sample.item(index).domains = if used { Domains::RUN } else { Domains::NONE };
        }
    }
    small_graph(&mut sample, scan, derive, token);
    sample.analysis.gaps = vec![
        Gap {
            reason: "lookup failed".to_owned(),
            package: None,
            place: "core::iter::Map::next".to_owned(),
            count: 2,
        },
        Gap {
            reason: "macro not expanded".to_owned(),
            package: Some(bytes),
            place: "bytes_util::table".to_owned(),
            count: 1,
        },
    ];
    sample.analysis
}

fn finder_items(sample: &mut Sample, finder: usize) {
    let new = sample.function(finder, "finder::Finder::new", Status::Used);
    sample.item(new).kind = ItemKind::AssociatedFunction;
    sample.item(new).direct = true;
    let find = sample.function(
        finder,
        "<finder::Finder as finder::Search>::find",
        Status::Used,
    );
    sample.item(find).kind = ItemKind::Method;
    sample.function(finder, "finder::Finder::find_all", Status::Unused);
    let debug = sample.function(
        finder,
        "<finder::Finder as core::fmt::Debug>::fmt",
        Status::Unused,
    );
    sample.item(debug).kind = ItemKind::Method;
    sample.item(debug).origin = Origin::Derive;
    let by_macro = sample.function(finder, "finder::limits::max_u8", Status::Unused);
    sample.item(by_macro).origin = Origin::Macro;
    sample.item(by_macro).call_site = Some(("/registry/finder-1.11.0/src/limits.rs".into(), 7));
    sample.function(finder, "build_script_build::main", Status::Used);
    let ty = sample.function(finder, "finder::Finder", Status::Used);
    sample.item(ty).kind = ItemKind::Struct;
    sample.item(ty).direct = true;
}

fn small_graph(sample: &mut Sample, scan: usize, derive: usize, token: usize) {
    let main = sample.free_node(None, "app::main", Some("/sample/src/main.rs"), 3);
    let entry = sample.node(derive);
    let build = position(sample, "build_script_build::main");
    let build = sample.node(build);
    let new = position(sample, "finder::Finder::new");
    let new = sample.node(new);
    let find = position(sample, "<finder::Finder as finder::Search>::find");
    let find = sample.node(find);
    let map = sample.free_node(
        None,
        "core::option::Option<T>::map<u8, {closure}>",
        Some("/std/core/src/option.rs"),
        1120,
    );
    let scan = sample.node(scan);
    let token = sample.node(token);
    let old = position(sample, "parse::parse");
    let old = sample.node(old);
    sample.edge(main, new, EdgeKind::Call, 4);
    sample.edge(main, find, EdgeKind::Vtable, 5);
    sample.edge(find, map, EdgeKind::Call, 22);
    sample.edge(map, scan, EdgeKind::Closure, 1124);
    sample.edge(entry, token, EdgeKind::Call, 2);
    sample.edge(build, old, EdgeKind::Macro, 103);
    sample.analysis.roots = vec![
        (main, Domain::Run, "main".into()),
        (entry, Domain::Macro, "proc macro".into()),
        (build, Domain::Build, "build script".into()),
    ];
}

fn position(sample: &Sample, path: &str) -> usize {
    sample
        .analysis
        .items
        .iter()
        .position(|item| item.path == path)
        .unwrap_or(0)
}
