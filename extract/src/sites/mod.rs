//! What changes in the package that takes the code: each place that names the dependency.
//!
//! Takes the places that the engine found and gives edits of the package's files: `dep::f` becomes
//! `crate::whittled::dep::f` and nothing else changes. What cannot be said so is refused.

mod declare;
mod examples;
mod site;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::edit::{Edit, Span, Why};
use crate::lexed::{Kind, Lexed};
use crate::outline::{MacroDef, Outline};
use crate::refuse::{Reason, Refusal};
use crate::request::{Facts, FileIndex, Host, Naming, Site, TargetKind};
use crate::rewrite::Placement;

/// The package, what is known of it, and what it gets.
#[derive(Debug, Clone, Copy)]
pub struct Sites<'a> {
    pub host: &'a Host,
    pub facts: &'a Facts,
    /// Of [`Facts::files`].
    pub texts: &'a [String],
    pub placement: &'a Placement,
    /// Macros of the dependency that can be called by path, see `Rewritten::macros`.
    pub macros: &'a BTreeSet<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Sorted edits by file.
    pub files: BTreeMap<FileIndex, Vec<Edit>>,
    pub refusals: BTreeSet<Refusal>,
    pub notes: BTreeSet<String>,
}

/// A file of the package.
struct File<'a> {
    index: FileIndex,
    lexed: Lexed<'a>,
    outline: Outline<'a>,
    /// Kinds of the targets that load it, as far as known.
    kinds: BTreeSet<TargetKind>,
    is_root: bool,
}

/// Rewrites the places of one package.
pub fn rewrite(of: Sites<'_>) -> Rewritten {
    let mut out = Rewritten::default();
    let sites: Vec<&Site> = of
        .facts
        .sites
        .iter()
        .filter(|site| site.package == of.host.package)
        .collect();
    let files = files(of, &sites, &mut out);
    let job = site::Job { of, files: &files };
    for site in &sites {
        if let Some(file) = files.get(&site.file) {
            site::rewrite(&job, file, site, &mut out);
        }
    }
    macro_use(&job, &sites, &mut out);
    for root in &of.host.roots {
        let Some(file) = files.get(&root.file) else {
            continue;
        };
        // Its declaration would be one of that target's module, too: a second copy there.
        let of_another = sites.iter().any(|site| {
            site.file == root.file && site.roots.iter().any(|other| *other != root.file)
        });
        if of_another {
            let path = of.facts.files.get(root.file as usize);
            let shown = path.and_then(|path| path.file_name()).unwrap_or_default();
            job.refuse(file, 0, Reason::RootInRoot, format!("`{shown}`"), &mut out);
        } else {
            declare::module(of, file.index, &file.lexed, &file.outline, &mut out);
        }
    }
    for edits in out.files.values_mut() {
        edits.sort();
        edits.dedup();
    }
    out
}

/// The package's files: those with sites, the roots, and those that call the macros.
fn files<'a>(of: Sites<'a>, sites: &[&Site], out: &mut Rewritten) -> BTreeMap<FileIndex, File<'a>> {
    let mut loaded: BTreeMap<FileIndex, BTreeSet<FileIndex>> = BTreeMap::new();
    for site in sites {
        loaded.entry(site.file).or_default().extend(&site.roots);
    }
    for root in &of.host.roots {
        loaded.entry(root.file).or_default().insert(root.file);
    }
    for (index, path) in of
        .facts
        .files
        .iter()
        .enumerate()
        .skip(of.facts.own as usize)
    {
        if path.starts_with(&of.host.folder) {
            loaded.entry(crate::lexed::offset(index)).or_default();
        }
    }
    let mut files = BTreeMap::new();
    for (index, roots) in loaded {
        let (Some(text), Some(path)) = (
            of.texts.get(index as usize),
            of.facts.files.get(index as usize),
        ) else {
            continue;
        };
        let lexed = match Lexed::new(text) {
            Ok(lexed) => lexed,
            Err(why) => {
                let line = crate::lexed::offset(why.line);
                let refusal = Refusal::new(Reason::Unreadable, format!("`{path}`"));
                out.refusals.insert(refusal.at(path, line));
                continue;
            }
        };
        let all = of.host.roots.iter();
        let kinds = all
            .clone()
            .filter(|root| roots.contains(&root.file))
            .map(|root| root.kind);
        files.insert(
            index,
            File {
                index,
                outline: Outline::new(&lexed),
                lexed,
                kinds: kinds.collect(),
                is_root: all.clone().any(|root| root.file == index),
            },
        );
    }
    files
}

/// Calls of macros that `#[macro_use] extern crate dep;` brought into every module.
fn macro_use(job: &site::Job<'_>, sites: &[&Site], out: &mut Rewritten) {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for site in sites.iter().filter(|site| site.how == Naming::ExternCrate) {
        if let Some(file) = job.files.get(&site.file) {
            names.extend(site::imported_macros(job, file, site));
        }
    }
    // A macro of the package's own with such a name hides it.
    for file in job.files.values() {
        for rules in &file.outline.macros {
            names.remove(rules.name);
        }
    }
    if names.is_empty() {
        return;
    }
    for file in job.files.values() {
        let lexed = &file.lexed;
        let imported: BTreeSet<&str> = {
            let leaves = file.outline.uses.iter().flat_map(|import| &import.leaves);
            leaves.filter_map(|leaf| leaf.binds).collect()
        };
        for at in 0..lexed.tokens.len() {
            let called = lexed.is(at + 1, "!") && matches!(lexed.kind(at + 2), Some(Kind::Open(_)));
            let Some(name) = lexed.name(at).filter(|_| called) else {
                continue;
            };
            let path =
                at > 0 && matches!(lexed.kind(at - 1), Some(Kind::PathSep | Kind::Punct('$')));
            if names.contains(name) && !imported.contains(name) && !path {
                let Some(path) = job.path_at(file, at, out) else {
                    continue;
                };
                let text = format!("{path}::{}", lexed.str(at));
                out.edit(file.index, lexed.span(at, at), text, Why::UseSite);
            }
        }
    }
}

impl File<'_> {
    /// Whether a token stands in the root module itself.
    fn at_root(&self, at: usize) -> bool {
        self.is_root && self.outline.module_brace(&self.lexed, at).is_none()
    }
}

impl Rewritten {
    fn edit(&mut self, file: FileIndex, range: Span, text: String, why: Why) {
        let edits = self.files.entry(file).or_default();
        let taken = |edit: &Edit| edit.range.start < range.end && range.start < edit.range.end;
        if !edits.iter().any(taken) {
            edits.push(Edit { range, text, why });
        }
    }
}

/// The macro of the package in whose rules a token stands.
fn around<'f>(file: &'f File<'_>, at: usize) -> Option<&'f MacroDef<'f>> {
    file.outline.macro_around(&file.lexed, at)
}
