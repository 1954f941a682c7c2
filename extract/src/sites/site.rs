//! One place that names the dependency.

use std::collections::{BTreeMap, BTreeSet};

use super::examples::{doc_at, example};
use super::{File, Rewritten, Sites, around};
use crate::edit::{Span, Why};
use crate::lexed::Kind;
use crate::outline::{ExternCrate, Leaf, Use};
use crate::refuse::{Reason, Refusal};
use crate::request::{FileIndex, Naming, Site, TargetKind};
use crate::rewrite::{with_blank_line, with_space};

pub(super) struct Job<'a> {
    pub(super) of: Sites<'a>,
    pub(super) files: &'a BTreeMap<FileIndex, File<'a>>,
}

pub(super) fn rewrite(job: &Job<'_>, file: &File<'_>, site: &Site, out: &mut Rewritten) {
    match site.how {
        Naming::Generated => {
            job.refuse(
                file,
                site.range.start,
                Reason::GeneratedSite,
                made_by(file, site),
                out,
            );
        }
        Naming::AttributeText => attribute_text(job, file, site, out),
        Naming::Path | Naming::Import | Naming::ExternCrate | Naming::LeftOut => {
            if let Some(at) = doc_at(file, site.range.start) {
                return example(job, file, site, at, out);
            }
            let Some(at) = file.lexed.at(site.range.start) else {
                // Within a string or a comment, or a place of another text.
                let what = format!("`{}`", file.lexed.between(site.range.start, site.range.end));
                job.refuse(file, site.range.start, Reason::UnreadableSite, what, out);
                return;
            };
            let krate = file
                .outline
                .externs
                .iter()
                .find(|krate| krate.name_at == at);
            match krate {
                Some(krate) => extern_crate(job, file, krate, out),
                None => token(job, file, at, out),
            }
        }
    }
}

/// The macro that names the dependency by itself.
fn made_by(file: &File<'_>, site: &Site) -> String {
    let text = file.lexed.between(site.range.start, site.range.end);
    match text.lines().next() {
        Some(line) if !line.trim().is_empty() => format!("what `{}` makes", line.trim()),
        _ => "what a macro makes".to_owned(),
    }
}

fn token(job: &Job<'_>, file: &File<'_>, at: usize, out: &mut Rewritten) {
    let lexed = &file.lexed;
    if lexed.kind(at) != Some(Kind::Word) {
        let what = format!("`{}`", lexed.str(at));
        return job.refuse(
            file,
            lexed.tokens[at].start,
            Reason::UnreadableSite,
            what,
            out,
        );
    }
    let import = file.outline.use_around(at);
    let leaves = import.map_or(&[][..], |import| &import.leaves);
    let of_import: Vec<&Leaf<'_>> = leaves
        .iter()
        .filter(|leaf| leaf.first == Some(at))
        .collect();
    if let Some(import) = import
        && reexport(job, file, import, &of_import, out)
    {
        return;
    }
    if import.is_none() && lexed.kind(at + 1) != Some(Kind::PathSep) {
        // A name that stands alone is an argument of a macro that may do anything with it.
        let what = format!("`{}`", lexed.str(at));
        return job.refuse(
            file,
            lexed.tokens[at].start,
            Reason::UnreadableSite,
            what,
            out,
        );
    }
    let whole = of_import.iter().any(|leaf| leaf.segments == 1);
    let gone = |import: &Use<'_>, leaf: &Leaf<'_>| {
        !leaf.glob
            && leaf
                .binds
                .is_none_or(|name| job.is_idle(file, import, name))
    };
    if whole
        && leaves.len() == 1
        && let Some(import) = import
        && import.head.visibility.is_none()
        && of_import.iter().all(|leaf| gone(import, leaf))
    {
        // `use dep as _;` only says that the dependency is wanted; what begins with a name that
        // `use dep;` made is rewritten to go without it, and the compiler would warn.
        let span = lexed.span(import.head.first, import.end);
        return out.edit(
            file.index,
            with_space(lexed.text, span),
            String::new(),
            Why::UseSite,
        );
    }
    let Some(path) = job.path_at(file, at, out) else {
        return;
    };
    let before = lexed
        .before(at)
        .filter(|&before| lexed.kind(before) == Some(Kind::PathSep));
    let leading = of_import.first().and_then(|leaf| leaf.leading);
    out.edit(
        file.index,
        lexed.span(before.unwrap_or(at), at),
        path,
        Why::UseSite,
    );
    if let (None, Some(leading)) = (before, leading) {
        // `use ::{dep::a, other::b};`
        out.edit(
            file.index,
            lexed.span(leading, leading),
            String::new(),
            Why::UseSite,
        );
    }
}

/// `pub use dep::…`: `true` when it is refused; a narrower `pub` where nothing else compiles.
fn reexport(
    job: &Job<'_>,
    file: &File<'_>,
    import: &Use<'_>,
    leaves: &[&Leaf<'_>],
    out: &mut Rewritten,
) -> bool {
    let lexed = &file.lexed;
    let Some((first, last)) = import.head.visibility.filter(|(first, last)| first == last) else {
        return false;
    };
    let top = lexed.tokens[import.keyword].up.is_none();
    if top && file.is_root && file.kinds.contains(&TargetKind::Lib) {
        let span = lexed.span(import.keyword, import.end);
        let text: Vec<&str> = lexed
            .between(span.start, span.end)
            .split_whitespace()
            .collect();
        let what = format!("`{}`", text.join(" "));
        job.refuse(file, span.start, Reason::Reexported, what, out);
        return true;
    }
    let own = |leaf: &&Leaf<'_>| {
        let last = leaf.last.and_then(|at| lexed.name(at));
        leaf.segments == 1
            || leaf.segments == 2
                && last.is_some_and(|name| job.of.macros.contains(name) || name == "self")
    };
    if leaves.iter().any(own) {
        out.edit(
            file.index,
            lexed.span(first, last),
            "pub(crate)".into(),
            Why::Visibility,
        );
    }
    false
}

/// `extern crate dep;` has nothing to say any more, unless its name is used as an item's.
fn extern_crate(job: &Job<'_>, file: &File<'_>, krate: &ExternCrate<'_>, out: &mut Rewritten) {
    let lexed = &file.lexed;
    let exported = krate
        .head
        .visibility
        .is_some_and(|(first, last)| first == last);
    if exported && file.is_root && file.kinds.contains(&TargetKind::Lib) {
        let what = format!("`extern crate {}`", krate.name);
        return job.refuse(
            file,
            lexed.tokens[krate.keyword].start,
            Reason::Reexported,
            what,
            out,
        );
    }
    let as_item = job.files.values().any(|file| {
        let lexed = &file.lexed;
        (2..lexed.tokens.len()).any(|at| {
            lexed.name(at) == Some(krate.alias)
                && lexed.kind(at - 1) == Some(Kind::PathSep)
                && matches!(lexed.str(at - 2), "crate" | "self" | "super")
        })
    });
    if krate.alias == "_" || !(as_item || exported) {
        let span = with_blank_line(lexed.text, lexed.span(krate.head.first, krate.end));
        return out.edit(file.index, span, String::new(), Why::UseSite);
    }
    if let Some(hash) = krate.macro_use {
        let span = with_space(lexed.text, lexed.span(hash, lexed.tokens[hash + 1].mate));
        out.edit(file.index, span, String::new(), Why::UseSite);
    }
    if let Some((first, last)) = krate.head.visibility.filter(|_| exported) {
        out.edit(
            file.index,
            lexed.span(first, last),
            "pub(crate)".into(),
            Why::Visibility,
        );
    }
    let name = &job.of.placement.name;
    let alias = if krate.alias == name {
        String::new()
    } else {
        format!(" as {}", krate.alias)
    };
    let text = format!("use {}{alias};", job.of.placement.path());
    out.edit(
        file.index,
        lexed.span(krate.keyword, krate.end),
        text,
        Why::UseSite,
    );
}

/// The macros that an `extern crate` with `#[macro_use]` or `#[macro_use(a, b)]` brings.
pub(super) fn imported_macros<'a>(
    job: &Job<'a>,
    file: &File<'a>,
    site: &Site,
) -> BTreeSet<&'a str> {
    let lexed = &file.lexed;
    let at = lexed.at(site.range.start);
    let krate = file
        .outline
        .externs
        .iter()
        .find(|krate| Some(krate.name_at) == at);
    let Some(hash) = krate.and_then(|krate| krate.macro_use) else {
        return BTreeSet::new();
    };
    let all = || job.of.macros.iter().map(String::as_str);
    if lexed.kind(hash + 3) != Some(Kind::Open('(')) {
        return all().collect();
    }
    let named: BTreeSet<&str> = (hash + 4..lexed.tokens[hash + 3].mate)
        .filter_map(|at| lexed.name(at))
        .collect();
    all().filter(|name| named.contains(name)).collect()
}

/// `#[serde(with = "dep::module")]`
fn attribute_text(job: &Job<'_>, file: &File<'_>, site: &Site, out: &mut Rewritten) {
    let text = file.lexed.text;
    let before = text.get(..site.range.start as usize).unwrap_or_default();
    let start = match before.strip_suffix("::") {
        // `"::dep::module"`
        Some(rest) if !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
            crate::lexed::offset(rest.len())
        }
        Some(_) => {
            let what = format!("`{}`", file.lexed.between(site.range.start, site.range.end));
            return job.refuse(file, site.range.start, Reason::UnreadableSite, what, out);
        }
        None => site.range.start,
    };
    let range = Span::new(start, site.range.end);
    out.edit(file.index, range, job.of.placement.path(), Why::UseSite);
}

impl Job<'_> {
    pub(super) fn refuse(
        &self,
        file: &File<'_>,
        at: u32,
        reason: Reason,
        what: String,
        out: &mut Rewritten,
    ) {
        let path = self
            .of
            .facts
            .files
            .get(file.index as usize)
            .cloned()
            .unwrap_or_default();
        out.refusals
            .insert(Refusal::new(reason, what).at(path, file.lexed.line(at)));
    }

    /// The path to what was taken, from a token: in a macro's rules whoever calls the macro is
    /// where paths begin, unless they begin with `$crate`.
    pub(super) fn path_at(
        &self,
        file: &File<'_>,
        at: usize,
        out: &mut Rewritten,
    ) -> Option<String> {
        let placement = self.of.placement;
        let path = placement.path();
        let Some(rules) = around(file, at) else {
            let is_bare = placement.bare_at_root
                && self.of.host.edition > 2015
                && file.at_root(at)
                && file.outline.use_around(at).is_none();
            return Some(if is_bare {
                placement.below_crate()
            } else {
                path
            });
        };
        if rules.export.is_some() && file.kinds.iter().any(|kind| *kind == TargetKind::Lib) {
            let what = format!("`{}` in `{}!`", file.lexed.str(at), rules.name);
            let start = file.lexed.tokens[at].start;
            self.refuse(file, start, Reason::ExportedMacro, what, out);
            return None;
        }
        Some(format!("${path}"))
    }

    /// Whether all that names an imported crate is rewritten, so that the import can go.
    fn is_idle(&self, file: &File<'_>, import: &Use<'_>, name: &str) -> bool {
        let within = import.keyword..=import.end;
        let sites = &self.of.facts.sites;
        self.files.values().all(|other| {
            let mut named = (0..other.lexed.tokens.len())
                .filter(|&token| other.lexed.name(token) == Some(name));
            named.all(|token| {
                let start = other.lexed.tokens[token].start;
                let site = |site: &Site| site.file == other.index && site.range.start == start;
                other.index == file.index && within.contains(&token) || sites.iter().any(site)
            })
        })
    }
}
