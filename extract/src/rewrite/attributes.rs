//! Attributes that only a crate may have, or that only mean something for one.
//!
//! Lint levels go too, but for `allow`: no user of the dependency ever felt them, because cargo
//! caps the lints of dependencies.

use super::{Job, Out, Source};
use crate::edit::Why;
use crate::lexed::Kind;
use crate::outline::Attribute;

pub(super) fn rewrite(job: &Job<'_>, out: &mut Out) {
    for (source, attribute) in all(job) {
        let top = source.lexed.tokens[attribute.hash].up.is_none();
        let of_crate = attribute.inner && source.is_root && top;
        one(source, attribute, of_crate, out);
    }
}

/// Of a copy that is a crate of its own: a crate of the workspace has no cap.
pub(super) fn lints(job: &Job<'_>, out: &mut Out) {
    for (source, attribute) in all(job) {
        one(source, attribute, false, out);
    }
}

/// All but those that macros make.
fn all<'j>(job: &'j Job<'_>) -> impl Iterator<Item = (&'j Source<'j>, Attribute)> {
    job.sources.iter().flat_map(|source| {
        let attributes = source.outline.attributes.iter().copied();
        let of_macro = |hash: usize| source.outline.macro_around(&source.lexed, hash).is_some();
        attributes
            .filter(move |attribute| !of_macro(attribute.hash))
            .map(move |attribute| (source, attribute))
    })
}

fn one(source: &Source<'_>, attribute: Attribute, of_crate: bool, out: &mut Out) {
    let lexed = &source.lexed;
    let close = lexed.tokens[attribute.open].mate;
    let name = attribute.open + 1;
    if !lexed.is(name, "cfg_attr") {
        if goes(source, (name, close), of_crate, out) {
            out.remove(source, (attribute.hash, close), Why::CrateAttribute);
        }
        return;
    }
    if lexed.kind(name + 1) != Some(Kind::Open('(')) {
        return;
    }
    // The condition, then attributes.
    let parts = parts(source, name + 2, lexed.tokens[name + 1].mate);
    let Some((_, given)) = parts.split_first() else {
        return;
    };
    let gone: Vec<&(usize, usize)> = given
        .iter()
        .filter(|&&part| goes(source, part, of_crate, out))
        .collect();
    if gone.len() == given.len() && !given.is_empty() {
        out.remove(source, (attribute.hash, close), Why::CrateAttribute);
    } else {
        for &&(first, end) in &gone {
            // With the comma before it: there is always the condition's.
            out.replace(source, (first - 1, end - 1), "", Why::CrateAttribute);
        }
    }
}

/// What commas separate, as first token and the one behind.
fn parts(source: &Source<'_>, from: usize, end: usize) -> Vec<(usize, usize)> {
    let lexed = &source.lexed;
    let mut parts = Vec::new();
    let (mut first, mut at) = (from, from);
    while at < end {
        match lexed.kind(at) {
            Some(Kind::Open(_)) => at = lexed.tokens[at].mate,
            Some(Kind::Punct(',')) => {
                parts.push((first, at));
                first = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if first < end {
        parts.push((first, end));
    }
    parts
}

/// Whether an attribute of this content has no place in a module.
fn goes(source: &Source<'_>, (name, end): (usize, usize), of_crate: bool, out: &mut Out) -> bool {
    let lexed = &source.lexed;
    let word = lexed.str(name);
    match word {
        "warn" | "deny" | "forbid" => true,
        _ if !of_crate => false,
        "allow" | "cfg" | "deprecated" | "cfg_attr" => false,
        "doc" => match lexed.str(name + 1) {
            "=" => lexed.kind(name + 2) != Some(Kind::Literal) || name + 3 != end,
            _ => !matches!(
                lexed.str(name + 2),
                "hidden" | "inline" | "no_inline" | "alias"
            ),
        },
        "feature" => {
            let features = lexed.between(lexed.tokens[name].start, lexed.tokens[end - 1].end);
            out.note(format!(
                "upstream asks for `{features}`, which only a crate can"
            ));
            true
        }
        "recursion_limit" | "type_length_limit" => {
            let limit = lexed.between(lexed.tokens[name].start, lexed.tokens[end - 1].end);
            out.note(format!(
                "upstream has `{limit}`; in the package its own limit applies"
            ));
            true
        }
        _ => true,
    }
}
