//! Where execution can start (DESIGN §2): `main`, a library's nameable items, proc macros,
//! tests, and what runs without being called.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::item_scope::ItemScope;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::visibility::Visibility;
use ra_ap_hir_def::{
    AdtId, AssocItemId, BuiltinDeriveImplId, FunctionId, GenericDefId, HasModule, ImplId,
    ItemContainerId, ModuleDefId, StaticId,
};
use ra_ap_hir_expand::name::Name;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::method_resolution::TraitImpls;
use ra_ap_hir_ty::next_solver::Ty;
use ra_ap_hir_ty::next_solver::util::explicit_item_bounds;
use ra_ap_hir_ty::next_solver::{
    AliasTyKind, Clause, ClauseKind, GenericArgs, SolverDefId, TyKind, Unnormalized,
};
use ra_ap_intern::Symbol;
use ra_ap_rustc_type_ir::TypeVisitableExt;
use ra_ap_rustc_type_ir::elaborate::supertraits;
use ra_ap_rustc_type_ir::inherent::{GenericArgs as _, IntoKind};

use super::instance::{Instance, Subject};
use super::items::{self, Definition, Row};
use crate::model::{Domain, Unit, UnitKind};
use crate::options::{ASKED_FOR, Options};
use crate::ra::view;
use crate::ra::visible::{Visible, exported};

#[derive(Debug, Clone)]
pub(crate) struct Root {
    pub(crate) instance: Instance,
    pub(crate) domain: Domain,
    pub(crate) why: &'static str,
}

/// The roots that one unit adds. `selected`: it is one of the targets asked for.
pub(crate) fn of_unit(
    db: &dyn HirDatabase,
    unit: &Unit,
    krate: Crate,
    rows: &[Row],
    selected: bool,
    options: &Options,
) -> Vec<Root> {
    let mut roots = Roots {
        db,
        krate,
        domain: Domain::Run,
        out: Vec::new(),
    };
    match unit.kind {
        UnitKind::BuildScript => roots.program(Domain::Build),
        UnitKind::ProcMacro => {
            let def_map = crate_def_map(db, krate);
            roots.named(rows, Domain::Macro, "proc macro", |row| {
                matches!(row.def, Definition::Function(id) if def_map.fn_as_proc_macro(id).is_some())
            });
        }
        _ if !selected => {}
        _ if unit.test_harness => {
            roots.named(rows, Domain::Dev, "test", |row| row.is_test);
        }
        UnitKind::Lib => {
            roots.library(rows);
            roots.asked_for(&options.start);
        }
        UnitKind::Bin => roots.program(Domain::Run),
        UnitKind::Example | UnitKind::Test | UnitKind::Bench => roots.program(Domain::Dev),
    }
    for domain in unit.domains.iter() {
        roots.domain = domain;
        for row in rows {
            if let Some(why) = row.uncalled {
                roots.uncalled(row, why);
            }
        }
    }
    roots
        .out
        .retain(|root| options.domains.contains(root.domain));
    roots.out
}

struct Roots<'db> {
    db: &'db dyn HirDatabase,
    krate: Crate,
    domain: Domain,
    out: Vec<Root>,
}

impl Roots<'_> {
    fn program(&mut self, domain: Domain) {
        self.domain = domain;
        let def_map = crate_def_map(self.db, self.krate);
        let scope: &ItemScope = &def_map[def_map.root_module_id()].scope;
        let main = scope
            .get(&Name::new_symbol_root(Symbol::intern("main")))
            .values;
        if let Some(ModuleDefId::FunctionId(main)) = main.map(|item| item.def) {
            self.function(main, "main");
            self.termination(main);
        }
    }

    /// `main` may return a `Result`: the runtime reports it.
    fn termination(&mut self, main: FunctionId) {
        let interner = view::of(self.db, self.krate);
        let Some(trait_) = interner.lang_items().Termination else {
            return;
        };
        let signature = self
            .db
            .callable_item_signature(main.into())
            .instantiate_identity()
            .skip_norm_wip();
        let output: Ty<'_> = signature.skip_binder().output();
        let report = trait_
            .trait_items(self.db)
            .items
            .iter()
            .find_map(|(_, item)| match *item {
                AssocItemId::FunctionId(id) => Some(id),
                _ => None,
            });
        if let (Some(report), false) = (report, output.has_escaping_bound_vars()) {
            let args = GenericArgs::new_from_slice(&[output.into()]);
            self.push(
                Subject::Function(report, args.store()),
                None,
                "main's result",
            );
        }
    }

    fn library(&mut self, rows: &[Row]) {
        let visible = Visible::of(self.db, self.krate);
        self.named(rows, Domain::Run, "public item", |row| {
            row.is_public && !row.is_test
        });
        for row in rows.iter().filter(|row| !row.nested) {
            match row.def {
                // Whoever has a value can call what it has; what is public is a root already.
                Definition::Function(id) if !row.is_public && self.callable(id, &visible) => {
                    self.function(id, "public item");
                }
                Definition::Derive(id, index) if visible.has_type(self.db, id.loc(self.db).adt) => {
                    self.derive(id, index);
                }
                Definition::Other(ModuleDefId::ConstId(id)) if row.is_public => {
                    let args = GenericArgs::new_from_slice(&[]);
                    self.push(Subject::Const(id, args.store()), None, "public item");
                }
                Definition::Static(id) if row.is_public => {
                    self.push(Subject::Static(id), None, "public item");
                }
                _ => {}
            }
        }
        for id in visible.types(self.db) {
            self.dropped(id);
        }
        for (ty, owner) in visible.opaque(self.db) {
            self.hidden(ty, owner);
        }
        self.reexported();
    }

    /// Whether another crate can call a function of an impl or trait: it can meet the type and
    /// the trait, or the type's public method.
    fn callable(&self, id: FunctionId, visible: &Visible<'_>) -> bool {
        let db = self.db;
        match id.loc(db).container {
            ItemContainerId::ImplId(of) => {
                let is_open = db.impl_trait(of).is_some()
                    || AssocItemId::FunctionId(id).assoc_visibility(db) == Visibility::Public;
                is_open && visible.has_impl(db, of)
            }
            ItemContainerId::TraitId(of) => visible.has_trait(db, of),
            ItemContainerId::ModuleId(_) | ItemContainerId::ExternBlockId(_) => false,
        }
    }

    /// A value that others have ends with them.
    fn dropped(&mut self, id: AdtId) {
        let interner = view::of(self.db, self.krate);
        let args = GenericArgs::identity_for_item(interner, SolverDefId::AdtId(id));
        let args = super::substitute::erase(interner, args);
        let ty = Ty::new_adt(interner, id, args);
        let env = args.has_param().then_some(GenericDefId::AdtId(id));
        self.push(Subject::Drop(ty.store()), env, "public type");
    }

    /// What `impl Trait` of a function lets a caller call on the type that it hides, and its end.
    /// Of methods with parameters of their own those of the hidden type are roots by themselves.
    fn hidden(&mut self, ty: Ty<'_>, owner: FunctionId) {
        const WHY: &str = "returned opaque type";
        let interner = view::of(self.db, self.krate);
        let TyKind::Alias(alias) = ty.kind() else {
            return;
        };
        let AliasTyKind::Opaque { def_id } = alias.kind else {
            return;
        };
        let env = Some(GenericDefId::FunctionId(owner));
        let bounds: Vec<Clause<'_>> = explicit_item_bounds(interner, def_id.into())
            .iter_instantiated(interner, alias.args.as_slice())
            .map(Unnormalized::skip_norm_wip)
            .collect();
        for bound in bounds {
            let kind = bound.kind();
            let ClauseKind::Trait(predicate) = kind.skip_binder() else {
                continue;
            };
            for trait_ref in supertraits(interner, kind.rebind(predicate.trait_ref)) {
                let trait_ref = interner.instantiate_bound_regions_with_erased(trait_ref);
                let trait_ref = super::substitute::erase(interner, trait_ref);
                for &(_, item) in &trait_ref.def_id.0.trait_items(self.db).items {
                    let AssocItemId::FunctionId(method) = item else {
                        continue;
                    };
                    let own = GenericArgs::identity_for_item(interner, method.into());
                    if own.len() == trait_ref.args.len() {
                        self.push(Subject::Function(method, trait_ref.args.store()), env, WHY);
                    }
                }
            }
        }
        let ty = super::substitute::erase(interner, ty);
        self.push(Subject::Drop(ty.store()), env, WHY);
    }

    /// `pub use dep::function`: the library hands it on.
    fn reexported(&mut self) {
        let mut functions: Vec<FunctionId> = exported(self.db, self.krate)
            .into_iter()
            .filter_map(|def| match def {
                ModuleDefId::FunctionId(id) if id.krate(self.db) != self.krate => Some(id),
                _ => None,
            })
            .collect();
        // By name: numbers depend on the order in which threads made them.
        functions.sort_by_cached_key(|&id| {
            items::of_function(self.db, id).map(|row| (row.path, row.standing.place.line))
        });
        for id in functions {
            self.function(id, "re-exported item");
        }
    }

    /// What the user names by path.
    fn asked_for(&mut self, paths: &[String]) {
        for path in paths {
            for id in super::start::functions(self.db, self.krate, path) {
                self.function(id, ASKED_FOR);
            }
        }
    }

    fn derive(&mut self, id: BuiltinDeriveImplId, index: u8) {
        let adt = id.loc(self.db).adt;
        let interner = view::of(self.db, self.krate);
        let args = super::substitute::erase(
            interner,
            GenericArgs::identity_for_item(interner, SolverDefId::AdtId(adt)),
        );
        if let Some(method) = id.loc(self.db).trait_.all_methods().get(usize::from(index)) {
            let env = args.has_param().then_some(adt.into());
            self.push(
                Subject::Derive(id, *method, args.store()),
                env,
                "public item",
            );
        }
    }

    fn named(
        &mut self,
        rows: &[Row],
        domain: Domain,
        why: &'static str,
        choose: impl Fn(&Row) -> bool,
    ) {
        self.domain = domain;
        for row in rows.iter().filter(|row| choose(row)) {
            if let Definition::Function(id) = row.def {
                self.function(id, why);
            }
        }
    }

    fn uncalled(&mut self, row: &Row, why: &'static str) {
        match row.def {
            Definition::Function(id) => self.function(id, why),
            Definition::Static(id) => {
                self.push(Subject::Static(id), None, why);
                if why == "global_allocator" {
                    self.allocator(id);
                }
            }
            _ => {}
        }
    }

    /// Every method that the allocator's type defines for `GlobalAlloc`.
    fn allocator(&mut self, id: StaticId) {
        let ty = self
            .db
            .type_for_static(id)
            .instantiate_identity()
            .skip_norm_wip();
        let outline = ra_ap_rustc_type_ir::fast_reject::simplify_type(
            view::of(self.db, self.krate),
            ty,
            ra_ap_rustc_type_ir::fast_reject::TreatParams::AsRigid,
        );
        let Some(outline) = outline else { return };
        let mut impls: Vec<ImplId> = Vec::new();
        for one in TraitImpls::for_crate_and_deps(self.db, self.krate) {
            one.for_self_ty(&outline, |found| {
                if let either::Either::Left(found) = found {
                    impls.extend(found);
                }
            });
        }
        for id in impls {
            let Some(trait_ref) = self.db.impl_trait(id) else {
                continue;
            };
            let name = super::path::trait_(
                self.db,
                trait_ref.instantiate_identity().skip_norm_wip().def_id.0,
            );
            if name == "core::alloc::global::GlobalAlloc" {
                for (_, item) in &id.impl_items(self.db).items {
                    if let AssocItemId::FunctionId(function) = *item {
                        self.function(function, "global_allocator");
                    }
                }
            }
        }
    }

    fn function(&mut self, id: FunctionId, why: &'static str) {
        let interner = view::of(self.db, self.krate);
        let args = GenericArgs::identity_for_item(interner, id.into());
        let args = super::substitute::erase(interner, args);
        let env = args.has_param().then_some(GenericDefId::FunctionId(id));
        self.push(Subject::Function(id, args.store()), env, why);
    }

    fn push(&mut self, subject: Subject, env: Option<GenericDefId>, why: &'static str) {
        self.out.push(Root {
            instance: Instance { subject, env },
            domain: self.domain,
            why,
        });
    }
}
