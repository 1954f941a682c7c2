//! Where execution can start (DESIGN §2): `main`, a library's nameable items, proc macros,
//! tests, and what runs without being called.

use ra_ap_base_db::Crate;
use ra_ap_hir_def::item_scope::ItemScope;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_def::{AssocItemId, FunctionId, GenericDefId, ImplId, ItemContainerId, ModuleDefId, StaticId};
use ra_ap_hir_expand::name::Name;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::method_resolution::TraitImpls;
use ra_ap_hir_ty::next_solver::{DbInterner, GenericArgs, SolverDefId};
use ra_ap_rustc_type_ir::inherent::GenericArgs as _;
use ra_ap_rustc_type_ir::TypeVisitableExt;
use ra_ap_hir_ty::next_solver::Ty;
use ra_ap_intern::Symbol;

use super::instance::{Instance, Subject};
use super::items::{Definition, Row};
use crate::model::{Domain, Domains, Unit, UnitKind};

#[derive(Debug, Clone)]
pub(crate) struct Root {
    pub(crate) instance: Instance,
    pub(crate) domain: Domain,
    pub(crate) why: &'static str,
}

/// The roots that one unit adds. `selected`: it is one of the targets asked for.
pub(crate) fn of_unit(db: &dyn HirDatabase, unit: &Unit, krate: Crate, rows: &[Row], selected: bool, wanted: Domains) -> Vec<Root> {
    let mut roots = Roots { db, krate, domain: Domain::Run, out: Vec::new() };
    match unit.kind {
        UnitKind::BuildScript => roots.program(Domain::Build),
        UnitKind::ProcMacro => roots.named(rows, Domain::Macro, "proc macro", |row| row.is_public),
        _ if !selected => {}
        _ if unit.test_harness => {
            roots.named(rows, Domain::Dev, "test", |row| row.is_test);
            // Without the harness (`harness = false`) a test target has its own `main`.
            roots.program(Domain::Dev);
        }
        UnitKind::Lib => roots.library(rows),
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
    roots.out.retain(|root| wanted.contains(root.domain));
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
        let main = scope.get(&Name::new_symbol_root(Symbol::intern("main"))).values;
        if let Some(ModuleDefId::FunctionId(main)) = main.map(|item| item.def) {
            self.function(main, "main");
            self.termination(main);
        }
    }

    /// `main` may return a `Result`: the runtime reports it.
    fn termination(&mut self, main: FunctionId) {
        let interner = DbInterner::new_with(self.db, self.krate);
        let Some(trait_) = interner.lang_items().Termination else { return };
        let signature = self.db.callable_item_signature(main.into()).instantiate_identity().skip_norm_wip();
        let output: Ty<'_> = signature.skip_binder().output();
        let report = trait_.trait_items(self.db).items.iter().find_map(|(_, item)| match *item {
            AssocItemId::FunctionId(id) => Some(id),
            _ => None,
        });
        if let (Some(report), false) = (report, output.has_escaping_bound_vars()) {
            let args = GenericArgs::new_from_slice(&[output.into()]);
            self.push(Subject::Function(report, args.store()), None, "main's result");
        }
    }

    fn library(&mut self, rows: &[Row]) {
        let before = self.out.len();
        self.named(rows, Domain::Run, "public item", |row| row.is_public && !row.is_test);
        for row in rows {
            // Impls of traits can be called wherever the trait is known.
            if let Definition::Function(id) = row.def {
                if matches!(id.loc(self.db).container, ItemContainerId::ImplId(of) if self.db.impl_trait(of).is_some()) && !row.nested {
                    self.function(id, "public item");
                }
            }
            if let Definition::Derive(id, index) = row.def {
                let method = id.loc(self.db).trait_.all_methods().get(usize::from(index)).copied();
                let args = GenericArgs::identity_for_item(DbInterner::new_with(self.db, self.krate), SolverDefId::AdtId(id.loc(self.db).adt));
                let env: GenericDefId = id.loc(self.db).adt.into();
                if let Some(method) = method {
                    let env = (!args.is_empty()).then_some(env);
                    self.push(Subject::Derive(id, method, args.store()), env, "public item");
                }
            }
            if let (Definition::Other(ModuleDefId::ConstId(id)), true) = (row.def, row.is_public) {
                let args = GenericArgs::new_from_slice(&[]);
                self.push(Subject::Const(id, args.store()), None, "public item");
            }
            if let (Definition::Static(id), true) = (row.def, row.is_public) {
                self.push(Subject::Static(id), None, "public item");
            }
        }
        debug_assert!(before <= self.out.len());
    }

    fn named(&mut self, rows: &[Row], domain: Domain, why: &'static str, choose: impl Fn(&Row) -> bool) {
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
        let ty = self.db.type_for_static(id).instantiate_identity().skip_norm_wip();
        let outline = ra_ap_rustc_type_ir::fast_reject::simplify_type(
            DbInterner::new_with(self.db, self.krate),
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
            let Some(trait_ref) = self.db.impl_trait(id) else { continue };
            let name = super::path::trait_(self.db, trait_ref.instantiate_identity().skip_norm_wip().def_id.0);
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
        let interner = DbInterner::new_with(self.db, self.krate);
        let args = GenericArgs::identity_for_item(interner, id.into());
        let args = super::substitute::erase(interner, args);
        let env = args.has_param().then_some(GenericDefId::FunctionId(id));
        self.push(Subject::Function(id, args.store()), env, why);
    }

    fn push(&mut self, subject: Subject, env: Option<GenericDefId>, why: &'static str) {
        self.out.push(Root { instance: Instance { subject, env }, domain: self.domain, why });
    }
}
