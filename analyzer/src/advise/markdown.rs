//! Advice as GitHub renders it: a table of all, then the figures of each.

use std::io::{self, Write};

use super::data::{Advice, DependencyAdvice};
use super::words::{gone, owning, reached};
use crate::report::markdown::escape;
use crate::report::text::{plural, sanitize};

/// Writes the advice.
///
/// # Errors
/// Those of `out`.
pub fn markdown(advice: &Advice, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## What to do with the dependencies\n")?;
    let header = &advice.header;
    let roots = format!(
        "{}: features {}, {}, profile {}",
        header.roots.join(", "),
        header.features,
        header.target,
        header.profile
    );
    writeln!(out, "{}\n", text(&roots))?;
    writeln!(out, "| crate | verdict | advice |\n| :-- | :-- | :-- |")?;
    for one in &advice.dependencies {
        let name = text(&format!("{} {}", one.name, one.version));
        let advice = text(&one.recommendation);
        writeln!(out, "| **{name}** | {} | {advice} |", one.verdict.as_str())?;
    }
    for one in &advice.dependencies {
        section(one, out)?;
    }
    Ok(())
}

fn section(one: &DependencyAdvice, out: &mut dyn Write) -> io::Result<()> {
    let name = text(&format!("{} {}", one.name, one.version));
    writeln!(out, "\n### {name}: {}\n", one.verdict.as_str())?;
    let mut say = |label: &str, what: &str| writeln!(out, "- **{label}**: {}", text(what));
    say("reached", &reached(one.reached))?;
    say("leaves", &gone(&one.leaves))?;
    say("moves", &super::words::moves(one))?;
    for reason in &one.reasons_to_keep {
        say("keep", &reason.text)?;
    }
    for trim in &one.trim {
        say("trim", &super::words::one_trim(trim))?;
    }
    for it in one.std.iter().flat_map(|std| &std.replacements) {
        say(
            "std",
            &format!("{} → {} (Rust {})", it.path, it.std, it.since),
        )?;
    }
    let Some(own) = &one.own else {
        if let Some(why) = &one.own_missing {
            say("own", &format!("not known: {why}"))?;
        }
        return Ok(());
    };
    say("own", &owning(own))?;
    for doubt in &own.doubts {
        say("doubt", doubt)?;
    }
    if own.items.is_empty() {
        return Ok(());
    }
    let number = plural(own.items.len() as u64, "item", "items");
    writeln!(out, "\n<details><summary>{number} to own</summary>\n")?;
    writeln!(out, "| item | lines | reached | unsafe | place |")?;
    writeln!(out, "| :-- | --: | :-- | :-- | :-- |")?;
    for item in &own.items {
        let yes = |is: bool| if is { "yes" } else { "" };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            text(&item.path),
            item.lines,
            yes(item.reached),
            yes(item.is_unsafe),
            text(&format!("{}:{}", item.file, item.line))
        )?;
    }
    writeln!(out, "\n</details>")
}

fn text(text: &str) -> String {
    escape(&sanitize(text))
}
