//! Guests that make no difference: what they could answer has no answer anyway.
//!
//! A goal of closed code that a guest's header fits has a variable where the header has a type of
//! others, or around it. Where impls of closed crates fit each such goal too, and put two different
//! things in the variable's place, the solver finds the goal ambiguous, whatever the guest's bounds
//! say (docs/METHOD.md). `&'a Own<T>: IntoIterator` is the usual one: `&?T` may as well be a slice
//! or a `Vec`.

use ra_ap_hir_def::signatures::{ImplFlags, ImplSignature};
use ra_ap_hir_def::{AdtId, ImplId};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::method_resolution::TraitImpls;
use ra_ap_hir_ty::next_solver::{GenericArgs, TraitRef, Ty, TyKind};
use ra_ap_rustc_type_ir::TypeVisitableExt;
use ra_ap_rustc_type_ir::inherent::IntoKind;
use rustc_hash::FxHashMap;

use super::closed::Closed;
use super::guests::{asks_only, holds_others, is_of_others};

/// Whether two impls of closed crates leave undecided whatever `guest` fits.
pub(super) fn is_without_effect(
    db: &dyn HirDatabase,
    closed: &Closed,
    guest: TraitRef<'_>,
) -> bool {
    if guest.has_aliases() || guest.references_error() {
        return false;
    }
    let mut heads: Vec<Head> = Vec::new();
    for &krate in closed.crates() {
        let mut candidates: Vec<ImplId> = Vec::new();
        TraitImpls::for_crate(db, krate).for_trait(guest.def_id.0, |impls| {
            candidates.extend(impls.left().unwrap_or_default());
        });
        for id in candidates {
            heads.extend(head_of(db, closed, id, guest).filter(|head| !heads.contains(head)));
            if heads.len() > 1 {
                return true;
            }
        }
    }
    false
}

/// What a type is before its arguments; two of these are never the same type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Adt(AdtId),
    Slice,
    Str,
}

/// What stands in an impl in place of the guest's only type of others; `None` when some goal that
/// the guest fits might not fit this impl, or might have it fail.
fn head_of(db: &dyn HirDatabase, closed: &Closed, id: ImplId, guest: TraitRef<'_>) -> Option<Head> {
    if ImplSignature::of(db, id)
        .flags
        .intersects(ImplFlags::NEGATIVE | ImplFlags::DEFAULT)
    {
        return None;
    }
    let header = db.impl_trait(id)?.instantiate_identity().skip_norm_wip();
    if header.has_aliases() || header.references_error() {
        return None;
    }
    let mut matching = Matching {
        db,
        closed,
        bound: FxHashMap::default(),
        in_place: None,
    };
    matching.args(header.args, guest.args)?;
    let (head, inside) = matching.in_place?;
    // What stands inside of it has to be new to the goal: named elsewhere as well, it might have
    // to contain itself, or be something that a bound does not hold of.
    let is_new = inside
        .iter()
        .all(|param| !matching.bound.contains_key(param));
    // What is asked of something that nobody knows yet has no answer, and is no failure.
    let never_fails = asks_only(db, id, |_, param| inside.contains(&param.index));
    (is_new && never_fails).then_some(head)
}

/// One-sided: an impl's header as the pattern, a guest's as what it has to fit.
struct Matching<'a, 'db> {
    db: &'db dyn HirDatabase,
    closed: &'a Closed,
    /// By the number of the pattern's parameter.
    bound: FxHashMap<u32, Ty<'db>>,
    /// What stands in place of the type of others, and the parameters in it.
    in_place: Option<(Head, Vec<u32>)>,
}

impl<'db> Matching<'_, 'db> {
    fn args(&mut self, pattern: GenericArgs<'db>, other: GenericArgs<'db>) -> Option<()> {
        if pattern.len() != other.len() {
            return None;
        }
        for (pattern, other) in pattern.iter().zip(other.iter()) {
            let are_lifetimes = pattern.region().is_some() && other.region().is_some();
            if !are_lifetimes {
                self.ty(pattern.ty()?, other.ty()?)?;
            }
        }
        Some(())
    }

    fn ty(&mut self, pattern: Ty<'db>, other: Ty<'db>) -> Option<()> {
        if is_of_others(self.db, self.closed, other) {
            // A second one would have to go together with the first.
            let first = self.in_place.is_none();
            self.in_place = Some(head(pattern)?).filter(|_| first);
            return self.in_place.is_some().then_some(());
        }
        match (pattern.kind(), other.kind()) {
            (TyKind::Param(param), _) => {
                let is_whole = !holds_others(self.db, self.closed, other);
                let before = *self.bound.entry(param.index).or_insert(other);
                (is_whole && before == other).then_some(())
            }
            (TyKind::Ref(_, pattern, how), TyKind::Ref(_, other, other_how)) => {
                (how == other_how).then(|| self.ty(pattern, other))?
            }
            (TyKind::RawPtr(pattern, how), TyKind::RawPtr(other, other_how)) => {
                (how == other_how).then(|| self.ty(pattern, other))?
            }
            (TyKind::Slice(pattern), TyKind::Slice(other)) => self.ty(pattern, other),
            (TyKind::Adt(adt, pattern), TyKind::Adt(other_adt, other)) => {
                (adt.def_id() == other_adt.def_id()).then(|| self.args(pattern, other))?
            }
            (pattern, other) => (is_plain(&pattern) && pattern == other).then_some(()),
        }
    }
}

/// The outline of a pattern's type, and the parameters that it has as arguments.
fn head(pattern: Ty<'_>) -> Option<(Head, Vec<u32>)> {
    let param = |ty: Ty<'_>| match ty.kind() {
        TyKind::Param(param) => Some(param.index),
        _ => None,
    };
    match pattern.kind() {
        TyKind::Adt(adt, args) => {
            let types = args.iter().filter(|arg| arg.region().is_none());
            let types: Option<Vec<u32>> = types.map(|arg| param(arg.ty()?)).collect();
            Some((Head::Adt(adt.def_id()), types?))
        }
        TyKind::Slice(of) => Some((Head::Slice, vec![param(of)?])),
        TyKind::Str => Some((Head::Str, Vec::new())),
        _ => None,
    }
}

/// Without anything inside.
fn is_plain(kind: &TyKind<'_>) -> bool {
    matches!(
        kind,
        TyKind::Bool
            | TyKind::Char
            | TyKind::Str
            | TyKind::Int(_)
            | TyKind::Uint(_)
            | TyKind::Float(_)
    )
}
