//! The rules with a number: what is counted, and whether it is more than the limit.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::measure::InDomain;
use crate::model::Domains;
use crate::report::text::{plural, thousands};
use crate::surface::Dependency;

use super::config::Limit;
use super::finding::Finding;
use super::ignores::Ignores;
use super::manifests::ROOT;
use super::subject::{about_tree, some_of};
use super::{Ctx, Rule};

pub(super) fn findings(ctx: &Ctx<'_>, ignores: &mut Ignores<'_>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (&rule, limit) in &ctx.config.limits {
        let analysed = ctx.analysis.options_domains;
        let domains = limit.domains.unwrap_or_else(|| by_itself(rule) & analysed);
        if let Some(domain) = domains.without(analysed).iter().next() {
            return Err(Error::Config {
                place: format!("{ROOT}:{}", limit.line),
                why: format!(
                    "`{rule}` counts the domain `{}`, which is not analyzed",
                    domain.as_str()
                ),
                help: "select what runs in it (`--tests`, `--domain`, …), or leave it out"
                    .to_owned(),
            });
        }
        if rule == Rule::MaxDepth {
            findings.extend(depth(ctx, limit, domains));
            continue;
        }
        let counted: Vec<&Dependency> = ctx
            .surface
            .dependencies
            .iter()
            .filter(|one| one.domains.intersects(domains))
            .filter(|one| !ignores.takes_out(rule, &one.id.name, &one.id.version))
            .collect();
        findings.extend(one_rule(ctx, rule, limit, domains, &counted));
    }
    Ok(findings)
}

/// What a rule counts when nothing is said: what ships, and for what runs while building,
/// everything but tests.
fn by_itself(rule: Rule) -> Domains {
    match rule {
        Rule::MaxBuildScripts | Rule::MaxProcMacros => {
            Domains::RUN | Domains::BUILD | Domains::MACRO
        }
        _ => Domains::RUN,
    }
}

fn one_rule(
    ctx: &Ctx<'_>,
    rule: Rule,
    limit: &Limit,
    domains: Domains,
    counted: &[&Dependency],
) -> Option<Finding> {
    let name = |one: &&Dependency| format!("{} {}", one.id.name, one.id.version);
    let figures = |of: fn(&InDomain) -> u64| sum(ctx, counted, domains, of);
    // The number, what it is a number of, and whose it is.
    let (number, words, names): (u64, String, Vec<String>) = match rule {
        Rule::MaxCrates => {
            let number = counted.iter().map(|one| one.packages.len() as u64).sum();
            (
                number,
                plural(number, "dependency", "dependencies"),
                Vec::new(),
            )
        }
        Rule::MaxDuplicates => {
            let names = duplicates(counted);
            let number = names.len() as u64;
            let words = plural(number, "crate", "crates");
            (number, format!("{words} in several versions"), names)
        }
        Rule::MaxBuildScripts => {
            let names: Vec<String> = with(counted, |one| one.build_script)
                .iter()
                .map(name)
                .collect();
            let number = names.len() as u64;
            let words = plural(number, "dependency", "dependencies");
            (number, format!("{words} with a build script"), names)
        }
        Rule::MaxProcMacros => {
            let names: Vec<String> = with(counted, |one| one.proc_macro)
                .iter()
                .map(name)
                .collect();
            let number = names.len() as u64;
            (
                number,
                plural(number, "proc-macro crate", "proc-macro crates"),
                names,
            )
        }
        Rule::MaxLines => {
            let (number, names) = figures(|one| one.figures.lines.used);
            (
                number,
                format!("{} lines of dependencies reached", thousands(number)),
                names,
            )
        }
        Rule::MaxUnsafe => {
            let (number, names) =
                figures(|one| one.figures.unsafe_functions.used + one.figures.unsafe_blocks.used);
            let words = plural(
                number,
                "unsafe function or block",
                "unsafe functions and blocks",
            );
            (number, format!("{words} of dependencies reached"), names)
        }
        _ => {
            let (number, names) =
                figures(|one| one.figures.functions.unknown + one.figures.derived.unknown);
            let words = plural(number, "unknown function", "unknown functions");
            (number, format!("{words} in dependencies"), names)
        }
    };
    if number <= limit.max {
        return None;
    }
    let most = match names.as_slice() {
        [] => String::new(),
        names => format!(": {}", some_of(names)),
    };
    let message = format!("{words}, the limit is {}{most}", thousands(limit.max));
    Some(about_tree(
        rule,
        limit.level,
        ctx.here.line(rule),
        message,
        help(rule),
    ))
}

fn help(rule: Rule) -> &'static str {
    match rule {
        Rule::MaxDuplicates => {
            "`cargo tree --duplicates` shows who asks for which; or raise the limit, or ignore a crate with a reason"
        }
        Rule::MaxLines | Rule::MaxUnsafe => {
            "`cargo whittle --sort lines` and `--sort unsafe` show where they are; or raise the limit"
        }
        Rule::MaxUnknown => {
            "`cargo whittle list --status unknown` has the reason for each; or raise the limit"
        }
        _ => {
            "`cargo whittle --sort weight` shows what would leave the tree; or raise the limit, or ignore a crate with a reason"
        }
    }
}

fn with<'a>(counted: &[&'a Dependency], wanted: fn(&Dependency) -> bool) -> Vec<&'a Dependency> {
    counted.iter().copied().filter(|one| wanted(one)).collect()
}

/// `a (1.0.0, 2.0.0)` for every crate that is there more than once.
fn duplicates(counted: &[&Dependency]) -> Vec<String> {
    let names: BTreeSet<&str> = counted.iter().map(|one| one.id.name.as_str()).collect();
    let several = names.into_iter().filter_map(|name| {
        let all = counted.iter().filter(|one| one.id.name == name);
        let versions: Vec<&str> = all.map(|one| one.id.version.as_str()).collect();
        (versions.len() > 1).then(|| format!("{name} ({})", versions.join(", ")))
    });
    several.collect()
}

/// A figure over crates and domains, and the crates that have most of it.
fn sum(
    ctx: &Ctx<'_>,
    counted: &[&Dependency],
    domains: Domains,
    of: fn(&InDomain) -> u64,
) -> (u64, Vec<String>) {
    let mut parts: Vec<(u64, String)> = Vec::new();
    for one in counted {
        let packages = ctx.measures.packages.iter();
        let packages = packages.filter(|measured| one.packages.contains(&measured.package));
        let in_domains = packages.flat_map(|measured| &measured.domains);
        let in_domains = in_domains.filter(|(domain, _)| domains.contains(**domain));
        let number: u64 = in_domains.map(|(_, measured)| of(measured)).sum();
        if number > 0 {
            let name = format!("{} {} ({})", one.id.name, one.id.version, thousands(number));
            parts.push((number, name));
        }
    }
    parts.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let total = parts.iter().map(|(number, _)| number).sum();
    (total, parts.into_iter().map(|(_, name)| name).collect())
}

/// One for each crate that lies too deep.
fn depth(ctx: &Ctx<'_>, limit: &Limit, domains: Domains) -> Vec<Finding> {
    let too_deep = ctx
        .surface
        .dependencies
        .iter()
        .filter(|one| u64::from(one.depth) > limit.max && one.domains.intersects(domains));
    let findings = too_deep.map(|one| {
        let message = format!(
            "`{} {}` is {} from the workspace, the limit is {}",
            one.id.name,
            one.id.version,
            plural(u64::from(one.depth), "step", "steps"),
            limit.max
        );
        let help = "`cargo tree --invert` shows who asks for it; or raise the limit, or ignore it with a reason";
        ctx.about_crate(Rule::MaxDepth, limit.level, one, message, help)
    });
    findings.collect()
}
