//! One extraction: the dependency, who will own it and where, and the plan that follows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use whittle_extract::license::{self, Grant, Offer, Refused, Text};
use whittle_extract::manifest::{NewPackage, description};
use whittle_extract::plan::{Change, Plan, Request, Terms, plan};
use whittle_extract::record::Mode;
use whittle_extract::refuse::{Reason, Refusal};
use whittle_extract::request::{Choice, Host};
use whittle_extract::rewrite::Placement;
use whittle_extract::slice::SlicedFile;

use super::asked::Asked;
use super::build_script;
use super::gather::{self, Gathered};
use super::manifests::{self, Texts, Trouble};
use super::needed::{self, Needed};
use super::notes;
use crate::cut;
use crate::error::{Error, Result};
use crate::model::{Analysis, Package};

/// Where copies go, where nothing else is asked for.
const MODULES: &str = "src/whittled";
const CRATES: &str = "whittled";

/// All that the plan follows from.
pub(crate) struct Extraction<'a> {
    pub(crate) analysis: &'a Analysis,
    pub(crate) asked: &'a Asked,
    pub(crate) gathered: Gathered,
    pub(crate) host: Host,
    pub(crate) placement: Placement,
    pub(crate) grant: Result<Grant, Refused>,
    /// Members that will use the copy.
    pub(crate) users: BTreeSet<usize>,
    /// Packages that keep using the dependency.
    pub(crate) others: Vec<String>,
    /// What the compiler said has to be written for the host's edition.
    pub(crate) said: Vec<SlicedFile>,
}

/// A plan with what only files say.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) manifests: Texts,
}

impl<'a> Extraction<'a> {
    /// Finds out who uses the dependency, and who will own what is taken.
    ///
    /// # Errors
    /// When there is no such dependency, nobody uses it, or a file cannot be read.
    pub(crate) fn new(analysis: &'a Analysis, asked: &'a Asked) -> Result<Self> {
        let package = gather::find(analysis, &asked.dependency)?;
        Self::of(analysis, asked, package)
    }

    /// The same of a package by its index.
    ///
    /// # Errors
    /// When nobody uses it, or a file cannot be read.
    pub(crate) fn of(analysis: &'a Analysis, asked: &'a Asked, package: usize) -> Result<Self> {
        let upstream = &analysis.project.packages[package];
        let mut gathered = gather::gather(analysis, package)?;
        let declaring = declaring(analysis, package);
        let owner = gathered.users.iter().chain(&declaring).next().copied();
        let owner = owner.ok_or_else(|| {
            Error::Usage(format!(
                "no selected package depends on `{}`",
                upstream.name
            ))
        })?;
        let users = match asked.mode {
            Mode::Module => BTreeSet::from([owner]),
            Mode::Crate => declaring.clone(),
        };
        if let Some(file) = &asked.license_file {
            gathered.licenses.push(Text {
                path: file.file_name().unwrap_or("LICENSE").to_owned(),
                text: gather::read(file)?,
                supplied: true,
            });
        }
        let grant = grant(
            upstream,
            &gathered.licenses,
            &analysis.project.packages[owner],
        );
        let host = gather::host(analysis, owner, &gathered)?;
        let placement = placement(analysis, asked, &gathered, owner);
        let mut others = others(analysis, package, &users);
        if asked.mode == Mode::Module {
            // Other members keep their dependency.
            let more = gathered.users.iter().filter(|user| !users.contains(user));
            others.extend(more.map(|&user| analysis.project.packages[user].name.clone()));
            others.sort();
            others.dedup();
        }
        Ok(Self {
            analysis,
            asked,
            gathered,
            host,
            placement,
            grant,
            users,
            others,
            said: Vec::new(),
        })
    }

    pub(crate) fn upstream(&self) -> &'a Package {
        &self.analysis.project.packages[self.gathered.package]
    }

    /// What is taken to begin with.
    pub(crate) fn choice(&self) -> Choice {
        Choice {
            packages: self.users.clone(),
            paths: self.asked.paths.clone(),
            ..Choice::default()
        }
    }

    /// The folder of the copy, relative to the workspace's root.
    pub(crate) fn folder(&self) -> Utf8PathBuf {
        match self.asked.mode {
            Mode::Module => self.modules().join(&self.placement.name),
            Mode::Crate => self.placement.folder.join(&self.placement.name),
        }
    }

    /// The folder of the package's copies, relative to the workspace's root.
    pub(crate) fn modules(&self) -> Utf8PathBuf {
        self.below_root(&self.host.folder.join(&self.placement.folder))
    }

    /// A path of the workspace as it is known everywhere.
    pub(crate) fn below_root(&self, path: &Utf8Path) -> Utf8PathBuf {
        let root = &self.analysis.project.workspace_root;
        path.strip_prefix(root).unwrap_or(path).to_owned()
    }

    /// The plan for a choice. Modules of other platforms whose files are found are added to the
    /// facts on the way.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn plan(&mut self, choice: &Choice) -> Result<Planned> {
        let mut plan = self.plan_once(choice);
        for _ in 0..cut::ROUNDS {
            if !self.add_wanted(&plan)? {
                break;
            }
            plan = self.plan_once(choice);
        }
        let names = plan.slice.crates.clone();
        let mut needed = needed::to_compile(self.analysis, &self.gathered, &names);
        let renames = manifests::renames(self.analysis, self.host.package, &needed);
        if renames != self.placement.renames && self.asked.mode == Mode::Module {
            self.placement.renames = renames;
            plan = self.plan_once(choice);
        }
        let package = self.with_build_script(&mut plan, &mut needed);
        let manifests = self.texts(&needed, package, &mut plan)?;
        plan.notes.extend(notes::decided(self, &plan));
        plan.notes.extend(notes::older(self));
        for (path, after) in &manifests {
            let file = self.analysis.project.workspace_root.join(path);
            let before = fs::read_to_string(file).unwrap_or_default();
            if before != *after {
                plan.manifests
                    .push(Change::new(path.clone(), &before, after));
            }
        }
        match &self.grant {
            Ok(grant) => {
                plan.license = Some(Terms {
                    expression: grant.expression.clone(),
                    chosen: grant.chosen.clone(),
                    copyright: grant.copyright.clone(),
                });
                plan.notes.extend(grant.notes.iter().cloned());
            }
            Err(why) => plan.refuse(refused(&self.upstream().name, why)),
        }
        Ok(Planned { plan, manifests })
    }

    /// The package of a copy that is a crate, with its build script where the copy needs it.
    fn with_build_script(&self, plan: &mut Plan, needed: &mut Vec<Needed>) -> NewPackage {
        let mut package = self.new_package();
        if !plan.build_script {
            return package;
        }
        match build_script::keep(self.analysis, &self.gathered) {
            Ok(kept) => {
                plan.include(kept.files);
                package.build = Some(kept.script);
                package
                    .features
                    .clone_from(&self.gathered.upstream.features);
                needed.extend(needed::to_build(self.analysis, &self.gathered));
            }
            Err(refusal) => plan.refuse(refusal),
        }
        package
    }

    /// The manifests as they will be; none where the plan is refused because of them.
    ///
    /// # Errors
    /// When a file cannot be read.
    fn texts(&self, needed: &[Needed], package: NewPackage, plan: &mut Plan) -> Result<Texts> {
        // Another version of it may be patched, too.
        let name = &self.upstream().name;
        let packages = self.analysis.project.packages.iter();
        let versions = packages.filter(|package| package.name == *name).count();
        let alone = self.others.is_empty() && versions == 1;
        let texts = match self.asked.mode {
            Mode::Module => {
                let host = self.host.package;
                manifests::of_module(self.analysis, &self.gathered, host, needed, alone)
            }
            Mode::Crate => manifests::of_crate(
                self.analysis,
                &self.gathered,
                &self.users,
                &self.folder(),
                needed,
                package,
                alone,
            ),
        };
        let refusal = match texts {
            Ok(texts) => return Ok(texts),
            Err(Trouble::Other(why)) => return Err(why),
            Err(clash @ Trouble::Clash { .. }) => {
                Refusal::new(Reason::DependencyClash, clash.to_string())
            }
            Err(Trouble::Manifest { file, why }) => {
                Refusal::new(Reason::ManifestConflict, format!("`{file}` ({why})"))
            }
        };
        plan.refuse(refusal);
        Ok(Texts::new())
    }

    fn plan_once(&self, choice: &Choice) -> Plan {
        plan(&Request {
            upstream: &self.gathered.upstream,
            host: &self.host,
            facts: &self.gathered.facts,
            texts: &self.gathered.texts,
            choice,
            placement: &self.placement,
            mode: self.asked.mode,
            allow: &self.asked.allow,
            said: &self.said,
            others: &self.others,
        })
    }

    /// Adds files of modules that this build leaves out; false when there are none.
    fn add_wanted(&mut self, plan: &Plan) -> Result<bool> {
        let found = cut::wanted_files(&self.upstream().manifest_dir, &plan.slice.wanted);
        let any = !found.is_empty();
        for (wanted, file) in found {
            let text = gather::read(file)?;
            self.gathered
                .facts
                .add_module(wanted.path.clone(), wanted.declared, file.clone());
            self.gathered.texts.push(text);
        }
        Ok(any)
    }

    fn new_package(&self) -> NewPackage {
        let upstream = self.upstream();
        let root = self.gathered.upstream.root as usize;
        let root = self.gathered.facts.files.get(root);
        let path = root.and_then(|root| root.strip_prefix(&upstream.manifest_dir).ok());
        let crate_name = &self.gathered.upstream.crate_name;
        NewPackage {
            name: upstream.name.clone(),
            version: upstream.version.clone(),
            edition: self.gathered.upstream.edition.to_string(),
            rust_version: upstream.manifest.rust_version.clone(),
            description: Some(description(&upstream.name, &upstream.version)),
            license: upstream.license.clone(),
            lib_name: (*crate_name != upstream.name.replace('-', "_")).then(|| crate_name.clone()),
            lib_path: path
                .filter(|path| *path != "src/lib.rs")
                .map(Utf8Path::to_owned),
            ..NewPackage::default()
        }
    }
}

/// Members whose manifests declare the dependency, in this build.
pub(super) fn declaring(analysis: &Analysis, package: usize) -> BTreeSet<usize> {
    let packages = analysis.project.packages.iter().enumerate();
    packages
        .filter(|(_, it)| it.is_member && it.dependencies.contains(&package))
        .map(|(index, _)| index)
        .collect()
}

/// Packages, not among `users`, that depend on it.
fn others(analysis: &Analysis, package: usize, users: &BTreeSet<usize>) -> Vec<String> {
    let packages = analysis.project.packages.iter().enumerate();
    let mut out: Vec<String> = packages
        .filter(|(index, it)| !users.contains(index) && it.dependencies.contains(&package))
        .map(|(_, it)| format!("{} {}", it.name, it.version))
        .collect();
    out.sort();
    out
}

fn placement(analysis: &Analysis, asked: &Asked, gathered: &Gathered, owner: usize) -> Placement {
    let mut placement = Placement::new(&gathered.upstream.crate_name);
    match asked.mode {
        Mode::Module => {
            placement.folder = asked.into.clone().unwrap_or_else(|| MODULES.into());
            // `--into src/vendored` makes the module `vendored`.
            if let Some(name) = placement.folder.file_name() {
                placement.module = name.replace('-', "_");
            }
        }
        Mode::Crate => {
            placement.folder = asked.into.clone().unwrap_or_else(|| CRATES.into());
            placement.name.clone_from(&gathered.upstream.name);
        }
    }
    let units = &analysis.project.units;
    let of_owner = units.iter().filter(|unit| unit.package == owner);
    placement.host_crates = of_owner
        .flat_map(|unit| &unit.dependencies)
        .filter(|it| units[it.unit].package != gathered.package)
        .map(|it| it.extern_name.clone())
        .collect();
    placement.renames = BTreeMap::new();
    placement
}

fn grant(upstream: &Package, texts: &[Text], owner: &Package) -> Result<Grant, Refused> {
    let offer = Offer {
        expression: upstream.license.as_deref(),
        license_file: upstream.manifest.license_file.as_deref(),
        authors: &upstream.manifest.authors,
        texts,
    };
    license::judge(&offer, owner.license.as_deref())
}

fn refused(name: &str, why: &Refused) -> Refusal {
    let reason = match why {
        Refused::Incompatible { .. } | Refused::Private(_) => Reason::LicenseIncompatible,
        Refused::NoText(_) => Reason::LicenseTextMissing,
        _ => Reason::LicenseUnclear,
    };
    Refusal::new(reason, format!("`{name}` ({why})"))
}
