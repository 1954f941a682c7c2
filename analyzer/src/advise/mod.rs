//! `cargo whittle advise`: what to do with each dependency, and why.
//!
//! [`evidence`] is what an analysis says for and against, [`owning`] what would have to be copied,
//! [`trim`] which features could go; [`crate::verdict`] makes one word of them, and [`data`] is all
//! of it together. Renderers compute nothing.

mod critical;
pub mod data;
pub mod evidence;
mod features;
mod gates;
pub mod markdown;
pub mod movement;
pub mod obstacle;
pub mod owning;
pub mod settings;
pub mod std_instead;
mod std_table;
pub mod table;
#[cfg(test)]
mod tests;
pub mod trim;
mod unplanned;
mod words;

use whittle_extract::request::Choice;

use crate::error::{Error, Result};
use crate::measure::{self, Use};
use crate::model::Analysis;
use crate::options::Understand;
use crate::query;
use crate::report::header::Header;
use crate::verdict::{Verdict, verdict};

use data::{Advice, DependencyAdvice, FORMAT, Leaves, Reason, VERSION};
use evidence::Grounds;
use owning::{Owning, obstacles, owning};
use settings::Settings;

/// What the engine has to look at for [`advise`] to answer.
#[must_use]
pub fn understand(asked: Option<&str>, settings: &Settings) -> Understand {
    match asked {
        Some(name) => Understand::Named(vec![name.to_owned()]),
        None => Understand::Direct {
            at_most: usize::try_from(settings.max_functions).unwrap_or(usize::MAX),
        },
    }
}

/// Advice on the dependencies that `asked` names (`name` or `name@version`), else on all that the
/// workspace depends on directly.
///
/// # Errors
/// [`Error::NoSuchItem`] when nothing has that name.
pub fn advise(analysis: &Analysis, asked: Option<&str>, settings: &Settings) -> Result<Advice> {
    let measures = measure::measure(analysis);
    let grounds = Grounds::new(analysis, &measures, settings);
    let packages = packages(analysis, asked)?;
    let mut dependencies: Vec<DependencyAdvice> = packages
        .into_iter()
        .filter_map(|package| dependency(&grounds, package, settings, &Choice::default()))
        .collect();
    dependencies.sort_by_key(|it| (rank(it.verdict), it.name.clone(), it.version.clone()));
    let mut notices = analysis.project.notices.clone();
    notices.extend(analysis.project.execution.notes());
    Ok(Advice {
        header: Header::new(FORMAT, VERSION, analysis),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        limits: settings.into(),
        dependencies,
        notices,
    })
}

/// Advice on a package as if the workspace used `uses` of it, which are paths as its code would
/// write them.
///
/// # Errors
/// [`Error::NoSuchItem`] when nothing is known of the package.
pub(crate) fn advise_on(
    analysis: &Analysis,
    package: usize,
    settings: &Settings,
    uses: &[String],
) -> Result<DependencyAdvice> {
    let measures = measure::measure(analysis);
    let grounds = Grounds::new(analysis, &measures, settings);
    let choice = Choice {
        paths: uses.to_vec(),
        ..Choice::default()
    };
    dependency(&grounds, package, settings, &choice)
        .ok_or_else(|| Error::NoSuchItem(uses.join(", ")))
}

fn packages(analysis: &Analysis, asked: Option<&str>) -> Result<Vec<usize>> {
    let all = analysis.project.packages.iter().enumerate();
    let others = all.filter(|(_, package)| !package.is_member);
    let Some(asked) = asked else {
        let direct = others.filter(|(_, package)| package.is_direct);
        return Ok(direct.map(|(index, _)| index).collect());
    };
    let named = others.filter(|(_, package)| query::names_package(asked, package));
    let found: Vec<usize> = named.map(|(index, _)| index).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let nearest = query::nearest_crates(analysis, asked);
    Err(if nearest.is_empty() {
        Error::NoSuchItem(asked.to_owned())
    } else {
        Error::NoSuchItemBut {
            query: asked.to_owned(),
            nearest: nearest.join(", "),
        }
    })
}

fn dependency(
    grounds: &Grounds<'_>,
    index: usize,
    settings: &Settings,
    choice: &Choice,
) -> Option<DependencyAdvice> {
    let analysis = grounds.analysis;
    let package = analysis.project.packages.get(index)?;
    let evidence = grounds.evidence(index)?;
    let (mut own, own_missing) = match evidence.uses {
        Use::Nothing => (None, None),
        _ => own(analysis, index, choice),
    };
    let leaves = Leaves::of(analysis, &evidence, &grounds.own_weights);
    if let Some(own) = &mut own {
        let leaving = owning::leaving_with(analysis, index, own, &evidence.leaving);
        own.leaves = Some(Leaves {
            stays_for: leaves.stays_for.clone(),
            ..Leaves::of_packages(analysis, &leaving, &grounds.own_weights)
        });
    }
    let closure = own
        .as_ref()
        .map(|own| obstacles(own, evidence.reached, settings));
    let trim = if package.is_direct {
        trim::trims(grounds, index, usize::MAX)
    } else {
        Vec::new()
    };
    let verdict = verdict(&evidence, closure.as_deref(), !trim.is_empty());
    let mut against = evidence.obstacles.clone();
    for obstacle in closure.into_iter().flatten() {
        // The larger figure of the same kind says more.
        against.retain(|it| it.limit().is_none() || it.limit() != obstacle.limit());
        if !against.iter().any(|it| it.is_repeated_by(&obstacle)) {
            against.push(obstacle);
        }
    }
    let (movement, movement_missing) = match evidence.movement {
        Ok(movement) => (Some(movement), None),
        Err(why) => (None, Some(why)),
    };
    let mut advice = DependencyAdvice {
        name: package.name.clone(),
        version: package.version.clone(),
        license: package.license.clone(),
        direct: package.is_direct,
        verdict,
        recommendation: String::new(),
        uses: evidence.uses,
        reached: evidence.reached,
        named: evidence.named,
        leaves,
        movement,
        movement_missing,
        std: evidence.std,
        trim,
        own,
        own_missing,
        reasons_to_keep: against.iter().map(Reason::from).collect(),
    };
    advice.recommendation = words::recommendation(analysis, &advice);
    Some(advice)
}

/// What would have to be copied, or why that is not known.
fn own(analysis: &Analysis, package: usize, choice: &Choice) -> (Option<Owning>, Option<String>) {
    let Some(facts) = analysis.facts.iter().find(|facts| facts.package == package) else {
        return (None, Some("its text was not looked at".to_owned()));
    };
    match owning(analysis, facts, choice) {
        Ok(Some(own)) => (Some(own), None),
        Ok(None) => (None, Some("it has no library in this build".to_owned())),
        Err(why) => (None, Some(why)),
    }
}

/// What can be done comes first.
fn rank(verdict: Verdict) -> usize {
    let order = [
        Verdict::Unused,
        Verdict::Std,
        Verdict::Extract,
        Verdict::Trim,
        Verdict::Keep,
    ];
    order
        .iter()
        .position(|it| *it == verdict)
        .unwrap_or(order.len())
}
