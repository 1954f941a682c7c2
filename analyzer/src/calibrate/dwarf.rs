//! Which Rust functions have live code in an executable, by its DWARF debug information.
//!
//! Takes a linked executable (ELF, or Mach-O with its dSYM) built without optimization, gives
//! one [`TruthFunction`] per (crate, file, line, name). This is the truth that `compare` measures the
//! list against, so nothing here knows what the analysis found.
//!
//! A function counts when a `DW_TAG_subprogram` or a `DW_TAG_inlined_subroutine` with at least
//! one address range inside an executable section names it, directly or through
//! `DW_AT_abstract_origin` and `DW_AT_specification`. The linker drops dead functions but keeps
//! their debug information with the addresses set to a tombstone (0, 1 or all ones), which lies
//! outside every executable section. Left out: units in other languages than Rust, closures and
//! coroutine bodies, constructors of tuple structs and variants (all named `{…}`), and entries
//! without a file or line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use gimli::{EndianSlice, RunTimeEndian, UnitHeader};
use object::{Object as _, ObjectSection as _, SectionKind};
use rayon::prelude::*;

use super::unit::{Dwarf, Slice, UnitFacts};
use crate::error::{Error, Result};

/// A function that has code in the executable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthFunction {
    /// Absolute, without `.` and `..`; std's own files are below a virtual `/rustc/<hash>/`.
    pub file: Utf8PathBuf,
    /// 1-based line of the declaration: the `fn` item with its visibility, after attributes.
    pub line: u32,
    /// The last path segment, without type arguments.
    pub name: String,
    /// The mangled symbol of one of its instances.
    pub linkage_name: Option<String>,
    /// What encloses it, outermost first: the crate, modules, then the self type or `{impl#n}`,
    /// or the functions it is nested in. Type arguments of self types are kept.
    pub namespace: Vec<String>,
    /// It has no code of its own, only inlined copies.
    pub inlined: bool,
}

/// Reads every live Rust function of an executable, sorted by (file, line, name, crate).
///
/// # Errors
/// The file cannot be read, is no object file, or carries no usable debug information.
pub fn live_functions(path: &Utf8Path) -> Result<Vec<TruthFunction>> {
    let bytes = std::fs::read(path).map_err(|error| Error::Io {
        action: "read",
        path: path.to_owned(),
        why: error.to_string(),
    })?;
    let broken =
        |why: String| Error::Calibrate(format!("cannot read debug info of `{path}`: {why}"));
    let object =
        object::File::parse(bytes.as_slice()).map_err(|error| broken(error.to_string()))?;
    let sections = gimli::DwarfSections::load(|id| section_data(&object, id))
        .map_err(|error| broken(error.to_string()))?;
    let endian = if object.is_little_endian() {
        RunTimeEndian::Little
    } else {
        RunTimeEndian::Big
    };
    let dwarf = sections.borrow(|section| EndianSlice::new(section, endian));
    let code = executable_ranges(&object);

    let headers = unit_headers(&dwarf).map_err(|error| broken(error.to_string()))?;
    let mut units = headers
        .into_par_iter()
        .filter_map(|header| UnitFacts::read(&dwarf, header, &code).transpose())
        .collect::<gimli::Result<Vec<_>>>()
        .map_err(|error| broken(error.to_string()))?;
    if units.is_empty() {
        return Err(broken("it has no Rust debug information".into()));
    }
    units.sort_by_key(|unit| unit.span.start);
    Ok(resolve(&units))
}

fn section_data<'data>(
    object: &object::File<'data>,
    id: gimli::SectionId,
) -> object::Result<Cow<'data, [u8]>> {
    match object.section_by_name(id.name()) {
        Some(section) => section.uncompressed_data(),
        None => Ok(Cow::Borrowed(&[])),
    }
}

/// Address ranges that hold machine code. A dSYM has sections without contents: that is fine,
/// only their addresses are looked at.
fn executable_ranges(object: &object::File<'_>) -> Vec<Range<u64>> {
    object
        .sections()
        .filter(|section| section.kind() == SectionKind::Text && section.address() > 1)
        .map(|section| section.address()..section.address().saturating_add(section.size()))
        .collect()
}

fn unit_headers<'data>(dwarf: &Dwarf<'data>) -> gimli::Result<Vec<UnitHeader<Slice<'data>>>> {
    let mut headers = Vec::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        headers.push(header);
    }
    Ok(headers)
}

/// Follows every live entry to its file, line and name.
fn resolve(units: &[UnitFacts<'_>]) -> Vec<TruthFunction> {
    let found: Vec<TruthFunction> = units
        .par_iter()
        .flat_map_iter(|unit| {
            unit.live
                .iter()
                .filter_map(|live| resolve_one(units, live.entry, live.inlined))
        })
        .collect();
    let mut unique = BTreeMap::new();
    for function in found {
        // The crate is part of the key: a macro's function stands at one place for all callers.
        let krate = function.namespace.first().cloned();
        let key = (
            function.file.clone(),
            function.line,
            function.name.clone(),
            krate,
        );
        match unique.get_mut(&key) {
            // A body of its own says more than an inlined copy; otherwise the smallest symbol
            // keeps the result independent of the order of units.
            Some(known) => {
                let rank = |f: &TruthFunction| {
                    (
                        f.inlined,
                        f.linkage_name.is_none(),
                        f.linkage_name.clone(),
                        f.namespace.clone(),
                    )
                };
                if rank(&function) < rank(known) {
                    *known = function;
                }
            }
            None => {
                unique.insert(key, function);
            }
        }
    }
    unique.into_values().collect()
}

fn resolve_one(units: &[UnitFacts<'_>], entry: usize, inlined: bool) -> Option<TruthFunction> {
    let (mut name, mut linkage_name, mut line, mut file) = (None, None, None, None);
    let mut scope = None;
    let mut next = Some(entry);
    // Concrete instance, abstract instance, declaration: three steps at most.
    for _ in 0..4 {
        let Some(offset) = next else { break };
        let unit = units.get(units.partition_point(|unit| unit.span.end <= offset))?;
        let subprogram = unit.subprograms.get(&offset)?;
        name = name.or(subprogram.name);
        linkage_name = linkage_name.or(subprogram.linkage_name);
        line = line.or(subprogram.line);
        file = file.or_else(|| {
            let index = usize::try_from(subprogram.file?).ok()?;
            unit.files.get(index)?.clone()
        });
        // The declaration, last in the chain, stands where the function is defined.
        scope = subprogram.scope.map(|scope| (unit, scope)).or(scope);
        next = subprogram.refers_to;
    }
    let name = std::str::from_utf8(name?).ok()?;
    if name.starts_with('{') {
        return None;
    }
    Some(TruthFunction {
        file: file?,
        line: u32::try_from(line?).ok().filter(|&line| line > 0)?,
        name: name.split('<').next().unwrap_or(name).to_owned(),
        linkage_name: linkage_name.map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
        namespace: scope
            .map(|(unit, scope)| namespace(unit, scope))
            .unwrap_or_default(),
        inlined,
    })
}

fn namespace(unit: &UnitFacts<'_>, innermost: usize) -> Vec<String> {
    let mut names = Vec::new();
    let mut next = Some(innermost);
    while let Some(scope) = next.and_then(|index| unit.scopes.get(index)) {
        names.push(String::from_utf8_lossy(scope.name).into_owned());
        next = scope.parent;
    }
    names.reverse();
    names
}
