//! What owning the used part of a dependency would mean: the closure that has to be copied so that
//! it compiles, which is more than what is reached.
//!
//! Takes what the engine found out about the text ([`whittle_extract::request::Facts`]) and asks for
//! the plan that `cargo whittle extract` prints, with all that it refuses. Nothing is built: what
//! only a compiler can say comes with `--apply`. Of a crate that no member depends on the text is
//! cut without a plan, for nobody could own it.

use std::collections::BTreeSet;

use serde::Serialize;
use whittle_extract::license::{self, Offer};
use whittle_extract::record::Mode;
use whittle_extract::refuse::Refusal;
use whittle_extract::request::{Choice, Facts};
use whittle_extract::slice::Slice;

use super::data::Leaves;
use super::evidence::Reached;
use super::obstacle::Obstacle;
use super::settings::Settings;
use super::unplanned::sliced;
use crate::cut;
use crate::model::{Analysis, Domain, Package};
use crate::own::{Survey, survey};

/// What would have to be owned.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Owning {
    /// As `extract --as` takes it: `module` where one member uses it, else `crate`; `null` for a
    /// crate that no member depends on.
    pub form: Option<&'static str>,
    pub files: u32,
    pub functions: u32,
    /// Without blank ones and comments.
    pub lines: u32,
    /// The same of the whole crate.
    pub upstream_lines: u32,
    pub unsafe_functions: u32,
    pub unsafe_blocks: u32,
    pub unsafe_impls: u32,
    /// What is copied, by file and place.
    pub items: Vec<OwnedItem>,
    /// Other crates that the copy needs, as the dependency calls them; without std.
    pub crates: Vec<String>,
    /// What leaves the tree when the copy takes the place of the dependency: what it needs stays.
    /// `null` when nothing was planned.
    pub leaves: Option<Leaves>,
    pub license: Option<LicenseAnswer>,
    /// Items of the workspace's own API that show its types: `app::Config::new`.
    pub exposed_in: Vec<String>,
    /// What may be missing, in words.
    pub doubts: Vec<String>,
    /// What `extract` refuses.
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub refusals: Option<Vec<Refusal>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OwnedItem {
    pub path: String,
    /// `function`, `trait-impl`, …
    pub kind: String,
    /// Relative to the package.
    pub file: String,
    pub line: u32,
    pub lines: u32,
    #[serde(rename = "unsafe")]
    pub is_unsafe: bool,
    /// A function in it is reached; others are needed to compile only.
    pub reached: bool,
}

/// Whether the code may be copied into the packages that use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LicenseAnswer {
    pub allowed: bool,
    /// The licence that is chosen, or why the copy is not allowed.
    pub text: String,
}

/// Plans owning the dependency that `facts` is about; `None` where no library of it is compiled.
///
/// # Errors
/// In words, when its text cannot be cut.
pub fn owning(
    analysis: &Analysis,
    facts: &Facts,
    choice: &Choice,
) -> Result<Option<Owning>, String> {
    let index = facts.package;
    let Some(package) = analysis.project.packages.get(index) else {
        return Ok(None);
    };
    let Some(upstream) = cut::upstream(analysis, facts) else {
        return Ok(None);
    };
    if let Some(survey) = survey(analysis, index, &choice.paths).map_err(|why| why.to_string())? {
        let Survey { plan, facts, texts } = survey;
        let form = match plan.mode {
            Mode::Module => "module",
            Mode::Crate => "crate",
        };
        let mut owning = of_slice(analysis, &plan.slice, &facts, &texts, package);
        owning.form = Some(form);
        owning.refusals = Some(plan.refusals);
        return Ok(Some(owning));
    }
    let (slice, facts, texts) =
        sliced(&upstream, &package.manifest_dir, facts, choice).map_err(|why| why.to_string())?;
    Ok(Some(of_slice(analysis, &slice, &facts, &texts, package)))
}

fn of_slice(
    analysis: &Analysis,
    slice: &Slice,
    facts: &Facts,
    texts: &[String],
    package: &Package,
) -> Owning {
    let crates: Vec<String> = slice.crates.iter().cloned().collect();
    let mut exposed_in: Vec<String> = facts.exposed.iter().map(|it| it.path.clone()).collect();
    exposed_in.sort();
    exposed_in.dedup();
    let figures = slice.figures;
    Owning {
        form: None,
        files: figures.files,
        functions: figures.functions,
        lines: figures.lines,
        upstream_lines: figures.upstream_lines,
        unsafe_functions: figures.unsafe_functions,
        unsafe_blocks: figures.unsafe_blocks,
        unsafe_impls: figures.unsafe_impls,
        items: items(slice, facts, texts, package),
        crates,
        leaves: None,
        license: license_answer(analysis, facts.package, package),
        exposed_in,
        doubts: doubts(analysis, slice, facts),
        refusals: None,
    }
}

fn doubts(analysis: &Analysis, slice: &Slice, facts: &Facts) -> Vec<String> {
    let gaps = slice.gaps(facts);
    let mut doubts: Vec<String> = gaps.map(|gap| gap.what.clone()).collect();
    doubts.extend(slice.notes.iter().cloned());
    if !slice.unchecked.is_empty() {
        let conditions: Vec<&str> = slice.unchecked.iter().map(String::as_str).collect();
        doubts.push(format!(
            "code under {} is kept by its names and checked by no build here",
            conditions.join(", ")
        ));
    }
    if !analysis.options_domains.contains(Domain::Dev) {
        doubts.push(
            "tests, benches and examples were not looked at: `--all-targets` does, and so does \
             `extract`"
                .to_owned(),
        );
    }
    doubts
}

/// Of the packages that `leaving` has, those that leave when the copy takes the place of `package`:
/// what it needs stays, with all that this needs.
pub(super) fn leaving_with(
    analysis: &Analysis,
    package: usize,
    owning: &Owning,
    leaving: &[usize],
) -> Vec<usize> {
    let project = &analysis.project;
    let units = project.units.iter().filter(|unit| unit.package == package);
    let needed = units
        .flat_map(|unit| &unit.dependencies)
        .filter(|needed| owning.crates.contains(&needed.extern_name))
        .filter_map(|needed| Some(project.units.get(needed.unit)?.package));
    let mut pending: Vec<usize> = needed.collect();
    let mut stays: BTreeSet<usize> = BTreeSet::new();
    while let Some(next) = pending.pop() {
        if stays.insert(next)
            && let Some(package) = project.packages.get(next)
        {
            pending.extend(&package.dependencies);
        }
    }
    let goes = leaving.iter().filter(|it| !stays.contains(it));
    goes.copied().collect()
}

/// What speaks against owning what has to be copied: what `extract` refuses, then the limits.
#[must_use]
pub fn obstacles(owning: &Owning, reached: Reached, settings: &Settings) -> Vec<Obstacle> {
    let mut found = match &owning.refusals {
        Some(refusals) => refused(refusals),
        None => without_a_plan(owning),
    };
    if reached.functions == 0 && owning.functions == 0 && !owning.crates.is_empty() {
        found.push(Obstacle::PassesOn {
            from: owning.crates.clone(),
        });
    }
    let unsafes = owning.unsafe_functions + owning.unsafe_blocks + owning.unsafe_impls;
    let is = [owning.functions, owning.lines, unsafes].map(u64::from);
    found.extend(Obstacle::too_much(settings, is).into_iter().flatten());
    found
}

/// The first of each reason.
fn refused(refusals: &[Refusal]) -> Vec<Obstacle> {
    let mut found: Vec<Obstacle> = Vec::new();
    for one in refusals {
        match found.last_mut() {
            Some(Obstacle::Refused { refusal, more }) if refusal.reason == one.reason => *more += 1,
            _ => found.push(Obstacle::Refused {
                refusal: one.clone(),
                more: 0,
            }),
        }
    }
    found
}

fn without_a_plan(owning: &Owning) -> Vec<Obstacle> {
    let license = owning.license.as_ref().filter(|license| !license.allowed);
    let license = license.map(|license| Obstacle::License {
        why: license.text.clone(),
    });
    let exposed = (!owning.exposed_in.is_empty()).then(|| Obstacle::Exposed {
        by: owning.exposed_in.clone(),
    });
    license.into_iter().chain(exposed).collect()
}

fn items(slice: &Slice, facts: &Facts, texts: &[String], package: &Package) -> Vec<OwnedItem> {
    let items = slice.taken.iter().map(|taken| {
        let file = facts.files.get(taken.file as usize);
        let file = file.map(|file| file.strip_prefix(&package.manifest_dir).unwrap_or(file));
        let text = texts.get(taken.file as usize).map_or("", String::as_str);
        let before = text.get(..taken.at.offset as usize).unwrap_or_default();
        let kind = serde_json::to_value(taken.kind).ok();
        OwnedItem {
            path: taken.path.clone(),
            kind: kind
                .and_then(|it| it.as_str().map(str::to_owned))
                .unwrap_or_default(),
            file: file.map(ToString::to_string).unwrap_or_default(),
            line: u32::try_from(before.matches('\n').count())
                .unwrap_or(u32::MAX)
                .saturating_add(1),
            lines: taken.lines,
            is_unsafe: taken.is_unsafe,
            reached: taken.reached,
        }
    });
    items.collect()
}

/// Whether each member that uses it may hold the copy; the first that may not decides.
fn license_answer(analysis: &Analysis, index: usize, package: &Package) -> Option<LicenseAnswer> {
    let texts = cut::license_texts(&package.manifest_dir);
    let offer = Offer {
        expression: package.license.as_deref(),
        license_file: package.manifest.license_file.as_deref(),
        authors: &package.manifest.authors,
        texts: &texts,
    };
    let packages = analysis.project.packages.iter();
    let hosts = packages.filter(|host| host.is_member && host.dependencies.contains(&index));
    let mut answer = None;
    for host in hosts {
        match license::judge(&offer, host.license.as_deref()) {
            Ok(grant) => {
                answer.get_or_insert(LicenseAnswer {
                    allowed: true,
                    text: grant.chosen,
                });
            }
            Err(why) => {
                return Some(LicenseAnswer {
                    allowed: false,
                    text: why.to_string(),
                });
            }
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Domains, UnitDependency};
    use crate::sample::Sample;

    #[test]
    fn what_the_copy_needs_does_not_leave() {
        let mut sample = Sample::new();
        let dep = sample.library("dep", "1.0.0", 0, Domains::RUN);
        let needed = sample.library("needed", "1.0.0", dep, Domains::RUN);
        let below = sample.library("below", "1.0.0", needed, Domains::RUN);
        let other = sample.library("other", "1.0.0", dep, Domains::RUN);
        let units = &mut sample.analysis.project.units;
        let unit = |package: usize| units.iter().position(|unit| unit.package == package);
        let (owner, used) = (unit(dep).unwrap(), unit(needed).unwrap());
        units[owner].dependencies.push(UnitDependency {
            unit: used,
            extern_name: "renamed".to_owned(),
        });
        let leaving = [dep, needed, below, other];
        let with = |crates: &[&str]| {
            let owning = Owning {
                crates: crates.iter().map(|&it| it.to_owned()).collect(),
                ..Owning::default()
            };
            leaving_with(&sample.analysis, dep, &owning, &leaving)
        };
        assert_eq!(with(&[]), leaving);
        assert_eq!(with(&["renamed"]), [dep, other]);
    }

    #[test]
    fn a_reason_is_given_once_and_only_what_passes_on_is_no_code() {
        use whittle_extract::refuse::Reason;
        let refusal = |reason, line| Refusal::new(reason, "`f`").at("src/lib.rs", line);
        let owning = Owning {
            refusals: Some(vec![
                refusal(Reason::SharedState, 1),
                refusal(Reason::UnsafeForbidden, 2),
                refusal(Reason::UnsafeForbidden, 3),
            ]),
            crates: vec!["inner".to_owned()],
            ..Owning::default()
        };
        let found = obstacles(&owning, Reached::default(), &Settings::default());
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "`f` is state that would exist twice: another crate keeps using the dependency's \
                 own (src/lib.rs:1)",
                "`f` is unsafe code, and the package has `forbid(unsafe_code)` (src/lib.rs:2 and 1 \
                 more); keep the dependency; or use `--as crate`, where the lint does not reach",
                "no function of its own is used; it passes on what is in inner, which would stay",
            ]
        );
        let one = Owning {
            functions: 1,
            refusals: Some(Vec::new()),
            ..owning
        };
        assert!(obstacles(&one, Reached::default(), &Settings::default()).is_empty());
    }
}
