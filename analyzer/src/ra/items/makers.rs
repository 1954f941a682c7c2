//! Macros that may make an impl where they are called, by their names.
//!
//! An impl that a macro makes in a body counts everywhere, and nothing in the body's own text says
//! that it is there. To lower every body in which some macro is called would be most of them; so
//! a body is lowered for a macro whose text says `impl`, or that calls such a macro, or one that
//! it is given. What is a name too many costs time only.

use std::sync::Arc;

use dashmap::DashMap;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::src::HasSource;
use ra_ap_hir_def::{HasModule, Lookup, MacroId};
use ra_ap_hir_expand::name::AsName;
use ra_ap_hir_expand::proc_macro::ProcMacroKind;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_syntax::ast::HasName;
use ra_ap_syntax::{SyntaxKind, SyntaxNode};
use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::ra::green::{self, Met};
use crate::ra::path;

/// The names under which a crate can call macros that may make an impl.
pub(crate) type Names = FxHashSet<Arc<str>>;

/// Those of each crate, once somebody asked.
#[derive(Default)]
pub(crate) struct Makers(DashMap<Crate, Arc<Names>, FxBuildHasher>);

impl Makers {
    /// The names of `krate` and its dependencies must be resolved.
    pub(crate) fn of(&self, db: &dyn HirDatabase, krate: Crate) -> Arc<Names> {
        if let Some(known) = self.0.get(&krate) {
            return known.clone();
        }
        let mut names = Names::default();
        // Whatever is included may hold anything.
        names.insert("include".into());
        for dependency in &krate.data(db).dependencies {
            names.extend(self.of(db, dependency.crate_id).iter().cloned());
        }
        let own = own_macros(db, krate);
        // They may call each other in any order.
        let mut grows = true;
        while grows {
            grows = false;
            for one in &own {
                if one.makes || one.calls.iter().any(|call| names.contains(call)) {
                    grows |= names.insert(one.name.clone());
                }
            }
        }
        let names = Arc::new(names);
        self.0.insert(krate, names.clone());
        names
    }
}

/// What a macro's text says, or that of what it is another name for.
struct Macro {
    name: Arc<str>,
    makes: bool,
    calls: Names,
}

fn own_macros(db: &dyn HirDatabase, krate: Crate) -> Vec<Macro> {
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    for (_, data) in crate_def_map(db, krate).modules() {
        let textual = data.scope.legacy_macros();
        let textual = textual.flat_map(|(name, all)| all.iter().map(move |&id| (name, id)));
        let scoped = data.scope.macros().map(|(name, item)| (name, item.def));
        for (name, id) in textual.chain(scoped) {
            if !seen.insert((name.clone(), id)) {
                continue;
            }
            let name: Arc<str> = path::text(name).into();
            if id.krate(db) == krate {
                found.extend(of_macro(db, name, id));
            } else if let Some(own) = own_name(db, id).filter(|own| **own != *name) {
                found.push(Macro {
                    name,
                    makes: false,
                    calls: std::iter::once(own).collect(),
                });
            }
        }
    }
    found
}

fn of_macro(db: &dyn HirDatabase, name: Arc<str>, id: MacroId) -> Option<Macro> {
    let node = match id {
        MacroId::MacroRulesId(id) => super::node(db, id).value,
        MacroId::Macro2Id(id) => super::node(db, id).value,
        MacroId::ProcMacroId(id) => {
            let makes = id.lookup(db).kind == ProcMacroKind::Bang;
            return makes.then(|| Macro {
                name,
                makes,
                calls: Names::default(),
            });
        }
    };
    let mut calls = Names::default();
    let makes = scan(&node, &mut |call| match call {
        Call::Named(name) => {
            calls.insert(name.into());
            false
        }
        Call::Given | Call::Impl => true,
    });
    Some(Macro { name, makes, calls })
}

fn own_name(db: &dyn HirDatabase, id: MacroId) -> Option<Arc<str>> {
    let name = match id {
        MacroId::MacroRulesId(id) => id.lookup(db).source(db).value.name(),
        MacroId::Macro2Id(id) => id.lookup(db).source(db).value.name(),
        MacroId::ProcMacroId(id) => id.lookup(db).source(db).value.name(),
    };
    Some(path::text(&name?.as_name()).into())
}

/// Whether an item may stand in a body that is not a node of its own text.
pub(super) fn may_make(node: &SyntaxNode, makers: &Names) -> bool {
    scan(node, &mut |call| match call {
        Call::Named(name) => makers.contains(name),
        Call::Given | Call::Impl => true,
    })
}

/// What a text may have to do with impls.
enum Call<'a> {
    /// A macro is called, or something that looks like it.
    Named(&'a str),
    /// A macro that a macro was given, `$name!`, or that goes by another name here.
    Given,
    /// An impl in the arguments or rules of a macro.
    Impl,
}

/// Whether `wanted` is anything in the text.
fn scan(node: &SyntaxNode, wanted: &mut dyn FnMut(Call<'_>) -> bool) -> bool {
    let mut last = [SyntaxKind::TOMBSTONE; 2];
    let mut name = String::new();
    green::any(node, |met| match met {
        Met::Node(SyntaxKind::RENAME) => wanted(Call::Given),
        Met::Node(_) => false,
        Met::Token { kind, .. } if kind.is_trivia() => false,
        Met::Token { kind, text, parent } => {
            let hit = match (kind, last) {
                (SyntaxKind::BANG, [SyntaxKind::DOLLAR, SyntaxKind::IDENT]) => wanted(Call::Given),
                (SyntaxKind::BANG, [_, SyntaxKind::IDENT]) => wanted(Call::Named(&name)),
                // `$(…)!`
                (SyntaxKind::BANG, [_, SyntaxKind::R_PAREN]) => {
                    parent == SyntaxKind::TOKEN_TREE && wanted(Call::Given)
                }
                (SyntaxKind::IMPL_KW, _) => parent == SyntaxKind::TOKEN_TREE && wanted(Call::Impl),
                _ => false,
            };
            if kind == SyntaxKind::IDENT {
                name.clear();
                name.push_str(text.strip_prefix("r#").unwrap_or(text));
            }
            last = [last[1], kind];
            hit
        }
    })
}
