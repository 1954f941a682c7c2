//! Macros of the crate: imported by name where they were exported; and macros of other crates
//! that `#[macro_use] extern crate` brought in.
//!
//! `#[macro_export]` puts a macro at the crate's root, whatever module it stands in. Here a
//! `pub(crate) use` after the definition gives it a path, and one after each `mod` on the way
//! leads from the root to it. The order of the text, by which macros are found without a path,
//! stays what it was.

use std::collections::{BTreeMap, BTreeSet};

use super::edition::spelled;
use super::names::MacroAt;
use super::{Job, Out, Source};
use crate::edit::{Span, Why};
use crate::lexed::{Kind, Lexed};
use crate::outline::{Head, MacroDef, ModItem, head};
use crate::refuse::Reason;
use crate::request::Naming;

pub(super) fn rewrite(job: &Job<'_>, out: &mut Out) {
    let mut chain = Chain::default();
    for (name, places) in &job.names.macros {
        for &place in places {
            exported(job, name, place, &mut chain, out);
        }
    }
    chain.write(job, out);
    for source in &job.sources {
        visibility(job, source, out);
        calls_in_bodies(job, source, out);
    }
    super::externs::calls(job, out);
}

/// Imports to write after `mod` items: by source and last token, then by the conditions.
#[derive(Default)]
struct Chain(BTreeMap<(usize, usize), BTreeMap<String, Names>>);

/// A module, and macros to import from it.
type Names = (String, BTreeSet<String>);

fn exported(job: &Job<'_>, name: &str, (index, rules): MacroAt, chain: &mut Chain, out: &mut Out) {
    let source = &job.sources[index];
    let rules = &source.outline.macros[rules];
    let Some(hash) = rules.export else { return };
    let shown = format!("`{name}!`");
    let written = spelled(job.of, source.lexed.str(rules.name_at));
    if source
        .outline
        .macro_around(&source.lexed, rules.name_at)
        .is_some()
    {
        return out.refuse(source.refuse(Reason::MacroMadeMacro, shown, rules.name_at));
    }
    let close = source.lexed.tokens[hash + 1].mate;
    out.remove(source, (hash, close), Why::MacroScope);
    out.rest.macros.insert(name.to_owned());
    if !is_named(job, name) {
        return;
    }
    if job.of.host.edition == 2015 {
        return out.refuse(source.refuse(Reason::MacroEdition, shown, rules.name_at));
    }
    let Some(anchor) = anchor(source, rules) else {
        return out.refuse(source.refuse(Reason::MacroInBody, shown, rules.name_at));
    };
    match level(source, rules.name, source.lexed.tokens[rules.name_at].up) {
        Level::Root(import) if !drop_import(source, import, out) => {
            return out.refuse(source.refuse(Reason::MacroClash, shown, rules.name_at));
        }
        Level::Free | Level::Root(_) => {
            let lines = import(source, rules, &written);
            out.add_after(source, anchor, &lines, Why::MacroScope);
        }
        Level::Other => {
            let lines = wrapped(source, rules, &written);
            out.add_after(source, anchor, &lines, Why::MacroScope);
        }
        // Its author imports it already; see `visibility`.
        Level::Imported => {}
    }
    if leads_up(job, index, rules, chain, out).is_none() {
        return out.refuse(source.refuse(Reason::MacroInBody, shown, rules.name_at));
    }
    let above = !source.at_root(rules.name_at);
    if above && job.names.root.contains(name) && job.of.placement.host_crates.contains(name) {
        out.refuse(source.refuse(Reason::MacroClash, shown, rules.name_at));
    }
}

/// Whether anything calls the macro by a path: in the crate, or whoever uses it.
fn is_named(job: &Job<'_>, name: &str) -> bool {
    let in_path = |source: &Source<'_>| {
        let lexed = &source.lexed;
        (1..lexed.tokens.len()).any(|at| {
            lexed.name(at) == Some(name)
                && (lexed.kind(at - 1) == Some(Kind::PathSep)
                    || source.outline.use_around(at).is_some()
                    || source.outline.macro_around(lexed, at).is_some() && lexed.is(at + 1, "!"))
        })
    };
    let users = job.of.texts.iter().skip(job.of.facts.own as usize);
    job.of.missed.contains(name)
        || job.sources.iter().any(in_path)
        || users.into_iter().any(|text| text.contains(name))
}

/// The token that an import of the macro goes after: its own last, or that of the macro call it
/// is an argument of; `None` where there are no items. `cfg_if!` takes any items.
fn anchor(source: &Source<'_>, rules: &MacroDef<'_>) -> Option<usize> {
    let lexed = &source.lexed;
    let module = source.outline.module_brace(lexed, rules.name_at);
    let around = lexed
        .enclosing(rules.name_at)
        .take_while(|&open| Some(open) != module);
    let around: Vec<usize> = around.collect();
    let Some(&outermost) = around.last() else {
        return Some(rules.end);
    };
    if !lexed.after(outermost, "!") {
        return None;
    }
    if outermost >= 2 && lexed.is(outermost - 2, "cfg_if") {
        // Further up the import needs the condition of its branch, which `else` does not say.
        let branch = around.iter().any(|&open| lexed.after(open, "else"));
        return (!branch || source.at_root(rules.name_at)).then_some(rules.end);
    }
    let close = lexed.tokens[outermost].mate;
    Some(close + usize::from(lexed.is(close + 1, ";")))
}

enum Level {
    Free,
    /// `use crate::name`: by its keyword.
    Root(usize),
    /// Something else has the name there.
    Other,
    Imported,
}

/// What else has the macro's name in a module.
fn level(source: &Source<'_>, name: &str, up: Option<usize>) -> Level {
    let (lexed, outline) = (&source.lexed, &source.outline);
    let same = |at: usize| lexed.tokens[at].up == up;
    let imports = outline.uses.iter().filter(|import| same(import.keyword));
    let mut leaves =
        imports.flat_map(|import| import.leaves.iter().map(move |leaf| (import, leaf)));
    if let Some((import, leaf)) = leaves.find(|(_, leaf)| leaf.binds == Some(name)) {
        let from_root = leaf.first.is_some_and(|at| lexed.is(at, "crate"));
        let itself = leaf.last.and_then(|at| lexed.name(at)) == Some(name);
        return match leaf.segments {
            1 if itself => Level::Imported,
            2 if itself && from_root => Level::Root(import.keyword),
            _ => Level::Other,
        };
    }
    let item = outline.items.contains(&(up, name));
    let module = outline
        .mods
        .iter()
        .any(|item| item.name == name && same(item.keyword));
    let krate = outline
        .externs
        .iter()
        .any(|krate| krate.alias == name && same(krate.keyword));
    if item || module || krate {
        Level::Other
    } else {
        Level::Free
    }
}

/// Takes `use crate::name;` out where an import of that name is written; not if it is one of
/// several in a tree.
fn drop_import(source: &Source<'_>, keyword: usize, out: &mut Out) -> bool {
    let mut uses = source.outline.uses.iter();
    let import = uses.find(|import| import.keyword == keyword && import.leaves.len() == 1);
    if let Some(import) = import {
        out.remove(source, (import.head.first, import.end), Why::MacroScope);
    }
    import.is_some()
}

fn import(source: &Source<'_>, rules: &MacroDef<'_>, name: &str) -> Vec<String> {
    let mut lines = conditions(&source.lexed, &rules.head);
    lines.extend(of_call(source, rules, false));
    lines.push("#[allow(unused_imports)]".to_owned());
    lines.push(format!("pub(crate) use {name};"));
    lines
}

/// An import that takes the macro alone: in a module of its own nothing else has the name.
fn wrapped(source: &Source<'_>, rules: &MacroDef<'_>, name: &str) -> Vec<String> {
    let mut conditions = conditions(&source.lexed, &rules.head);
    conditions.extend(of_call(source, rules, false));
    let module = format!("whittled_macro_{}", rules.name);
    let mut lines = conditions.clone();
    lines.push(format!("mod {module} {{"));
    lines.push("    #[allow(unused_imports)]".to_owned());
    lines.push(format!("    pub(crate) use {name};"));
    lines.push("}".to_owned());
    lines.extend(conditions);
    lines.push("#[allow(unused_imports)]".to_owned());
    lines.push(format!("pub(crate) use self::{module}::{name};"));
    lines
}

/// The `#[cfg(…)]` of an item, as written.
fn conditions(lexed: &Lexed<'_>, head: &Head) -> Vec<String> {
    let all = head
        .attributes
        .iter()
        .filter(|&&hash| lexed.is(hash + 2, "cfg"));
    let text = |hash: usize| {
        let span = lexed.span(hash, lexed.tokens[hash + 1].mate);
        lexed.between(span.start, span.end).to_owned()
    };
    all.map(|&hash| text(hash)).collect()
}

/// The conditions of the macro call that a macro is an argument of; of `cfg_if!`, those of its
/// branch, for imports that stand outside of it.
fn of_call(source: &Source<'_>, rules: &MacroDef<'_>, outside: bool) -> Vec<String> {
    let lexed = &source.lexed;
    let module = source.outline.module_brace(lexed, rules.name_at);
    let around = lexed
        .enclosing(rules.name_at)
        .take_while(|&open| Some(open) != module);
    let mut out = Vec::new();
    for open in around {
        let name = open.saturating_sub(2);
        if lexed.after(open, "!") && (outside || !lexed.is(name, "cfg_if")) {
            out.extend(conditions(lexed, &head(lexed, name)));
        } else if outside && lexed.after(open, "]") {
            // `if #[cfg(unix)] {`
            let attribute = lexed.tokens[open - 1].mate;
            let span = lexed.span(attribute.saturating_sub(1), open - 1);
            out.push(lexed.between(span.start, span.end).to_owned());
        }
    }
    out
}

/// Notes an import in every module between the root and the macro; `None` when there is no way.
fn leads_up(
    job: &Job<'_>,
    index: usize,
    rules: &MacroDef<'_>,
    chain: &mut Chain,
    out: &mut Out,
) -> Option<()> {
    let (mut index, mut at) = (index, rules.name_at);
    let mut conditions = conditions(&job.sources[index].lexed, &rules.head);
    conditions.extend(of_call(&job.sources[index], rules, true));
    let name = job.sources[index].lexed.str(rules.name_at).to_owned();
    loop {
        let source = &job.sources[index];
        if source.at_root(at) {
            return Some(());
        }
        let item = if let Some(brace) = source.outline.module_brace(&source.lexed, at) {
            source
                .outline
                .mods
                .iter()
                .find(|item| item.open == Some(brace))?
        } else {
            let (parent, item) = declaration(job, source)?;
            index = parent;
            item
        };
        at = item.keyword;
        let lexed = &job.sources[index].lexed;
        if let Level::Root(import) = level(&job.sources[index], &name, lexed.tokens[at].up)
            && !drop_import(&job.sources[index], import, out)
        {
            return None;
        }
        conditions.extend(self::conditions(lexed, &item.head));
        let module = spelled(job.of, lexed.str(item.keyword + 1));
        let imports = chain.0.entry((index, item.end)).or_default();
        let names = imports
            .entry(conditions.join("\n"))
            .or_insert((module, BTreeSet::new()));
        names.1.insert(spelled(job.of, &name));
    }
}

/// The `mod` item that loads a file, and the file it stands in.
fn declaration<'j, 'a>(job: &'j Job<'a>, source: &Source<'_>) -> Option<(usize, &'j ModItem<'a>)> {
    let module = job
        .of
        .facts
        .modules
        .iter()
        .find(|module| module.file == source.file)?;
    let place = module.declared?;
    let index = job
        .sources
        .iter()
        .position(|source| source.file == place.file)?;
    let parent = &job.sources[index];
    let name = module.path.last()?;
    let mut named = parent
        .outline
        .mods
        .iter()
        .filter(|item| item.name == name && item.open.is_none());
    let at = parent.edited.forward(place.offset);
    let stands = |item: &&ModItem<'_>| {
        let span = parent.lexed.span(item.head.first, item.end);
        at.is_some_and(|at| span.contains(at))
    };
    let exact = named.clone().find(stands);
    exact.or_else(|| named.next()).map(|item| (index, item))
}

impl Chain {
    fn write(self, job: &Job<'_>, out: &mut Out) {
        for ((index, at), imports) in self.0 {
            for (conditions, (module, names)) in imports {
                let mut lines: Vec<String> = conditions.lines().map(str::to_owned).collect();
                lines.push("#[allow(unused_imports)]".to_owned());
                let names: Vec<String> = names.into_iter().collect();
                let names = match names.as_slice() {
                    [name] => name.clone(),
                    names => format!("{{{}}}", names.join(", ")),
                };
                lines.push(format!("pub(crate) use self::{module}::{names};"));
                out.add_after(&job.sources[index], at, &lines, Why::MacroScope);
            }
        }
    }
}

/// A macro that is not exported can be seen in its crate at most: so can its re-exports.
fn visibility(job: &Job<'_>, source: &Source<'_>, out: &mut Out) {
    let lexed = &source.lexed;
    for import in &source.outline.uses {
        let of_macro = import.leaves.iter().any(|leaf| {
            let last = leaf.last.and_then(|at| lexed.name(at));
            let from_root = leaf.segments == 1
                || leaf.segments == 2 && leaf.first.is_some_and(|at| lexed.is(at, "crate"));
            from_root && last.is_some_and(|name| job.names.exported.contains(name))
        });
        if !of_macro {
            continue;
        }
        match import.head.visibility {
            Some((first, last)) if first == last => {
                out.replace(source, (first, last), "pub(crate)", Why::Visibility);
            }
            Some(_) => {}
            None => {
                // The import that gives the macro its path, when its author wrote one.
                let single = import.leaves.iter().any(|leaf| leaf.segments == 1);
                if single && source.lexed.tokens[import.keyword].up.is_none() {
                    let start = lexed.tokens[import.keyword].start;
                    let place = Span::new(start, start);
                    out.edit(source, place, "pub(crate) ".to_owned(), Why::Visibility);
                }
            }
        }
    }
}

/// Calls of the crate's own macros in the body of one that others call: they get its path, as
/// `local_inner_macros` and the `#[macro_use]` of a user had it.
fn calls_in_bodies(job: &Job<'_>, source: &Source<'_>, out: &mut Out) {
    let sites = &job.of.facts.sites;
    let by_name = sites.iter().any(|site| site.how == Naming::ExternCrate);
    let lexed = &source.lexed;
    for rules in &source.outline.macros {
        if rules.export.is_none() || !(by_name || rules.local_inner) {
            continue;
        }
        for at in rules.open + 1..lexed.tokens[rules.open].mate {
            let Some(name) = lexed.name(at).filter(|_| lexed.is(at + 1, "!")) else {
                continue;
            };
            let own = job.names.macros.get(name).is_some_and(|all| {
                let mut all = all
                    .iter()
                    .map(|&(file, at)| &job.sources[file].outline.macros[at]);
                all.all(|rules| rules.export.is_some())
            });
            if own && is_unqualified(lexed, at) && in_transcriber(lexed, rules, at) {
                let path = job.of.placement.below_crate();
                let text = format!("$crate::{path}::{}", spelled(job.of, lexed.str(at)));
                out.replace(source, (at, at), text, Why::CratePath);
            }
        }
    }
}

/// What a rule makes, and not what it matches.
fn in_transcriber(lexed: &Lexed<'_>, rules: &MacroDef<'_>, at: usize) -> bool {
    let mut around = lexed.enclosing(at);
    let part = around.find(|&open| lexed.tokens[open].up == Some(rules.open));
    part.is_some_and(|open| lexed.after(open, "=>"))
}

/// Whether the name of a called macro has no path before it, and is one.
pub(super) fn is_unqualified(lexed: &Lexed<'_>, at: usize) -> bool {
    let Some(before) = lexed.before(at) else {
        return true;
    };
    !matches!(lexed.kind(before), Some(Kind::PathSep | Kind::Punct('$')))
        && lexed.str(at) != "macro_rules"
}
