//! What rests on a guess about a build script that was read instead of run.
//!
//! A function behind a cfg that is a guess is unknown unless it is surely used; what the guess
//! leaves out is in no crate, so every name that stands there is suspect, and its functions
//! are counted as a gap. Where generated code is not known, anything may be called.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use ra_ap_base_db::SourceDatabase;
use ra_ap_vfs::FileId;

use super::gaps::Suspects;
use super::sight::Viewpoint;
use crate::model::{BuildOutput, Gap, Project, Unit};
use crate::ra::database::Database;
use crate::script::gated::{Known, Region, regions, whole};
use crate::script::{BUILT_IN, Reading};

/// Lines of a file that depend on a guess.
pub(super) struct Place {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) reason: String,
}

/// By file.
pub(super) type Places = BTreeMap<Utf8PathBuf, Vec<Place>>;

/// Adds to `suspects` what guesses hide, and gives the places that rest on them.
pub(super) fn collect(
    database: &Database,
    project: &Project,
    suspects: &mut Suspects,
    gaps: &mut Vec<Gap>,
) -> Places {
    let mut places = Places::new();
    let mut seen = BTreeSet::new();
    for unit in &project.units {
        let BuildOutput::Read { reading, out_dir } = &unit.build_output else {
            continue;
        };
        let is_new = seen.insert((unit.package, unit.cfgs.clone(), out_dir.clone()));
        if reading.is_sure() || !is_new {
            continue;
        }
        let mut package = Package {
            database,
            unit,
            reading,
            folder: &project.packages[unit.package].manifest_dir,
            left_out: BTreeMap::new(),
        };
        let viewpoint = Viewpoint::of(unit.package, unit.kind);
        for (file, region) in package.regions() {
            if !region.is_in {
                let names = region.names.iter().cloned();
                suspects.names.extend(names.map(|name| (viewpoint, name)));
            }
            let reason = format!(
                "cfg `{}` is a guess: the build script was not run",
                region.cfg
            );
            places.entry(file).or_default().push(Place {
                from: region.from,
                to: region.to,
                reason,
            });
        }
        for ((cfg, file), count) in package.left_out {
            gaps.push(Gap {
                reason: "left out by a guessed cfg".to_owned(),
                package: Some(unit.package),
                place: format!("`{cfg}` in {file}"),
                count,
            });
        }
        generated(
            &mut Package {
                left_out: BTreeMap::new(),
                ..package
            },
            suspects,
            gaps,
        );
    }
    places
}

/// Generated code that is not known may call anything its package can name.
fn generated(package: &mut Package<'_>, suspects: &mut Suspects, gaps: &mut Vec<Gap>) {
    let unknown = &package.reading.out_files_unknown;
    let may_be_code = |name: &str| {
        !matches!(
            Utf8Path::new(name).extension(),
            Some("h" | "c" | "pc" | "a" | "o" | "json" | "md" | "txt")
        )
    };
    let mut code = unknown
        .iter()
        .filter(|(name, _)| name.as_deref().is_none_or(may_be_code));
    let Some((name, why)) = code.next() else {
        return;
    };
    let takes = |text: &str| text.contains("OUT_DIR");
    let root = package.unit.root_file.clone();
    let includes = package.files().any(|(path, text)| {
        let is_script = path.file_name() == Some("build.rs") && *path != root;
        !is_script && takes(&text)
    });
    if includes {
        let of = package.unit.package;
        let name = name.as_deref().unwrap_or("generated code");
        suspects
            .anything
            .entry(Viewpoint::of(of, package.unit.kind))
            .or_insert_with(|| name.to_owned());
        gaps.push(Gap {
            reason: "generated code not known".to_owned(),
            package: Some(of),
            place: format!("`{name}`: {why}"),
            count: 1,
        });
    }
}

struct Package<'a> {
    database: &'a Database,
    unit: &'a Unit,
    reading: &'a Reading,
    folder: &'a Utf8Path,
    /// Functions the guess leaves out, by cfg and file.
    left_out: BTreeMap<(String, Utf8PathBuf), u32>,
}

impl<'a> Package<'a> {
    /// The package's files that were loaded, with their text.
    fn files(&self) -> impl Iterator<Item = (&'a Utf8PathBuf, String)> + use<'a> {
        let (database, folder) = (self.database, self.folder);
        let all = database.paths.iter().zip(0u32..);
        all.filter(move |(path, _)| path.starts_with(folder) && path.extension() == Some("rs"))
            .map(move |(path, id)| {
                let text = database.db.file_text(FileId::from_raw(id));
                (path, text.text(&database.db).to_string())
            })
    }

    /// What is sure of a cfg.
    fn sure(&self, flag: &str) -> Option<bool> {
        let on = self.unit.cfgs.iter().any(|cfg| cfg == flag);
        if self
            .reading
            .cfgs_maybe
            .iter()
            .any(|guess| guess.name == flag)
        {
            return None;
        }
        // A script that may say anything says nothing of what rustc and cargo decide.
        let is_scripts = !on && !flag.contains('=') && !BUILT_IN.contains(&flag);
        if self.reading.anything.is_some() && is_scripts {
            return None;
        }
        Some(on)
    }

    /// Whether a file's text holds a cfg that is not sure: reading all tokens of a package is
    /// slow, and its guesses concern a few files.
    fn may_depend(&self, text: &str) -> bool {
        if !text.contains("cfg") {
            return false;
        }
        // `name="value"`: both stand in the text, with or without space between.
        let mut guesses = self.reading.cfgs_maybe.iter();
        self.reading.anything.is_some()
            || guesses.any(|guess| guess.name.split('=').all(|part| text.contains(part)))
    }

    fn regions(&mut self) -> Vec<(Utf8PathBuf, Region)> {
        let texts: BTreeMap<&Utf8PathBuf, String> = self.files().collect();
        let mut found: Vec<(Utf8PathBuf, Region)> = Vec::new();
        for (&path, text) in &texts {
            let known = Known {
                sure: &|flag| self.sure(flag),
                guess: &|flag| self.unit.cfgs.iter().any(|cfg| cfg == flag),
            };
            if !self.may_depend(text) {
                continue;
            }
            for region in regions(text, &known).unwrap_or_default() {
                found.push((path.clone(), region));
            }
        }
        // Files of modules that a region declares, and what these declare.
        let mut at = 0;
        let mut seen = BTreeSet::new();
        let mut by_path = BTreeSet::from([self.unit.root_file.clone()]);
        while at < found.len() {
            let (path, region) = found[at].clone();
            at += 1;
            let is_beside =
                by_path.contains(&path) || matches!(path.file_stem(), Some("lib" | "main" | "mod"));
            let folder = path.parent().unwrap_or(&path);
            let folder = if is_beside {
                folder.to_owned()
            } else {
                folder.join(path.file_stem().unwrap_or_default())
            };
            for (&file, text) in &texts {
                let is_named = region.paths.iter().any(|one| file.ends_with(below(one)));
                if is_named {
                    by_path.insert(file.clone());
                }
                let declares = |name: &String| {
                    file.starts_with(folder.join(name))
                        || *file == folder.join(format!("{name}.rs"))
                };
                if (is_named || region.modules.iter().any(declares))
                    && seen.insert((file, region.is_in, region.cfg.clone()))
                    && let Some(whole) = whole(text, &region.cfg, region.is_in)
                {
                    found.push((file.clone(), whole));
                }
            }
        }
        for (path, region) in found.iter().filter(|(_, region)| !region.is_in) {
            if region.functions > 0 {
                let key = (region.cfg.clone(), path.clone());
                let count = self.left_out.entry(key).or_insert(0);
                *count += u32::try_from(region.functions).unwrap_or(u32::MAX);
            }
        }
        found
    }
}

/// What of a `#[path]` is the same from wherever it is read.
fn below(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./").or_else(|| path.strip_prefix("../")) {
        path = rest;
    }
    path
}
