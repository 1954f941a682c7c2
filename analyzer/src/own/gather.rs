//! From the analysis to what an extraction is made of: the dependency, its user, their texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use whittle_extract::items::before_code;
use whittle_extract::license::Text;
use whittle_extract::manifest::{self, Dependency, Kind};
use whittle_extract::request::{Facts, FileIndex, Host, TargetKind, TargetRoot, Upstream};

use crate::cut::{self, same_file};
use crate::error::{Error, Result};
use crate::model::{Analysis, Package, UnitKind};
use crate::query::names_package;

/// All that is known of one dependency.
pub(crate) struct Gathered {
    /// Index in the analysis' packages.
    pub(crate) package: usize,
    pub(crate) upstream: Upstream,
    pub(crate) facts: Facts,
    /// Of [`Facts::files`].
    pub(crate) texts: Vec<String>,
    /// Files of the package that speak of its licence.
    pub(crate) licenses: Vec<Text>,
    /// Members that name it, by their index in the analysis.
    pub(crate) users: BTreeSet<usize>,
}

impl Gathered {
    /// The dependency as a member's manifest may name it.
    pub(crate) fn known_to(&self, analysis: &Analysis, member: usize) -> Dependency<'_> {
        Dependency {
            package: &self.upstream.name,
            names: extern_names(analysis, member, self.package),
        }
    }
}

/// Reads what there is about the dependency.
///
/// # Errors
/// When the analysis has no facts of it, or a file cannot be read.
pub(crate) fn gather(analysis: &Analysis, package: usize) -> Result<Gathered> {
    let facts = analysis.facts.iter().find(|facts| facts.package == package);
    let facts = facts.cloned().ok_or_else(|| {
        let name = name_of(analysis, package);
        Error::NoSuchItem(name)
    })?;
    let mut texts = Vec::new();
    for file in &facts.files {
        texts.push(read(file)?);
    }
    let upstream = cut::upstream(analysis, &facts).ok_or_else(|| {
        let name = name_of(analysis, package);
        Error::Load(format!("no library of {name} is part of the build"))
    })?;
    let users = facts.sites.iter().map(|site| site.package).collect();
    let licenses = cut::license_texts(&analysis.project.packages[package].manifest_dir);
    Ok(Gathered {
        package,
        upstream,
        facts,
        texts,
        licenses,
        users,
    })
}

fn name_of(analysis: &Analysis, package: usize) -> String {
    let package = analysis.project.packages.get(package);
    package.map(|it| it.name.clone()).unwrap_or_default()
}

/// The member that will own the copy; files of targets that the facts do not know are added to
/// them, for a declaration may have to go there.
pub(crate) fn host(analysis: &Analysis, member: usize, gathered: &Gathered) -> Result<Host> {
    let project = &analysis.project;
    let package = &project.packages[member];
    let facts = &gathered.facts;
    let named: BTreeSet<FileIndex> = facts
        .sites
        .iter()
        .filter(|site| site.package == member)
        .flat_map(|site| site.roots.iter().copied())
        .collect();
    let mut roots: BTreeMap<Utf8PathBuf, TargetRoot> = BTreeMap::new();
    let mut edition = 2015;
    for unit in project.units.iter().filter(|unit| unit.package == member) {
        edition = edition.max(unit.edition.parse().unwrap_or(2015));
        let is_named = named.iter().copied().find(|&file| {
            let path = facts.files.get(file as usize);
            path.is_some_and(|path| same_file(path, &unit.root_file))
        });
        if let Some(file) = is_named {
            roots.insert(
                unit.root_file.clone(),
                TargetRoot {
                    file,
                    kind: kind(unit.kind),
                    name: unit.crate_name.clone(),
                },
            );
        }
    }
    let mut sorted: Vec<TargetRoot> = roots.into_values().collect();
    sorted.sort_by_key(|root| (root.kind, root.file));
    let manifest = read(&package.manifest_dir.join("Cargo.toml"))?;
    let workspace = fs::read_to_string(project.workspace_root.join("Cargo.toml"));
    let forbids_unsafe = forbids_unsafe(&manifest, &workspace.unwrap_or_default())
        || sorted.iter().any(|root| {
            let text = gathered.texts.get(root.file as usize);
            text.is_some_and(|text| attributes(text).iter().any(Attribute::is_forbid))
        });
    let lib = project.units.iter().find(|unit| {
        unit.package == member && matches!(unit.kind, UnitKind::Lib | UnitKind::ProcMacro)
    });
    let lib = lib.map(|unit| read(&unit.root_file)).transpose()?;
    Ok(Host {
        package: member,
        name: package.name.clone(),
        folder: package.manifest_dir.clone(),
        edition,
        no_std: lib.is_some_and(|text| attributes(&text).iter().any(Attribute::is_no_std)),
        forbids_unsafe,
        dev_only: dev_only(analysis, member, gathered, &manifest),
        roots: sorted,
    })
}

/// Whether the member's manifest has the dependency for tests, examples and benches only. What is
/// wrong with a manifest is said where it is edited.
fn dev_only(analysis: &Analysis, member: usize, gathered: &Gathered, text: &str) -> bool {
    let declared =
        manifest::declared(text, &gathered.known_to(analysis, member)).unwrap_or_default();
    let mut kinds = declared.iter().map(|one| one.section.kind);
    !declared.is_empty() && kinds.all(|kind| kind == Kind::Dev)
}

fn kind(kind: UnitKind) -> TargetKind {
    match kind {
        UnitKind::Lib => TargetKind::Lib,
        UnitKind::ProcMacro => TargetKind::ProcMacro,
        UnitKind::Bin => TargetKind::Bin,
        UnitKind::Example => TargetKind::Example,
        UnitKind::Test => TargetKind::Test,
        UnitKind::Bench => TargetKind::Bench,
        UnitKind::BuildScript => TargetKind::BuildScript,
    }
}

/// An attribute by the words in it.
struct Attribute(Vec<String>);

impl Attribute {
    fn new(tokens: TokenStream) -> Self {
        let mut words = Vec::new();
        // Not by recursion: a stranger's brackets would end the stack.
        let mut open = vec![tokens.into_iter()];
        while let Some(tokens) = open.last_mut() {
            match tokens.next() {
                Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
                Some(TokenTree::Ident(word)) => words.push(word.to_string()),
                Some(_) => {}
                None => drop(open.pop()),
            }
        }
        Self(words)
    }

    fn has(&self, word: &str) -> bool {
        self.0.iter().any(|it| it == word)
    }

    /// Under whatever condition.
    fn is_no_std(&self) -> bool {
        let first = self.0.first().map(String::as_str);
        first == Some("no_std") || first == Some("cfg_attr") && self.has("no_std")
    }

    fn is_forbid(&self) -> bool {
        self.has("forbid") && self.has("unsafe_code")
    }
}

/// Attributes of the file itself, from its tokens; none when it has no such.
fn attributes(text: &str) -> Vec<Attribute> {
    let tokens = text[before_code(text)..].parse::<TokenStream>();
    let mut tokens = tokens.unwrap_or_default().into_iter();
    let mut out = Vec::new();
    loop {
        match (tokens.next(), tokens.next(), tokens.next()) {
            (
                Some(TokenTree::Punct(hash)),
                Some(TokenTree::Punct(bang)),
                Some(TokenTree::Group(group)),
            ) if hash.as_char() == '#'
                && bang.as_char() == '!'
                && group.delimiter() == Delimiter::Bracket =>
            {
                out.push(Attribute::new(group.stream()));
            }
            _ => return out,
        }
    }
}

/// `unsafe_code = "forbid"` in the manifest's lints, inherited ones too.
fn forbids_unsafe(manifest: &str, workspace: &str) -> bool {
    let table = |text: &str| text.parse::<toml::Table>().unwrap_or_default();
    let level = |lints: &toml::Value| {
        let lint = lints.get("rust")?.get("unsafe_code")?;
        let level = lint.as_str().or_else(|| lint.get("level")?.as_str())?;
        Some(level == "forbid")
    };
    let manifest = table(manifest);
    let Some(lints) = manifest.get("lints") else {
        return false;
    };
    let inherits = lints.get("workspace").and_then(toml::Value::as_bool);
    if inherits == Some(true) {
        let workspace = table(workspace);
        let lints = workspace.get("workspace").and_then(|it| it.get("lints"));
        return lints.and_then(level).unwrap_or(false);
    }
    level(lints).unwrap_or(false)
}

/// Names by which the member's code knows the dependency, sorted.
pub(crate) fn extern_names(analysis: &Analysis, member: usize, dependency: usize) -> Vec<String> {
    let units = &analysis.project.units;
    let of_member = units.iter().filter(|unit| unit.package == member);
    let names = of_member.flat_map(|unit| &unit.dependencies);
    let names = names.filter(|it| {
        units
            .get(it.unit)
            .is_some_and(|to| to.package == dependency)
    });
    let names: BTreeSet<String> = names.map(|it| it.extern_name.clone()).collect();
    names.into_iter().collect()
}

/// The only package that the words `name` or `name@version` mean.
///
/// # Errors
/// When it is none, or several.
pub(crate) fn find(analysis: &Analysis, words: &str) -> Result<usize> {
    let packages = analysis.project.packages.iter().enumerate();
    let found: Vec<_> = packages
        .filter(|(_, package)| names_package(words, package))
        .collect();
    // A direct dependency is meant rather than another version far away.
    let direct: Vec<_> = found
        .iter()
        .filter(|(_, it)| it.is_direct && !it.is_member)
        .collect();
    match (&direct[..], &found[..]) {
        ([(only, _)], _) => Ok(*only),
        ([], []) => {
            let name = words.split('@').next().unwrap_or(words);
            Err(nothing(analysis, name))
        }
        ([], [(_, package), ..]) if package.is_member => Err(Error::Usage(format!(
            "`{words}` is a member of the workspace"
        ))),
        ([], _) => Err(Error::Usage(format!(
            "`{words}` is no direct dependency of the selected packages"
        ))),
        ([first, ..], _) => Err(Error::Usage(format!(
            "there is more than one `{words}`; name one as `{}@{}`",
            first.1.name, first.1.version
        ))),
    }
}

fn nothing(analysis: &Analysis, name: &str) -> Error {
    let packages = analysis.project.packages.iter();
    let direct = packages.filter(|package| package.is_direct && !package.is_member);
    let near = |package: &&Package| strsim::damerau_levenshtein(&package.name, name) <= 3;
    match direct
        .filter(near)
        .map(|package| package.name.as_str())
        .next()
    {
        Some(nearest) => Error::NoSuchItemBut {
            query: name.to_owned(),
            nearest: format!("`{nearest}`"),
        },
        None => Error::NoSuchItem(name.to_owned()),
    }
}

/// A file's text.
///
/// # Errors
/// When it cannot be read as UTF-8.
pub(crate) fn read(path: &Utf8Path) -> Result<String> {
    fs::read_to_string(path).map_err(|why| Error::Io {
        action: "read",
        path: path.to_owned(),
        why: why.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_and_attributes_of_the_host() {
        assert!(forbids_unsafe("[lints.rust]\nunsafe_code = \"forbid\"", ""));
        assert!(forbids_unsafe(
            "lints.workspace = true",
            "[workspace.lints.rust]\nunsafe_code = { level = \"forbid\", priority = 1 }"
        ));
        assert!(!forbids_unsafe("[lints.rust]\nunsafe_code = \"deny\"", ""));
        assert!(!forbids_unsafe(
            "",
            "[workspace.lints.rust]\nunsafe_code = \"forbid\""
        ));
        let any = |text: &str, is: fn(&Attribute) -> bool| attributes(text).iter().any(is);
        let is_no_std = Attribute::is_no_std;
        assert!(any(
            "#![cfg_attr(not(feature = \"std\"), no_std)]",
            is_no_std
        ));
        assert!(any("#![no_std]", is_no_std) && !any("#![no_core]", is_no_std));
        assert!(any("//! Doc.\n#![no_std]\nfn f() {}", is_no_std));
        assert!(!any("#[no_std]\nfn f() {}\n", is_no_std));
        let is_forbid = Attribute::is_forbid;
        assert!(any("#![forbid(missing_docs, unsafe_code)]", is_forbid));
        assert!(!any("#![deny(unsafe_code)]", is_forbid));
    }

    #[test]
    fn nesting_costs_no_stack() {
        let n = 200_000;
        let (open, close) = ("(".repeat(n), ")".repeat(n));
        let text = format!("#![doc{open}{close}]\n#![no_std]\nconst C: () = {open}{close};\n");
        assert!(attributes(&text).iter().any(Attribute::is_no_std));
    }
}
