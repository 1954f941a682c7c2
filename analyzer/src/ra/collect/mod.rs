//! One step of the work list: what an instance leads to.
//!
//! Templates are computed once per definition and shared by all threads (`shared`); lookups depend
//! only on the instance, so any order of work gives the same graph.

mod bounds;
mod derive;
mod shared;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::{
    AssocItemId, ConstId, DefWithBodyId, FunctionId, GenericDefId, HasModule, TraitId,
};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::{AliasTy, GenericArgs, Ty, TyKind};
use ra_ap_rustc_type_ir::inherent::{GenericArgs as _, IntoKind, Ty as _};
use ra_ap_rustc_type_ir::{Projection, TypeVisitableExt};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use self::shared::{Shared, has_body};
use crate::model::{EdgeKind, Power};
use crate::ra::condition::{self, Condition, Value};
use crate::ra::dispatch::Dispatch;
use crate::ra::instance::{Instance, Step, Subject};
use crate::ra::size::{MAX_ARGS_SIZE, too_large, tree_size};
use crate::ra::substitute::Substitution;
use crate::ra::taint::Taint;
use crate::ra::template::{Target, Use};

/// What came of one instance.
#[derive(Default)]
pub(crate) struct Expansion {
    pub(crate) steps: Vec<Step>,
    /// What was not understood on the way.
    pub(crate) troubles: Vec<&'static str>,
    /// Names of trait methods for which no impl was found.
    pub(crate) lost: Vec<(TraitId, String)>,
    /// Edges that a bound of a std function stands for.
    pub(crate) fallbacks: u32,
    /// Functions with a power that are called, with the line.
    pub(crate) powers: Vec<(FunctionId, Power, u32)>,
    /// A lookup went over all impls of a trait, whatever they are for.
    pub(crate) everywhere: bool,
}

/// Expands instances on one thread's snapshot of the database.
pub(crate) struct Collector<'a, 'db> {
    pub(crate) db: &'db dyn HirDatabase,
    pub(crate) shared: &'a Shared,
}

impl Collector<'_, '_> {
    /// What `instance` leads to. A panic inside rust-analyzer costs this one body.
    pub(crate) fn expand(&self, instance: &Instance) -> Expansion {
        catch_unwind(AssertUnwindSafe(|| self.expand_inner(instance))).unwrap_or_else(|_| {
            Expansion {
                troubles: vec!["analysis failed"],
                ..Expansion::default()
            }
        })
    }

    fn expand_inner(&self, instance: &Instance) -> Expansion {
        let args = match &instance.subject {
            Subject::Function(_, args) | Subject::Derive(_, _, args) | Subject::Const(_, args) => {
                args.as_ref()
            }
            Subject::Static(_) | Subject::Drop(_) | Subject::Kept(_) => {
                GenericArgs::new_from_slice(&[])
            }
        };
        let substitution = Substitution::new(self.db, self.shared.universe, instance.env, args)
            .knowing(&self.shared.inner_by_trait);
        let mut step = StepContext {
            collector: self,
            dispatch: Dispatch {
                db: self.db,
                universe: self.shared.universe,
                substitution: &substitution,
                inner_impls: &self.shared.inner_by_trait,
                known: &self.shared.calls,
                taint: Taint {
                    db: self.db,
                    std: &self.shared.std,
                },
                failed: Cell::default(),
            },
            taint: Taint {
                db: self.db,
                std: &self.shared.std,
            },
            env: instance.env,
            in_std: instance
                .krate(self.db)
                .is_none_or(|krate| self.shared.std.contains(&krate)),
            out: Expansion::default(),
            seen: FxHashSet::default(),
        };
        match &instance.subject {
            Subject::Function(function, _) => step.function(*function, args),
            Subject::Const(konst, _) => step.body(DefWithBodyId::ConstId(*konst)),
            Subject::Static(item) => step.body(DefWithBodyId::StaticId(*item)),
            Subject::Derive(derive, method, _) => step.derive(*derive, *method, args),
            Subject::Drop(ty) => step.drop(ty.as_ref()),
            Subject::Kept(_) => {}
        }
        let lost = step.dispatch.failed.take();
        step.out.lost = lost;
        step.out.everywhere = substitution.everywhere.get();
        step.out
    }
}

struct StepContext<'a, 'db> {
    collector: &'a Collector<'a, 'db>,
    dispatch: Dispatch<'a, 'db>,
    taint: Taint<'a>,
    env: Option<GenericDefId>,
    /// The instance is of std, or glue.
    in_std: bool,
    out: Expansion,
    seen: FxHashSet<(Subject, bool, bool)>,
}

impl<'a, 'db> StepContext<'a, 'db>
where
    'db: 'a,
{
    fn db(&self) -> &'db dyn HirDatabase {
        self.collector.db
    }

    fn function(&mut self, function: FunctionId, args: GenericArgs<'db>) {
        let items = self.dispatch.substitution.interner.lang_items();
        if items.DropInPlace == Some(function) {
            if let Some(ty) = args.types().next() {
                self.step(Subject::Drop(ty.store()), EdgeKind::Drop, None);
            }
            return;
        }
        if !FunctionSignature::of(self.db(), function).has_body() {
            // A root may be a call that is still to be resolved.
            let args = self.dispatch.substitution.normalize(args);
            for (subject, kind) in self.dispatch.call(function, args) {
                if !matches!(subject, Subject::Function(found, _) if found == function) {
                    self.step(subject, kind, None);
                }
            }
            return;
        }
        self.body(DefWithBodyId::FunctionId(function));
        let template = self.collector.shared.template(self.db(), function.into());
        if !template.holes.is_empty()
            && self
                .collector
                .shared
                .std
                .contains(&function.krate(self.db()))
        {
            self.bounds(function.into());
        }
    }

    fn body(&mut self, def: DefWithBodyId) {
        let template = self.collector.shared.template(self.db(), def);
        let taken: Vec<bool> = template
            .guards
            .iter()
            .map(|guard| self.may_hold(guard))
            .collect();
        for one in &template.uses {
            if one
                .guard
                .is_none_or(|guard| taken.get(guard as usize).copied().unwrap_or(true))
            {
                self.resolve(one);
            }
        }
    }

    /// Whether the instance's arguments leave the condition open or make it true.
    fn may_hold(&self, condition: &Condition) -> bool {
        let args = self.dispatch.substitution.args;
        condition.value(&|konst, own| self.const_value(konst, own, 8), args) != Some(0)
    }

    fn const_value(&self, konst: ConstId, own: GenericArgs<'db>, depth: u32) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let args = self.dispatch.substitution.apply(own);
        let Subject::Const(konst, args) = self.dispatch.konst(konst, args) else {
            return None;
        };
        let args: GenericArgs<'db> = args.as_ref();
        if args.has_param() {
            return None;
        }
        let inner = |konst, own: GenericArgs<'db>| {
            // Names of the const's own parameters, not of this instance's.
            (!own.has_param())
                .then(|| self.const_value(konst, own, depth))
                .flatten()
        };
        condition::of_const(self.db(), konst).value(&inner, args)
    }

    fn resolve(&mut self, one: &Use) {
        let substitution = self.dispatch.substitution;
        match &one.target {
            Target::Function(function, args) => {
                let args = substitution.instantiate(args.as_ref());
                if too_large(args) {
                    // Before it is resolved: that would take as long as the type is large.
                    self.out.troubles.push("type too large");
                    let identity =
                        GenericArgs::identity_for_item(substitution.interner, (*function).into());
                    self.call(
                        *function,
                        super::substitute::erase(substitution.interner, identity),
                        Some(one),
                    );
                    return;
                }
                self.call(*function, substitution.normalize(args), Some(one));
            }
            Target::Const(konst, args) => {
                let args = substitution.apply(args.as_ref());
                let subject = self.dispatch.konst(*konst, args);
                self.step(subject, EdgeKind::Const, Some(one));
            }
            Target::Static(item) => self.step(Subject::Static(*item), EdgeKind::Const, Some(one)),
            Target::Drop(ty) => {
                let ty = substitution.instantiate(ty.as_ref());
                if tree_size(ty, &mut FxHashMap::default()) > MAX_ARGS_SIZE {
                    self.out.troubles.push("type too large");
                    return;
                }
                let ty = substitution.normalize(ty);
                self.step(Subject::Drop(ty.store()), EdgeKind::Drop, Some(one));
            }
            Target::Unsize(from, to) => {
                let (from, to) = (
                    substitution.apply(from.as_ref()),
                    substitution.apply(to.as_ref()),
                );
                for (subject, kind) in self.dispatch.unsize(from, to) {
                    self.step(subject, kind, Some(one));
                }
            }
            Target::Await(ty) => {
                let ty = substitution.apply(ty.as_ref());
                self.awaits(ty, one);
            }
        }
    }

    fn call(&mut self, function: FunctionId, args: GenericArgs<'db>, one: Option<&Use>) {
        for (subject, kind) in self.dispatch.call(function, args) {
            self.step(subject, kind, one);
        }
    }

    /// `IntoFuture::into_future`, then `Future::poll` on what it gives.
    fn awaits(&mut self, ty: Ty<'db>, one: &Use) {
        let items = self.dispatch.substitution.interner.lang_items();
        if let Some(function) = items.IntoFutureIntoFuture {
            self.call(
                function,
                GenericArgs::new_from_slice(&[ty.into()]),
                Some(one),
            );
        }
        if let (Some(function), Some(future)) = (items.FuturePoll, self.future_of(ty)) {
            self.call(
                function,
                GenericArgs::new_from_slice(&[future.into()]),
                Some(one),
            );
        }
    }

    /// `<ty as IntoFuture>::IntoFuture`.
    fn future_of(&self, ty: Ty<'db>) -> Option<Ty<'db>> {
        let substitution = self.dispatch.substitution;
        let trait_ = substitution.interner.lang_items().IntoFuture?;
        let future =
            trait_
                .trait_items(self.db())
                .items
                .iter()
                .find_map(|(name, item)| match *item {
                    AssocItemId::TypeAliasId(id) if name.as_str() == "IntoFuture" => Some(id),
                    _ => None,
                })?;
        let kind = Projection {
            def_id: future.into(),
        };
        let future = Ty::new_alias(
            substitution.interner,
            AliasTy::new(substitution.interner, kind, [ty]),
        );
        Some(substitution.normalize(future))
    }

    fn drop(&mut self, ty: Ty<'db>) {
        let db = self.db();
        let std = &self.collector.shared.std;
        for (subject, kind) in self
            .dispatch
            .drop_glue(ty, &|adt| std.contains(&adt.krate(db)))
        {
            self.step(subject, kind, None);
        }
    }

    /// Adds an edge, unless it leads into std without a way back.
    fn step(&mut self, subject: Subject, kind: EdgeKind, one: Option<&Use>) {
        self.power(&subject, one);
        let Some((subject, has_params)) = self.bounded(subject) else {
            return;
        };
        let own_env = match (&subject, kind) {
            // Widened to the definition: its own parameters are opaque.
            (Subject::Function(def, _), EdgeKind::Widened) if has_params => Some((*def).into()),
            _ if has_params => self.env.or(match &subject {
                Subject::Function(def, _) => Some((*def).into()),
                Subject::Const(def, _) => Some((*def).into()),
                _ => None,
            }),
            _ => None,
        };
        let uncertain = kind == EdgeKind::Widened;
        let escapes = one.is_some_and(|one| one.escapes) || kind == EdgeKind::Vtable;
        let in_const = one.is_some_and(|one| one.in_const);
        if !self.seen.insert((subject.clone(), in_const, escapes)) {
            return;
        }
        let kind = match one {
            Some(one) if kind == EdgeKind::Call && one.in_closure => EdgeKind::Closure,
            Some(one) if kind == EdgeKind::Call && one.in_macro => EdgeKind::Macro,
            _ => kind,
        };
        self.out.steps.push(Step {
            to: Instance {
                subject,
                env: own_env,
            },
            kind,
            line: one.map_or(0, |one| one.line),
            in_const,
            escapes,
            uncertain,
        });
    }

    /// Notes a call that gives the user's code a power.
    fn power(&mut self, subject: &Subject, one: Option<&Use>) {
        if let Subject::Function(id, _) = subject
            && !self.in_std
            && let Some(power) = self.collector.shared.power(self.db(), *id)
        {
            let line = one.map_or(0, |one| one.line);
            self.out.powers.push((*id, power, line));
        }
    }

    /// Drops what can't matter (std without a way back) and widens what is too large.
    fn bounded(&mut self, subject: Subject) -> Option<(Subject, bool)> {
        match subject {
            Subject::Function(def, args) => {
                let borrowed: GenericArgs<'db> = args.as_ref();
                if self.taint.is_std(def) && !self.taint.of_args(borrowed) {
                    return None;
                }
                if too_large(borrowed) {
                    self.out.troubles.push("type too large");
                    let identity = GenericArgs::identity_for_item(
                        self.dispatch.substitution.interner,
                        def.into(),
                    );
                    return Some((Subject::Function(def, identity.store()), true));
                }
                let has_params = borrowed.has_param();
                Some((Subject::Function(def, args), has_params))
            }
            Subject::Const(def, args) => {
                let borrowed: GenericArgs<'db> = args.as_ref();
                if self.taint.is_std(def) && !self.taint.of_args(borrowed) {
                    return None;
                }
                let has_params = borrowed.has_param();
                Some((Subject::Const(def, args), has_params))
            }
            Subject::Static(def) => {
                (!self.taint.is_std(def)).then_some((Subject::Static(def), false))
            }
            Subject::Derive(derive, method, args) => {
                let borrowed: GenericArgs<'db> = args.as_ref();
                let std = self
                    .collector
                    .shared
                    .std
                    .contains(&derive.loc(self.db()).adt.krate(self.db()));
                if std && !self.taint.of_args(borrowed) {
                    return None;
                }
                let has_params = borrowed.has_param();
                Some((Subject::Derive(derive, method, args), has_params))
            }
            Subject::Drop(ty) => {
                let borrowed: Ty<'db> = ty.as_ref();
                if !holds_something(borrowed) || !self.taint.of_type(borrowed) {
                    return None;
                }
                let has_params = borrowed.has_param();
                Some((Subject::Drop(ty), has_params))
            }
            Subject::Kept(_) => Some((subject, false)),
        }
    }
}

/// Types whose drop glue can call something.
fn holds_something(ty: Ty<'_>) -> bool {
    matches!(
        ty.kind(),
        TyKind::Adt(..)
            | TyKind::Tuple(_)
            | TyKind::Array(..)
            | TyKind::Slice(_)
            | TyKind::Closure(..)
            | TyKind::Coroutine(..)
            | TyKind::CoroutineClosure(..)
    )
}
