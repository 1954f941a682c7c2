//! The rules about single crates: which are denied, which are allowed at all, and how much a
//! direct dependency has to be used.

use crate::measure::{Counts, Use};
use crate::model::Domains;
use crate::report::text::{percent, thousands};
use crate::surface::Dependency;

use super::config::{CrateEntry, CrateList};
use super::finding::{Finding, Level};
use super::{Ctx, Rule};

pub(super) fn findings(ctx: &Ctx<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in &ctx.surface.dependencies {
        findings.extend(
            ctx.config
                .denied
                .as_ref()
                .and_then(|list| denied(ctx, list, one)),
        );
        findings.extend(
            ctx.config
                .allowed
                .as_ref()
                .and_then(|list| allowed(ctx, list, one)),
        );
        findings.extend(minimum_use(ctx, one));
    }
    findings
}

fn denied(ctx: &Ctx<'_>, list: &CrateList, one: &Dependency) -> Option<Finding> {
    let id = &one.id;
    let covers = |entry: &&CrateEntry| entry.spec.covers(&id.name, &id.version);
    let entry = list.crates.iter().find(covers)?;
    let because = entry.reason.as_ref().map(|reason| format!(": {reason}"));
    let message = format!(
        "`{} {}` is denied{}",
        id.name,
        id.version,
        because.unwrap_or_default()
    );
    let help = "`cargo tree --invert` shows who asks for it";
    Some(ctx.about_crate(Rule::DeniedCrates, list.level, one, message, help))
}

fn allowed(ctx: &Ctx<'_>, list: &CrateList, one: &Dependency) -> Option<Finding> {
    let id = &one.id;
    let matches = |entry: &CrateEntry| entry.spec.matches(&id.name, &id.version);
    if list.crates.iter().any(matches) {
        return None;
    }
    let message = format!(
        "`{} {}` is not on the list of allowed crates",
        id.name, id.version
    );
    let help = "do without it, or add it to `allowed-crates`";
    Some(ctx.about_crate(Rule::AllowedCrates, list.level, one, message, help))
}

/// Of what ships only. What is unknown counts as used: it is not known to be unused.
fn minimum_use(ctx: &Ctx<'_>, one: &Dependency) -> Option<Finding> {
    let rule = ctx
        .config
        .minimum_use
        .filter(|rule| rule.level != Level::Allow)?;
    if !one.direct || !one.domains.intersects(Domains::RUN) {
        return None;
    }
    let packages = ctx.measures.packages.iter();
    let packages = packages.filter(|measured| one.packages.contains(&measured.package));
    let mut functions = Counts::default();
    let mut otherwise = false;
    for measured in packages {
        let in_run = measured.domains.get(&crate::model::Domain::Run)?;
        functions += in_run.figures.functions;
        otherwise |= in_run.uses == Use::Other;
    }
    // A crate without functions has no share.
    let at_most = ((functions.used + functions.unknown) * 1000).checked_div(functions.total)?;
    if at_most >= rule.per_mille {
        return None;
    }
    let (name, version) = (&one.id.name, &one.id.version);
    let how = if functions.used == 0 && otherwise {
        format!(
            "no function of `{name} {version}` is reached, only types, traits, consts, macros or linking are used"
        )
    } else {
        format!(
            "`{name} {version}` is used by {} ({} of {} functions)",
            percent(functions),
            thousands(functions.used),
            thousands(functions.total),
        )
    };
    let minimum = match (rule.per_mille / 10, rule.per_mille % 10) {
        (whole, 0) => format!("{whole}%"),
        (whole, tenth) => format!("{whole}.{tenth}%"),
    };
    let message = format!("{how}, below {minimum} it needs a reason");
    let help = "do without it, or give the reason in an ignore of `minimum-use`";
    Some(ctx.about_crate(Rule::MinimumUse, rule.level, one, message, help))
}
