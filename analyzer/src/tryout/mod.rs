//! `cargo whittle try`: what a dependency would bring that is not there yet, and what of it would
//! be reached.
//!
//! A [`scratch`] workspace has a library that depends on it; the engine takes the functions that
//! are named as called from there ([`crate::options::Options::start`]), generic ones with their
//! parameters left open. What follows is measured as in any workspace, and advised about by the
//! same rules.

pub mod data;
pub mod scratch;
pub mod table;

use camino::Utf8PathBuf;

use crate::advise::data::Leaves;
use crate::advise::settings::Settings;
use crate::advise::{self};
use crate::error::{Error, Result};
use crate::measure::{self, Use, weight};
use crate::model::{Analysis, Domain, Domains, Item, Status};
use crate::options::{ASKED_FOR, Options, Selection, Understand};
use crate::query;
use crate::report::header::Header;

use data::{Bring, FORMAT, ReachedCrate, Tried, VERSION};
use scratch::{Scratch, Wanted};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub wanted: Wanted,
    /// Paths of what would be used, with or without the name of the crate.
    pub uses: Vec<String>,
    /// Of the project that would depend on it.
    pub manifest: Option<Utf8PathBuf>,
    /// Cargo may fetch what is missing.
    pub fetch: bool,
}

/// Answers it. `options` are those of the project, `analyze` is [`crate::analyze`].
///
/// # Errors
/// When the dependency cannot be resolved or loaded, or a path leads nowhere.
pub fn try_out(
    question: &Question,
    options: &Options,
    settings: &Settings,
    analyze: &mut dyn FnMut(&Options) -> Result<Analysis>,
) -> Result<Tried> {
    let wanted = &question.wanted;
    let scratch = Scratch::make(
        wanted,
        question.manifest.clone(),
        options.exec,
        question.fetch,
    )?;
    let paths = paths(question);
    let options = Options {
        selection: Selection {
            manifest_path: Some(scratch.manifest()),
            target_dir: Some(scratch.folder.join("target")),
            target: options.selection.target.clone(),
            release: options.selection.release,
            profile: options.selection.profile.clone(),
            ..Selection::default()
        },
        understand: Understand::Named(vec![wanted.name.clone()]),
        start: paths.clone(),
        ..options.clone()
    };
    let mut analysis = analyze(&options).map_err(|error| scratch.missing(error))?;
    let package = package(&analysis, &wanted.name)?;
    check(&analysis, package, &paths)?;
    as_named(&mut analysis, package, &paths);
    let advice = advise::advise_on(&analysis, package, settings, &paths)?;
    let brings = bring(&analysis, &scratch);
    Ok(Tried {
        header: Header::new(FORMAT, VERSION, &analysis),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        uses: paths,
        reached: reached(&analysis),
        brings,
        advice,
        notices: analysis.project.notices.clone(),
    })
}

/// Every path begins with the name of the crate.
fn paths(question: &Question) -> Vec<String> {
    let krate = question.wanted.name.replace('-', "_");
    let whole = |path: &String| {
        let first = path
            .split("::")
            .next()
            .unwrap_or_default()
            .replace('-', "_");
        match path.split_once("::") {
            Some((_, rest)) if first == krate => format!("{krate}::{rest}"),
            _ => format!("{krate}::{path}"),
        }
    };
    let mut paths: Vec<String> = question.uses.iter().map(whole).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// The direct dependency.
fn package(analysis: &Analysis, name: &str) -> Result<usize> {
    let packages = analysis.project.packages.iter();
    let found = packages
        .zip(0..)
        .find(|(package, _)| package.is_direct && query::names_package(name, package));
    found.map(|(_, index)| index).ok_or_else(|| {
        Error::Usage(format!(
            "`{name}` has no library, so nothing of it can be used"
        ))
    })
}

/// Each path is a function that the engine starts at, or something else that is listed.
fn check(analysis: &Analysis, package: usize, paths: &[String]) -> Result<()> {
    for path in paths {
        let starts = items_of(analysis).any(|item| is_meant(item, path));
        let other = analysis.items.iter().any(|item| {
            item.package == package && !item.kind.is_function() && is_meant(item, path)
        });
        if starts || other {
            continue;
        }
        let last = path.split("::").skip(1).collect::<Vec<_>>().join("::");
        let nearest = query::nearest(analysis, &last);
        return Err(if nearest.is_empty() {
            Error::NoSuchItem(path.clone())
        } else {
            Error::NoSuchItemBut {
                query: path.clone(),
                nearest: nearest.join(", "),
            }
        });
    }
    Ok(())
}

/// What the engine starts at because it was asked to.
fn items_of(analysis: &Analysis) -> impl Iterator<Item = &Item> {
    let starts = analysis.roots.iter().filter(|(_, _, why)| why == ASKED_FOR);
    let nodes = starts.filter_map(|(node, ..)| analysis.nodes.get(*node as usize));
    nodes.filter_map(|node| analysis.items.get(node.item?))
}

/// The item has the last name of the path; the definition may stand elsewhere than where the path
/// leads to it. A method has its type's name as well.
fn is_meant(item: &Item, path: &str) -> bool {
    let wanted: Vec<&str> = path.split("::").collect();
    let own = query::plain_segments(&item.path);
    let length = if wanted.len() > 2 && own.len() > 2 && starts_upper(wanted[wanted.len() - 2]) {
        2
    } else {
        1
    };
    own.len() >= length && own.ends_with(&wanted[wanted.len() - length..])
        || own.last() == wanted.last()
            && item.kind.is_function()
            && length == 2
            && item.path.contains(" as ")
}

fn starts_upper(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

/// What is asked for is what the workspace's own code would name.
fn as_named(analysis: &mut Analysis, package: usize, paths: &[String]) {
    let starts = analysis.roots.iter().filter(|(_, _, why)| why == ASKED_FOR);
    let nodes = starts.filter_map(|(node, ..)| analysis.nodes.get(*node as usize));
    let named: Vec<usize> = nodes.filter_map(|node| node.item).collect();
    for index in named {
        if let Some(item) = analysis.items.get_mut(index) {
            item.direct = true;
        }
    }
    for item in &mut analysis.items {
        let other = item.package == package && !item.kind.is_function();
        item.direct |= other && paths.iter().any(|path| is_meant(item, path));
    }
    if let Some(used) = analysis.package_used.get_mut(package) {
        *used |= Domains::RUN;
    }
}

fn reached(analysis: &Analysis) -> Vec<ReachedCrate> {
    let measures = measure::measure(analysis);
    let mut reached = Vec::new();
    for measured in &measures.packages {
        let Some(package) = analysis.project.packages.get(measured.package) else {
            continue;
        };
        let Some(run) = measured.domains.get(&Domain::Run) else {
            continue;
        };
        let figures = run.figures;
        if run.uses == Use::Nothing {
            continue;
        }
        reached.push(ReachedCrate {
            name: package.name.clone(),
            version: package.version.clone(),
            functions: figures.functions,
            lines: figures.lines,
            unsafes: figures.unsafe_functions.used
                + figures.unsafe_functions.unknown
                + figures.unsafe_blocks.used
                + figures.unsafe_blocks.unknown,
        });
    }
    reached
}

/// Everything in the scratch workspace but its own library.
fn bring(analysis: &Analysis, scratch: &Scratch) -> Bring {
    let packages = analysis.project.packages.iter().enumerate();
    let all: Vec<usize> = packages
        .filter(|(_, it)| !it.is_member)
        .map(|(it, _)| it)
        .collect();
    let whole = Leaves::of_packages(analysis, &all, &weight::own_weights(analysis));
    let depth = all
        .iter()
        .filter_map(|&it| analysis.project.packages.get(it))
        .map(|it| it.depth);
    let new = scratch.locked.as_ref().map(|locked| {
        let new = whole.crates.iter().filter(|name| !locked.contains(*name));
        new.cloned().collect()
    });
    let unknown = analysis
        .items
        .iter()
        .filter(|item| item.status == Status::Unknown);
    Bring {
        depth: depth.max().unwrap_or(0),
        new,
        whole,
        unknown: unknown.count() as u64,
    }
}
