//! The items of this run's crates, and whether a record's are where it says.

use ra_ap_base_db::Crate;

use super::closed::Closed;
use super::record::{self, Defined, Record};
use crate::ra::engine::Listed;
use crate::ra::items::{Definition, Row};

/// The items of this run's crates.
pub(super) struct Listings<'a> {
    /// Sorted.
    crates: &'a [Crate],
    /// Indexed as `crates`.
    rows: &'a [Vec<Row>],
}

impl<'a> Listings<'a> {
    pub(super) fn of(listed: &'a Listed) -> Self {
        Self {
            crates: &listed.crates,
            rows: &listed.rows,
        }
    }

    fn row(&self, closed: &Closed, (of, row): record::Listed) -> Option<&Row> {
        let position = self.crates.binary_search(&closed.at(of)?).ok()?;
        self.rows[position].get(row as usize)
    }

    /// The record's definitions in this run; `None` when anything is not where it was.
    pub(super) fn resolve(&self, closed: &Closed, record: &Record) -> Option<Vec<Definition>> {
        if !record.is_whole() {
            return None;
        }
        let of_nodes = record.nodes.iter().filter_map(|node| node.adt);
        let of_bodies = record.bodies.iter().flat_map(|body| &body.uses).copied();
        if !of_nodes
            .chain(of_bodies)
            .all(|one| self.row(closed, one).is_some())
        {
            return None;
        }
        let definition = |(index, one): (u32, &Defined)| {
            let Some(listed) = one.listed else {
                return Some(Definition::Kept(index));
            };
            let row = self.row(closed, listed)?;
            let is_same = !one.is_function
                || row.path == record.text(one.label) && row.standing.place.line == one.line;
            is_same.then_some(row.def)
        };
        (0..).zip(&record.definitions).map(definition).collect()
    }
}
