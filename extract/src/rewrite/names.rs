//! The names that mean something everywhere in a crate: its root's items, crates, macros.

use std::collections::{BTreeMap, BTreeSet};

use super::edition::spelled;
use super::{Rewrite, Source};

/// A `macro_rules!` by its file and its place in the outline.
pub(crate) type MacroAt = (usize, usize);

#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    /// Items of the root module, imported ones too, without `extern crate`s.
    pub(crate) root: BTreeSet<&'a str>,
    /// What has to stand for a crate's name where a path begins with it.
    pub(crate) crates: BTreeMap<String, String>,
    /// `extern crate self as name;`
    pub(crate) selves: BTreeSet<&'a str>,
    /// Crates whose macros came by `#[macro_use]`, as upstream calls them.
    pub(crate) macro_crates: BTreeSet<&'a str>,
    /// Crates that the root declares, under whatever condition.
    pub(crate) declared: BTreeSet<&'a str>,
    /// The crate's own `macro_rules!`.
    pub(crate) macros: BTreeMap<&'a str, Vec<MacroAt>>,
    pub(crate) exported: BTreeSet<&'a str>,
    /// What any module defines or imports, in macros' arguments too: what globs may bring to the
    /// root.
    pub(crate) anywhere: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(of: Rewrite<'_>, sources: &[Source<'a>]) -> Self {
        let mut names = Self::default();
        for (krate, host) in &of.placement.renames {
            names.crates.insert(krate.clone(), format!("::{host}"));
        }
        for (index, source) in sources.iter().enumerate() {
            for (at, rules) in source.outline.macros.iter().enumerate() {
                names
                    .macros
                    .entry(rules.name)
                    .or_default()
                    .push((index, at));
                if rules.export.is_some() {
                    names.exported.insert(rules.name);
                }
            }
            let outline = &source.outline;
            names
                .anywhere
                .extend(outline.items.iter().map(|item| item.1));
            names
                .anywhere
                .extend(outline.mods.iter().map(|item| item.name));
            let leaves = outline.uses.iter().flat_map(|import| &import.leaves);
            names.anywhere.extend(leaves.filter_map(|leaf| leaf.binds));
            if source.is_root {
                names.of_root(of, source);
            }
        }
        names
    }

    fn of_root(&mut self, of: Rewrite<'_>, source: &Source<'a>) {
        let (lexed, outline) = (&source.lexed, &source.outline);
        let top = |at: usize| lexed.tokens[at].up.is_none();
        self.root.extend(
            outline
                .items
                .iter()
                .filter(|item| item.0.is_none())
                .map(|item| item.1),
        );
        let mods = outline.mods.iter().filter(|item| top(item.keyword));
        self.root.extend(mods.map(|item| item.name));
        let imports = outline.uses.iter().filter(|import| top(import.keyword));
        for leaf in imports.flat_map(|import| &import.leaves) {
            self.root.extend(leaf.binds);
        }
        for krate in outline.externs.iter().filter(|krate| top(krate.keyword)) {
            self.declared.insert(krate.alias);
            if krate.name == "self" {
                self.selves.insert(krate.alias);
                continue;
            }
            if krate.macro_use.is_some() {
                self.macro_crates.insert(krate.name);
            }
            let everywhere = krate.name == "core"
                || krate.name == "std" && !of.host.no_std
                || !matches!(krate.name, "std" | "alloc" | "proc_macro" | "test");
            if krate.alias == "_"
                || everywhere && !krate.renamed && !of.placement.renames.contains_key(krate.name)
            {
                continue;
            }
            let alias = spelled(of, lexed.str(krate.alias_at));
            let path = format!("{}::{alias}", of.placement.path());
            self.crates.insert(krate.alias.to_owned(), path);
        }
    }

    /// Whether a path of the 2015 edition that begins with this name begins with a crate's, for all
    /// that is known of upstream.
    pub(crate) fn is_crate(&self, of: Rewrite<'_>, name: &str) -> bool {
        matches!(name, "std" | "core")
            || self.crates.contains_key(name)
            || self.declared.contains(name)
            || of.facts.foreign.iter().any(|foreign| foreign.krate == name)
    }
}
