//! The text of an item, as a person reads it.
//!
//! Takes an [`Analysis`] and an item of it, gives lines of a file. What a macro or a derive made
//! has no text of its own: then it is the macro's definition with the call, or the type (for an
//! attribute, the item) that it was made of. Text is for reading only. Whether something changed
//! is for [`crate::model::Fingerprint`] to say, which was taken of what was analysed.
//!
//! Files are read once. One that is gone, or no longer has those lines, is said and not skipped.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::{Analysis, BuildOutput, Extra, ItemKind, Origin};

/// A larger file is not shown.
const MAX_FILE: u64 = 32 << 20;
/// A macro call is shown up to this many lines.
const MAX_CALL: usize = 100;

/// Where something stands, and which lines it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    pub file: Utf8PathBuf,
    /// 1-based.
    pub line: u32,
    pub lines: Vec<String>,
}

/// Lines, or why there are none.
pub type Text = Result<Vec<Passage>, String>;

type Lines = Result<Rc<Vec<String>>, String>;

/// The files of one analysis, read when they are first asked for.
pub struct Sources<'a> {
    analysis: &'a Analysis,
    files: RefCell<BTreeMap<Utf8PathBuf, Lines>>,
    folders: OnceCell<Vec<Utf8PathBuf>>,
}

impl<'a> Sources<'a> {
    #[must_use]
    pub fn new(analysis: &'a Analysis) -> Self {
        Self {
            analysis,
            files: RefCell::default(),
            folders: OnceCell::new(),
        }
    }

    /// The lines of a whole file.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn file(&self, file: &Utf8Path) -> Result<Rc<Vec<String>>, String> {
        if let Some(known) = self.files.borrow().get(file) {
            return known.clone();
        }
        let lines = self
            .text(file)
            .map(|text| Rc::new(text.lines().map(str::to_owned).collect()));
        let mut files = self.files.borrow_mut();
        files.entry(file.to_owned()).or_insert(lines).clone()
    }

    /// As the analysis saw it: what a build script that was only read would write is not on the
    /// disk. A crate must not get a file of its choice (`#[path = "/…"]`) into what its reader
    /// hands on.
    fn text(&self, file: &Utf8Path) -> Result<String, String> {
        let project = &self.analysis.project;
        for unit in &project.units {
            if let BuildOutput::Read { out_dir, reading } = &unit.build_output
                && let Ok(below) = file.strip_prefix(out_dir)
                && let Some(text) = reading.out_files.get(below.as_str())
            {
                return Ok(text.clone());
            }
        }
        let real = file
            .canonicalize_utf8()
            .map_err(|why| format!("`{file}`: {why}"))?;
        if self.folders().iter().any(|folder| real.starts_with(folder)) {
            read(file)
        } else {
            Err(format!("`{file}` stands outside of the packages"))
        }
    }

    /// Where files of packages may be, links followed.
    fn folders(&self) -> &[Utf8PathBuf] {
        self.folders.get_or_init(|| {
            let project = &self.analysis.project;
            let packages = project.packages.iter();
            let own = packages.map(|package| package.manifest_dir.as_path());
            let made = project
                .units
                .iter()
                .filter_map(|unit| match &unit.build_output {
                    BuildOutput::Ran { out_dir } => out_dir.as_deref(),
                    _ => None,
                });
            let all = own.chain(made).chain([project.workspace_root.as_path()]);
            all.filter_map(|folder| folder.canonicalize_utf8().ok())
                .collect()
        })
    }

    /// A whole file as a passage.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn whole(&self, file: &Utf8Path) -> Text {
        let lines = self.file(file)?.to_vec();
        Ok(vec![Passage {
            file: file.to_owned(),
            line: 1,
            lines,
        }])
    }

    /// The text of an item; of one that a macro made, the definition and then the call.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of_item(&self, item: usize) -> Text {
        let item = &self.analysis.items[item];
        match item.origin {
            Origin::Source => Ok(vec![self.passage(&item.file, item.line, item.lines)?]),
            Origin::Macro => self.of_macro(&item.file, item.line, item.call_site.as_ref()),
            Origin::Derive => self.of_derive(item.call_site.as_ref().map_or_else(
                || (item.file.as_path(), item.line),
                |(file, line)| (file.as_path(), *line),
            )),
        }
    }

    /// The same for what is in no list of items.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of_extra(&self, extra: &Extra) -> Text {
        match extra.origin {
            Origin::Source => Ok(vec![self.passage(&extra.file, extra.line, extra.lines)?]),
            Origin::Macro | Origin::Derive => {
                self.of_macro(&extra.file, extra.line, extra.call_site.as_ref())
            }
        }
    }

    fn of_macro(&self, file: &Utf8Path, line: u32, call: Option<&(Utf8PathBuf, u32)>) -> Text {
        // Macros are not listed when a macro makes them, so that there may be none.
        let around = self.analysis.items.iter().find(|one| {
            one.kind == ItemKind::Macro
                && one.file == file
                && (one.line..one.line.saturating_add(one.lines)).contains(&line)
        });
        let definition = match around {
            Some(one) => self.passage(&one.file, one.line, one.lines)?,
            None => self.call(file, line)?,
        };
        let mut text = vec![definition];
        if let Some((file, line)) = call {
            text.push(self.call(file, *line)?);
        }
        Ok(text)
    }

    /// From the attribute to the end of the item behind it.
    fn of_derive(&self, (file, line): (&Utf8Path, u32)) -> Text {
        let below = self
            .analysis
            .items
            .iter()
            .filter(|one| one.origin == Origin::Source && one.file == file && one.line >= line);
        match below.min_by_key(|one| one.line) {
            Some(one) => {
                let lines = (one.line - line).saturating_add(one.lines);
                Ok(vec![self.passage(file, line, lines)?])
            }
            None => Ok(vec![self.call(file, line)?]),
        }
    }

    fn passage(&self, file: &Utf8Path, line: u32, lines: u32) -> Result<Passage, String> {
        let all = self.file(file)?;
        let first = (line as usize).checked_sub(1);
        let text = first.and_then(|first| all.get(first..first + lines as usize));
        let text = text.ok_or_else(|| {
            format!(
                "`{file}` has no lines {line} to {}",
                u64::from(line) + u64::from(lines) - 1
            )
        })?;
        Ok(Passage {
            file: file.to_owned(),
            line,
            lines: text.to_vec(),
        })
    }

    /// From a line on until all brackets that open there are closed. Brackets in strings and
    /// comments count as well: this is for reading.
    fn call(&self, file: &Utf8Path, line: u32) -> Result<Passage, String> {
        let all = self.file(file)?;
        let first = (line as usize).saturating_sub(1);
        let mut depth = 0_i64;
        let mut end = first;
        for text in all.iter().skip(first).take(MAX_CALL) {
            end += 1;
            for c in text.chars() {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth -= 1,
                    _ => {}
                }
            }
            if depth <= 0 {
                break;
            }
        }
        let lines = u32::try_from(end - first).unwrap_or(u32::MAX).max(1);
        self.passage(file, line.max(1), lines)
    }
}

/// A file's text; what is no UTF-8 is replaced.
pub(crate) fn read(file: &Utf8Path) -> Result<String, String> {
    let facts = fs::metadata(file).map_err(|why| format!("`{file}`: {why}"))?;
    if facts.len() > MAX_FILE {
        return Err(format!("`{file}` is larger than 32 MiB"));
    }
    if !facts.is_file() {
        return Err(format!("`{file}` is no file"));
    }
    let bytes = fs::read(file).map_err(|why| format!("`{file}`: {why}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Domains, Status};
    use crate::sample::Sample;

    const TEXT: &str = "\
macro_rules! make {
    ($name:ident) => {
        fn $name() {}
    };
}
make!(
    made
);
#[derive(Debug)]
pub struct S {
    a: u8,
}
fn plain() {
    // )
}
";

    /// The passages of an item that the closure describes, as `line: first … last`.
    fn check(item: impl Fn(&mut Sample, usize), expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let file = Utf8Path::from_path(folder.path()).unwrap().join("lib.rs");
        fs::write(&file, TEXT).unwrap();
        let mut sample = Sample::new();
        let package = sample.library("dep", "1.0.0", 0, Domains::RUN);
        let place = file.parent().unwrap().to_owned();
        sample.analysis.project.packages[package].manifest_dir = place;
        let make = sample.function(package, "dep::make", Status::Used);
        let one = sample.item(make);
        (one.kind, one.file, one.line, one.lines) = (ItemKind::Macro, file.clone(), 1, 5);
        let type_ = sample.function(package, "dep::S", Status::Used);
        let one = sample.item(type_);
        (one.kind, one.file, one.line, one.lines) = (ItemKind::Struct, file.clone(), 10, 3);
        let index = sample.function(package, "dep::it", Status::Used);
        sample.item(index).file = file.clone();
        item(&mut sample, index);
        let found = Sources::new(&sample.analysis).of_item(index);
        let found: Vec<String> = match found {
            Ok(all) => all
                .iter()
                .map(|one| {
                    let (first, last) = (one.lines.first().unwrap(), one.lines.last().unwrap());
                    format!("{}: {first} … {}", one.line, last.trim())
                })
                .collect(),
            Err(why) => vec![why.replace(file.as_str(), "FILE")],
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_was_written_is_its_lines() {
        check(
            |sample, item| {
                let one = sample.item(item);
                (one.line, one.lines) = (13, 3);
            },
            &["13: fn plain() { … }"],
        );
    }

    #[test]
    fn what_a_macro_made_is_definition_and_call() {
        check(
            |sample, item| {
                let one = sample.item(item);
                let call = (one.file.clone(), 6);
                (one.line, one.lines, one.origin) = (3, 1, Origin::Macro);
                one.call_site = Some(call);
            },
            &["1: macro_rules! make { … }", "6: make!( … );"],
        );
    }

    #[test]
    fn what_a_derive_made_is_the_type() {
        check(
            |sample, item| {
                let one = sample.item(item);
                let call = (one.file.clone(), 9);
                (one.line, one.lines, one.origin) = (9, 0, Origin::Derive);
                one.call_site = Some(call);
            },
            &["9: #[derive(Debug)] … }"],
        );
    }

    #[test]
    fn what_is_not_there_is_said() {
        check(
            |sample, item| {
                let one = sample.item(item);
                (one.line, one.lines) = (14, 9);
            },
            &["`FILE` has no lines 14 to 22"],
        );
        let mut sample = crate::sample::small();
        let text = Sources::new(&sample).of_item(0);
        assert!(
            text.unwrap_err()
                .contains("/registry/finder-1.11.0/src/lib.rs")
        );
        // A file that is there and none of the package's.
        let folder = tempfile::tempdir().unwrap();
        let file = Utf8Path::from_path(folder.path()).unwrap().join("secret");
        fs::write(&file, TEXT).unwrap();
        sample.items[0].file = file;
        let text = Sources::new(&sample).of_item(0);
        assert!(text.unwrap_err().contains("outside of the packages"));
    }
}
