//! What a reviewer of a dependency has to read, and what was read already.
//!
//! Takes an [`Analysis`] and one of its packages, gives a [`Review`] as plain data: the reached
//! functions in reading order, what is read in any case, and for each whether it was reviewed as
//! it is (by the hash of its tokens), before it changed, or never. What is not reached is
//! counted: a review of what is listed is none of the whole crate.

mod data;
mod markdown;
mod order;
mod record;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod vet;

use std::io::{self, Write};

pub use self::data::{Entry, Mark, NotLookedAt, Review, Seen, Summary, Via};
pub use self::markdown::markdown;
pub use self::order::Order;
pub use self::record::{FILE, Record, Records, Reviewer, is_date};
pub use self::source::source;
pub use self::table::table;
pub use self::vet::{CRITERION, vet};

use crate::diff::{Place, PowerOf};
use crate::model::{Analysis, Source, Status};
use crate::pieces::{self, Origins, Piece, PieceKind};
use crate::query;
use crate::report::header::Header;
use crate::report::text::json_safe;
use crate::source_text::Sources;

/// Value of `format`.
pub const FORMAT: &str = "whittle-review";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// The packages that a name or `name@version` means, members left out.
#[must_use]
pub fn packages(analysis: &Analysis, spec: &str) -> Vec<usize> {
    let all = analysis.project.packages.iter().enumerate();
    all.filter(|(_, package)| !package.is_member && query::names_package(spec, package))
        .map(|(index, _)| index)
        .collect()
}

/// What is to be read of a package.
#[must_use]
pub fn review(analysis: &Analysis, package: usize, records: &Records, order: Order) -> Review {
    let pieces = pieces::of_package(analysis, &Sources::new(analysis), package);
    let reading = order::reading(analysis, package);
    let facts = &analysis.project.packages[package];
    let position = |piece: &Piece| match (piece.origin, order) {
        (Origins::Item(item), Order::Calls) => {
            reading.positions.get(&item).copied().unwrap_or(usize::MAX)
        }
        _ => 0,
    };
    let mut listed: Vec<&Piece> = pieces.iter().filter(|one| is_listed(one)).collect();
    listed.sort_by_key(|one| (position(one), one.place.clone(), one.line, one.path.clone()));
    let entries = |of: fn(PieceKind) -> bool| {
        let mut entries: Vec<Entry> = Vec::new();
        for piece in listed.iter().filter(|one| of(one.kind)) {
            let via = match piece.origin {
                Origins::Item(item) => reading.via.get(&item).cloned(),
                Origins::Extra(_) | Origins::File => None,
            };
            entries.push(entry(piece, via, records.mark(&facts.name, piece)));
        }
        entries
    };
    let functions = entries(|kind| kind == PieceKind::Function);
    let derived = entries(|kind| kind == PieceKind::Derived);
    let mut always = entries(|kind| !matches!(kind, PieceKind::Function | PieceKind::Derived));
    always.sort_by_key(|one| one.kind);
    let mut review = Review {
        header: Header::new(FORMAT, VERSION, analysis),
        krate: facts.name.clone(),
        crate_version: facts.version.clone(),
        source: match facts.source {
            Source::Registry => "registry",
            Source::Git => "git",
            Source::Path => "path",
        },
        summary: Summary::default(),
        functions,
        always,
        derived,
        not_looked_at: not_looked_at(&pieces),
    };
    review.summary = summary(&review);
    review
}

/// Types and traits have no code: what is done with them is in functions.
fn is_listed(piece: &Piece) -> bool {
    piece.in_scope() && !matches!(piece.kind, PieceKind::Type | PieceKind::Trait)
}

fn entry(piece: &Piece, via: Option<Via>, mark: Mark) -> Entry {
    Entry {
        kind: piece.kind,
        path: piece.path.clone(),
        ordinal: piece.ordinal,
        place: Place::of(piece),
        lines: piece.lines,
        status: piece.status,
        domains: piece.domains.iter().collect(),
        reason: piece.reason.clone(),
        direct: piece.direct,
        is_unsafe: piece.is_unsafe,
        unsafe_blocks: piece.unsafe_blocks,
        powers: piece
            .powers
            .iter()
            .map(|(power, path)| PowerOf {
                power: *power,
                path: path.clone(),
            })
            .collect(),
        via,
        fingerprint: piece.fingerprint,
        mark,
        problem: piece.problem.clone(),
    }
}

fn not_looked_at(pieces: &[Piece]) -> NotLookedAt {
    let mut out = NotLookedAt::default();
    for piece in pieces.iter().filter(|one| !is_listed(one)) {
        match piece.kind {
            PieceKind::Function => {
                out.functions += 1;
                out.lines += u64::from(piece.lines);
                out.unsafe_parts += u64::from(piece.is_unsafe) + u64::from(piece.unsafe_blocks);
            }
            PieceKind::Const | PieceKind::Static => out.values += 1,
            PieceKind::Type | PieceKind::Trait => out.types += 1,
            _ => {}
        }
    }
    out
}

fn summary(review: &Review) -> Summary {
    let mut out = Summary {
        functions: review.functions.len(),
        always: review.always.len(),
        derived: review.derived.len(),
        ..Summary::default()
    };
    for one in &review.functions {
        out.unknown += usize::from(one.status == Status::Unknown);
        out.lines += u64::from(one.lines);
        out.unsafe_parts += u64::from(one.unsafe_parts());
    }
    for one in review.entries() {
        match one.mark {
            Mark::Reviewed(_) => out.reviewed += 1,
            Mark::Changed(_) => out.changed += 1,
            Mark::New => out.new += 1,
        }
        if !one.mark.is_reviewed() && one.kind != PieceKind::Derived {
            out.lines_open += u64::from(one.lines);
        }
    }
    out
}

/// What was noted.
#[derive(Debug, PartialEq, Eq)]
pub struct Done {
    pub noted: usize,
    /// Names that mean nothing that is listed.
    pub unknown: Vec<String>,
    /// Things that cannot be read, and were not noted.
    pub unreadable: Vec<String>,
}

/// Notes in `records` that what the names mean (all that is listed, when there are none) was
/// read by `by`. A name is an item's path or the end of it, or a file of the package.
pub fn done(
    analysis: &Analysis,
    package: usize,
    names: &[String],
    by: &Reviewer,
    records: &mut Records,
) -> Done {
    let sources = Sources::new(analysis);
    let facts = &analysis.project.packages[package];
    let others = analysis.project.packages.iter().enumerate();
    let keep: Vec<Piece> = others
        .filter(|(_, other)| other.name == facts.name)
        .flat_map(|(index, _)| pieces::of_package(analysis, &sources, index))
        .collect();
    let pieces = pieces::of_package(analysis, &sources, package);
    let mut hit = vec![false; names.len()];
    let mut out = Done {
        noted: 0,
        unknown: Vec::new(),
        unreadable: Vec::new(),
    };
    for piece in pieces.iter().filter(|one| is_listed(one)) {
        let mut wanted = names.is_empty();
        for (name, hit) in names.iter().zip(&mut hit) {
            if means(name, piece) {
                *hit = true;
                wanted = true;
            }
        }
        if !wanted {
            continue;
        }
        if let Some(why) = &piece.problem {
            out.unreadable.push(why.clone());
            continue;
        }
        records.add(&facts.name, &facts.version, piece, by, &keep);
        out.noted += 1;
    }
    let unknown = names.iter().zip(&hit).filter(|(_, hit)| !**hit);
    out.unknown = unknown.map(|(name, _)| name.clone()).collect();
    out
}

fn means(name: &str, piece: &Piece) -> bool {
    if name == piece.place || name == piece.name() || name == piece.path {
        return true;
    }
    let wanted = query::segments(name);
    !wanted.is_empty()
        && !piece.kind.is_file()
        && (query::segments(&piece.path).ends_with(&wanted)
            || query::plain_segments(&piece.path).ends_with(&wanted))
}

/// Writes the review as one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(review: &Review, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", json_safe(serde_json::to_string_pretty(review)?))
}
