//! The dependency surface of an analysis: what of each dependency is named and reached, as plain
//! data that means the same on another machine and at another revision.
//!
//! Takes an [`Analysis`], gives a [`Surface`]. The gate compares it with a baseline, a difference
//! compares two of them. Nothing in it depends on where the workspace, the registry or the
//! target folder lies, nor on the order in which the analysis numbered things.
//!
//! An item is known by its [`Key`]: crate, kind, definition path, and an ordinal for those that
//! share a path (functions nested in bodies, methods of impls that only differ in type
//! arguments, items made by one macro). The ordinal counts all items with that path that are
//! compiled, reached or not, in the order of the package's files, so that one does not take the
//! place of another when it is reached. The version is no part of it: an update keeps the items
//! that keep their paths.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use camino::Utf8Path;
use serde::Serialize;

use crate::cache::Hasher;
use crate::measure;
use crate::model::{Analysis, BuildOutput, Domain, Domains, Item, ItemKind, Project, Source};
use crate::report::header;

/// Relative to what the surface holds: two of them are comparable when this is equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// The selected targets, as `<package> <kind> <name>`: without the version, so that a
    /// release of one's own crate changes nothing.
    pub roots: Vec<String>,
    pub domains: Vec<Domain>,
    pub features: String,
    pub target: String,
    /// Host triple, for what runs while building.
    pub host: String,
    pub profile: String,
    /// `trust`, `sandbox` or `never`; the last with the crates that ran all the same, as
    /// `never, allowed a b`.
    pub policy: String,
    /// `1.95.0`; of a nightly the whole description.
    pub toolchain: String,
    /// Version of this tool.
    pub tool: String,
}

/// What a workspace reaches, by dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surface {
    pub scope: Scope,
    /// Every dependency that is compiled in an analysed domain, sorted by [`Dependency::id`].
    pub dependencies: Vec<Dependency>,
}

/// What tells one dependency of the tree from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DependencyId {
    pub name: String,
    pub version: String,
    pub source: Source,
}

/// A package that is not a workspace member. Packages of the same name, version and kind of
/// source (two folders, two repositories) are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub id: DependencyId,
    /// A workspace member depends on it.
    pub direct: bool,
    /// Steps from the nearest workspace member.
    pub depth: u32,
    pub build_script: bool,
    pub proc_macro: bool,
    /// Analysed domains that it is compiled in.
    pub domains: Domains,
    /// Domains in which something of it other than a function is used: a type, a trait, a macro,
    /// linking, `use x as _`.
    pub used_otherwise: Domains,
    /// Indices into `Analysis::project.packages`.
    pub packages: Vec<usize>,
    /// Everything of it that is used or unknown, sorted by path, kind and ordinal.
    pub items: Vec<SurfaceItem>,
}

/// A used or unknown item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurfaceItem {
    /// Definition path.
    pub path: String,
    pub kind: ItemKind,
    /// 0 unless others before it share path and kind.
    pub ordinal: u32,
    pub key: Key,
    /// Domains it is surely used in.
    pub used: Domains,
    /// Domains in which it is neither surely used nor surely unused.
    pub unknown: Domains,
    /// Named by the workspace's own code.
    pub direct: bool,
    /// Why it is unknown somewhere.
    pub reason: Option<String>,
    /// File in its package: `src/lib.rs`, or `OUT_DIR/made.rs` for what a build script wrote.
    pub file: String,
    pub line: u32,
    /// Index into `Analysis::items`.
    pub item: usize,
}

impl SurfaceItem {
    /// Surely used in at least one domain.
    #[must_use]
    pub fn is_used(&self) -> bool {
        !self.used.is_empty()
    }
}

/// What names an item in a file: 96 bits of SHA-256 over crate, kind, path and ordinal, written
/// as 24 hexadecimal digits.
///
/// The length: an item that wants to be taken for another one of the same crate has to meet one
/// of its hashes. With 2^13 of them that takes 2^83 tries, out of reach for whoever chooses
/// names; by chance two of 2^13 meet once in 2^71 trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 12]);

impl Key {
    #[must_use]
    pub fn new(krate: &str, kind: ItemKind, path: &str, ordinal: u32) -> Self {
        let mut hasher = Hasher::default();
        hasher.text(krate);
        hasher.text(kind_name(kind));
        hasher.text(path);
        hasher.number(u64::from(ordinal));
        let digest = hasher.finish();
        let mut short = [0; 12];
        short.copy_from_slice(&digest.0[..12]);
        Self(short)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Key {
    type Err = ();

    /// Only as it is written: 24 lower-case digits.
    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.as_bytes();
        if digits.len() != 24 {
            return Err(());
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(()),
        };
        let mut key = [0; 12];
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Ok(Self(key))
    }
}

/// The word for a kind, as in every output.
#[must_use]
pub fn kind_name(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Function => "function",
        ItemKind::Method => "method",
        ItemKind::AssociatedFunction => "associated_function",
        ItemKind::Struct => "struct",
        ItemKind::Enum => "enum",
        ItemKind::Union => "union",
        ItemKind::TypeAlias => "type_alias",
        ItemKind::Trait => "trait",
        ItemKind::Const => "const",
        ItemKind::Static => "static",
        ItemKind::Macro => "macro",
    }
}

/// The word for where a package comes from.
#[must_use]
pub fn source_name(source: &Source) -> &'static str {
    match source {
        Source::Registry => "registry",
        Source::Git => "git",
        Source::Path => "path",
    }
}

impl Scope {
    #[must_use]
    pub fn new(analysis: &Analysis) -> Self {
        let project = &analysis.project;
        let Project {
            toolchain, profile, ..
        } = project;
        Self {
            roots: header::roots_without_versions(project),
            domains: analysis.options_domains.iter().collect(),
            features: project.features.clone(),
            target: toolchain.target.clone(),
            host: toolchain.host.clone(),
            profile: profile.clone(),
            policy: policy(project),
            toolchain: if toolchain.version.contains('-') {
                toolchain.description.clone()
            } else {
                toolchain.version.clone()
            },
            tool: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The parts by name, in a fixed order, as text of one line each.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, String); 9] {
        let domains: Vec<&str> = self.domains.iter().map(|domain| domain.as_str()).collect();
        [
            ("roots", self.roots.join(", ")),
            ("domains", domains.join(" ")),
            ("features", self.features.clone()),
            ("target", self.target.clone()),
            ("host", self.host.clone()),
            ("profile", self.profile.clone()),
            ("policy", self.policy.clone()),
            ("toolchain", self.toolchain.clone()),
            ("tool", self.tool.clone()),
        ]
    }
}

/// With what ran under `never` all the same: what it makes is part of the answer.
fn policy(project: &Project) -> String {
    let policy = project.exec.as_str().to_owned();
    let allowed = project.execution.allowed.iter();
    let mut names: Vec<&str> = allowed
        .map(|one| one.split('@').next().unwrap_or(one))
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return policy;
    }
    format!("{policy}, allowed {}", names.join(" "))
}

impl Surface {
    #[must_use]
    pub fn new(analysis: &Analysis) -> Self {
        let compiled = measure::compiled_in(analysis);
        let mut pools: BTreeMap<DependencyId, Vec<usize>> = BTreeMap::new();
        for (index, package) in analysis.project.packages.iter().enumerate() {
            let domains = compiled[index] & analysis.options_domains;
            if !package.is_member && !domains.is_empty() {
                let id = DependencyId {
                    name: package.name.clone(),
                    version: package.version.clone(),
                    source: package.source.clone(),
                };
                pools.entry(id).or_default().push(index);
            }
        }
        let mut items: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, item) in analysis.items.iter().enumerate() {
            items.entry(item.package).or_default().push(index);
        }
        let dependencies = pools.into_iter().map(|(id, packages)| {
            let of_packages = packages.iter().filter_map(|package| items.get(package));
            let all: Vec<usize> = of_packages.flatten().copied().collect();
            dependency(analysis, &compiled, id, packages, &all)
        });
        Self {
            scope: Scope::new(analysis),
            dependencies: dependencies.collect(),
        }
    }

    /// The dependency of a package of the analysis; `None` for members.
    #[must_use]
    pub fn of_package(&self, package: usize) -> Option<&Dependency> {
        let mut all = self.dependencies.iter();
        all.find(|one| one.packages.contains(&package))
    }
}

fn dependency(
    analysis: &Analysis,
    compiled: &[Domains],
    id: DependencyId,
    packages: Vec<usize>,
    items: &[usize],
) -> Dependency {
    let of = || {
        packages
            .iter()
            .map(|&index| (index, &analysis.project.packages[index]))
    };
    let analysed = analysis.options_domains;
    let union = |sets: &[Domains]| {
        let sets = packages.iter().filter_map(|&index| sets.get(index));
        sets.fold(Domains::NONE, |all, &one| all | one) & analysed
    };
    Dependency {
        direct: of().any(|(_, package)| package.is_direct),
        depth: of().map(|(_, package)| package.depth).min().unwrap_or(0),
        build_script: of().any(|(_, package)| package.has_build_script),
        proc_macro: of().any(|(_, package)| package.is_proc_macro),
        domains: union(compiled),
        used_otherwise: union(&analysis.package_used),
        items: surface_items(analysis, &id.name, items),
        id,
        packages,
    }
}

/// Those of the pool that are used or unknown, with ordinals among all of it.
fn surface_items(analysis: &Analysis, krate: &str, pool: &[usize]) -> Vec<SurfaceItem> {
    let placed = pool.iter().map(|&index| {
        let item = &analysis.items[index];
        let file = file_in_package(&analysis.project, item);
        let call = item.call_site.as_ref().map(|(_, line)| *line);
        let order = (item.path.as_str(), kind_name(item.kind), file, item.line);
        (order, call, index)
    });
    let mut placed: Vec<_> = placed.collect();
    placed.sort();
    let mut items = Vec::new();
    let mut ordinal = 0;
    for (at, ((path, kind, file, line), _, index)) in placed.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| placed.get(before));
        let shares = before.is_some_and(|((p, k, ..), ..)| p == path && k == kind);
        ordinal = if shares { ordinal + 1 } else { 0 };
        let item = &analysis.items[*index];
        let used = item.domains & analysis.options_domains;
        let unknown = item.unknown_in & analysis.options_domains;
        if used.is_empty() && unknown.is_empty() {
            continue;
        }
        items.push(SurfaceItem {
            path: item.path.clone(),
            kind: item.kind,
            ordinal,
            key: Key::new(krate, item.kind, path, ordinal),
            used,
            unknown,
            direct: item.direct,
            reason: item.reason.clone(),
            file: file.clone(),
            line: *line,
            item: *index,
        });
    }
    items
}

/// The file of an item as seen from its package.
#[must_use]
pub fn file_in_package(project: &Project, item: &Item) -> String {
    let file = &item.file;
    let package = &project.packages[item.package];
    // The folder for build output first: it may lie below the package's.
    let units = project
        .units
        .iter()
        .filter(|unit| unit.package == item.package);
    let made = units.filter_map(|unit| match &unit.build_output {
        BuildOutput::Ran { out_dir } => out_dir.as_deref(),
        BuildOutput::Read { out_dir, .. } => Some(out_dir.as_path()),
        BuildOutput::None | BuildOutput::Missing(_) => None,
    });
    for folder in made {
        if let Ok(rest) = file.strip_prefix(folder) {
            return slashes(&Utf8Path::new("OUT_DIR").join(rest));
        }
    }
    if let Ok(rest) = file.strip_prefix(&package.manifest_dir) {
        return slashes(rest);
    }
    file.file_name().unwrap_or_default().to_owned()
}

fn slashes(path: &Utf8Path) -> String {
    path.as_str().replace('\\', "/")
}

#[cfg(test)]
mod tests;
