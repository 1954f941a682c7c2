//! What a registry has published of a crate, from cargo's own cache of the registry's index.
//!
//! Cargo keeps one file a crate below `$CARGO_HOME/registry/index/<registry>/.cache`, since it has
//! to know the versions to choose from: a small binary header, then for each version its number and
//! the registry's JSON line, each closed by a NUL. Of these lines three facts are read; everything
//! else is passed over, so that a torn or hostile file costs a fact and nothing more. Which registry
//! it is follows from where cargo unpacked the sources: `registry/src/<registry>/<name>-<version>`.
//! Sources that cargo did not fetch (vendored, replaced, of a folder, from git) have no such file.
//!
//! A crate for this (`tame-index`, `crates-index`) would bring more code than the whole of what is
//! read here, and would still have to be told where the cache is.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use semver::Version;
use serde::Deserialize;

use crate::model::{Package, Source};

/// More than the index of any crate needs: the largest known has five million bytes.
const LARGEST: u64 = 64 << 20;
/// Of so many lines at the end of a file one is the newest, as a rule.
const LAST: usize = 4;

/// One version of a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) version: Version,
    /// The registry took it back.
    pub(crate) yanked: bool,
    /// `2026-10-16`, where the registry says it.
    pub(crate) day: Option<String>,
}

/// Cargo's cache of one registry's index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Index(Utf8PathBuf);

#[derive(Deserialize)]
struct Line {
    name: String,
    vers: String,
    #[serde(default)]
    yanked: bool,
    pubtime: Option<String>,
}

impl Index {
    /// The index that a package was found in.
    ///
    /// # Errors
    /// Why there is none, as the end of a sentence.
    pub(crate) fn of(home: Option<&Utf8Path>, package: &Package) -> Result<Self, &'static str> {
        match package.source {
            Source::Path => return Err("it comes from a folder, not from a registry"),
            Source::Git => return Err("it comes from git, not from a registry"),
            Source::Registry => {}
        }
        let not_fetched = "its sources were not fetched by cargo, but replaced or vendored";
        let folder = package.manifest_dir.canonicalize_utf8();
        let sources = home.and_then(|home| home.join("registry/src").canonicalize_utf8().ok());
        let (Ok(folder), Some(sources)) = (folder, sources) else {
            return Err(not_fetched);
        };
        let registry = folder.strip_prefix(&sources).ok();
        let registry = registry.and_then(|path| path.components().next());
        let (Some(registry), Some(home)) = (registry, home) else {
            return Err(not_fetched);
        };
        Ok(Self(
            home.join("registry/index").join(registry).join(".cache"),
        ))
    }

    /// All versions of a crate that the index knows, in its order.
    ///
    /// # Errors
    /// Why that is not known, as the end of a sentence.
    pub(crate) fn versions(&self, name: &str) -> Result<Vec<Published>, &'static str> {
        let text = self.read(name)?;
        let versions: Vec<Published> = lines(&text, name).collect();
        if versions.is_empty() {
            return Err("cargo's copy of the registry's index is not understood");
        }
        Ok(versions)
    }

    /// The last day on which something was published of a crate, as far as the end of its file
    /// tells: one of many, so a glance is enough.
    pub(crate) fn last_day(&self, name: &str) -> Option<String> {
        let text = self.read(name).ok()?;
        let last = lines(&text, name).rev().take(LAST);
        last.filter_map(|one| one.day).max()
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, &'static str> {
        let absent = "the registry's index is not in cargo's cache";
        let file = place(name).map(|place| self.0.join(place)).ok_or(absent)?;
        let facts = fs::metadata(&file).map_err(|_| absent)?;
        if !facts.is_file() || facts.len() > LARGEST {
            return Err("cargo's copy of the registry's index is not understood");
        }
        fs::read(&file).map_err(|_| absent)
    }
}

/// Where the index has a crate: `se/rd/serde`.
fn place(name: &str) -> Option<String> {
    let plain = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    if !name.chars().all(plain) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    Some(match name.len() {
        0 => return None,
        1 | 2 => format!("{}/{name}", name.len()),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    })
}

/// The lines of a file that are understood and are about the crate.
fn lines<'a>(text: &'a [u8], name: &'a str) -> impl DoubleEndedIterator<Item = Published> + 'a {
    let lines = text.split(|&byte| byte == 0);
    lines.filter_map(move |line| {
        if line.first() != Some(&b'{') {
            return None;
        }
        let line: Line = serde_json::from_slice(line).ok()?;
        let version = Version::parse(&line.vers).ok()?;
        (line.name == name).then(|| Published {
            version,
            yanked: line.yanked,
            day: line.pubtime.as_deref().and_then(day),
        })
    })
}

/// `2026-10-16` of `2026-10-16T22:56:46Z`; nothing that is no such time in UTC.
fn day(time: &str) -> Option<String> {
    let day = time.get(..10)?;
    let as_a_day = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let rest = &time[10..];
    (as_a_day && rest.starts_with('T') && rest.ends_with('Z')).then(|| day.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\x03\x02\0\0\0Unknown\0";

    fn file(lines: &[&str]) -> Vec<u8> {
        let mut file = HEADER.to_vec();
        for line in lines {
            file.extend(b"1.0.0\0");
            file.extend(line.as_bytes());
            file.push(0);
        }
        file
    }

    fn shown(file: &[u8]) -> Vec<String> {
        let shown = |it: Published| {
            let yanked = if it.yanked { " yanked" } else { "" };
            format!("{}{yanked} {}", it.version, it.day.unwrap_or_default())
        };
        lines(file, "dep").map(shown).collect()
    }

    #[test]
    fn versions_with_their_days() {
        let file = file(&[
            r#"{"name":"dep","vers":"1.0.0","deps":[],"pubtime":"2024-02-29T01:02:03Z"}"#,
            r#"{"name": "dep", "vers": "1.0.1", "yanked": true, "v": 2}"#,
        ]);
        assert_eq!(shown(&file), ["1.0.0 2024-02-29", "1.0.1 yanked "]);
    }

    #[test]
    fn what_is_torn_or_foreign_is_passed_over() {
        let good = r#"{"name":"dep","vers":"1.0.0","pubtime":"2024-02-29T01:02:03Z"}"#;
        let deep = format!(
            r#"{{"name":"dep","vers":"1.0.0","x":{}"#,
            "[".repeat(100_000)
        );
        for bad in [
            r#"{"name":"dep","vers":"1.0"}"#,
            r#"{"name":"other","vers":"1.0.0"}"#,
            r#"{"name":"dep"}"#,
            r#"{"name":"dep","vers":"1.0.0""#,
            "[]",
            "{\"name\":\"\u{1b}[2J\",\"vers\":\"1.0.0\"}",
            &deep,
        ] {
            assert_eq!(shown(&file(&[bad, good])), ["1.0.0 2024-02-29"], "{bad}");
        }
        let whole = file(&[good, good]);
        for end in 0..whole.len() {
            assert!(shown(&whole[..end]).len() < 3);
        }
        assert!(shown(b"").is_empty() && shown(&[0xff; 64]).is_empty());
    }

    #[test]
    fn only_times_in_utc_are_times() {
        assert_eq!(day("2026-10-16T22:56:46Z").as_deref(), Some("2026-10-16"));
        assert_eq!(day("2026-10-16T22:56:46.5Z").as_deref(), Some("2026-10-16"));
        for bad in [
            "",
            "2026-10-16",
            "2026-10-16T22:56:46+01:00",
            "16.10.2026T22:56:46Z",
            "2026-10-1é T22:56:46Z",
        ] {
            assert_eq!(day(bad), None, "{bad}");
        }
    }

    #[test]
    fn files_are_where_cargo_has_them() {
        for (name, expected) in [
            ("a", "1/a"),
            ("cc", "2/cc"),
            ("syn", "3/s/syn"),
            ("Inflector", "in/fl/inflector"),
        ] {
            assert_eq!(place(name).as_deref(), Some(expected));
        }
        assert!(place("").is_none() && place("../../etc").is_none() && place("é").is_none());
    }

    #[test]
    fn only_what_cargo_fetched_has_an_index() {
        let home = tempfile::tempdir().unwrap();
        let home = Utf8Path::from_path(home.path()).unwrap();
        let home = home.canonicalize_utf8().unwrap();
        let mut sample = crate::sample::Sample::new();
        let dep = sample.package("dep", "1.0.0", Some(0));
        let package = &mut sample.analysis.project.packages[dep];
        let index = |package: &Package| Index::of(Some(&home), package);
        package.manifest_dir = home.join("registry/src/r/dep-1.0.0");
        assert!(index(package).is_err());
        fs::create_dir_all(&package.manifest_dir).unwrap();
        let found = index(package).unwrap();
        assert_eq!(found.0, home.join("registry/index/r/.cache"));
        assert!(found.versions("dep").is_err());
        fs::create_dir_all(found.0.join("3/d")).unwrap();
        let line = r#"{"name":"dep","vers":"1.0.0","pubtime":"2024-02-29T01:02:03Z"}"#;
        fs::write(found.0.join("3/d/dep"), file(&[line])).unwrap();
        assert_eq!(found.versions("dep").unwrap().len(), 1);
        assert_eq!(found.last_day("dep").as_deref(), Some("2024-02-29"));
        fs::create_dir_all(found.0.join("3/o/one")).unwrap();
        assert!(found.versions("one").is_err());
        package.manifest_dir = home.join("vendor/dep");
        fs::create_dir_all(&package.manifest_dir).unwrap();
        assert!(index(package).unwrap_err().contains("vendored"));
        package.source = Source::Git;
        assert!(index(package).unwrap_err().contains("git"));
        assert!(Index::of(None, package).is_err());
    }
}
