//! What would be done, before anything is: the slice, its edits, those of the package, and all
//! that stands in the way.
//!
//! The plan is complete although it may be refused: a user sees every reason at once. What only
//! the caller knows (the licence, manifests, the state of the working tree) it adds itself.

mod data;
mod paths;
mod print;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::edit::{Edit, apply};
use crate::record::Mode;
use crate::refuse::{Reason, Refusal};
use crate::request::{Choice, Facts, FileIndex, Host, TargetKind, Upstream};
use crate::rewrite::{self, Allow, Placement, Rewrite, Rewritten};
use crate::sites::{self, Sites};
use crate::slice::{self, Slice, SliceError, SlicedFile, slice};

pub use data::{Change, HostFile, Include, Line, Plan, PlannedFile, Terms, VERSION};

/// What an extraction is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub upstream: &'a Upstream,
    pub host: &'a Host,
    pub facts: &'a Facts,
    /// Of [`Facts::files`], in that order.
    pub texts: &'a [String],
    pub choice: &'a Choice,
    pub placement: &'a Placement,
    pub mode: Mode,
    pub allow: &'a BTreeSet<Allow>,
    /// See [`Rewrite::said`].
    pub said: &'a [SlicedFile],
    /// Packages of the tree, by name and version, that keep using the dependency.
    pub others: &'a [String],
}

/// Plans an extraction.
pub fn plan(request: &Request<'_>) -> Plan {
    // On a thread of its own: the lexer keeps all texts that a thread has read.
    std::thread::scope(|scope| {
        let run = scope.spawn(|| on_this_thread(request));
        run.join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn on_this_thread(request: &Request<'_>) -> Plan {
    let mut plan = Plan::new(request);
    let mut refusals = BTreeSet::new();
    of_crate(request, &mut refusals);
    match slice(
        request.upstream,
        request.facts,
        request.texts,
        request.choice,
    ) {
        Ok(slice) => plan.slice = slice,
        Err(why) => {
            refusals.insert(no_slice(request, why));
            return settled(request, plan, refusals);
        }
    }
    let rewritten = rewrite::rewrite(
        Rewrite {
            upstream: request.upstream,
            host: request.host,
            facts: request.facts,
            texts: request.texts,
            placement: request.placement,
            allow: request.allow,
            module: request.mode == Mode::Module,
            missed: &request.choice.names,
            said: request.said,
        },
        &plan.slice.files,
    );
    of_slice(request, &plan.slice, &mut refusals);
    exposed(request, &rewritten.files, &mut refusals);
    state(request, &rewritten, &mut refusals);
    paths::place(request, &rewritten, &mut plan, &mut refusals);
    plan.build_script = rewritten.build_script;
    refusals.extend(rewritten.refusals);
    plan.notes.extend(rewritten.notes);
    if request.mode == Mode::Module {
        let sites = sites::rewrite(Sites {
            host: request.host,
            facts: request.facts,
            texts: request.texts,
            placement: request.placement,
            macros: &rewritten.macros,
        });
        refusals.extend(sites.refusals);
        plan.notes.extend(sites.notes);
        plan.host_files = host_files(request, sites.files);
    }
    settled(request, plan, refusals)
}

/// What is refused whatever is taken.
fn of_crate(request: &Request<'_>, refusals: &mut BTreeSet<Refusal>) {
    let Request { upstream, host, .. } = request;
    let name = format!("`{}`", upstream.name);
    if upstream.is_proc_macro {
        refusals.insert(Refusal::new(Reason::ProcMacroCrate, name.as_str()));
    }
    if let Some(links) = &upstream.links {
        let what = format!("{name} (`links = \"{links}\"`)");
        refusals.insert(Refusal::new(Reason::NativeLibrary, what));
    }
    if request.mode == Mode::Crate {
        return;
    }
    if upstream.edition > host.edition {
        let what = format!(
            "{name} (edition {}, the package's is {})",
            upstream.edition, host.edition
        );
        refusals.insert(Refusal::new(Reason::EditionNewer, what));
    }
    if request.choice.packages.len() > 1 {
        let what = format!("packages beside `{}`", host.name);
        refusals.insert(Refusal::new(Reason::OtherMembers, what));
    }
}

fn no_slice(request: &Request<'_>, why: SliceError) -> Refusal {
    match why {
        SliceError::NoSuchPath { path, nearest, .. } => {
            let nearest: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
            let like = match nearest.as_slice() {
                [] => String::new(),
                names => format!(" (like it: {})", names.join(", ")),
            };
            Refusal::new(Reason::PathNotFound, format!("`{path}`{like}"))
        }
        SliceError::Syntax { file, line, what } => {
            let line = crate::lexed::offset(line);
            Refusal::new(
                Reason::Unreadable,
                format!("`{}` ({what})", request.upstream.name),
            )
            .at(file, line)
        }
        SliceError::NoThread(why) => Refusal::new(
            Reason::NotUnderstood,
            format!("`{}` ({why})", request.upstream.name),
        ),
        SliceError::NoText { file } => Refusal::new(
            Reason::FileMissing,
            format!("`{}` ({file})", request.upstream.name),
        ),
    }
}

fn of_slice(request: &Request<'_>, slice: &Slice, refusals: &mut BTreeSet<Refusal>) {
    // A facade has nothing of its own, and passes on what is in others.
    if slice.taken.is_empty() && slice.crates.is_empty() {
        let what = format!("`{}`", request.upstream.name);
        refusals.insert(Refusal::new(Reason::NothingNamed, what));
    }
    for slice::Wanted { path, .. } in &slice.wanted {
        let what = format!("the module `{}`", path.join("::"));
        refusals.insert(Refusal::new(Reason::FileMissing, what));
    }
}

/// Types of what is taken that others show to their users.
fn exposed(request: &Request<'_>, files: &[SlicedFile], refusals: &mut BTreeSet<Refusal>) {
    for exposure in &request.facts.exposed {
        let place = exposure.definition;
        let file = files.iter().find(|file| file.file == place.file);
        let kept = file.is_some_and(|file| {
            let gone = |edit: &Edit| edit.text.is_empty() && edit.range.contains(place.offset);
            !file.edits.iter().any(gone)
        });
        if !kept {
            continue;
        }
        let reason = if exposure.by == request.host.package {
            Reason::PublicApi
        } else {
            Reason::SharedTypes
        };
        let text = request
            .texts
            .get(place.file as usize)
            .map_or("", String::as_str);
        let what = format!("`{}` in `{}`", word_at(text, place.offset), exposure.path);
        refusals.insert(Refusal::new(reason, what).at(&exposure.file, exposure.line));
    }
}

/// The name that stands at a byte.
fn word_at(text: &str, at: u32) -> &str {
    let rest = text.get(at as usize..).unwrap_or_default();
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    if end == 0 { "a type" } else { &rest[..end] }
}

/// A `static` that would exist twice in one program.
fn state(request: &Request<'_>, rewritten: &Rewritten, refusals: &mut BTreeSet<Refusal>) {
    let kinds = || request.host.roots.iter().map(|root| root.kind);
    // Build scripts are programs of their own.
    let linked = kinds()
        .filter(|kind| *kind != TargetKind::BuildScript)
        .count();
    let with_lib = kinds().any(|kind| kind == TargetKind::Lib) && linked > 1;
    for state in &rewritten.state {
        if !request.others.is_empty() {
            let mut shared = state.clone();
            shared.what = format!("{} ({})", state.what, request.others.join(", "));
            refusals.insert(shared);
        }
        if with_lib && request.mode == Mode::Module {
            let mut twice = state.clone();
            twice.reason = Reason::StateInTargets;
            refusals.insert(twice);
        }
    }
}

fn host_files(
    request: &Request<'_>,
    files: std::collections::BTreeMap<FileIndex, Vec<Edit>>,
) -> Vec<HostFile> {
    let mut out = Vec::new();
    for (file, edits) in files {
        let (Some(path), Some(before)) = (
            request.facts.files.get(file as usize),
            request.texts.get(file as usize),
        ) else {
            continue;
        };
        let path = path
            .strip_prefix(&request.host.folder)
            .unwrap_or(path)
            .to_owned();
        // Edits of sites never overlap: `sites` keeps the first of two.
        let after = apply(before, &edits).unwrap_or_else(|_| before.clone());
        out.push(HostFile {
            file,
            change: Change::new(path.clone(), before, &after),
            path,
            edits,
        });
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    out
}

fn settled(request: &Request<'_>, mut plan: Plan, refusals: BTreeSet<Refusal>) -> Plan {
    plan.notes.extend(plan.slice.notes.iter().cloned());
    let gaps = plan.slice.gaps(request.facts);
    plan.notes
        .extend(gaps.map(|gap| format!("not understood: {}", gap.what)));
    plan.notes = plan
        .notes
        .iter()
        .map(|note| paths::shown_in(request, note))
        .collect();
    plan.notes.sort();
    plan.notes.dedup();
    plan.refusals = refusals
        .into_iter()
        .map(|refusal| paths::shown(request, refusal))
        .collect();
    plan.refusals.sort();
    plan
}
