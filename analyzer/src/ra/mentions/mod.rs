//! What of a dependency needs what else of it, as places in its text (`whittle_extract::request`).
//!
//! Takes the database and an analysis that is complete; gives the facts of the dependencies asked
//! for. `walk` reads one piece of code (`names` resolves, `bounds` selects impls), `closure` goes
//! on from what the members mention, `impls` lists the impls of a crate, `places` says where a
//! definition stands.

mod bounds;
mod closure;
mod exposed;
mod impls;
mod imports;
mod names;
mod pieces;
mod places;
mod sites;
mod table;
mod types;
mod walk;

use std::collections::BTreeMap;

use ra_ap_base_db::Crate;
use ra_ap_hir_def::nameres::crate_def_map;
use ra_ap_hir_ty::attach_db;
use rustc_hash::{FxHashMap, FxHashSet};
use whittle_extract::request::Facts;

use self::closure::{Closure, Ground, walk_piece};
use self::pieces::Piece;
use self::table::Table;
use self::walk::{Out, Shared};
use super::database::Database;
use super::items::Definition;
use super::workers::Workers;
use crate::model::{Analysis, Domain, Project, Status, UnitKind};
use crate::options::Understand;

/// What the answer is read from.
pub(crate) struct Understanding<'a> {
    pub(crate) database: &'a Database,
    /// Complete but for the facts.
    pub(crate) analysis: &'a Analysis,
    /// Which item a definition is.
    pub(crate) order: &'a FxHashMap<Definition, usize>,
    pub(crate) inner_impls: &'a [ra_ap_hir_def::ImplId],
}

/// A dependency asked for.
struct Asked {
    package: usize,
    /// The one whose text is described.
    krate: Crate,
    /// All that are compiled of it.
    crates: Vec<Crate>,
    gaps: Vec<String>,
    /// Also what nothing mentions that the build compiles: paths that a user writes, and code of
    /// other features and targets, may name it.
    whole: bool,
}

impl Understanding<'_> {
    /// Sorted by package.
    pub(crate) fn run(
        &self,
        asked: &Understand,
        workers: &Workers,
        progress: &dyn Fn(&str),
    ) -> Vec<Facts> {
        let whole = matches!(asked, Understand::Named(_));
        let asked: Vec<Asked> = self
            .packages(asked)
            .into_iter()
            .filter_map(|package| self.asked(package, whole))
            .collect();
        if asked.is_empty() {
            return Vec::new();
        }
        progress("reading what dependencies need of themselves");
        let crates: Vec<Crate> = asked.iter().flat_map(|one| one.crates.clone()).collect();
        let members = self.members(&self.shared(&crates), workers);
        asked
            .iter()
            .map(|one| self.facts(one, &members, workers))
            .collect()
    }

    fn packages(&self, asked: &Understand) -> Vec<usize> {
        let project = &self.analysis.project;
        let mut counts = vec![0; project.packages.len()];
        for item in &self.analysis.items {
            if item.kind.is_function() && item.status != Status::Unused {
                counts[item.package] += 1;
            }
        }
        let wanted = |index: &usize| {
            let package = &project.packages[*index];
            let names = |name: &String| {
                *name == package.name || *name == format!("{}@{}", package.name, package.version)
            };
            !package.is_member
                && match asked {
                    Understand::Nothing => false,
                    Understand::Direct { at_most } => {
                        package.is_direct && counts[*index] <= *at_most
                    }
                    Understand::Named(all) => all.iter().any(names),
                }
        };
        (0..project.packages.len()).filter(wanted).collect()
    }

    /// The crates of a package's library, and which of them members link.
    fn asked(&self, package: usize, whole: bool) -> Option<Asked> {
        let Project {
            units, packages, ..
        } = &self.analysis.project;
        let library = |index: usize| {
            units[index].package == package
                && matches!(units[index].kind, UnitKind::Lib | UnitKind::ProcMacro)
        };
        let all: Vec<usize> = (0..units.len()).filter(|&index| library(index)).collect();
        let linked = |domain: Option<Domain>| {
            let users = units.iter().filter(|unit| {
                packages[unit.package].is_member
                    && domain.is_none_or(|domain| unit.domains.contains(domain))
            });
            users
                .flat_map(|unit| &unit.dependencies)
                .map(|dependency| dependency.unit)
                .find(|&index| library(index))
        };
        let unit = linked(Some(Domain::Run))
            .or_else(|| linked(None))
            .or_else(|| all.first().copied())?;
        let crate_of = |index: usize| self.database.unit_crates[index];
        let mut crates: Vec<Crate> = all.iter().map(|&index| crate_of(index)).collect();
        crates.sort_unstable();
        crates.dedup();
        let mut gaps = Vec::new();
        let others = all
            .iter()
            .filter(|&&other| crate_of(other) != crate_of(unit));
        for &other in others {
            let features = |index: usize| units[index].features.join(", ");
            if features(other) != features(unit) {
                gaps.push(format!(
                    "it is also compiled with other features: {} instead of {}",
                    list(&features(other)),
                    list(&features(unit)),
                ));
            }
        }
        Some(Asked {
            package,
            krate: crate_of(unit),
            crates,
            gaps,
            whole,
        })
    }

    /// The package that a crate is of; std's are of none.
    fn package_of(&self, krate: Crate) -> Option<usize> {
        let crates = &self.database.unit_crates;
        let unit = crates.iter().position(|&one| one == krate)?;
        Some(self.analysis.project.units[unit].package)
    }

    fn shared(&self, crates: &[Crate]) -> Shared<'_> {
        let db = &self.database.db;
        let wanted: FxHashSet<Crate> = crates.iter().copied().collect();
        let mut inside = wanted.clone();
        // In the order of dependencies.
        for &krate in ra_ap_base_db::all_crates(db).iter() {
            let dependencies = &krate.data(db).dependencies;
            if dependencies
                .iter()
                .any(|dependency| inside.contains(&dependency.crate_id))
            {
                inside.insert(krate);
            }
        }
        let all = ra_ap_base_db::all_crates(db);
        let outside = all.iter().copied().filter(|krate| !inside.contains(krate));
        Shared {
            universe: self.database.universe,
            inner_impls: self.inner_impls,
            wanted,
            outside: outside.collect(),
        }
    }

    /// What each member's crate mentions, by crate.
    fn members(&self, shared: &Shared<'_>, workers: &Workers) -> BTreeMap<Crate, Vec<Out>> {
        let project = &self.analysis.project;
        let db = &self.database.db;
        let mut found = BTreeMap::new();
        for (unit, &krate) in project.units.iter().zip(&self.database.unit_crates) {
            if !project.packages[unit.package].is_member || found.contains_key(&krate) {
                continue;
            }
            let mut pieces = attach_db(db, || pieces::of_def_map(crate_def_map(db, krate)));
            let mut done: FxHashSet<Piece> = pieces.iter().copied().collect();
            let mut outs = Vec::new();
            while !pieces.is_empty() {
                let round = workers.map(&pieces, 8, |db, &piece| walk_piece(db, shared, piece));
                pieces = round.iter().flat_map(|out| out.inside.clone()).collect();
                pieces.retain(|piece| done.insert(*piece));
                outs.extend(round);
            }
            found.insert(krate, outs);
        }
        found
    }

    fn facts(
        &self,
        asked: &Asked,
        members: &BTreeMap<Crate, Vec<Out>>,
        workers: &Workers,
    ) -> Facts {
        let db = &self.database.db;
        let shared = self.shared(&asked.crates);
        attach_db(db, || {
            super::view::start(db, shared.universe);
            let ground = Ground::of(db, &shared, &asked.crates);
            let mut closure = Closure::new(db, &shared, &ground);
            for outs in members.values() {
                closure.run(workers, outs);
            }
            if asked.whole {
                closure.run_all(workers, &asked.crates);
            }
            let mut table = Table::new(self, asked, &shared);
            for (&krate, outs) in members {
                table.members(krate, outs);
            }
            table.own(&closure.outs);
            table.finish(&ground)
        })
    }
}

fn list(features: &str) -> String {
    if features.is_empty() {
        "none".to_owned()
    } else {
        format!("`{features}`")
    }
}
