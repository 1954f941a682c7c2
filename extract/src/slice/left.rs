//! What else is to be said of what is kept: other crates, other targets, files that are missing.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::Wanted;
use super::closure::Closure;
use super::index::ModuleId;
use crate::cfg::{self, Decision, Presence};
use crate::pieces::{Node, PieceKind};
use crate::request::FileIndex;

/// Whether the compiler brings a crate.
pub(crate) fn is_of_toolchain(krate: &str) -> bool {
    matches!(krate, "std" | "core" | "alloc" | "proc_macro" | "test")
}

impl Closure<'_> {
    /// Crates that kept code names, without those that the compiler brings.
    pub(super) fn crates(&self) -> BTreeSet<String> {
        let index = self.index;
        let mut out = self.elsewhere.crates.clone();
        for foreign in &index.facts.foreign {
            let Some(node) = index.node(foreign.from) else {
                continue;
            };
            let kind = index.items[index.item_of(node)].piece.kind;
            if self.kept[node] && !matches!(kind, PieceKind::Module | PieceKind::ExternCrate) {
                out.insert(foreign.krate.clone());
            }
        }
        // Of these, what stands there is the name: none of another item.
        for (id, item) in index.items.iter().enumerate() {
            if let Node::Item(syn::Item::ExternCrate(krate)) = &item.piece.node
                && self.kept[id]
                && krate.ident != "self"
            {
                out.insert(krate.ident.to_string());
            }
        }
        // Of an import that is there for what a macro makes, the engine may know nothing.
        for (leaf, walked) in self.scopes.leaves.iter().enumerate() {
            if let Some(krate) = &walked.foreign
                && self.kept[index.leaf_node(leaf)]
            {
                out.insert(krate.clone());
            }
        }
        out.retain(|name| !is_of_toolchain(name));
        out
    }

    /// What could not be decided surely.
    pub(super) fn notes(&self) -> Vec<String> {
        let index = self.index;
        let mut out = index.notes.clone();
        for (id, item) in index.items.iter().enumerate() {
            let is_macro = self.kept[id] && item.piece.kind == PieceKind::Macro;
            let decided = self
                .within
                .get(&id)
                .is_some_and(|within| !within.edits.is_empty());
            if is_macro && decided && item.words().all.contains("macro_export") {
                let name = item.piece.name.as_deref().unwrap_or_default();
                out.push(format!(
                    "conditions in the body of the exported macro `{name}` are decided by {}'s \
                     features; where others called it, theirs decided",
                    index.upstream.name
                ));
            }
        }
        out
    }

    /// Conditions of kept code that the build leaves out.
    pub(super) fn unchecked(&self) -> BTreeSet<String> {
        let index = self.index;
        let mut out = BTreeSet::new();
        for (id, item) in index.items.iter().enumerate() {
            if !self.kept[id] {
                continue;
            }
            if let Some(within) = self.within.get(&id) {
                out.extend(within.conditions.iter().cloned());
            }
            if item.presence == Presence::Elsewhere {
                let attrs =
                    cfg::within::leading(quote::ToTokens::to_token_stream(&item.piece.node));
                for condition in cfg::conditions(&attrs) {
                    if let Decision::Open(rest) = condition.decide(index.build)
                        && !rest.holds(index.build)
                    {
                        out.insert(rest.source());
                    }
                }
            }
        }
        out
    }

    /// Files of modules that may be needed and are not here.
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        let index = self.index;
        let mut out = BTreeSet::new();
        for &item in &self.elsewhere.wanted {
            let of = &index.items[item];
            let (Some(name), Node::Item(syn::Item::Mod(node))) = (&of.piece.name, &of.piece.node)
            else {
                continue;
            };
            let name = name.strip_prefix("r#").unwrap_or(name);
            let declared = of.place();
            let paths = self.given_paths(of.file, of.module, &node.attrs);
            out.insert(self.wanted_file(declared, of.file, of.module, name, paths));
        }
        for (call, name) in &self.elsewhere.wanted_of_calls {
            let of = &index.items[*call];
            out.insert(self.wanted_file(of.place(), of.file, of.module, name, Vec::new()));
        }
        out.into_iter().collect()
    }

    fn wanted_file(
        &self,
        declared: crate::request::Place,
        file: FileIndex,
        module: ModuleId,
        name: &str,
        mut candidates: Vec<Utf8PathBuf>,
    ) -> Wanted {
        let mut path = self.index.modules[module].path.clone();
        path.push(name.to_owned());
        if candidates.is_empty() {
            let folder = self.folder(file, module);
            candidates.push(folder.join(format!("{name}.rs")));
            candidates.push(folder.join(name).join("mod.rs"));
        }
        Wanted {
            declared,
            path,
            candidates,
        }
    }

    /// Where the files of a module's children are.
    fn folder(&self, file: FileIndex, module: ModuleId) -> Utf8PathBuf {
        let index = self.index;
        let path = &index.facts.files[file as usize];
        let of_file = index.files[&file].module;
        let mut folder = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        let owns_folder = of_file == super::index::ROOT || path.file_name() == Some("mod.rs");
        if !owns_folder && let Some(stem) = path.file_stem() {
            folder.push(stem);
        }
        // Inline modules within the file.
        let depth = index.modules[of_file].path.len();
        for name in index.modules[module].path.iter().skip(depth) {
            folder.push(name.strip_prefix("r#").unwrap_or(name));
        }
        folder
    }

    /// `#[path = "…"]`, also where another attribute says when.
    fn given_paths(
        &self,
        file: FileIndex,
        module: ModuleId,
        attrs: &[syn::Attribute],
    ) -> Vec<Utf8PathBuf> {
        let index = self.index;
        let in_file = index.files[&file].module == module;
        let folder = if in_file {
            let path = &index.facts.files[file as usize];
            path.parent().unwrap_or(Utf8Path::new("")).to_owned()
        } else {
            self.folder(file, module)
        };
        let mut metas: Vec<syn::Meta> = attrs.iter().map(|attr| attr.meta.clone()).collect();
        let mut out = Vec::new();
        while let Some(meta) = metas.pop() {
            match meta {
                syn::Meta::NameValue(pair) if pair.path.is_ident("path") => {
                    if let syn::Expr::Lit(syn::ExprLit {
                        lit: syn::Lit::Str(path),
                        ..
                    }) = pair.value
                    {
                        out.push(folder.join(path.value()));
                    }
                }
                syn::Meta::List(list) if list.path.is_ident("cfg_attr") => {
                    let parts = cfg::split(list.tokens).into_iter().skip(1);
                    metas.extend(parts.filter_map(|part| syn::parse2(part).ok()));
                }
                _ => {}
            }
        }
        out
    }
}
