//! Paths that begin at the crate's root, or with a crate that the package knows by another path.

use super::edition::spelled;
use super::{Job, Out, Source};
use crate::edit::Why;
use crate::lexed::{Kind, Lexed};
use crate::refuse::Reason;

pub(super) fn rewrite(job: &Job<'_>, out: &mut Out) {
    for source in &job.sources {
        for at in 0..source.lexed.tokens.len() {
            if !out.is_free(source, at) {
                continue;
            }
            match source.lexed.kind(at) {
                Some(Kind::Word) => word(job, source, at, out),
                Some(Kind::Literal) => text_of_attribute(job, source, at, out),
                _ => {}
            }
        }
    }
}

fn word(job: &Job<'_>, source: &Source<'_>, at: usize, out: &mut Out) {
    let lexed = &source.lexed;
    let word = lexed.str(at);
    if word == "crate" {
        return crate_word(job, source, at, out);
    }
    let import = source.outline.use_around(at).map(|import| {
        let mut leaves = import.leaves.iter();
        leaves.find(|leaf| leaf.first == Some(at)).copied()
    });
    let leaf = match import {
        // Within an import only the first segments begin a path.
        Some(None) => return,
        Some(leaf) => leaf,
        None => None,
    };
    if leaf.is_none() && !begins_path(lexed, at) {
        return;
    }
    let Some(name) = lexed.name(at) else { return };
    let next_to = lexed
        .before(at)
        .filter(|&before| lexed.kind(before) == Some(Kind::PathSep));
    // `use ::{a, b}` has it before the bracket.
    let leading = next_to.or(leaf.and_then(|leaf| leaf.leading));
    let of_visibility = lexed.after(at, "in") && at >= 3 && lexed.is(at - 3, "pub");
    let goes_on = lexed.kind(at + 1) == Some(Kind::PathSep);
    if !goes_on && leading.is_none() && leaf.is_none() && !of_visibility {
        return;
    }
    let first = Begin {
        leading,
        next_to,
        at,
    };
    if job.names.selves.contains(name) {
        return self_alias(job, source, first, out);
    }
    if job.of.upstream.edition == 2015 && (leaf.is_some() || leading.is_some() || of_visibility) {
        return of_2015(job, source, first, out);
    }
    if let Some(path) = job.names.crates.get(name) {
        let local = leading.is_none() && source.outline.is_bound(lexed, at, name, source.is_root);
        let in_scope = source.at_root(at)
            && leading.is_none()
            && path.starts_with("crate::")
            && source.outline.macro_around(lexed, at).is_none();
        if !local && !in_scope {
            first.replace(source, path, Why::ExternCrate, out);
        }
    } else if leaf.is_some() && leading.is_none() {
        ambiguous(job, source, at, name, out);
    }
}

/// `mod rand;` and `use rand::x;` mean the module, until the package depends on a `rand` too.
fn ambiguous(job: &Job<'_>, source: &Source<'_>, at: usize, name: &str, out: &mut Out) {
    let (lexed, outline) = (&source.lexed, &source.outline);
    let brace = outline.module_brace(lexed, at);
    let import = outline.use_around(at);
    let level = import.is_some_and(|import| lexed.tokens[import.keyword].up == brace);
    let mut mods = outline.mods.iter();
    let local = mods.any(|item| item.name == name && lexed.tokens[item.keyword].up == brace);
    if level && local && job.of.placement.host_crates.contains(name) {
        let text = format!("self::{}", spelled(job.of, lexed.str(at)));
        out.replace(source, (at, at), text, Why::CratePath);
    }
}

fn crate_word(job: &Job<'_>, source: &Source<'_>, at: usize, out: &mut Out) {
    let lexed = &source.lexed;
    let path = job.of.placement.path();
    let next = lexed.kind(at + 1);
    if next == Some(Kind::PathSep) || lexed.is(at + 1, "as") {
        return out.replace(source, (at, at), path, Why::CratePath);
    }
    let visibility =
        lexed.after(at, "(") && at >= 2 && lexed.is(at - 2, "pub") && lexed.is(at + 1, ")");
    let within = lexed.after(at, "in") && lexed.is(at + 1, ")");
    let declares = lexed.after(at, "extern");
    let setting = lexed.is(at + 1, "=") && source.outline.attribute_around(lexed, at).is_some();
    if visibility || within || declares || setting {
        return;
    }
    let shown = if lexed.after(at, "$") {
        "`$crate`"
    } else {
        "`crate`"
    };
    out.refuse(source.refuse(Reason::BareCrate, shown, at));
}

/// `extern crate self as name;` made `name::` and `::name::` the crate's own paths.
fn self_alias(job: &Job<'_>, source: &Source<'_>, begin: Begin, out: &mut Out) {
    let lexed = &source.lexed;
    let name = lexed.str(begin.at);
    let bound = source
        .outline
        .is_bound(lexed, begin.at, name, source.is_root);
    if begin.leading.is_none() && bound {
        return out.refuse(source.refuse(Reason::SelfAlias, format!("`{name}`"), begin.at));
    }
    begin.replace(source, &job.of.placement.path(), Why::CratePath, out);
}

/// In the 2015 edition imports and paths that begin with `::` begin at the crate's root.
fn of_2015(job: &Job<'_>, source: &Source<'_>, begin: Begin, out: &mut Out) {
    let lexed = &source.lexed;
    let Some(name) = lexed.name(begin.at) else {
        return;
    };
    let path = job.of.placement.path();
    let at_root = || format!("{path}::{}", spelled(job.of, lexed.str(begin.at)));
    if matches!(name, "self" | "super" | "Self") {
    } else if let Some(path) = job.names.crates.get(name) {
        begin.replace(source, path, Why::ExternCrate, out);
    } else if job.names.root.contains(name) || job.names.exported.contains(name) {
        begin.replace(source, &at_root(), Why::CratePath, out);
    } else if job.names.is_crate(job.of, name) {
    } else if job.names.anywhere.contains(name) {
        // No crate, so that it is at the root: through a glob, or made by a macro.
        begin.replace(source, &at_root(), Why::CratePath, out);
    } else if !job.of.placement.host_crates.contains(name) {
        out.refuse(source.refuse(Reason::EditionPath, format!("`{name}`"), begin.at));
    }
}

/// Where a path begins.
#[derive(Clone, Copy)]
struct Begin {
    /// Its `::`, perhaps before the bracket of a group.
    leading: Option<usize>,
    /// The same when it stands right before the name.
    next_to: Option<usize>,
    at: usize,
}

impl Begin {
    fn replace(self, source: &Source<'_>, text: &str, why: Why, out: &mut Out) {
        out.replace(
            source,
            (self.next_to.unwrap_or(self.at), self.at),
            text,
            why,
        );
        if let (Some(leading), None) = (self.leading, self.next_to)
            && !text.starts_with("::")
        {
            out.replace(source, (leading, leading), "", why);
        }
    }
}

/// Paths in strings of attributes, as serde takes them: `with = "crate::module"`.
fn text_of_attribute(job: &Job<'_>, source: &Source<'_>, at: usize, out: &mut Out) {
    let lexed = &source.lexed;
    if !lexed.str(at).contains("crate") || !lexed.after(at, "=") {
        return;
    }
    let Some(attribute) = source.outline.attribute_around(lexed, at) else {
        return;
    };
    if is_prose(lexed.str(attribute.open + 1)) || super::string(lexed, at).is_none() {
        return;
    }
    let literal = lexed.str(at);
    let Some(quote) = literal.find('"') else {
        return;
    };
    let Ok(inner) = Lexed::new(
        literal
            .get(quote + 1..)
            .map_or("", |rest| rest.trim_end_matches(['"', '#'])),
    ) else {
        return;
    };
    let start = lexed.tokens[at].start + crate::lexed::offset(quote + 1);
    for (index, token) in inner.tokens.iter().enumerate() {
        if inner.is(index, "crate") && inner.kind(index + 1) == Some(Kind::PathSep) {
            let range = crate::edit::Span::new(start + token.start, start + token.end);
            out.edit(source, range, job.of.placement.path(), Why::CratePath);
        }
    }
}

/// Attributes whose strings are for people, or for the compiler and not paths.
fn is_prose(name: &str) -> bool {
    matches!(
        name,
        "doc"
            | "deprecated"
            | "must_use"
            | "error"
            | "diagnostic"
            | "allow"
            | "warn"
            | "deny"
            | "forbid"
            | "expect"
            | "path"
            | "cfg"
            | "should_panic"
            | "ignore"
            | "link"
            | "export_name"
            | "display"
    )
}

/// Whether a word is the first of a path, as far as tokens say.
fn begins_path(lexed: &Lexed<'_>, at: usize) -> bool {
    let Some(before) = lexed.before(at) else {
        return true;
    };
    match lexed.kind(before) {
        Some(Kind::PathSep) => lexed.leads(before),
        Some(Kind::Punct(punct)) => punct != '.' && punct != '$',
        _ => true,
    }
}
