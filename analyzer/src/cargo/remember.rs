//! The loaded project from the cache, when nothing that it was made from has changed.
//!
//! Under `never` only: the answers of cargo and rustc then depend on files that can be listed
//! (manifests, lock file, configuration, the names of the files that cargo finds targets by,
//! what was looked at when build scripts were read) and on the toolchain. Under the other
//! policies cargo itself decides what is fresh.

use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};

use super::Beside;
use crate::cache::{Cache, Digest, Hasher, Inputs, Kind, program};
use crate::error::Result;
use crate::model::{BuildOutput, Project, Source};
use crate::options::{ExecPolicy, Options};

/// [`super::load_beside`], or what it gave the last time; with the cache of the project.
pub(crate) fn project(
    options: &Options,
    progress: &dyn Fn(&str),
    beside: &dyn Beside,
) -> Result<(Project, Cache)> {
    let load = || super::load_beside(options, progress, beside);
    if options.no_cache {
        return Ok((load()?, Cache::none()));
    }
    let runs_nothing = options.exec == ExecPolicy::Never && options.allow.is_empty();
    let key = runs_nothing.then(|| key(options)).flatten();
    if let Some(key) = key
        && let Some(found) = find(options, key)
    {
        return Ok(found);
    }
    let project = load()?;
    let cache = Cache::open(&project.out_dir);
    if let Some(key) = key
        && let Some(inputs) = inputs(&project)
    {
        cache.put(Kind::Project, key, &(&inputs, &project));
    }
    Ok((project, cache))
}

/// Everything that is asked for and the environment it is asked in.
fn key(options: &Options) -> Option<Digest> {
    let mut hasher = Hasher::default();
    program(&mut hasher);
    let same = Options {
        threads: None,
        probe: Vec::new(),
        understand: crate::options::Understand::Nothing,
        start: Vec::new(),
        ..options.clone()
    };
    hasher.text(&format!("{same:?}"));
    hasher.text(std::env::current_dir().ok()?.to_str()?);
    let relevant = |name: &str| {
        let prefixes = ["CARGO", "__CARGO", "RUST", "WHITTLE", "XDG_"];
        prefixes.iter().any(|prefix| name.starts_with(prefix))
            || matches!(name, "PATH" | "HOME" | "USER")
    };
    let mut variables: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(relevant))
        .collect();
    variables.sort_unstable();
    for (name, value) in variables {
        hasher.bytes(name.as_encoded_bytes());
        hasher.bytes(value.as_encoded_bytes());
    }
    Some(hasher.finish())
}

/// Looks where our folder can be without asking cargo. A configured target folder elsewhere is
/// not found: that run asks cargo.
fn find(options: &Options, key: Digest) -> Option<(Project, Cache)> {
    let here = Utf8PathBuf::from_path_buf(std::env::current_dir().ok()?).ok()?;
    let manifest = options.selection.manifest_path.as_ref();
    let start = manifest.map_or(here.clone(), |path| here.join(path));
    let named = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"];
    let named = named.iter().find_map(|name| std::env::var(name).ok());
    let chosen = options.selection.target_dir.as_ref();
    let named = chosen.map(ToString::to_string).or(named);
    let folders = match named {
        Some(folder) => vec![here.join(folder)],
        None => start
            .ancestors()
            .map(|folder| folder.join("target"))
            .collect(),
    };
    folders.iter().find_map(|target| {
        let out_dir = target.join("whittle");
        if !out_dir.join("cache").is_dir() {
            return None;
        }
        let cache = Cache::open(&out_dir);
        let (inputs, project): (Inputs, Project) = cache.get(Kind::Project, key)?;
        (project.out_dir == out_dir && inputs.hold()).then_some((project, cache))
    })
}

/// What `project` was made from; `None` when that cannot be said.
fn inputs(project: &Project) -> Option<Inputs> {
    let mut inputs = Inputs::beside(&project.out_dir);
    let members = project.packages.iter().filter(|package| package.is_member);
    let folders = members.map(|package| package.manifest_dir.as_path());
    for folder in folders.chain([project.workspace_root.as_path()]) {
        for above in folder.ancestors() {
            for name in ["Cargo.toml", "rust-toolchain", "rust-toolchain.toml"] {
                inputs.content(above.join(name));
            }
            configuration(&above.join(".cargo"), &mut inputs)?;
        }
    }
    inputs.content(project.workspace_root.join("Cargo.lock"));
    inputs.names(&project.workspace_root);
    for package in &project.packages {
        inputs.content(package.manifest_dir.join("Cargo.toml"));
        if package.source != Source::Registry {
            inputs.names(&package.manifest_dir);
        }
    }
    for unit in &project.units {
        match &unit.build_output {
            BuildOutput::None => {}
            BuildOutput::Read { reading, .. } if reading.looked_at.is_some() => {
                for path in reading.looked_at.iter().flatten() {
                    inputs.there(path);
                }
            }
            _ => inputs.tree(&project.packages[unit.package].manifest_dir),
        }
    }
    programs(&project.toolchain.sysroot, &mut inputs)?;
    inputs.facts(project.std_src.root.join("core/src/lib.rs"));
    Some(inputs)
}

/// Cargo's configuration in a folder; `None` when it leads to other files.
fn configuration(folder: &Utf8Path, inputs: &mut Inputs) -> Option<()> {
    for name in ["config", "config.toml"] {
        let file = folder.join(name);
        if std::fs::read_to_string(&file).is_ok_and(|text| text.contains("include")) {
            return None;
        }
        inputs.content(file);
    }
    Some(())
}

/// The programs that were asked, and what decides which ones rustup starts.
fn programs(sysroot: &Utf8Path, inputs: &mut Inputs) -> Option<()> {
    for name in ["bin/rustc", "bin/cargo"] {
        inputs.facts(sysroot.join(name));
    }
    inputs.content(sysroot.join("lib/rustlib/components"));
    let home = Utf8PathBuf::from_path_buf(std::env::home_dir()?).ok()?;
    let folder = |variable: &str, otherwise: &str| {
        std::env::var(variable).map_or_else(|_| home.join(otherwise), Utf8PathBuf::from)
    };
    inputs.content(folder("RUSTUP_HOME", ".rustup").join("settings.toml"));
    configuration(&folder("CARGO_HOME", ".cargo"), inputs)?;
    let path = std::env::var_os("PATH")?;
    for name in ["cargo", "rustc"] {
        let places = std::env::split_paths(&path).map(|folder| folder.join(name));
        // Whichever comes first is started: those before it must stay absent.
        for place in places {
            let is_there = place.is_file();
            if let Some(place) = Utf8Path::from_path(Path::new(&place)) {
                inputs.facts(place);
            }
            if is_there {
                break;
            }
        }
    }
    Some(())
}
