//! Keeps the trait solver's cache to one crate's view at a time.
//!
//! rust-analyzer keeps the goals that it solved per thread, keyed by the goal and not by the
//! crate that asks; but which impls exist depends on who asks. `char: PartialOrd<_>` has one
//! answer in core, and two in a crate that compares `char` with a type of its own. With such a
//! goal left over from another crate's body, inference would go one way or the other by the
//! order of work. So each view has a cache of its own (`vendor/rustc_type_ir`): [`of`] turns to it
//! where this project asks. Inference that a query starts within another announces itself by its
//! tracing span, but not for whom it is: it begins with nothing, and leaves nothing behind.

use std::cell::{Cell, RefCell};

use ra_ap_base_db::Crate;
use ra_ap_base_db::salsa::plumbing::AsId;
use ra_ap_hir_def::{DefWithBodyId, HasModule};
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::DbInterner;
use ra_ap_hir_ty::next_solver::interner::clear_tls_solver_cache;
use ra_ap_hir_ty::{InferenceResult, LoweringMode, infer_query_with_inspect, with_attached_db};
use ra_ap_rustc_type_ir::{Interner, TypeVisitableExt};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber};

thread_local! {
    /// Whose goals the cache holds; `None`: nobody's in particular.
    static VIEW: Cell<Option<Crate>> = const { Cell::new(None) };
    /// The next inference to start is the one that [`infer`] asked for.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
    /// Inferences that are under way, outermost first: whether [`infer`] asked for them.
    static UNDER_WAY: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
}

/// From here on this thread looks from `krate`.
pub(crate) fn of(db: &dyn HirDatabase, krate: Crate) -> DbInterner<'_> {
    // Also makes the cache this database's, which the solver asserts in debug builds.
    let interner = DbInterner::new_with(db, krate);
    if VIEW.replace(Some(krate)) != Some(krate) {
        turn(interner, Some(krate));
    }
    interner
}

fn turn(interner: DbInterner<'_>, to: Option<Crate>) {
    let to = to.map(|krate| krate.as_id().index());
    interner.with_global_cache(|cache| cache.turn_to(to));
}

/// A view for this thread if it has none yet.
pub(crate) fn start(db: &dyn HirDatabase, krate: Crate) {
    if VIEW.get().is_none() {
        of(db, krate);
    }
}

/// What `read` finds in the inference of a body, made from the view of its own crate.
///
/// Nobody asks for a function's inference again, unless its type hides one that only its body
/// tells. So it is no query: those note everything that they read, and keep what they found.
pub(crate) fn infer<'db, T>(
    db: &'db dyn HirDatabase,
    def: DefWithBodyId,
    read: impl FnOnce(&InferenceResult<'db>) -> T,
) -> T {
    of(db, def.krate(db));
    EXPECTED.set(true);
    let own;
    let found = if is_asked_for(db, def) {
        InferenceResult::of(db, def)
    } else {
        own = infer_query_with_inspect(db, def, None, LoweringMode::Analysis);
        &own
    };
    // It was known and no span was entered.
    EXPECTED.set(false);
    read(found)
}

fn is_asked_for(db: &dyn HirDatabase, def: DefWithBodyId) -> bool {
    let DefWithBodyId::FunctionId(id) = def else {
        return true;
    };
    let signature = db.callable_item_signature(id.into());
    signature.skip_binder().has_opaque_types()
}

/// Another's inference began or ended, within ours or within another's: only ours has a view to
/// turn to.
fn interrupt() {
    let Some(view) = VIEW.get() else {
        return clear_tls_solver_cache();
    };
    let is_ours = UNDER_WAY.with_borrow(|open| open.last().is_none_or(|&own| own));
    with_attached_db(|db| turn(DbInterner::new_with(db, view), is_ours.then_some(view)));
}

/// Runs `work` with nested inference noticed.
pub(crate) fn watched<T>(spans: &Dispatch, work: impl FnOnce() -> T) -> T {
    tracing::dispatcher::with_default(spans, work)
}

pub(crate) fn spans() -> Dispatch {
    Dispatch::new(Spans)
}

/// Listens to the spans of inference and to nothing else.
struct Spans;

const INFERENCE: [&str; 2] = ["infer_query", "infer_anon_const_query"];

impl Subscriber for Spans {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    /// The trait solver's own spans are finer, and do not have to ask.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && INFERENCE.contains(&metadata.name())
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {
        let own = EXPECTED.replace(false);
        UNDER_WAY.with_borrow_mut(|open| open.push(own));
        if !own {
            interrupt();
        }
    }

    fn exit(&self, _: &Id) {
        if UNDER_WAY.with_borrow_mut(Vec::pop) == Some(false) {
            interrupt();
        }
    }
}

/// What `vendor/rustc_type_ir` adds to the solver's cache.
#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::rc::Rc;

    use ra_ap_rustc_type_ir::search_graph::{Cx, GlobalCache};

    #[derive(Clone, Copy)]
    struct Numbers;

    impl Cx for Numbers {
        type Input = u32;
        type Result = u32;
        type AmbiguityInfo = u32;
        type Relevance = u32;
        type Impl = u32;
        type DepNodeIndex = ();
        type Tracked<T: Debug + Clone> = T;

        fn mk_tracked<T: Debug + Clone>(self, data: T, (): ()) -> T {
            data
        }

        fn get_tracked<T: Debug + Clone>(self, tracked: &T) -> T {
            tracked.clone()
        }

        fn with_cached_task<T>(self, task: impl FnOnce() -> T) -> (T, ()) {
            (task(), ())
        }

        fn with_global_cache<R>(self, ask: impl FnOnce(&mut GlobalCache<Self>) -> R) -> R {
            ask(&mut GlobalCache::new())
        }

        fn assert_evaluation_is_concurrent(&self) {}
    }

    #[test]
    fn a_view_sees_what_was_found_from_it_and_nothing_else() {
        let mut cache = GlobalCache::<Numbers>::new();
        // Before anybody said who asks.
        cache.set_relevant_impls(7, Rc::new([0]));
        cache.turn_to(Some(1));
        assert_eq!(cache.relevant_impls(7), None);
        cache.set_relevant_impls(7, Rc::new([1]));
        cache.turn_to(Some(2));
        assert_eq!(cache.relevant_impls(7), None);
        cache.set_relevant_impls(7, Rc::new([2]));
        cache.turn_to(None);
        assert_eq!(cache.relevant_impls(7), None);
        cache.set_relevant_impls(7, Rc::new([3]));
        cache.turn_to(None);
        assert_eq!(cache.relevant_impls(7), None);
        cache.turn_to(Some(1));
        assert_eq!(cache.relevant_impls(7).as_deref(), Some(&[1][..]));
        cache.turn_to(Some(1));
        assert_eq!(cache.relevant_impls(7).as_deref(), Some(&[1][..]));
        cache.turn_to(Some(2));
        assert_eq!(cache.relevant_impls(7).as_deref(), Some(&[2][..]));
    }
}
