//! Macros that may make an impl where they are called, by their names.
//!
//! An impl that a macro makes in a body counts everywhere, and nothing in the body's own text says
//! that it is there. To lower every body in which some macro is called would be most of them; so
//! a body is lowered for a macro whose rules make `impl`, that calls such a macro, or that calls
//! what it is given and is given such a one. What is a name too many costs time only.

use std::sync::Arc;

use dashmap::DashMap;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::src::HasSource;
use ra_ap_hir_def::{HasModule, Lookup, MacroId};
use ra_ap_hir_expand::name::AsName;
use ra_ap_hir_expand::proc_macro::ProcMacroKind;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{SyntaxKind, SyntaxNode};
use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::ra::green::{self, Met};
use crate::ra::path;

type Names = FxHashSet<Arc<str>>;

/// The names under which a crate can call macros.
#[derive(Default)]
pub(crate) struct Known {
    /// Of those that may make an impl, whatever they are given.
    makers: Names,
    /// Of those that call what they are given.
    callers: Names,
}

impl Known {
    /// Whether an item may stand in a body that is not a node of its own text.
    pub(super) fn may_make(&self, body: &SyntaxNode) -> bool {
        let (mut calls_given, mut names_maker) = (false, false);
        let makes = any_call(body, &mut |call| {
            match call {
                Call::Named(name) if self.makers.contains(name) => return true,
                Call::Named(name) => calls_given |= self.callers.contains(name),
                Call::Given => calls_given = true,
                Call::Name(name) => names_maker |= self.makers.contains(name),
                Call::Impl => return true,
            }
            false
        });
        makes || calls_given && names_maker
    }

    /// Takes note of a macro; whether something is new.
    fn add(&mut self, one: &Macro) -> bool {
        let has = |names: &Names, of: &Names| names.iter().any(|name| of.contains(name));
        let calls_given = one.calls_given || has(&one.calls, &self.callers);
        let makes = one.makes
            || has(&one.calls, &self.makers)
            || calls_given && has(&one.names, &self.makers);
        let is_new_caller = calls_given && self.callers.insert(one.name.clone());
        let is_new_maker = makes && self.makers.insert(one.name.clone());
        is_new_caller || is_new_maker
    }
}

/// What each crate knows, once somebody asked.
#[derive(Default)]
pub(crate) struct Makers(DashMap<Crate, Arc<Known>, FxBuildHasher>);

impl Makers {
    /// The names of `krate` and its dependencies must be resolved.
    pub(crate) fn of(&self, db: &dyn HirDatabase, krate: Crate) -> Arc<Known> {
        if let Some(known) = self.0.get(&krate) {
            return known.clone();
        }
        let mut known = Known::default();
        // Whatever is included may hold anything.
        known.makers.insert("include".into());
        for dependency in &krate.data(db).dependencies {
            let below = self.of(db, dependency.crate_id);
            known.makers.extend(below.makers.iter().cloned());
            known.callers.extend(below.callers.iter().cloned());
        }
        let own = own_macros(db, krate);
        // They may call each other in any order.
        let mut grows = true;
        while grows {
            grows = false;
            for one in &own {
                grows |= known.add(one);
            }
        }
        let known = Arc::new(known);
        self.0.insert(krate, known.clone());
        known
    }
}

/// What a macro's rules make, or those of the macro that it is another name for.
struct Macro {
    name: Arc<str>,
    makes: bool,
    calls_given: bool,
    calls: Names,
    /// Whatever is named in them.
    names: Names,
}

impl Macro {
    fn new(name: Arc<str>) -> Self {
        Self {
            name,
            makes: false,
            calls_given: false,
            calls: Names::default(),
            names: Names::default(),
        }
    }
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
                let mut other = Macro::new(name);
                other.calls.insert(own);
                found.push(other);
            }
        }
    }
    found
}

fn of_macro(db: &dyn HirDatabase, name: Arc<str>, id: MacroId) -> Option<Macro> {
    let mut found = Macro::new(name);
    let texts = match id {
        MacroId::MacroRulesId(id) => made_by(&super::node(db, id).value),
        MacroId::Macro2Id(id) => vec![super::node(db, id).value],
        MacroId::ProcMacroId(id) => {
            found.makes = id.lookup(db).kind == ProcMacroKind::Bang;
            return found.makes.then_some(found);
        }
    };
    for text in texts {
        found.makes |= any_call(&text, &mut |call| {
            match call {
                Call::Named(name) => _ = found.calls.insert(name.into()),
                Call::Given => found.calls_given = true,
                Call::Name(name) => _ = found.names.insert(name.into()),
                Call::Impl => return true,
            }
            false
        });
    }
    Some(found)
}

/// The right sides of a macro's rules.
fn made_by(rules: &SyntaxNode) -> Vec<SyntaxNode> {
    let trees = rules.children().filter_map(ast::TokenTree::cast);
    let sides: Vec<SyntaxNode> = trees
        .flat_map(|tree| tree.syntax().children().collect::<Vec<_>>())
        .collect();
    if sides.len().is_multiple_of(2) {
        sides.into_iter().skip(1).step_by(2).collect()
    } else {
        vec![rules.clone()]
    }
}

fn own_name(db: &dyn HirDatabase, id: MacroId) -> Option<Arc<str>> {
    let name = match id {
        MacroId::MacroRulesId(id) => id.lookup(db).source(db).value.name(),
        MacroId::Macro2Id(id) => id.lookup(db).source(db).value.name(),
        MacroId::ProcMacroId(id) => id.lookup(db).source(db).value.name(),
    };
    Some(path::text(&name?.as_name()).into())
}

/// What a text may have to do with impls.
enum Call<'a> {
    /// A macro is called, or something that looks like it.
    Named(&'a str),
    /// A macro that was given, `$name!`.
    Given,
    /// An impl in the arguments or rules of a macro, or another name for what may make one.
    Impl,
    /// Any name.
    Name(&'a str),
}

/// Whether `wanted` is anything in the text; up to there, it is shown everything.
fn any_call(node: &SyntaxNode, wanted: &mut dyn FnMut(Call<'_>) -> bool) -> bool {
    use SyntaxKind::{BANG, DOLLAR, IDENT, IMPL_KW, L_BRACK, L_CURLY, L_PAREN, R_PAREN};
    // The tokens before, and the last name among them.
    let mut last = [SyntaxKind::TOMBSTONE; 3];
    let mut name = String::new();
    green::any(node, |met| match met {
        Met::Node(SyntaxKind::RENAME) => wanted(Call::Impl),
        Met::Node(_) => false,
        Met::Token { kind, .. } if kind.is_trivia() => false,
        Met::Token { kind, text, parent } => {
            let hit = match (kind, last) {
                (L_PAREN | L_BRACK | L_CURLY, [before, called, BANG]) => match (before, called) {
                    // `$(…)!(…)`
                    (DOLLAR, IDENT) | (_, R_PAREN) => wanted(Call::Given),
                    (_, IDENT) => wanted(Call::Named(&name)),
                    _ => false,
                },
                (IMPL_KW, _) => parent == SyntaxKind::TOKEN_TREE && wanted(Call::Impl),
                (IDENT, _) => {
                    name.clear();
                    name.push_str(text.strip_prefix("r#").unwrap_or(text));
                    wanted(Call::Name(&name))
                }
                _ => false,
            };
            last = [last[1], last[2], kind];
            hit
        }
    })
}
