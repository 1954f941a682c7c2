//! What of a crate a person reads: its functions, consts, statics, macros, types, unsafe impls,
//! foreign functions, and the files of build scripts and proc macros.
//!
//! Takes an [`Analysis`] and a package, gives [`Piece`]s: with a name that stays the same from
//! one version to the next, a fingerprint that tells whether it changed, and whether it is
//! reached. `review` lists them, `diff` compares those of two analyses.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::model::{
    Analysis, BuildOutput, Domains, Extra, ExtraKind, Fingerprint, Item, ItemKind, Origin, Power,
    Project, Status, UnitKind,
};
use crate::source_text::{Sources, Text};

/// What a piece is, in the order in which they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// Written by hand or by a macro.
    Function,
    /// Made by a derive or an attribute.
    Derived,
    /// A file of a build script.
    BuildScript,
    /// A file of a proc-macro crate.
    ProcMacro,
    Const,
    Static,
    UnsafeImpl,
    ForeignFunction,
    Macro,
    Type,
    Trait,
}

impl PieceKind {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Derived => "derived",
            Self::BuildScript => "build script",
            Self::ProcMacro => "proc macro",
            Self::Const => "const",
            Self::Static => "static",
            Self::UnsafeImpl => "unsafe impl",
            Self::ForeignFunction => "foreign function",
            Self::Macro => "macro",
            Self::Type => "type",
            Self::Trait => "trait",
        }
    }

    #[must_use]
    pub fn is_file(self) -> bool {
        matches!(self, Self::BuildScript | Self::ProcMacro)
    }
}

/// Where a piece comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origins {
    /// Index into `Analysis::items`.
    Item(usize),
    /// Index into `Analysis::extras`.
    Extra(usize),
    /// A whole file.
    File,
}

/// One thing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub kind: PieceKind,
    /// Definition path; of a file its path in the package.
    pub path: String,
    /// Which of those that share kind and path, in the order of files and lines.
    pub ordinal: u32,
    /// As seen from the package, with `/`; see [`in_package`].
    pub place: String,
    pub file: Utf8PathBuf,
    /// 1-based.
    pub line: u32,
    pub lines: u32,
    pub status: Status,
    /// Domains it is surely used in.
    pub domains: Domains,
    pub unknown_in: Domains,
    /// Why it is unknown.
    pub reason: Option<String>,
    /// Named by the workspace's own code.
    pub direct: bool,
    pub is_unsafe: bool,
    pub unsafe_blocks: u32,
    /// What it uses of std and of foreign code, each once, without lines; sorted.
    pub powers: Vec<(Power, String)>,
    pub fingerprint: Fingerprint,
    /// A file that could not be read: it counts as changed.
    pub problem: Option<String>,
    pub origin: Origins,
}

impl Piece {
    /// To be read in any case, or because it is or may be used.
    #[must_use]
    pub fn in_scope(&self) -> bool {
        self.status != Status::Unused
    }

    /// What names it within its package.
    #[must_use]
    pub fn key(&self) -> (PieceKind, &str, u32) {
        (self.kind, &self.path, self.ordinal)
    }

    /// `path`, or `path#2` for the second of that name.
    #[must_use]
    pub fn name(&self) -> String {
        match self.ordinal {
            0 => self.path.clone(),
            more => format!("{}#{}", self.path, more + 1),
        }
    }

    /// Its lines, for reading.
    ///
    /// # Errors
    /// Why there are none.
    pub fn text(&self, sources: &Sources<'_>, analysis: &Analysis) -> Text {
        match self.origin {
            Origins::Item(item) => sources.of_item(item),
            Origins::Extra(extra) => sources.of_extra(&analysis.extras[extra]),
            Origins::File => sources.whole(&self.file),
        }
    }
}

/// Every piece of a package, reached or not, sorted by kind, path and ordinal. What stands in a
/// file that is read as a whole is no piece of its own.
#[must_use]
pub fn of_package(analysis: &Analysis, sources: &Sources<'_>, package: usize) -> Vec<Piece> {
    let mut files = files(analysis, sources, package);
    let only_whole = only_whole(analysis, package);
    let mut pieces = Vec::new();
    for (index, item) in analysis.items.iter().enumerate() {
        if item.package != package {
            continue;
        }
        let piece = of_item(analysis, index, item);
        if only_whole.contains(item.file.as_path()) {
            let file = files.iter_mut().find(|one| one.file == item.file);
            if let Some(file) = file.filter(|_| piece.in_scope()) {
                file.unsafe_blocks += u32::from(item.is_unsafe) + item.unsafe_blocks;
                file.powers.extend(piece.powers);
            }
        } else {
            pieces.push(piece);
        }
    }
    for (index, extra) in analysis.extras.iter().enumerate() {
        if extra.package == package && !only_whole.contains(extra.file.as_path()) {
            pieces.push(of_extra(analysis, index, extra));
        }
    }
    for file in &mut files {
        file.powers.sort();
        file.powers.dedup();
    }
    pieces.extend(files);
    number(&mut pieces);
    pieces
}

/// Files of build scripts and proc macros that no other unit of the package loads as well.
fn only_whole(analysis: &Analysis, package: usize) -> BTreeSet<&Utf8Path> {
    let is_whole = |kind| matches!(kind, UnitKind::BuildScript | UnitKind::ProcMacro);
    let of = |whole: bool| {
        let units = analysis.project.units.iter().zip(&analysis.unit_files);
        let units =
            units.filter(move |(unit, _)| unit.package == package && is_whole(unit.kind) == whole);
        units.flat_map(|(_, files)| files.iter().map(Utf8PathBuf::as_path))
    };
    let others: BTreeSet<&Utf8Path> = of(false).collect();
    of(true).filter(|file| !others.contains(file)).collect()
}

/// The same order as everywhere, and in it the ordinals.
fn number(pieces: &mut [Piece]) {
    pieces.sort_by(|a, b| {
        let key = |one: &Piece| (one.kind, one.line, one.fingerprint);
        (a.kind, &a.path, &a.place, key(a)).cmp(&(b.kind, &b.path, &b.place, key(b)))
    });
    let mut before: Option<(PieceKind, String, u32)> = None;
    for piece in pieces {
        piece.ordinal = match &before {
            Some((kind, path, ordinal)) if (*kind, path) == (piece.kind, &piece.path) => {
                ordinal + 1
            }
            _ => 0,
        };
        before = Some((piece.kind, piece.path.clone(), piece.ordinal));
    }
}

fn of_item(analysis: &Analysis, index: usize, item: &Item) -> Piece {
    let kind = match item.kind {
        ItemKind::Function | ItemKind::Method | ItemKind::AssociatedFunction => {
            if item.origin == Origin::Derive {
                PieceKind::Derived
            } else {
                PieceKind::Function
            }
        }
        ItemKind::Struct | ItemKind::Enum | ItemKind::Union | ItemKind::TypeAlias => {
            PieceKind::Type
        }
        ItemKind::Trait => PieceKind::Trait,
        ItemKind::Const => PieceKind::Const,
        ItemKind::Static => PieceKind::Static,
        ItemKind::Macro => PieceKind::Macro,
    };
    Piece {
        kind,
        path: item.path.clone(),
        ordinal: 0,
        place: in_package(&analysis.project, item.package, &item.file),
        file: item.file.clone(),
        line: item.line,
        lines: item.lines,
        status: item.status,
        domains: item.domains,
        unknown_in: item.unknown_in,
        reason: item.reason.clone(),
        direct: item.direct,
        is_unsafe: item.is_unsafe,
        unsafe_blocks: item.unsafe_blocks,
        powers: powers(analysis, index),
        fingerprint: item.fingerprint,
        problem: None,
        origin: Origins::Item(index),
    }
}

fn of_extra(analysis: &Analysis, index: usize, extra: &Extra) -> Piece {
    let kind = match extra.kind {
        ExtraKind::AssociatedConst => PieceKind::Const,
        ExtraKind::UnsafeImpl => PieceKind::UnsafeImpl,
        ExtraKind::ForeignFunction => PieceKind::ForeignFunction,
    };
    let sure = !extra.domains.is_empty();
    Piece {
        kind,
        path: extra.path.clone(),
        ordinal: 0,
        place: in_package(&analysis.project, extra.package, &extra.file),
        file: extra.file.clone(),
        line: extra.line,
        lines: extra.lines,
        status: if sure { Status::Used } else { Status::Unknown },
        domains: extra.domains,
        unknown_in: extra.unknown_in,
        reason: (!sure).then(|| "a lookup on the way to it failed".to_owned()),
        direct: false,
        is_unsafe: kind != PieceKind::Const,
        unsafe_blocks: 0,
        powers: Vec::new(),
        fingerprint: extra.fingerprint,
        problem: None,
        origin: Origins::Extra(index),
    }
}

/// Sorted, each once, without the lines.
fn powers(analysis: &Analysis, item: usize) -> Vec<(Power, String)> {
    let all = &analysis.powers;
    let start = all.partition_point(|one| one.item < item);
    let own = all[start..].iter().take_while(|one| one.item == item);
    let own: BTreeSet<(Power, String)> = own.map(|one| (one.power, one.path.clone())).collect();
    own.into_iter().collect()
}

/// Files of the package's build scripts and of its proc-macro crate.
fn files(analysis: &Analysis, sources: &Sources<'_>, package: usize) -> Vec<Piece> {
    let mut found: BTreeMap<(PieceKind, &Utf8Path), Domains> = BTreeMap::new();
    for (unit, files) in analysis.project.units.iter().zip(&analysis.unit_files) {
        let kind = match unit.kind {
            UnitKind::BuildScript => PieceKind::BuildScript,
            UnitKind::ProcMacro => PieceKind::ProcMacro,
            _ => continue,
        };
        if unit.package == package {
            for file in files {
                *found.entry((kind, file)).or_default() |= unit.domains;
            }
        }
    }
    let pieces = found.into_iter().map(|((kind, file), domains)| {
        let text = sources.file(file);
        let (fingerprint, lines, problem) = match &text {
            Ok(lines) => {
                let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
                (of_lines(lines), count, None)
            }
            Err(why) => (Fingerprint::default(), 0, Some(why.clone())),
        };
        let place = in_package(&analysis.project, package, file);
        Piece {
            kind,
            path: place.clone(),
            ordinal: 0,
            place,
            file: file.to_owned(),
            line: 1,
            lines,
            status: Status::Used,
            domains,
            unknown_in: Domains::NONE,
            reason: None,
            direct: false,
            is_unsafe: false,
            unsafe_blocks: 0,
            powers: Vec::new(),
            fingerprint,
            problem,
            origin: Origins::File,
        }
    });
    pieces.collect()
}

/// Of a whole file, every line with what is in it.
fn of_lines(lines: &[String]) -> Fingerprint {
    let mut hasher = Sha256::new();
    for line in lines {
        hasher.update((line.len() as u64).to_le_bytes());
        hasher.update(line.as_bytes());
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    Fingerprint(short)
}

/// A file as seen from its package: `src/lib.rs`; what a build script wrote is below `OUT_DIR`.
#[must_use]
pub fn in_package(project: &Project, package: usize, file: &Utf8Path) -> String {
    let units = project.units.iter().filter(|unit| unit.package == package);
    let made = units.filter_map(|unit| match &unit.build_output {
        BuildOutput::Ran { out_dir } => out_dir.as_deref(),
        BuildOutput::Read { out_dir, .. } => Some(out_dir.as_path()),
        BuildOutput::None | BuildOutput::Missing(_) => None,
    });
    // Build output first: its folder may lie below the package's.
    let mut below = made.filter_map(|folder| file.strip_prefix(folder).ok());
    let path = match (below.next(), project.packages.get(package)) {
        (Some(rest), _) => Utf8Path::new("OUT_DIR").join(rest),
        (None, Some(package)) => match file.strip_prefix(&package.manifest_dir) {
            Ok(rest) => rest.to_owned(),
            Err(_) => Utf8Path::new("..").join(file.file_name().unwrap_or_default()),
        },
        (None, None) => file.to_owned(),
    };
    let parts: Vec<&str> = path.components().map(|part| part.as_str()).collect();
    parts.join("/")
}
