//! What one compilation unit of DWARF says about functions: a single pass over its entries.
//!
//! Takes a unit and the executable's code ranges, gives its [`UnitFacts`]: every subprogram as
//! written, the scopes around them, and which of them live code refers to. Following references
//! is left to `dwarf`, because they may lead to other units.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use gimli::{
    AttributeValue, DebuggingInformationEntry, EndianSlice, RunTimeEndian, Unit, UnitHeader,
    constants,
};
use rustc_hash::FxHashMap;

use super::place::fold_dots;

pub(super) type Slice<'data> = EndianSlice<'data, RunTimeEndian>;
pub(super) type Dwarf<'data> = gimli::Dwarf<Slice<'data>>;

/// What one `DW_TAG_subprogram` says; offsets are into `.debug_info`.
pub(super) struct Subprogram<'data> {
    pub(super) name: Option<&'data [u8]>,
    pub(super) linkage_name: Option<&'data [u8]>,
    pub(super) file: Option<u64>,
    pub(super) line: Option<u64>,
    /// The entry that says the rest (abstract origin or specification).
    pub(super) refers_to: Option<usize>,
    /// Index into [`UnitFacts::scopes`].
    pub(super) scope: Option<usize>,
}

pub(super) struct Scope<'data> {
    pub(super) name: &'data [u8],
    pub(super) parent: Option<usize>,
}

/// An entry that has live code.
pub(super) struct Live {
    pub(super) entry: usize,
    pub(super) inlined: bool,
}

/// What one compilation unit says about functions.
pub(super) struct UnitFacts<'data> {
    /// Its offsets in `.debug_info`.
    pub(super) span: Range<usize>,
    pub(super) subprograms: FxHashMap<usize, Subprogram<'data>>,
    pub(super) scopes: Vec<Scope<'data>>,
    pub(super) files: Vec<Option<Utf8PathBuf>>,
    pub(super) live: Vec<Live>,
}

/// An open entry while the tree is walked.
struct Open {
    depth: isize,
    scope: Option<usize>,
    live: bool,
}

impl<'data> UnitFacts<'data> {
    /// `None` for units in other languages.
    pub(super) fn read(
        dwarf: &Dwarf<'data>,
        header: UnitHeader<Slice<'data>>,
        code: &[Range<u64>],
    ) -> gimli::Result<Option<Self>> {
        let Some(start) = header.debug_info_offset() else {
            return Ok(None);
        };
        let span = start.0..start.0 + header.length_including_self();
        let unit = dwarf.unit(header)?;
        let mut entry = DebuggingInformationEntry::null();
        let mut entries = unit.entries_raw(None)?;
        entries.read_entry(&mut entry)?;
        let language = entry.attr_value(constants::DW_AT_language);
        if language != Some(AttributeValue::Language(constants::DW_LANG_Rust)) {
            return Ok(None);
        }
        let mut facts = Self {
            span,
            subprograms: FxHashMap::default(),
            scopes: Vec::new(),
            files: file_table(dwarf, &unit),
            live: Vec::new(),
        };
        let mut open: Vec<Open> = Vec::new();
        while !entries.is_empty() {
            if !entries.read_entry(&mut entry)? {
                continue;
            }
            while open.last().is_some_and(|last| last.depth >= entry.depth()) {
                open.pop();
            }
            if let Some(next) = facts.enter(dwarf, &unit, &entry, open.last(), code)? {
                open.push(next);
            }
        }
        Ok(Some(facts))
    }

    /// Notes an entry; gives what it opens for its children, if that differs from its parent.
    fn enter(
        &mut self,
        dwarf: &Dwarf<'data>,
        unit: &Unit<Slice<'data>>,
        entry: &DebuggingInformationEntry<Slice<'data>>,
        parent: Option<&Open>,
        code: &[Range<u64>],
    ) -> gimli::Result<Option<Open>> {
        let scope = parent.and_then(|parent| parent.scope);
        let depth = entry.depth();
        match entry.tag() {
            constants::DW_TAG_namespace
            | constants::DW_TAG_structure_type
            | constants::DW_TAG_union_type
            | constants::DW_TAG_enumeration_type => {
                let Some(name) = string(dwarf, unit, entry, constants::DW_AT_name)? else {
                    return Ok(None);
                };
                self.scopes.push(Scope {
                    name,
                    parent: scope,
                });
                Ok(Some(Open {
                    depth,
                    scope: Some(self.scopes.len() - 1),
                    live: false,
                }))
            }
            constants::DW_TAG_subprogram => {
                let offset = self.span.start + entry.offset().0;
                let live = is_live(dwarf, unit, entry, code)?;
                self.subprograms
                    .insert(offset, self.subprogram(dwarf, unit, entry, scope)?);
                if live {
                    self.live.push(Live {
                        entry: offset,
                        inlined: false,
                    });
                }
                Ok(Some(Open { depth, scope, live }))
            }
            // Dead functions keep their inlined callees, with ranges relative to a tombstone:
            // only those within live code can be live.
            constants::DW_TAG_inlined_subroutine => {
                let live =
                    parent.is_some_and(|parent| parent.live) && is_live(dwarf, unit, entry, code)?;
                if live
                    && let Some(origin) = self.reference(entry, constants::DW_AT_abstract_origin)
                {
                    self.live.push(Live {
                        entry: origin,
                        inlined: true,
                    });
                }
                Ok(Some(Open { depth, scope, live }))
            }
            _ => Ok(None),
        }
    }

    fn subprogram(
        &self,
        dwarf: &Dwarf<'data>,
        unit: &Unit<Slice<'data>>,
        entry: &DebuggingInformationEntry<Slice<'data>>,
        scope: Option<usize>,
    ) -> gimli::Result<Subprogram<'data>> {
        let number = |attribute| {
            entry
                .attr(attribute)
                .and_then(gimli::Attribute::udata_value)
        };
        Ok(Subprogram {
            name: string(dwarf, unit, entry, constants::DW_AT_name)?,
            linkage_name: string(dwarf, unit, entry, constants::DW_AT_linkage_name)?,
            file: match entry.attr_value(constants::DW_AT_decl_file) {
                Some(AttributeValue::FileIndex(index)) => Some(index),
                _ => number(constants::DW_AT_decl_file),
            },
            line: number(constants::DW_AT_decl_line),
            refers_to: self
                .reference(entry, constants::DW_AT_abstract_origin)
                .or_else(|| self.reference(entry, constants::DW_AT_specification)),
            scope,
        })
    }

    /// The entry that an attribute points to, as an offset into `.debug_info`.
    fn reference(
        &self,
        entry: &DebuggingInformationEntry<Slice<'data>>,
        attribute: gimli::DwAt,
    ) -> Option<usize> {
        match entry.attr_value(attribute)? {
            AttributeValue::UnitRef(offset) => Some(self.span.start + offset.0),
            AttributeValue::DebugInfoRef(offset) => Some(offset.0),
            _ => None,
        }
    }
}

fn string<'data>(
    dwarf: &Dwarf<'data>,
    unit: &Unit<Slice<'data>>,
    entry: &DebuggingInformationEntry<Slice<'data>>,
    attribute: gimli::DwAt,
) -> gimli::Result<Option<&'data [u8]>> {
    let Some(value) = entry.attr_value(attribute) else {
        return Ok(None);
    };
    Ok(Some(dwarf.attr_string(unit, value)?.slice()))
}

fn is_live<'data>(
    dwarf: &Dwarf<'data>,
    unit: &Unit<Slice<'data>>,
    entry: &DebuggingInformationEntry<Slice<'data>>,
    code: &[Range<u64>],
) -> gimli::Result<bool> {
    let mut ranges = dwarf.die_ranges(unit, entry)?;
    while let Some(range) = ranges.next()? {
        if range.begin < range.end && code.iter().any(|section| section.contains(&range.begin)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Absolute paths by the unit's file index.
fn file_table<'data>(dwarf: &Dwarf<'data>, unit: &Unit<Slice<'data>>) -> Vec<Option<Utf8PathBuf>> {
    let Some(program) = &unit.line_program else {
        return Vec::new();
    };
    let header = program.header();
    let text = |value| {
        let bytes = dwarf.attr_string(unit, value).ok()?;
        std::str::from_utf8(bytes.slice()).ok()
    };
    let compilation_folder = unit
        .comp_dir
        .and_then(|dir| std::str::from_utf8(dir.slice()).ok());
    // One past the last entry: the index starts at 1 before DWARF 5.
    (0..=header.file_names().len() as u64)
        .map(|index| {
            let file = header.file(index)?;
            let folder = file.directory(header).and_then(text).unwrap_or_default();
            let path = Utf8Path::new(compilation_folder.unwrap_or_default())
                .join(folder)
                .join(text(file.path_name())?);
            Some(fold_dots(&path))
        })
        .collect()
}
