//! `extern crate` items: in a module they are items like others, but for a few.

use std::collections::BTreeMap;

use super::edition::spelled;
use super::macros::is_unqualified;
use super::{Job, Out, Source};
use crate::edit::Why;
use crate::lexed::Kind;
use crate::outline::ExternCrate;
use crate::refuse::Reason;
use crate::slice::is_of_toolchain;

pub(super) fn rewrite(job: &Job<'_>, out: &mut Out) {
    for source in &job.sources {
        for krate in &source.outline.externs {
            if source
                .outline
                .macro_around(&source.lexed, krate.keyword)
                .is_none()
            {
                one(job, source, krate, out);
            }
        }
    }
}

fn one(job: &Job<'_>, source: &Source<'_>, krate: &ExternCrate<'_>, out: &mut Out) {
    if krate.name == "self" {
        return itself(job, source, krate, out);
    }
    if let Some(hash) = krate.macro_use {
        // Only allowed at the root of a crate.
        let close = source.lexed.tokens[hash + 1].mate;
        out.remove(source, (hash, close), Why::MacroScope);
    }
    if let Some(host) = job.of.placement.renames.get(krate.name) {
        let text = if krate.renamed {
            host.clone()
        } else {
            let name = source.lexed.str(krate.name_at);
            format!("{host} as {}", spelled(job.of, name))
        };
        out.replace(
            source,
            (krate.name_at, krate.name_at),
            text,
            Why::ExternCrate,
        );
    }
}

/// `extern crate self as name;`: paths that begin with the name are rewritten; for others, such as
/// `crate::name::x`, the name stays.
fn itself(job: &Job<'_>, source: &Source<'_>, krate: &ExternCrate<'_>, out: &mut Out) {
    let named = job.sources.iter().any(|source| {
        let lexed = &source.lexed;
        (1..lexed.tokens.len()).any(|at| {
            lexed.kind(at - 1) == Some(Kind::PathSep)
                && !lexed.leads(at - 1)
                && lexed.name(at) == Some(krate.alias)
        })
    });
    if named {
        let text = format!("use {}", job.of.placement.path());
        let tokens = (krate.keyword, krate.name_at);
        out.replace(source, tokens, text, Why::ExternCrate);
    } else {
        out.remove(source, (krate.head.first, krate.end), Why::ExternCrate);
    }
}

/// Macros of std and alloc that a `no_std` package does not have by itself.
const OF_ALLOC: &[&str] = &["vec", "format"];
const OF_STD: &[&str] = &[
    "dbg",
    "eprint",
    "eprintln",
    "format",
    "is_x86_feature_detected",
    "print",
    "println",
    "thread_local",
    "vec",
];

/// Calls of macros that `#[macro_use] extern crate` brought in: they get a path.
pub(super) fn calls(job: &Job<'_>, out: &mut Out) {
    if job.names.macro_crates.is_empty() {
        return;
    }
    let known = known(job);
    for source in &job.sources {
        let lexed = &source.lexed;
        for at in 0..lexed.tokens.len() {
            let Some(name) = lexed.name(at).filter(|_| lexed.is(at + 1, "!")) else {
                continue;
            };
            let called = matches!(lexed.kind(at + 2), Some(Kind::Open(_)));
            if !called || !is_unqualified(lexed, at) || job.names.macros.contains_key(name) {
                continue;
            }
            let Some(krate) = known
                .get(name)
                .copied()
                .or_else(|| guess(job, source, at, name, out))
            else {
                continue;
            };
            let path = job.names.crates.get(krate);
            let path = path.map_or_else(|| format!("::{}", spelled(job.of, krate)), Clone::clone);
            let text = format!("{path}::{}", spelled(job.of, lexed.str(at)));
            out.replace(source, (at, at), text, Why::ExternCrate);
        }
    }
}

/// Names of macros that the engine found in one of these crates.
fn known<'a>(job: &Job<'a>) -> BTreeMap<&'a str, &'a str> {
    let mut known = BTreeMap::new();
    for foreign in &job.of.facts.foreign {
        let crates = &job.names.macro_crates;
        let Some(&krate) = crates.get(foreign.krate.as_str()) else {
            continue;
        };
        let text = job.of.texts.get(foreign.from.file as usize);
        let rest = text.and_then(|text| text.get(foreign.from.offset as usize..));
        let rest = rest.unwrap_or_default();
        let name = rest
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default();
        if !name.is_empty()
            && rest[name.len()..].trim_start().starts_with('!')
            && !is_of_toolchain(krate)
        {
            known.insert(name, krate);
        }
    }
    if job.of.host.no_std {
        let of_std = OF_STD.iter().map(|&name| (name, "std"));
        let all = of_std.chain(OF_ALLOC.iter().map(|&name| (name, "alloc")));
        for (name, krate) in all {
            if let Some(&krate) = job.names.macro_crates.get(krate) {
                known.insert(name, krate);
            }
        }
    }
    known
}

/// In a macro's body and in code for other platforms the engine sees no names: a macro that is
/// neither the crate's own nor std's nor imported comes from the crate that there is.
fn guess<'a>(
    job: &Job<'a>,
    source: &Source<'_>,
    at: usize,
    name: &str,
    out: &mut Out,
) -> Option<&'a str> {
    let others: Vec<&str> = job
        .names
        .macro_crates
        .iter()
        .copied()
        .filter(|krate| !is_of_toolchain(krate))
        .collect();
    let imported = source.outline.uses.iter().any(|import| {
        import
            .leaves
            .iter()
            .any(|leaf| leaf.glob || leaf.binds == Some(name))
    });
    if imported || OF_PRELUDE.contains(&name) || OF_STD.contains(&name) {
        return None;
    }
    match others.as_slice() {
        [] => None,
        [krate] => Some(krate),
        _ => {
            out.refuse(source.refuse(Reason::MacroPrelude, format!("`{name}!`"), at));
            None
        }
    }
}

/// Macros that every crate has.
const OF_PRELUDE: &[&str] = &[
    "addr_of",
    "asm",
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "concat_idents",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "file",
    "format_args",
    "global_asm",
    "include",
    "include_bytes",
    "include_str",
    "line",
    "macro_rules",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "stringify",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "write",
    "writeln",
];
