//! Advice as versioned data: what `--format json` prints and the other renderers read.

use serde::Serialize;

use super::evidence::{Evidence, Reached};
use super::movement::Movement;
use super::obstacle::Obstacle;
use super::owning::Owning;
use super::settings::Settings;
use super::std_instead::StdInstead;
use super::trim::Trim;
use crate::measure::{Use, Weight};
use crate::model::{Analysis, Package};
use crate::report::header::Header;
use crate::verdict::Verdict;

/// Value of `format`.
pub const FORMAT: &str = "whittle-advice";
/// Value of `version`.
pub const VERSION: u32 = 1;

/// What to do with dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Advice {
    #[serde(flatten)]
    pub header: Header,
    /// Version of this tool.
    pub tool: String,
    pub limits: Limits,
    /// Those that were asked for: what can be done first, then by name.
    pub dependencies: Vec<DependencyAdvice>,
    /// What the reader should know about this run.
    pub notices: Vec<String>,
}

/// The limits that were applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Limits {
    pub max_functions: u64,
    /// Of the functions, per thousand.
    pub max_per_mille: u64,
    pub max_lines: u64,
    pub max_unsafe: u64,
    /// Of upstream within a year.
    pub max_releases: u64,
    /// Incompatible ones among them.
    pub max_breaking: u64,
}

impl From<&Settings> for Limits {
    fn from(settings: &Settings) -> Self {
        Self {
            max_functions: settings.max_functions,
            max_per_mille: settings.max_per_mille,
            max_lines: settings.max_lines,
            max_unsafe: settings.max_unsafe,
            max_releases: settings.max_releases,
            max_breaking: settings.max_breaking,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DependencyAdvice {
    #[serde(rename = "crate")]
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    /// A workspace member depends on it. Others cannot be dropped, only left by those that use
    /// them.
    pub direct: bool,
    pub verdict: Verdict,
    /// In plain words.
    pub recommendation: String,
    /// What is used of it over all analyzed domains, in one word.
    pub uses: Use,
    pub reached: Reached,
    /// What the workspace's own code names of it.
    pub named: Vec<String>,
    pub leaves: Leaves,
    /// How fast upstream moves, from cargo's copy of the registry's index; `null` when it is not
    /// known, which speaks neither for nor against.
    pub movement: Option<Movement>,
    /// Why it is not known.
    pub movement_missing: Option<String>,
    pub std: Option<StdInstead>,
    /// Features to switch off, each by itself.
    pub trim: Vec<Trim>,
    /// What owning would mean; `null` when the text was not looked at.
    pub own: Option<Owning>,
    /// Why the text was not looked at, or could not be cut; `null` also where nothing is used.
    pub own_missing: Option<String>,
    /// Against owning it, the weightiest first.
    pub reasons_to_keep: Vec<Reason>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reason {
    /// `wanted`, `proc-macro`, `links`, `critical`, `stays`, `passes-on`, `not-understood`, `too-big`,
    /// `too-unsafe`, `fast-moving`, `license`, `exposed`, or the code of what `extract` refuses: see
    /// docs/REFUSALS.md.
    pub id: &'static str,
    pub text: String,
}

impl From<&Obstacle> for Reason {
    fn from(obstacle: &Obstacle) -> Self {
        Self {
            id: obstacle.id(),
            text: obstacle.to_string(),
        }
    }
}

/// What would leave the tree with a dependency, itself included.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Leaves {
    /// As `name version`; empty when others use the dependency too.
    pub crates: Vec<String>,
    /// Lines of their Rust sources.
    pub lines: u64,
    /// Their functions without those of derives.
    pub functions: u64,
    /// Their `unsafe fn`s and `unsafe` blocks.
    pub unsafes: u64,
    /// Names of those with a build script.
    pub build_scripts: Vec<String>,
    /// Names of proc macros.
    pub proc_macros: Vec<String>,
    /// Licences that no other dependency has.
    pub licenses: Vec<String>,
    /// Dependencies that keep it in the tree.
    pub stays_for: Vec<String>,
}

impl Leaves {
    /// `own` are the weights of all packages without what they bring in.
    pub(super) fn of(analysis: &Analysis, evidence: &Evidence, own: &[Weight]) -> Self {
        let named = |packages: &[usize]| -> Vec<String> {
            let packages = packages
                .iter()
                .filter_map(|&it| analysis.project.packages.get(it));
            packages
                .map(|it| format!("{} {}", it.name, it.version))
                .collect()
        };
        Self {
            stays_for: named(&evidence.kept_by),
            ..Self::of_packages(analysis, &evidence.leaving, own)
        }
    }

    /// Of packages that leave together.
    pub(crate) fn of_packages(analysis: &Analysis, leaving: &[usize], own: &[Weight]) -> Self {
        let packages = &analysis.project.packages;
        let mut leaves = Self::default();
        let gone: Vec<&Package> = leaving.iter().filter_map(|&it| packages.get(it)).collect();
        for (&index, package) in leaving.iter().zip(&gone) {
            let weight = own.get(index).copied().unwrap_or_default();
            leaves
                .crates
                .push(format!("{} {}", package.name, package.version));
            leaves.lines += weight.lines;
            leaves.unsafes += weight.unsafes;
            if package.has_build_script {
                leaves.build_scripts.push(package.name.clone());
            }
            if package.is_proc_macro {
                leaves.proc_macros.push(package.name.clone());
            }
        }
        let functions = analysis.items.iter().filter(|item| {
            leaving.binary_search(&item.package).is_ok() && item.is_plain_function()
        });
        leaves.functions = functions.count() as u64;
        let stays = |license: &str| {
            packages.iter().enumerate().any(|(index, package)| {
                leaving.binary_search(&index).is_err()
                    && package.license.as_deref() == Some(license)
            })
        };
        let licenses = gone.iter().filter_map(|package| package.license.as_deref());
        leaves.licenses = licenses
            .filter(|it| !stays(it))
            .map(str::to_owned)
            .collect();
        leaves.licenses.sort();
        leaves.licenses.dedup();
        leaves
    }
}
