//! What the page of one crate shows: its items and its files, with their text.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Serialize;

use super::chains::Chains;
use super::{Index, Sources};
use crate::annotate::SourceFile;
use crate::model::{Analysis, Domain, Item, ItemKind, Origin, Status};

pub(super) const KINDS: [ItemKind; 11] = [
    ItemKind::Function,
    ItemKind::Method,
    ItemKind::AssociatedFunction,
    ItemKind::Struct,
    ItemKind::Enum,
    ItemKind::Union,
    ItemKind::TypeAlias,
    ItemKind::Trait,
    ItemKind::Const,
    ItemKind::Static,
    ItemKind::Macro,
];
pub(super) const ORIGINS: [Origin; 3] = [Origin::Source, Origin::Macro, Origin::Derive];

const DIRECT: u8 = 1;
const CONST_ONLY: u8 = 2;
const UNSAFE: u8 = 4;
const PUBLIC: u8 = 8;
const UNCOUNTED: u8 = 16;

#[derive(Serialize)]
pub(super) struct Block<'a> {
    items: Vec<Row<'a>>,
    files: Vec<File>,
}

/// Path, kind, file, line, lines, flags, `unsafe` blocks, origin; domains it is used in,
/// unknown in, compiled in; reason; file and line of the macro call; last step of the chain to
/// it by domain.
#[derive(Serialize)]
struct Row<'a>(
    &'a str,
    usize,
    i64,
    u32,
    u32,
    u8,
    u32,
    usize,
    [u8; 3],
    Option<&'a str>,
    Option<(i64, u32)>,
    Vec<i64>,
);

#[derive(Default, Serialize)]
struct File {
    /// Index into the block of all files.
    id: i64,
    /// By domain: first line, last line, status (0 used, 1 unknown, 2 unused), and so on.
    marks: BTreeMap<Domain, Vec<u32>>,
    /// Lines at which functions of other crates start that a macro of this one makes: line,
    /// how many.
    foreign: Vec<(u32, u32)>,
    text: Option<String>,
    /// Why there is no text.
    missing: Option<String>,
}

pub(super) fn block<'a>(
    analysis: &'a Analysis,
    sources: Sources,
    index: &Index<'_>,
    chains: &Chains<'_>,
    krate: usize,
) -> Block<'a> {
    let package = index.packages[krate];
    let first = analysis
        .items
        .partition_point(|item| item.package < package);
    let items = analysis.items[first..].iter().enumerate();
    let items = items.take_while(|(_, item)| item.package == package);
    Block {
        items: items
            .map(|(at, item)| row(item, index, chains.steps_of(first + at)))
            .collect(),
        files: files(analysis, sources, index, package),
    }
}

fn row<'a>(item: &'a Item, index: &Index<'_>, steps: Vec<i64>) -> Row<'a> {
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    let call = item.call_site.as_ref();
    Row(
        &item.path,
        KINDS
            .iter()
            .position(|&kind| kind == item.kind)
            .unwrap_or(0),
        index.file(&item.file),
        item.line,
        item.lines,
        flag(item.direct, DIRECT)
            | flag(item.const_only, CONST_ONLY)
            | flag(item.is_unsafe, UNSAFE)
            | flag(item.is_public, PUBLIC)
            | flag(!item.counted, UNCOUNTED),
        item.unsafe_blocks,
        ORIGINS
            .iter()
            .position(|&it| it == item.origin)
            .unwrap_or(0),
        [item.domains.0, item.unknown_in.0, item.compiled_in.0],
        item.reason.as_deref(),
        call.map(|(file, line)| (index.file(file), *line)),
        steps,
    )
}

/// The files that stand in the package, in the order of their paths.
fn files(analysis: &Analysis, sources: Sources, index: &Index<'_>, package: usize) -> Vec<File> {
    let mut found: BTreeMap<(&str, &Utf8Path), (File, &SourceFile<'_>, bool)> = BTreeMap::new();
    for (domain, marked) in &index.marked {
        let first = marked.partition_point(|file| file.package < package);
        let own = marked[first..].iter();
        for file in own.take_while(|file| file.package == package) {
            let key = (file.path.as_str(), file.file);
            let entry = found.entry(key);
            let (into, _, reached) = entry.or_insert_with(|| (File::default(), file, false));
            into.id = index.file(file.file);
            into.marks.insert(*domain, marks(file));
            into.foreign = foreign(analysis, file);
            *reached |= is_reached(analysis, file, *domain);
        }
    }
    let files = found.into_values();
    let files = files.map(|(mut file, source, reached)| {
        let wanted = match sources {
            Sources::None => Err("sources were left out of this page"),
            Sources::Reached if !reached => Err("nothing of this file is reached"),
            Sources::Reached | Sources::All => Ok(()),
        };
        let text = wanted.map_err(str::to_owned).and_then(|()| {
            let text = source.text(&analysis.project);
            text.map_err(|why| format!("this file cannot be shown: {why}"))
        });
        match text {
            Ok(text) => file.text = Some(text),
            Err(why) => file.missing = Some(why),
        }
        file
    });
    files.collect()
}

fn marks(file: &SourceFile<'_>) -> Vec<u32> {
    let stretches = file.stretches.iter();
    stretches
        .flat_map(|one| [one.first, one.last, one.status as u32])
        .collect()
}

fn is_reached(analysis: &Analysis, file: &SourceFile<'_>, domain: Domain) -> bool {
    let mut starts = file.starts.iter();
    let reached = |item: &Item| crate::measure::status_in(item, domain) != Status::Unused;
    starts.any(|start| reached(&analysis.items[start.item]))
}

fn foreign(analysis: &Analysis, file: &SourceFile<'_>) -> Vec<(u32, u32)> {
    let mut lines: BTreeMap<u32, u32> = BTreeMap::new();
    for start in file.starts.iter().filter(|start| !start.is_call) {
        let item = &analysis.items[start.item];
        if item.package != file.package && item.kind.is_function() {
            *lines.entry(start.line).or_default() += 1;
        }
    }
    lines.into_iter().collect()
}
