//! The project's units as rust-analyzer's crates.
//!
//! The crate graph is built here, unit by unit, instead of by rust-analyzer's cargo loader,
//! because that one is made for editors (DESIGN §4): it unifies features over dev, build and
//! target, knows only the lib target of dependencies and sets `cfg(rust_analyzer)`.
//!
//! Two units that compile the same text the same way (a crate used by a build script and by
//! the program, with the same features) become one crate, so nothing is analysed twice.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use ra_ap_base_db::target::{Arch, TargetData};
use ra_ap_base_db::{
    CrateBuilderId, CrateDisplayName, CrateGraphBuilder, CrateName, CrateOrigin,
    CrateWorkspaceData, DependencyBuilder, Env, LangCrateOrigin,
};
use ra_ap_cfg::CfgOptions;
use ra_ap_hir_expand::proc_macro::ProcMacrosBuilder;
use ra_ap_intern::Symbol;
use ra_ap_paths::AbsPathBuf;
use ra_ap_span::Edition;
use ra_ap_vfs::FileId;
use rustc_hash::FxHashMap;
use triomphe::Arc;

use super::files::LoadedFile;
use super::macro_server::MacroServer;
use crate::error::{Error, Result};
use crate::model::{Project, Unit, UnitKind};

/// Features that the distributed std is built with, as far as its code asks for them.
const STD_FEATURES: [&str; 3] = ["panic-unwind", "backtrace", "std_detect_file_io"];

/// Every crate carries its builder's number in its `version`, which the analysis itself does
/// not read: the only way to find it again in the database.
pub(super) fn tag_of(id: CrateBuilderId) -> String {
    id.into_raw().into_u32().to_string()
}

/// What makes two units one crate.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct CrateKey {
    root: FileId,
    edition: String,
    cfgs: Vec<String>,
    env: BTreeMap<String, String>,
    dependencies: Vec<(String, u32)>,
    proc_macro: bool,
}

pub(super) struct Graph<'a> {
    project: &'a Project,
    ids: FxHashMap<Utf8PathBuf, FileId>,
    pub(super) builder: CrateGraphBuilder,
    workspace: Arc<CrateWorkspaceData>,
    /// Name, crate, and whether it is in the extern prelude without being asked for.
    std: Vec<(&'static str, CrateBuilderId, bool)>,
    pub(super) unit_ids: Vec<CrateBuilderId>,
    known: BTreeMap<CrateKey, CrateBuilderId>,
    pub(super) notices: Vec<String>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(project: &'a Project, files: &[LoadedFile]) -> Result<Self> {
        let ids = (0u32..)
            .zip(files)
            .map(|(index, file)| (file.path.clone(), FileId::from_raw(index)))
            .collect();
        let toolchain = &project.toolchain;
        let target = match &toolchain.data_layout {
            Some(layout) => Ok(TargetData {
                data_layout: layout.clone().into_boxed_str(),
                arch: match toolchain.target.split('-').next() {
                    Some("wasm32") => Arch::Wasm32,
                    Some("wasm64") => Arch::Wasm64,
                    _ => Arch::Other,
                },
            }),
            None => Err("rustc did not tell the target's data layout".into()),
        };
        let version = toolchain
            .version
            .parse()
            .map_err(|why| Error::Load(format!("version `{}`: {why}", toolchain.version)))?;
        Ok(Self {
            project,
            ids,
            builder: CrateGraphBuilder::default(),
            workspace: Arc::new(CrateWorkspaceData {
                target,
                toolchain: Some(version),
            }),
            std: Vec::new(),
            unit_ids: Vec::new(),
            known: BTreeMap::new(),
            notices: Vec::new(),
        })
    }

    /// core, alloc, std, `proc_macro`, test and `std_detect`, as far as the sources hold them.
    pub(super) fn add_std(&mut self, hashbrown: FileId) -> Result<()> {
        let cfgs: Vec<String> = self
            .project
            .toolchain
            .std_cfgs
            .iter()
            .cloned()
            .chain(STD_FEATURES.map(|feature| format!("feature=\"{feature}\"")))
            .collect();
        const CRATES: [(&str, &[&str], bool); 7] = [
            ("core", &[], true),
            ("alloc", &["core"], false),
            ("std_detect", &["core", "alloc"], false),
            ("hashbrown", &["core", "alloc"], false),
            ("std", &["core", "alloc", "std_detect", "hashbrown"], true),
            ("proc_macro", &["core", "alloc", "std"], false),
            ("test", &["core", "alloc", "std"], false),
        ];
        for (name, dependencies, prelude) in CRATES {
            let root = self.project.std_src.root.join(name).join("src/lib.rs");
            let file = match name {
                "hashbrown" => hashbrown,
                _ => match self.ids.get(&root) {
                    Some(&file) => file,
                    None => continue,
                },
            };
            let origin = match name {
                "std_detect" | "hashbrown" => LangCrateOrigin::Dependency,
                name => LangCrateOrigin::from(name),
            };
            let id = self.add_crate(
                file,
                Edition::Edition2024,
                name,
                &cfgs,
                Env::default(),
                CrateOrigin::Lang(origin),
                false,
                &root,
            );
            for dependency in dependencies {
                if let Some(&(name, to, _)) = self.std.iter().find(|(name, ..)| name == dependency)
                {
                    self.add_dependency(id, name, to, true, true)?;
                }
            }
            self.std.push((name, id, prelude));
        }
        if self.std.iter().all(|(name, ..)| *name != "core") {
            return Err(Error::BadStdSources(self.project.std_src.root.clone()));
        }
        Ok(())
    }

    /// What every crate may name of the sysroot.
    fn public_std(&self) -> Vec<(&'static str, CrateBuilderId, bool)> {
        let private = |name: &str| matches!(name, "std_detect" | "hashbrown");
        self.std
            .iter()
            .filter(|(name, ..)| !private(name))
            .copied()
            .collect()
    }

    /// The crates of the project, dependencies first.
    pub(super) fn add_units(&mut self) -> Result<()> {
        for unit in &self.project.units {
            let id = self.add_unit(unit)?;
            self.unit_ids.push(id);
        }
        Ok(())
    }

    fn add_unit(&mut self, unit: &Unit) -> Result<CrateBuilderId> {
        let Some(&root) = self.ids.get(&unit.root_file) else {
            return Err(Error::Io {
                action: "read",
                path: unit.root_file.clone(),
                why: "the target's root file does not exist or is not UTF-8".into(),
            });
        };
        let dependencies: Vec<(String, CrateBuilderId)> = unit
            .dependencies
            .iter()
            // A build script's run is no crate; proc macros and libs are.
            .filter(|dependency| self.project.units[dependency.unit].kind != UnitKind::BuildScript)
            .map(|dependency| {
                (
                    dependency.extern_name.clone(),
                    self.unit_ids[dependency.unit],
                )
            })
            .collect();
        let key = CrateKey {
            root,
            edition: unit.edition.clone(),
            cfgs: unit.cfgs.clone(),
            env: unit.env.clone(),
            dependencies: dependencies
                .iter()
                .map(|(name, id)| (name.clone(), id.into_raw().into_u32()))
                .collect(),
            proc_macro: unit.kind == UnitKind::ProcMacro,
        };
        if let Some(&id) = self.known.get(&key) {
            return Ok(id);
        }
        let package = &self.project.packages[unit.package];
        let origin = if package.is_member {
            CrateOrigin::Local {
                repo: None,
                name: Some(Symbol::intern(&package.name)),
            }
        } else {
            CrateOrigin::Library {
                repo: None,
                name: Symbol::intern(&package.name),
            }
        };
        let edition = unit.edition.parse().unwrap_or(Edition::LATEST);
        let mut env = Env::default();
        for (key, value) in &unit.env {
            env.set(key, value.clone());
        }
        let id = self.add_crate(
            root,
            edition,
            &unit.crate_name,
            &unit.cfgs,
            env,
            origin,
            key.proc_macro,
            &package.manifest_dir,
        );
        for (name, to) in dependencies {
            self.add_dependency(id, &name, to, true, false)?;
        }
        for (name, to, prelude) in self.public_std() {
            // `extern crate proc_macro` works everywhere; in proc macros even unasked.
            let prelude = prelude || (name == "proc_macro" && key.proc_macro);
            self.add_dependency(id, name, to, prelude, true)?;
        }
        self.known.insert(key, id);
        Ok(id)
    }

    pub(super) fn add_universe(&mut self, file: FileId) -> CrateBuilderId {
        let root = Utf8PathBuf::from("/");
        let id = self.add_crate(
            file,
            Edition::LATEST,
            "whittle_universe",
            &[],
            Env::default(),
            CrateOrigin::Local {
                repo: None,
                name: None,
            },
            false,
            &root,
        );
        let units: std::collections::BTreeSet<u32> = self
            .unit_ids
            .iter()
            .map(|id| id.into_raw().into_u32())
            .collect();
        let known: FxHashMap<u32, CrateBuilderId> = self
            .unit_ids
            .iter()
            .map(|&id| (id.into_raw().into_u32(), id))
            .collect();
        for raw in units {
            // Cannot be cyclic: nothing depends on the universe.
            let _ = self.add_dependency(id, &format!("unit_{raw}"), known[&raw], false, false);
        }
        for (name, to, _) in self.public_std() {
            let _ = self.add_dependency(id, name, to, true, true);
        }
        id
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the shape of rust-analyzer's own call"
    )]
    fn add_crate(
        &mut self,
        root: FileId,
        edition: Edition,
        name: &str,
        cfgs: &[String],
        env: Env,
        origin: CrateOrigin,
        proc_macro: bool,
        dir: &Utf8PathBuf,
    ) -> CrateBuilderId {
        // The next index of the arena: what `add_crate_root` will return.
        let tag = self.builder.iter().count().to_string();
        let id = self.builder.add_crate_root(
            root,
            edition,
            Some(CrateDisplayName::from_canonical_name(name)),
            Some(tag),
            cfg_options(cfgs),
            None,
            env,
            origin,
            Vec::new(),
            proc_macro,
            Arc::new(AbsPathBuf::assert_utf8(dir.clone().into_std_path_buf())),
            self.workspace.clone(),
        );
        debug_assert_eq!(
            tag_of(id),
            self.builder[id].extra.version.clone().unwrap_or_default()
        );
        id
    }

    fn add_dependency(
        &mut self,
        from: CrateBuilderId,
        name: &str,
        to: CrateBuilderId,
        prelude: bool,
        sysroot: bool,
    ) -> Result<()> {
        let name = CrateName::normalize_dashes(name);
        self.builder
            .add_dep(
                from,
                DependencyBuilder::with_prelude(name, to, prelude, sysroot),
            )
            .map_err(|why| Error::Load(why.to_string()))
    }

    /// Loads the dynamic libraries of the proc macros that were built.
    pub(super) fn proc_macros(&mut self, server: &mut MacroServer) -> ProcMacrosBuilder {
        let mut builder = ProcMacrosBuilder::default();
        let mut done = rustc_hash::FxHashSet::default();
        for (unit, &id) in self.project.units.iter().zip(&self.unit_ids) {
            if unit.kind == UnitKind::ProcMacro && done.insert(id.into_raw().into_u32()) {
                builder.insert(id, server.load(self.project, unit));
            }
        }
        builder
    }
}

fn cfg_options(cfgs: &[String]) -> CfgOptions {
    let mut options = CfgOptions::default();
    for cfg in cfgs {
        match cfg.split_once('=') {
            Some((key, value)) => {
                let value = value.trim().trim_matches('"');
                options.insert_key_value(Symbol::intern(key.trim()), Symbol::intern(value));
            }
            None => options.insert_atom(Symbol::intern(cfg.trim())),
        }
    }
    options
}
