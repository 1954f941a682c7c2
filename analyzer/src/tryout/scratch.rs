//! A workspace of our own in which a library depends on what is looked at: below the project's
//! `<target>/whittle`, or in a temporary folder where there is no project. Nothing of the project
//! is written.
//!
//! The lock file starts as the project's, so that cargo chooses the versions that it would choose
//! for the project. What is not in the registry's cache is fetched by the user, with the command
//! that the error names, or here when that is asked for.

use std::collections::BTreeSet;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::cargo::{folders_of, lock_scratch};
use crate::error::{Error, Result};
use crate::options::ExecPolicy;

/// Name of the package, which no registry gives away: it is never published.
pub const PACKAGE: &str = "whittle-try";

/// What the library depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub name: String,
    /// Version requirement; `None`: the newest that the registry's cache has.
    pub version: Option<String>,
    pub features: Vec<String>,
    pub default_features: bool,
}

/// The workspace, for as long as it is looked at.
#[derive(Debug)]
pub struct Scratch {
    pub folder: Utf8PathBuf,
    /// What the project's lock file names, as `name version`; `None` without a project.
    pub locked: Option<BTreeSet<String>>,
    /// Removed with the value.
    temporary: Option<Temporary>,
}

/// What of the project counts for a new dependency.
#[derive(Debug, Default)]
struct Project {
    own: Option<Utf8PathBuf>,
    lock: Option<String>,
    license: Option<String>,
    edition: Option<String>,
    rust_version: Option<String>,
}

impl Scratch {
    /// Lays the workspace out and lets cargo choose versions.
    ///
    /// # Errors
    /// When a name or a version cannot stand in a manifest, when cargo finds no versions in its
    /// cache, or when the folder cannot be written.
    pub fn make(
        wanted: &Wanted,
        manifest: Option<Utf8PathBuf>,
        exec: ExecPolicy,
        fetch: bool,
    ) -> Result<Self> {
        check(wanted)?;
        let project = Project::find(manifest)?;
        let (folder, temporary) = if let Some(own) = &project.own {
            (own.join("try").join(&wanted.name), None)
        } else {
            let temporary = Temporary::make()?;
            (temporary.0.clone(), Some(temporary))
        };
        let scratch = Self {
            folder,
            locked: project.lock.as_deref().map(locked),
            temporary,
        };
        scratch.lay_out(wanted, &project)?;
        let manifest = scratch.manifest();
        lock_scratch(&manifest, exec, fetch).map_err(|error| scratch.missing(error))?;
        Ok(scratch)
    }

    #[must_use]
    pub fn manifest(&self) -> Utf8PathBuf {
        self.folder.join("Cargo.toml")
    }

    /// What is missing is fetched by a command that needs this workspace: then it stays.
    #[must_use]
    pub fn missing(&self, error: Error) -> Error {
        match error {
            Error::NotFetched(why) => Error::SideNotFetched {
                side: "what is tried".to_owned(),
                why,
                command: match &self.temporary {
                    None => format!("cargo fetch --manifest-path {}", self.manifest()),
                    Some(_) => "cargo whittle try --fetch …".to_owned(),
                },
            },
            other => other,
        }
    }

    fn lay_out(&self, wanted: &Wanted, project: &Project) -> Result<()> {
        let source = self.folder.join("src");
        // A link in the place of a folder would have us write elsewhere.
        for folder in self.folder.ancestors().take(3).chain([source.as_path()]) {
            if folder.is_symlink() {
                return Err(Error::LinkedTarget(folder.to_owned()));
            }
        }
        fs::create_dir_all(&source).map_err(|why| io("create", &source, &why))?;
        let write = |file: Utf8PathBuf, text: &str| {
            // Whatever stands there is not written through.
            let _ = fs::remove_file(&file);
            fs::write(&file, text).map_err(|why| io("write", &file, &why))
        };
        write(self.manifest(), &manifest(wanted, project))?;
        write(
            source.join("lib.rs"),
            "//! What is tried is named on the command line.\n",
        )?;
        let lock = self.folder.join("Cargo.lock");
        if let Some(text) = &project.lock {
            return write(lock, text);
        }
        let _ = fs::remove_file(lock);
        Ok(())
    }
}

/// A folder that nobody else may look into, removed in the end.
#[derive(Debug)]
struct Temporary(Utf8PathBuf);

impl Temporary {
    fn make() -> Result<Self> {
        let parent = std::env::temp_dir();
        let parent = Utf8PathBuf::from_path_buf(parent)
            .map_err(|path| Error::Usage(format!("`{}` is not UTF-8", path.display())))?;
        let mut number = [0; 8];
        let random = getrandom::fill(&mut number);
        random.map_err(|why| io("create", &parent, &std::io::Error::other(why.to_string())))?;
        let name = format!("cargo-whittle-try-{:016x}", u64::from_le_bytes(number));
        let folder = parent.join(name);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // One that is there already is somebody else's.
        builder
            .create(&folder)
            .map_err(|why| io("create", &folder, &why))?;
        Ok(Self(folder))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Project {
    /// The one in or above the current folder; that there is none is no error, unless one was
    /// named.
    fn find(manifest: Option<Utf8PathBuf>) -> Result<Self> {
        let named = manifest.is_some();
        let (root, own) = match folders_of(manifest) {
            Ok(folders) => folders,
            Err(Error::NoManifest(_)) if !named => return Ok(Self::default()),
            // What is tried needs no lock file: the folder of the tool is all that is wanted.
            Err(Error::NoLockFile(_)) if !named => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let text = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
        let document: toml::Table = text.parse().unwrap_or_default();
        let text_at = |path: [&str; 3]| {
            let path = path.iter().filter(|it| !it.is_empty());
            let mut value = document.get("package");
            let mut shared = document.get("workspace");
            for key in path {
                value = value.and_then(|it| it.get(key));
                shared = shared
                    .and_then(|it| it.get("package"))
                    .and_then(|it| it.get(key));
            }
            let text = |it: Option<&toml::Value>| it.and_then(|it| it.as_str().map(str::to_owned));
            text(value).or_else(|| text(shared))
        };
        Ok(Self {
            own: Some(own),
            lock: fs::read_to_string(root.join("Cargo.lock")).ok(),
            license: text_at(["license", "", ""]),
            edition: text_at(["edition", "", ""])
                .or_else(|| document.get("package").map(|_| "2015".to_owned())),
            rust_version: text_at(["rust-version", "", ""]),
        })
    }
}

/// Names of packages and features are what cargo takes; a version is what it can read.
fn check(wanted: &Wanted) -> Result<()> {
    let plain = |name: &str| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || "-_".contains(c))
    };
    let feature = |name: &str| {
        let odd = |c: char| c.is_alphanumeric() || "-_+./?".contains(c);
        !name.is_empty() && name.chars().all(odd)
    };
    if !plain(&wanted.name) {
        return Err(Error::Usage(format!(
            "`{}` is no crate's name",
            wanted.name
        )));
    }
    if let Some(version) = &wanted.version
        && version.parse::<semver::VersionReq>().is_err()
    {
        return Err(Error::Usage(format!(
            "`{version}` is no version requirement"
        )));
    }
    match wanted.features.iter().find(|name| !feature(name)) {
        Some(name) => Err(Error::Usage(format!("`{name}` is no feature's name"))),
        None => Ok(()),
    }
}

fn manifest(wanted: &Wanted, project: &Project) -> String {
    // What JSON escapes, TOML reads.
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let mut lines = vec![
        "[package]".to_owned(),
        format!("name = {}", text(PACKAGE)),
        "version = \"0.0.0\"\npublish = false".to_owned(),
    ];
    // What a new package has.
    let edition = project.edition.clone().or(Some("2024".to_owned()));
    for (key, value) in [
        ("edition", &edition),
        ("license", &project.license),
        ("rust-version", &project.rust_version),
    ] {
        lines.extend(value.iter().map(|value| format!("{key} = {}", text(value))));
    }
    let features: Vec<String> = wanted.features.iter().map(|it| text(it)).collect();
    lines.push(format!(
        "\n[dependencies.{}]\nversion = {}\ndefault-features = {}\nfeatures = [{}]\n\n[workspace]\n",
        wanted.name,
        text(wanted.version.as_deref().unwrap_or("*")),
        wanted.default_features,
        features.join(", ")
    ));
    lines.join("\n")
}

/// `name version` of every package of a lock file.
fn locked(text: &str) -> BTreeSet<String> {
    let document: toml::Table = text.parse().unwrap_or_default();
    let packages = document.get("package").and_then(|it| it.as_array());
    let name = |package: &toml::Value| {
        let of = |key| package.get(key).and_then(|it| it.as_str());
        Some(format!("{} {}", of("name")?, of("version")?))
    };
    packages.into_iter().flatten().filter_map(name).collect()
}

fn io(action: &'static str, path: &Utf8Path, why: &std::io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str) -> Wanted {
        Wanted {
            name: name.to_owned(),
            default_features: true,
            ..Wanted::default()
        }
    }

    #[test]
    fn a_manifest_says_what_was_asked_for() {
        let wanted = Wanted {
            version: Some("1.2".to_owned()),
            features: vec!["a".to_owned(), "b/c".to_owned()],
            default_features: false,
            ..wanted("one")
        };
        let project = Project {
            license: Some("MIT".to_owned()),
            ..Project::default()
        };
        let text = manifest(&wanted, &project);
        let read: toml::Table = text.parse().unwrap();
        let one = &read["dependencies"]["one"];
        assert_eq!(one["version"].as_str(), Some("1.2"));
        assert_eq!(one["default-features"].as_bool(), Some(false));
        assert_eq!(one["features"].as_array().map(Vec::len), Some(2));
        assert_eq!(read["package"]["license"].as_str(), Some("MIT"));
        assert_eq!(read["package"]["edition"].as_str(), Some("2024"));
    }

    #[test]
    fn what_cannot_stand_in_a_manifest_is_refused() {
        assert!(check(&wanted("one")).is_ok());
        assert!(check(&wanted("one]\nx = 1")).is_err() && check(&wanted("")).is_err());
        let version = |text: &str| Wanted {
            version: Some(text.to_owned()),
            ..wanted("one")
        };
        assert!(check(&version("^1.2, <1.5")).is_ok() && check(&version("\"")).is_err());
        let feature = Wanted {
            features: vec!["a\"".to_owned()],
            ..wanted("one")
        };
        assert!(check(&feature).is_err());
    }

    #[test]
    fn packages_of_a_lock_file() {
        let text = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n";
        assert_eq!(locked(text), BTreeSet::from(["a 1.0.0".to_owned()]));
        assert!(locked("?").is_empty());
    }
}
