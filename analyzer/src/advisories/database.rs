//! A local RustSec database: every file of it read, or named.
//!
//! Takes the folder that holds `crates/<package>/<ID>.md`; gives the advisories, sorted by id.
//! The `rustsec` crate parses a file and decides which versions it affects; the folder is walked
//! here, because that crate gives up at the first file it cannot read and leaves others out
//! without a word. A file that cannot be read is never as good as none: it is listed, with the
//! packages it may be about, and stops the command when one of those is in the tree.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use camino::{Utf8Path, Utf8PathBuf};
use rustsec::advisory::Versions;

use crate::error::{Error, Result};
use crate::options::Probe;

/// No advisory is this long; a file that is was put there by mistake.
const LONGEST: u64 = 1 << 20;

/// An advisory as far as it is needed here. All text is as it stands in the file: not trusted.
#[derive(Debug, Clone)]
pub struct Advisory {
    pub id: String,
    pub package: String,
    pub title: String,
    /// The day it was reported, `2020-11-18`.
    pub date: String,
    /// Its page at RustSec.
    pub page: Option<String>,
    pub aliases: Vec<String>,
    /// `unsound`, `unmaintained`, `notice`, …: no vulnerability by itself.
    pub informational: Option<String>,
    pub severity: Option<String>,
    /// Version ranges that are not affected, as text for people.
    pub patched: Vec<String>,
    pub unaffected: Vec<String>,
    pub arch: Vec<String>,
    pub os: Vec<String>,
    /// Paths of vulnerable functions; empty when it names none.
    pub functions: Vec<String>,
    versions: Versions,
}

impl Advisory {
    /// Whether its `[versions]` leave this version affected. A version that is none is.
    #[must_use]
    pub fn affects(&self, version: &str) -> bool {
        rustsec::Version::parse(version)
            .map_or(true, |version| self.versions.is_vulnerable(&version))
    }
}

/// A file that should be an advisory and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Relative to the database.
    pub file: String,
    pub why: String,
    /// The packages it may be about; empty when nothing says.
    pub packages: Vec<String>,
}

/// The advisories about packages.
#[derive(Debug, Clone, Default)]
pub struct Database {
    /// Sorted by id; those withdrawn are not among them.
    pub advisories: Vec<Advisory>,
    /// Id and package of those withdrawn.
    pub withdrawn: Vec<(String, String)>,
    /// Files under `rust/`: on the compiler, std and cargo, which are no packages of a tree.
    pub on_rust: usize,
    pub unreadable: Vec<Unreadable>,
}

impl Database {
    /// Reads the database in `folder`.
    ///
    /// # Errors
    /// [`Error::Advisories`] when there is no `crates` folder, or no advisory in it.
    pub fn open(folder: &Utf8Path) -> Result<Self> {
        let crates = folder.join("crates");
        if !crates.is_dir() {
            let why = format!("`{folder}` has no folder `crates`");
            return Err(Error::Advisories(why));
        }
        let mut database = Self::default();
        for entry in entries(&crates)? {
            if entry.is_dir() {
                for file in entries(&entry)? {
                    database.file(folder, &file);
                }
            } else {
                database.file(folder, &entry);
            }
        }
        if database.advisories.is_empty() && database.unreadable.is_empty() {
            let why = format!("`{crates}` holds no advisories");
            return Err(Error::Advisories(why));
        }
        database.on_rust = count(&folder.join("rust"))?;
        database.advisories.sort_by(|a, b| a.id.cmp(&b.id));
        database.without_doubles();
        database.withdrawn.sort();
        Ok(database)
    }

    /// What the analysis is to follow besides what is reached: see [`Probe`].
    #[must_use]
    pub fn probes(&self) -> Vec<Probe> {
        let of_one = |advisory: &Advisory| {
            let package = advisory.package.clone();
            let functions = advisory.functions.clone().into_iter();
            functions.map(move |path| Probe {
                package: package.clone(),
                path,
            })
        };
        let mut probes: Vec<Probe> = self.advisories.iter().flat_map(of_one).collect();
        probes.sort();
        probes.dedup();
        probes
    }

    /// The day of the newest advisory: how old the database is at most.
    #[must_use]
    pub fn newest(&self) -> Option<&str> {
        let dates = self.advisories.iter().map(|one| one.date.as_str());
        dates.max()
    }

    fn file(&mut self, folder: &Utf8Path, file: &Utf8Path) {
        let name = file.strip_prefix(folder).unwrap_or(file).to_string();
        match read(file) {
            Ok((text, Ok(advisory))) => self.add(file, name, &text, &advisory),
            Ok((text, Err(why))) => self.refuse(file, name, why, &text),
            Err(why) => self.refuse(file, name, why, ""),
        }
    }

    fn add(&mut self, file: &Utf8Path, name: String, text: &str, advisory: &rustsec::Advisory) {
        let (id, package) = (
            advisory.id().to_string(),
            advisory.metadata.package.to_string(),
        );
        let folder = file.parent().and_then(Utf8Path::file_name);
        if folder != Some(package.as_str()) {
            let why = format!("it is about `{package}`, but does not stand in that folder");
            return self.refuse(file, name, why, text);
        }
        if advisory.withdrawn() {
            self.withdrawn.push((id, package));
            return;
        }
        self.advisories.push(plain(id, package, advisory));
    }

    fn refuse(&mut self, file: &Utf8Path, name: String, why: String, text: &str) {
        let folder = file.parent().and_then(Utf8Path::file_name);
        let folder = folder
            .filter(|&folder| folder != "crates")
            .map(str::to_owned);
        let mut packages: Vec<String> = named_packages(text).chain(folder).collect();
        packages.sort();
        packages.dedup();
        self.unreadable.push(Unreadable {
            file: name,
            why,
            packages,
        });
    }

    /// Of two files with one id, only one can be meant; which one is not for this to say.
    fn without_doubles(&mut self) {
        let mut kept: Vec<Advisory> = Vec::with_capacity(self.advisories.len());
        for advisory in std::mem::take(&mut self.advisories) {
            match kept.last() {
                Some(last) if last.id == advisory.id && last.package == advisory.package => {
                    self.unreadable.push(Unreadable {
                        file: format!("crates/{}/{}.md", advisory.package, advisory.id),
                        why: "another file has the same id".to_owned(),
                        packages: vec![advisory.package],
                    });
                }
                _ => kept.push(advisory),
            }
        }
        self.advisories = kept;
    }
}

/// What a folder holds but hidden files, sorted.
fn entries(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let failed = |why: std::io::Error| Error::Io {
        action: "read",
        path: folder.to_owned(),
        why: why.to_string(),
    };
    let mut found = Vec::new();
    for entry in folder.read_dir_utf8().map_err(failed)? {
        let path = entry.map_err(failed)?.into_path();
        if !path.file_name().is_some_and(|name| name.starts_with('.')) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Files two folders down.
fn count(folder: &Utf8Path) -> Result<usize> {
    if !folder.is_dir() {
        return Ok(0);
    }
    let mut files = 0;
    for entry in entries(folder)? {
        files += if entry.is_dir() {
            entries(&entry)?.len()
        } else {
            0
        };
    }
    Ok(files)
}

/// The text, and the advisory in it; each error in words.
fn read(file: &Utf8Path) -> Result<(String, Result<rustsec::Advisory, String>), String> {
    if file.extension() != Some("md") {
        return Err("it is no advisory: advisories end in `.md`".to_owned());
    }
    let about = fs::metadata(file).map_err(|why| why.to_string())?;
    if !about.is_file() {
        return Err("it is no file".to_owned());
    }
    if about.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let text = fs::read_to_string(file).map_err(|why| why.to_string())?;
    // The parser quotes this start by bytes and panics inside a character.
    if !text.starts_with("```toml") {
        let why = "it does not begin with a block of TOML".to_owned();
        return Ok((text, Err(why)));
    }
    let parsed = catch_unwind(AssertUnwindSafe(|| text.parse::<rustsec::Advisory>()));
    let advisory = match parsed {
        Ok(Ok(advisory)) => Ok(advisory),
        Ok(Err(why)) => Err(reasons(&why)),
        Err(_) => Err("the parser fails on it".to_owned()),
    };
    Ok((text, advisory))
}

/// An error and what caused it, on one line.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        let one_text = one.to_string();
        if !text.contains(&one_text) {
            text = format!("{text}: {one_text}");
        }
        cause = one.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What lines like `package = "name"` say, for text that does not parse.
fn named_packages(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (key.trim() == "package").then(|| value.to_owned())
    })
}

fn plain(id: String, package: String, advisory: &rustsec::Advisory) -> Advisory {
    let text = |list: &[rustsec::VersionReq]| list.iter().map(ToString::to_string).collect();
    let affected = advisory.affected.clone().unwrap_or_default();
    Advisory {
        page: advisory
            .id()
            .url()
            .filter(|url| url.chars().all(|c| c.is_ascii_graphic())),
        id,
        package,
        title: advisory.title().to_owned(),
        date: advisory.date().as_str().to_owned(),
        aliases: advisory
            .metadata
            .aliases
            .iter()
            .map(ToString::to_string)
            .collect(),
        informational: advisory
            .metadata
            .informational
            .as_ref()
            .map(|kind| kind.as_str().to_owned()),
        severity: advisory.severity().map(|severity| severity.to_string()),
        patched: text(advisory.versions.patched()),
        unaffected: text(advisory.versions.unaffected()),
        arch: affected
            .arch
            .iter()
            .map(|arch| arch.as_str().to_owned())
            .collect(),
        os: affected
            .os
            .iter()
            .map(|os| os.as_str().to_owned())
            .collect(),
        functions: affected.functions.keys().map(ToString::to_string).collect(),
        versions: advisory.versions.clone(),
    }
}
