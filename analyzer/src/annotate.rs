//! The sources of the dependencies line by line: which lines are used, unknown and unused, and
//! which items start where.
//!
//! Takes an [`Analysis`] and the domains to look at, gives the files that items stand in. What
//! a line is follows `measure/lines.rs`: used when any function on it is used, else unknown when
//! any is, else unused; a line outside of functions is none of these. A function that a
//! `macro_rules!` makes marks the line of its `fn` in the macro's definition, and that file may
//! be another package's: a file is marked by whatever is made of its text, whoever calls it.
//! Derived functions have no lines. Functions that only a macro inside a body makes are in no
//! figure, but here they mark their lines when they are used or unknown: code that runs must
//! not look like text that does not matter.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::{Analysis, BuildOutput, Domains, Item, Origin, Project, Source, Status, Unit};

/// Stands in [`SourceFile::path`] for the folder that a build script writes to.
pub const OUT_DIR: &str = "OUT_DIR";

/// A file that items of dependencies stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile<'a> {
    /// Index into `Analysis::project.packages`: whose folder or build output it stands in, else
    /// whose items do.
    pub package: usize,
    /// Relative to the package, with `/`; what a build script wrote is below [`OUT_DIR`], and
    /// a file beside the package begins with `..`.
    pub path: String,
    /// Where it is.
    pub file: &'a Utf8Path,
    /// Lines in functions: sorted, disjoint, neighbors differ or do not touch.
    pub stretches: Vec<Stretch>,
    /// Items by the line they start at, sorted.
    pub starts: Vec<Start>,
}

/// Lines of one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// 1-based.
    pub first: u32,
    /// The last one, itself included.
    pub last: u32,
    pub status: Status,
}

/// An item that starts at a line, or is made by a macro called there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Start {
    /// 1-based.
    pub line: u32,
    /// Index into `Analysis::items`.
    pub item: usize,
    /// The line is a macro's call; the item's own text stands elsewhere.
    pub is_call: bool,
}

impl SourceFile<'_> {
    /// Every line in a function with its status, in order.
    pub fn lines(&self) -> impl Iterator<Item = (u32, Status)> + '_ {
        let stretches = self.stretches.iter();
        stretches.flat_map(|one| (one.first..=one.last).map(|line| (line, one.status)))
    }

    /// The text as the analysis saw it: what a build script that was only read would write is
    /// not on the disk.
    pub fn text(&self, project: &Project) -> io::Result<String> {
        for unit in &project.units {
            let BuildOutput::Read { out_dir, reading } = &unit.build_output else {
                continue;
            };
            let below = self.file.strip_prefix(out_dir).ok();
            if let Some(text) = below.and_then(|below| reading.out_files.get(&portable(below))) {
                return Ok(text.clone());
            }
        }
        if !self.is_inside(project)? {
            let why = "stands outside of the package's folder";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        fs::read_to_string(self.file)
    }

    /// Whether the file really is, links followed, where a file of the package may be. A crate
    /// must not get a file of its choice into a report that its reader hands on.
    fn is_inside(&self, project: &Project) -> io::Result<bool> {
        let package = project.packages.get(self.package);
        let own = package.map(|package| package.manifest_dir.as_path());
        let beside = package
            .filter(|package| package.source == Source::Path)
            .map(|_| project.workspace_root.as_path());
        let units = project.units.iter();
        let outputs = units
            .filter(|unit| unit.package == self.package)
            .filter_map(output_folder);
        let file = self.file.canonicalize_utf8()?;
        let mut folders = own.into_iter().chain(beside).chain(outputs);
        Ok(folders.any(|folder| {
            let folder = folder.canonicalize_utf8();
            folder.is_ok_and(|folder| file.starts_with(folder))
        }))
    }
}

/// The files of all dependencies that are compiled in one of the domains, with what their lines
/// are there; sorted by package and path.
#[must_use]
pub fn annotate(analysis: &Analysis, domains: Domains) -> Vec<SourceFile<'_>> {
    let owners = Owners::new(&analysis.project);
    let mut found: BTreeMap<(usize, &Utf8Path), Marks> = BTreeMap::new();
    for (index, item) in analysis.items.iter().enumerate() {
        let Some(status) = status_in_any(item, domains) else {
            continue;
        };
        let start = |line, is_call| Start {
            line,
            item: index,
            is_call,
        };
        let marks = found.entry((owners.of(&item.file, item.package), &item.file));
        let marks = marks.or_default();
        marks.starts.push(start(item.line, false));
        marks.add(item, status);
        if let Some((file, line)) = &item.call_site {
            // A derive stands at its own call.
            if (file, *line) != (&item.file, item.line) {
                let marks = found.entry((owners.of(file, item.package), file));
                marks.or_default().starts.push(start(*line, true));
            }
        }
    }
    let mut files: Vec<SourceFile<'_>> = found
        .into_iter()
        .map(|((package, file), marks)| marks.into_file(package, file, &owners))
        .collect();
    files.sort_by(|a, b| (a.package, &a.path, a.file).cmp(&(b.package, &b.path, b.file)));
    files
}

/// The best that is known of an item in any of the domains; `None` where it is not compiled.
#[must_use]
pub fn status_in_any(item: &Item, domains: Domains) -> Option<Status> {
    if !item.compiled_in.intersects(domains) {
        return None;
    }
    Some(if item.domains.intersects(domains) {
        Status::Used
    } else if item.unknown_in.intersects(domains) {
        Status::Unknown
    } else {
        Status::Unused
    })
}

#[derive(Default)]
struct Marks {
    /// First line, line after the last one, status.
    spans: Vec<(u32, u32, Status)>,
    starts: Vec<Start>,
}

impl Marks {
    fn add(&mut self, item: &Item, status: Status) {
        let shown = item.counted || status != Status::Unused;
        if shown && item.lines > 0 && item.kind.is_function() && item.origin != Origin::Derive {
            let end = item.line.saturating_add(item.lines);
            self.spans.push((item.line, end, status));
        }
    }

    fn into_file<'a>(
        mut self,
        package: usize,
        file: &'a Utf8Path,
        owners: &Owners<'_>,
    ) -> SourceFile<'a> {
        self.starts.sort_unstable();
        self.starts.dedup();
        SourceFile {
            package,
            path: owners.path(file, package),
            file,
            stretches: stretches(&self.spans),
            starts: self.starts,
        }
    }
}

/// Spans laid over each other: where several are, the best status wins.
fn stretches(spans: &[(u32, u32, Status)]) -> Vec<Stretch> {
    let mut changes: BTreeMap<u32, [i64; 3]> = BTreeMap::new();
    for &(first, end, status) in spans {
        changes.entry(first).or_default()[status as usize] += 1;
        changes.entry(end).or_default()[status as usize] -= 1;
    }
    let mut open = [0; 3];
    let mut before: Option<(u32, Status)> = None;
    let mut all: Vec<Stretch> = Vec::new();
    for (&line, change) in &changes {
        if let Some((first, status)) = before {
            let last = line.saturating_sub(1);
            match all.last_mut() {
                Some(left) if left.status == status && left.last + 1 == first => left.last = last,
                _ => all.push(Stretch {
                    first,
                    last,
                    status,
                }),
            }
        }
        for (count, change) in open.iter_mut().zip(change) {
            *count += change;
        }
        let order = [Status::Used, Status::Unknown, Status::Unused];
        let best = order.into_iter().find(|&status| open[status as usize] > 0);
        before = best.map(|status| (line, status));
    }
    all
}

/// Whose a file is, by the folder it stands in.
struct Owners<'a> {
    project: &'a Project,
    /// Folders of packages that are not members.
    folders: BTreeMap<&'a Utf8Path, usize>,
    /// Folders that build scripts wrote to.
    outputs: BTreeMap<&'a Utf8Path, usize>,
}

impl<'a> Owners<'a> {
    fn new(project: &'a Project) -> Self {
        let packages = project.packages.iter().enumerate();
        let folders = packages
            .filter(|(_, package)| !package.is_member)
            .map(|(index, package)| (package.manifest_dir.as_path(), index))
            .collect();
        let units = project.units.iter();
        let outputs = units.filter_map(|unit| Some((output_folder(unit)?, unit.package)));
        Self {
            project,
            folders,
            outputs: outputs.collect(),
        }
    }

    fn of(&self, file: &Utf8Path, otherwise: usize) -> usize {
        let nearest = |folders: &BTreeMap<&Utf8Path, usize>| {
            let mut above = file.ancestors().skip(1);
            above.find_map(|folder| folders.get(folder).copied())
        };
        nearest(&self.outputs)
            .or_else(|| nearest(&self.folders))
            .unwrap_or(otherwise)
    }

    fn path(&self, file: &Utf8Path, package: usize) -> String {
        let outputs = file.ancestors().skip(1);
        let output = outputs
            .filter(|folder| self.outputs.contains_key(folder))
            .find_map(|folder| file.strip_prefix(folder).ok());
        if let Some(rest) = output {
            return portable(&Utf8Path::new(OUT_DIR).join(rest));
        }
        match self.project.packages.get(package) {
            Some(package) => portable(&relative(file, &package.manifest_dir)),
            None => portable(file),
        }
    }
}

/// Where the unit's build script wrote to.
fn output_folder(unit: &Unit) -> Option<&Utf8Path> {
    match &unit.build_output {
        BuildOutput::Ran { out_dir } => out_dir.as_deref(),
        BuildOutput::Read { out_dir, .. } => Some(out_dir),
        BuildOutput::None | BuildOutput::Missing(_) => None,
    }
}

/// `file` as seen from `folder`.
fn relative(file: &Utf8Path, folder: &Utf8Path) -> Utf8PathBuf {
    let common = file
        .components()
        .zip(folder.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder.components().skip(common).map(|_| "..");
    let down = file.components().skip(common).map(|part| part.as_str());
    up.chain(down).collect()
}

fn portable(path: &Utf8Path) -> String {
    let parts: Vec<&str> = path.components().map(|part| part.as_str()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests;
