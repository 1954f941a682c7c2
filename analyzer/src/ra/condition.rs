//! Conditions that the compiler decides before it collects: `if cfg!(…)`, `if OFF`,
//! `if C::FAST`, a `match` on a constant, a const parameter.
//!
//! Evaluates literals, logic, comparisons of scalars and consts made of them, nothing else: a
//! condition that is decided wrongly would hide code that runs, so what is not understood is
//! left open. (rust-analyzer's own evaluator is not asked for the same reason.)

use ra_ap_hir_def::expr_store::Body;
use ra_ap_hir_def::expr_store::HygieneId;
use ra_ap_hir_def::expr_store::path::Path;
use ra_ap_hir_def::hir::{
    ArithOp, BinaryOp, CmpOp, Expr, ExprId, Literal, LogicOp, Ordering, UnaryOp,
};
use ra_ap_hir_def::resolver::{HasResolver, ValueNs};
use ra_ap_hir_def::{ConstId, DefWithBodyId, ItemContainerId};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::method_resolution::CandidateId;
use ra_ap_hir_ty::next_solver::{ConstKind, DbInterner, GenericArgs, StoredGenericArgs};
use ra_ap_hir_ty::{InferBodyId, InferenceResult, type_or_const_param_idx};
use ra_ap_rustc_type_ir::inherent::{IntoKind, ValueConst as _};

/// A scalar known at compile time; `bool` as 0 and 1.
pub(crate) type Value = i128;

/// An expression as far as it can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Known(Value),
    /// A const, with the arguments of the body's own parameters.
    Const(ConstId, StoredGenericArgs),
    /// The body's generic parameter of this index.
    Param(usize),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Equal(Box<Condition>, Box<Condition>),
    Less(Box<Condition>, Box<Condition>),
    Open,
}

impl Condition {
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Known(value) => Self::Known(Value::from(value == 0)),
            Self::Open => Self::Open,
            other => Self::Not(Box::new(other)),
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(0), _) | (_, Self::Known(0)) => Self::Known(0),
            (Self::Known(_), other) | (other, Self::Known(_)) => other,
            (Self::Open, Self::Open) => Self::Open,
            (a, b) => Self::And(Box::new(a), Box::new(b)),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// What the text alone decides.
    pub(crate) fn known(&self) -> Option<bool> {
        match self {
            Self::Known(value) => Some(*value != 0),
            _ => None,
        }
    }

    /// The value with `args` for the body's parameters; `None`: open.
    pub(crate) fn value<'db>(
        &self,
        resolve: &dyn Fn(ConstId, GenericArgs<'db>) -> Option<Value>,
        args: GenericArgs<'db>,
    ) -> Option<Value> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Const(konst, own) => resolve(*konst, own.as_ref()),
            Self::Param(index) => scalar(args.get(*index)?.konst()?),
            Self::Not(inner) => inner
                .value(resolve, args)
                .map(|value| Value::from(value == 0)),
            Self::And(a, b) => match (a.value(resolve, args), b.value(resolve, args)) {
                (Some(0), _) | (_, Some(0)) => Some(0),
                (Some(_), Some(_)) => Some(1),
                _ => None,
            },
            Self::Equal(a, b) => Some(Value::from(
                a.value(resolve, args)? == b.value(resolve, args)?,
            )),
            Self::Less(a, b) => Some(Value::from(
                a.value(resolve, args)? < b.value(resolve, args)?,
            )),
            Self::Open => None,
        }
    }
}

fn scalar(konst: ra_ap_hir_ty::next_solver::Const<'_>) -> Option<Value> {
    match konst.kind() {
        ConstKind::Value(value) => {
            let leaf = value.valtree().inner().try_to_leaf()?;
            Value::try_from(leaf.to_uint_unchecked()).ok()
        }
        _ => None,
    }
}

/// Lowers expressions of one body.
pub(crate) struct Lower<'a, 'db> {
    pub(crate) db: &'db dyn HirDatabase,
    pub(crate) body: &'db Body,
    pub(crate) infer: &'db InferenceResult<'db>,
    pub(crate) resolve: &'a mut dyn FnMut(ExprId, &Path, HygieneId) -> Option<ValueNs>,
}

impl Lower<'_, '_> {
    pub(crate) fn expr(&mut self, id: ExprId) -> Condition {
        match &self.body[id] {
            Expr::Literal(Literal::Bool(value)) => Condition::Known(Value::from(*value)),
            Expr::Literal(Literal::Int(value, _)) => Condition::Known(*value),
            Expr::Literal(Literal::Uint(value, _)) => {
                Value::try_from(*value).map_or(Condition::Open, Condition::Known)
            }
            Expr::Literal(Literal::Char(value)) => Condition::Known(Value::from(u32::from(*value))),
            Expr::UnaryOp {
                expr,
                op: UnaryOp::Not,
            } if self.infer.expr_ty(id).is_bool() => self.expr(*expr).not(),
            Expr::BinaryOp {
                lhs,
                rhs,
                op: Some(op),
            } => self.binary(*lhs, *rhs, *op),
            Expr::Block {
                statements,
                tail: Some(tail),
                ..
            } if statements.is_empty() => self.expr(*tail),
            Expr::Const(inner) => self.expr(*inner),
            Expr::Path(path) => self.path(id, path),
            _ => Condition::Open,
        }
    }

    fn binary(&mut self, lhs: ExprId, rhs: ExprId, op: BinaryOp) -> Condition {
        let (a, b) = (self.expr(lhs), self.expr(rhs));
        match op {
            BinaryOp::LogicOp(LogicOp::And) => a.and(b),
            BinaryOp::LogicOp(LogicOp::Or) => a.or(b),
            BinaryOp::CmpOp(_) if a == Condition::Open || b == Condition::Open => Condition::Open,
            BinaryOp::CmpOp(CmpOp::Eq { negated }) => {
                let equal = Condition::Equal(Box::new(a), Box::new(b));
                if negated { equal.not() } else { equal }
            }
            BinaryOp::CmpOp(CmpOp::Ord { ordering, strict }) => match (ordering, strict) {
                (Ordering::Less, true) => Condition::Less(Box::new(a), Box::new(b)),
                (Ordering::Greater, true) => Condition::Less(Box::new(b), Box::new(a)),
                (Ordering::Less, false) => Condition::Less(Box::new(b), Box::new(a)).not(),
                (Ordering::Greater, false) => Condition::Less(Box::new(a), Box::new(b)).not(),
            },
            BinaryOp::ArithOp(ArithOp::BitAnd | ArithOp::BitOr | _)
            | BinaryOp::Assignment { .. } => Condition::Open,
        }
    }

    fn path(&mut self, id: ExprId, path: &Path) -> Condition {
        if let Some((CandidateId::ConstId(konst), args)) = self.infer.assoc_resolutions_for_expr(id)
        {
            return Condition::Const(konst, args.store());
        }
        match (self.resolve)(id, path, self.body.expr_path_hygiene(id)) {
            Some(ValueNs::ConstId(konst))
                if !matches!(konst.loc(self.db).container, ItemContainerId::TraitId(_)) =>
            {
                let args = GenericArgs::empty(DbInterner::new_no_crate(self.db));
                Condition::Const(konst, args.store())
            }
            Some(ValueNs::GenericParam(param)) => {
                let index = type_or_const_param_idx(self.db, param.into());
                Condition::Param(index as usize)
            }
            _ => Condition::Open,
        }
    }
}

/// The value of a const's own body.
pub(crate) fn of_const(db: &dyn HirDatabase, konst: ConstId) -> Condition {
    let def = DefWithBodyId::ConstId(konst);
    let body = Body::of(db, def);
    let mut resolve = |id: ExprId, path: &Path, hygiene: HygieneId| {
        let scopes = ra_ap_hir_def::expr_store::scope::ExprScopes::body_expr_scopes(db, def);
        let resolver = match scopes.scope_for(id) {
            Some(scope) => ra_ap_hir_def::resolver::resolver_for_scope(db, def, Some(scope)),
            None => def.resolver(db),
        };
        resolver.resolve_path_in_value_ns_fully(db, path, hygiene)
    };
    let infer = InferenceResult::of(db, InferBodyId::DefWithBodyId(def));
    Lower {
        db,
        body,
        infer,
        resolve: &mut resolve,
    }
    .expr(body.root_expr())
}
