//! Turns what was found into the plain [`Analysis`].
//!
//! `table` holds one row an item and its state, `gaps` what was not understood and which names
//! it may hide, `usage` what is used of items that are no functions, `graph` the witness graph,
//! `probe` what functions call that nothing reaches.

pub(crate) mod extras;
pub(crate) mod gaps;
mod graph;
mod guesses;
mod probe;
mod sight;
mod suspicion;
mod table;
pub(crate) mod usage;

use indexmap::IndexMap;
use ra_ap_base_db::Crate;
use ra_ap_hir_def::ModuleDefId;
use ra_ap_hir_ty::attach_db;
use ra_ap_hir_ty::db::HirDatabase;
use ra_ap_hir_ty::next_solver::GenericArgs;
use ra_ap_ide_db::RootDatabase;
use ra_ap_rustc_type_ir::TypeVisitableExt;
use ra_ap_rustc_type_ir::inherent::GenericArgs as _;
use rustc_hash::{FxHashMap, FxHashSet};

use self::extras::Extras;
use self::gaps::Suspects;
use self::sight::{Sights, Viewpoint};
use self::table::Table;
use self::usage::Usage;
use crate::model::{Analysis, Domains, Gap, Project};
use crate::options::Options;
use crate::ra::database::Database;
use crate::ra::engine::Found;
use crate::ra::instance::{Instance, Subject};
use crate::ra::items::{self, Definition};
use crate::ra::memo;
use crate::ra::memo::record::Record;
use crate::ra::mentions::Understanding;
use crate::ra::view;
use crate::ra::workers::{Hands, Workers};
use crate::reach::Reached;

/// Gaps found in code that is only perhaps reached make more code perhaps reached; this often.
const SUSPECT_ROUNDS: usize = 4;
/// Definitions that a thread takes at a time.
const CHUNK: usize = 64;

/// Where each crate belongs.
pub(crate) struct Home {
    pub(crate) package: usize,
    pub(crate) is_member: bool,
    pub(crate) compiled_in: Domains,
    viewpoint: Viewpoint,
}

/// What is known of gaps before calls are followed.
pub(crate) struct Hidden {
    homes: FxHashMap<Crate, Home>,
    between_items: Suspects,
}

impl Hidden {
    pub(crate) fn find(
        database: &Database,
        project: &Project,
        crates: &[Crate],
        workers: &Workers,
    ) -> Self {
        let homes = homes(database, project);
        let between_items = gaps::between_items(database, &homes, crates, workers);
        Self {
            homes,
            between_items,
        }
    }

    /// Crates of dependencies all of which is in sight of code that is not known, in every
    /// domain: what of them is not surely reached is unknown, as is all that they can name.
    pub(crate) fn doubtful(&self, project: &Project) -> FxHashSet<Crate> {
        let mut sights = Sights::new(project);
        let mut seen = vec![Domains::NONE; project.packages.len()];
        for &from in self.between_items.anything.keys() {
            let sight = sights.from(from);
            for (package, domains) in seen.iter_mut().enumerate() {
                if sight.all.contains(&package) {
                    *domains |= sight.domains;
                }
            }
        }
        let homes = self.homes.iter();
        homes
            .filter(|(_, home)| {
                let in_doubt = home.compiled_in.without(seen[home.package]).is_empty();
                in_doubt && !home.is_member
            })
            .map(|(&krate, _)| krate)
            .collect()
    }
}

pub(crate) fn assemble(
    database: &Database,
    mut project: Project,
    options: &Options,
    hidden: Hidden,
    mut found: Found,
    workers: &Workers,
    progress: &dyn Fn(&str),
) -> (Analysis, Option<Record>) {
    project.notices.extend(database.notices.iter().cloned());
    let (events, denied) = database.macro_server.events();
    let ran_well = events.is_empty() && denied.is_empty();
    project.notices.extend(events);
    project.execution.denied.extend(denied);
    let Hidden {
        homes,
        between_items,
    } = hidden;
    let mut table = Table::new(database, &project, &homes);
    for (krate, rows) in found.crates.iter().zip(&found.rows) {
        table.add_crate(*krate, rows);
    }
    attach_db(&database.db, || table.add_unlisted(&found));

    let reached = found.graph.propagate(&starts(&found, &IndexMap::new()));
    table.mark(&found, &reached);
    let collect = |found: &Found| {
        attach_db(&database.db, || {
            gaps::collect(database, &homes, found, &between_items)
        })
    };
    let mut suspects = collect(&found);
    let mut gaps = suspects.gaps();
    let guessed = guesses::collect(database, &project, &mut suspects, &mut gaps);
    let known = (suspects.names.clone(), suspects.anything.clone());
    let mut perhaps: IndexMap<Instance, Domains> = IndexMap::new();
    // What may be called may call in turn, and may hold gaps of its own.
    for _ in 0..SUSPECT_ROUNDS {
        let suspected = table.suspect(&suspects, &project);
        if suspected.is_empty() {
            break;
        }
        let universe = database.universe;
        let mut open = workers.map(&suspected, CHUNK, |db, &(def, domains)| {
            Some((opaque(db, universe, def)?, domains))
        });
        attach_db(&database.db, || {
            let instances = open.iter_mut().flatten().map(|(instance, _)| instance);
            found.shared.memo.canonical(&database.db, instances);
        });
        for (instance, domains) in open.into_iter().flatten() {
            *perhaps.entry(instance).or_default() |= domains;
        }
        let from = perhaps.keys().map(|one| (one.clone(), false)).collect();
        found.grow(&mut Hands::Shared(database, workers), from, progress);
        attach_db(&database.db, || table.add_unlisted(&found));
        let reached = found.graph.propagate(&starts(&found, &perhaps));
        table.mark(&found, &reached);
        suspects = collect(&found);
        // What guesses hide stays hidden.
        suspects.names.extend(known.0.iter().cloned());
        suspects.anything.extend(known.1.clone());
    }
    found.shared.forget_calls();
    let reached = found.graph.propagate(&starts(&found, &perhaps));
    table.guess(&guessed);
    gaps.extend(found.troubles.iter().map(|(reason, &count)| Gap {
        reason: (*reason).to_owned(),
        package: None,
        place: "while following calls".to_owned(),
        count,
    }));
    if found.graph.truncated {
        gaps.push(Gap {
            reason: "limit reached".into(),
            package: None,
            place: "number of instances".into(),
            count: 1,
        });
    }
    gaps.sort();

    let direct = attach_db(&database.db, || members(database, &homes, &found));
    table.mark_direct(&found, &direct);
    let usage = attach_db(&database.db, || {
        Usage::collect(database, &homes, &project, &found, &reached, workers)
    });
    table.mark_others(&usage);
    let (items, order) = table.finish();
    let (nodes, edges) = graph::graph(database, &found, &order, workers);
    let extras = Extras::new(database, &homes, &found.shared.memo);
    let (powers, shown) = attach_db(&database.db, || {
        let powers = extras::powers(database, &found, &order);
        (powers, extras.collect(&found, &reached))
    });
    let roots = found
        .roots
        .iter()
        .filter_map(|root| {
            Some((
                found.graph.index(&root.instance)?,
                root.domain,
                root.why.into(),
            ))
        })
        .collect();
    let mut analysis = Analysis {
        package_lines: usage::package_lines(database, &project, workers),
        package_used: usage.packages,
        options_domains: options.domains,
        items,
        nodes,
        edges,
        roots,
        gaps,
        probes: Vec::new(),
        facts: Vec::new(),
        unit_files: extras::unit_files(database, &project),
        powers,
        extras: shown,
        instances: found.graph.nodes.len(),
        fallbacks: found.fallbacks,
        bodies: found.shared.bodies() + found.shared.memo.bodies(&found).len(),
        project,
    };
    progress("keeping what can be kept");
    let shown = (&analysis.nodes, &usage.by_body);
    let record = ran_well
        .then(|| memo::keep::record(database, &extras, &found, shown, workers))
        .flatten();
    // Last: it grows the graph, which everything above must not see.
    let probe = probe::Probing {
        database,
        homes: &homes,
        order: &order,
        analysis: &analysis,
    };
    let probes = probe.run(&options.probe, &mut found, workers, progress);
    let understanding = Understanding {
        database,
        analysis: &analysis,
        order: &order,
        inner_impls: found.shared.inner_impls(),
    };
    let facts = understanding.run(&options.understand, workers, progress);
    analysis.probes = probes;
    analysis.facts = facts;
    (analysis, record)
}

fn homes(database: &Database, project: &Project) -> FxHashMap<Crate, Home> {
    let mut homes: FxHashMap<Crate, Home> = FxHashMap::default();
    for (unit, &krate) in project.units.iter().zip(&database.unit_crates) {
        let is_member = project.packages[unit.package].is_member;
        let home = homes.entry(krate).or_insert(Home {
            package: unit.package,
            is_member,
            compiled_in: Domains::NONE,
            viewpoint: Viewpoint::of(unit.package, unit.kind),
        });
        home.compiled_in |= unit.domains;
    }
    homes
}

/// The roots as reached, and `suspected` as perhaps reached.
fn starts(found: &Found, suspected: &IndexMap<Instance, Domains>) -> Vec<(u32, Reached)> {
    let sure = found.roots.iter().filter_map(|root| {
        Some((
            found.graph.index(&root.instance)?,
            Reached {
                run: Domains::of(root.domain),
                ..Reached::default()
            },
        ))
    });
    let perhaps = suspected.iter().filter_map(|(instance, &domains)| {
        Some((
            found.graph.index(instance)?,
            Reached {
                uncertain: domains,
                ..Reached::default()
            },
        ))
    });
    sure.chain(perhaps).collect()
}

/// The listed definition behind an instance.
pub(crate) fn definition(db: &dyn HirDatabase, instance: &Instance) -> Option<Definition> {
    Some(match &instance.subject {
        Subject::Function(id, _) => Definition::Function(*id),
        Subject::Derive(id, method, _) => {
            Definition::Derive(*id, items::derive_index(db, *id, *method))
        }
        Subject::Const(id, _) => Definition::Other(ModuleDefId::ConstId(*id)),
        Subject::Static(id) => Definition::Static(*id),
        Subject::Drop(_) => return None,
        Subject::Kept(kept) => return kept.definition,
    })
}

/// A suspected function with its own parameters left open.
fn opaque(db: &RootDatabase, universe: Crate, def: Definition) -> Option<Instance> {
    let Definition::Function(id) = def else {
        return None;
    };
    let interner = view::of(db, universe);
    let args = super::substitute::erase(
        interner,
        GenericArgs::identity_for_item(interner, id.into()),
    );
    let env = args.has_param().then_some(id.into());
    Some(Instance {
        subject: Subject::Function(id, args.store()),
        env,
    })
}

/// Which nodes belong to the workspace's own crates.
fn members(database: &Database, homes: &FxHashMap<Crate, Home>, found: &Found) -> Vec<bool> {
    let db = &database.db;
    let own = |krate: Crate| homes.get(&krate).is_some_and(|home| home.is_member);
    found
        .graph
        .nodes
        .iter()
        .map(|instance| instance.krate(db).is_some_and(own))
        .collect()
}
