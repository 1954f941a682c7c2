//! A [`Diff`] as a list of parts that every text format prints in the same order: what is to be
//! read first comes first.

use std::fmt::Write as _;

use super::data::{
    Change, CrateChange, CrateFacts, Diff, Elsewhere, PowerOf, Reached, SideOf, Summary, What,
};
use super::lines::Line;
use crate::model::Status;
use crate::pieces::PieceKind;
use crate::report::text::{plural, thousands};

/// One part. Names and texts are as the tree has them: each format makes them harmless.
pub(super) enum Part<'a> {
    /// A section with nothing in it is not there.
    Section(String),
    /// Below a section: a crate.
    Crate(String),
    Sentence(String),
    Entry(Entry<'a>),
    /// Lines of a manifest.
    Lines(&'a [Line]),
}

/// Something with a name and what is to be known of it.
pub(super) struct Entry<'a> {
    /// One of a few: `+`, `-`, `~`, `used`, …
    pub(super) mark: &'static str,
    pub(super) name: String,
    pub(super) facts: Vec<String>,
    /// Its lines.
    pub(super) change: Option<&'a Change>,
}

/// Everything but the heading.
pub(super) fn outline(diff: &Diff) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    crates(diff, &mut parts);
    let mut order: Vec<&CrateChange> = diff.changes.iter().collect();
    // Crates with reached functions that differ come first; otherwise by name.
    order.sort_by_key(|one| one.functions.is_empty());
    for change in order {
        of_crate(change, &mut parts);
    }
    let lists = [
        ("Newly reached", &diff.newly_reached),
        ("No longer reached", &diff.no_longer_reached),
        ("More or less sure than before", &diff.less_or_more_sure),
    ];
    for (title, list) in lists {
        reached(title, list, &mut parts);
    }
    parts
}

/// The figures in one sentence.
pub(super) fn summary(summary: &Summary) -> String {
    let n = |number: usize| number as u64;
    if summary.is_empty() {
        return "Nothing differs in the dependencies or in what is reached of them.".to_owned();
    }
    let mut text = format!(
        "{} added, {} removed, {} updated; {} newly reached, {} no longer reached; {} to read \
         (+{} -{}), {} in what is read in any case",
        plural(n(summary.crates_added), "crate", "crates"),
        thousands(n(summary.crates_removed)),
        thousands(n(summary.crates_updated)),
        plural(n(summary.newly_reached), "item", "items"),
        thousands(n(summary.no_longer_reached)),
        plural(
            n(summary.functions_changed),
            "changed function",
            "changed functions"
        ),
        thousands(n(summary.lines_added)),
        thousands(n(summary.lines_removed)),
        plural(n(summary.others_changed), "change", "changes"),
    );
    if summary.new_powers > 0 {
        let uses = plural(n(summary.new_powers), "new use", "new uses");
        let _ = write!(
            text,
            "; {uses} of files, network, processes, environment or foreign code, or not known"
        );
    }
    if summary.unreadable > 0 {
        let texts = plural(n(summary.unreadable), "text", "texts");
        let _ = write!(text, "; {texts} could not be shown");
    }
    text.push('.');
    text
}

fn crates<'a>(diff: &'a Diff, parts: &mut Vec<Part<'a>>) {
    let all = &diff.crates;
    if all.added.is_empty() && all.removed.is_empty() && all.updated.is_empty() {
        return;
    }
    parts.push(Part::Section("Crates".to_owned()));
    let mut entry = |mark, name: String, facts| {
        parts.push(Part::Entry(Entry {
            mark,
            name,
            facts,
            change: None,
        }));
    };
    for one in &all.added {
        entry("+", format!("{} {}", one.name, one.version), of_facts(one));
    }
    for one in &all.removed {
        entry("-", format!("{} {}", one.name, one.version), of_facts(one));
    }
    for one in &all.updated {
        let mut facts = Vec::new();
        if one.from == one.to {
            facts.push("same version, other content".to_owned());
        }
        if one.from_source != one.to_source {
            facts.push(format!("{} before, {} now", one.from_source, one.to_source));
        }
        entry("~", title(&one.name, &one.from, &one.to), facts);
    }
}

fn title(name: &str, from: &str, to: &str) -> String {
    if from == to {
        format!("{name} {from}")
    } else {
        format!("{name} {from} → {to}")
    }
}

fn of_facts(one: &CrateFacts) -> Vec<String> {
    let mut facts = Vec::new();
    if one.source != "registry" {
        facts.push(format!("from {}", one.source));
    }
    let mut flag = |yes: bool, word: &str| {
        if yes {
            facts.push(word.to_owned());
        }
    };
    flag(one.direct, "direct");
    flag(one.build_script, "build script");
    flag(one.proc_macro, "proc macro");
    facts.push(format!(
        "{} of {} reached",
        thousands(one.functions_reached as u64),
        plural(one.functions as u64, "function", "functions")
    ));
    facts.push(plural(one.lines, "line", "lines"));
    facts.extend(powers("uses", &one.powers));
    facts
}

/// Each power with its functions; many are counted.
fn powers(word: &str, all: &[PowerOf]) -> Vec<String> {
    const SHOWN: usize = 3;
    let mut facts: Vec<String> = Vec::new();
    let mut rest = all;
    while let Some(first) = rest.first() {
        let count = rest
            .iter()
            .take_while(|one| one.power == first.power)
            .count();
        let (own, others) = rest.split_at(count);
        let names: Vec<&str> = own
            .iter()
            .take(SHOWN)
            .map(|one| one.path.as_str())
            .collect();
        let more = match count.saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {} more", thousands(more as u64)),
        };
        let power = first.power.as_str();
        facts.push(format!("{word} {power}: {}{more}", names.join(", ")));
        rest = others;
    }
    facts
}

fn of_crate<'a>(change: &'a CrateChange, parts: &mut Vec<Part<'a>>) {
    parts.push(Part::Section(title(
        &change.krate,
        &change.from,
        &change.to,
    )));
    let lists = [
        ("Reached functions", &change.functions),
        ("Build scripts and proc macros", &change.files),
        (
            "Consts, statics, unsafe impls, foreign functions, macros, types",
            &change.others,
        ),
        ("Derived functions", &change.derived),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            parts.push(Part::Crate(format!(
                "{name} ({})",
                thousands(list.len() as u64)
            )));
            parts.extend(list.iter().map(|one| Part::Entry(of_change(one))));
        }
    }
    if !change.features_on.is_empty() {
        let list = change.features_on.join(", ");
        parts.push(Part::Sentence(format!("Features that are on now: {list}.")));
    }
    if !change.features_off.is_empty() {
        let list = change.features_off.join(", ");
        parts.push(Part::Sentence(format!(
            "Features that are off now: {list}."
        )));
    }
    if !change.manifest.is_empty() {
        parts.push(Part::Crate("Manifest".to_owned()));
        parts.push(Part::Lines(&change.manifest));
    }
    if let Some(why) = &change.manifest_problem {
        let text = format!("The manifests could not be compared: {why}.");
        parts.push(Part::Sentence(text));
    }
    parts.push(Part::Sentence(elsewhere(&change.elsewhere)));
}

fn elsewhere(of: &Elsewhere) -> String {
    let n = |number: usize| thousands(number as u64);
    if of.is_empty() {
        return "Nothing else differs.".to_owned();
    }
    let mut text = format!(
        "Not reached: {} changed, {} added, {} removed; {}+{} -{} lines outside of what is listed",
        plural(of.functions_changed as u64, "function", "functions"),
        n(of.functions_added),
        n(of.functions_removed),
        if of.about { "about " } else { "" },
        n(of.lines_added),
        n(of.lines_removed),
    );
    if of.values_changed > 0 {
        let values = plural(of.values_changed as u64, "value", "values");
        let _ = write!(text, "; {values} changed that nothing is known to read");
    }
    if !of.unreadable.is_empty() {
        let _ = write!(text, "; not compared: {}", of.unreadable.join(", "));
    }
    text.push('.');
    text
}

fn of_change(change: &Change) -> Entry<'_> {
    let mark = match change.what {
        What::Changed => "~",
        What::New => "+",
        What::Gone => "-",
        What::SameText => "=",
    };
    let mut facts = Vec::new();
    if !matches!(change.kind, PieceKind::Function | PieceKind::Derived) {
        facts.push(change.kind.words().to_owned());
    }
    if let Some(side) = change.now.as_ref().or(change.before.as_ref())
        && !change.kind.is_file()
    {
        facts.push(format!("{}:{}", side.place.file, side.place.line));
    }
    facts.extend(of_status(change));
    if change.what != What::SameText {
        facts.push(format!("+{} -{}", change.added, change.removed));
    }
    facts.extend(of_unsafe(change.before.as_ref(), change.now.as_ref()));
    facts.extend(powers("now uses", &change.new_powers));
    if change.what == What::SameText {
        facts.push("the text is the same".to_owned());
    }
    facts.extend(change.note.clone());
    Entry {
        mark,
        name: change.path.clone(),
        facts,
        change: Some(change),
    }
}

fn of_status(change: &Change) -> Option<String> {
    let now = change.now.as_ref()?;
    if now.status == Status::Unknown {
        let reason = now.reason.as_deref().unwrap_or("the reason is not known");
        return Some(format!("unknown: {reason}"));
    }
    let before = change.before.as_ref()?;
    (before.status == Status::Unused).then(|| "was not reached before: read all of it".to_owned())
}

fn of_unsafe(before: Option<&SideOf>, now: Option<&SideOf>) -> Option<String> {
    let parts = |side: Option<&SideOf>| side.map_or(0, SideOf::unsafe_parts);
    match (parts(before), parts(now)) {
        (0, 0) => None,
        (was, is) if was == is => Some(format!("unsafe {is}")),
        (was, is) => Some(format!("unsafe {was} → {is}")),
    }
}

fn reached<'a>(title: &str, list: &'a [Reached], parts: &mut Vec<Part<'a>>) {
    if list.is_empty() {
        return;
    }
    parts.push(Part::Section(format!(
        "{title} ({})",
        thousands(list.len() as u64)
    )));
    let mut before = None;
    for one in list {
        let krate = (&one.krate, &one.version);
        if before != Some(krate) {
            parts.push(Part::Crate(format!("{} {}", one.krate, one.version)));
            before = Some(krate);
        }
        parts.push(Part::Entry(Entry {
            mark: word(one.now.or(one.before).filter(|_| one.now.is_some())),
            name: one.path.clone(),
            facts: of_reached(one),
            change: None,
        }));
    }
}

fn word(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Used) => "used",
        Some(Status::Unknown) => "unknown",
        Some(Status::Unused) => "unused",
        None => "gone",
    }
}

fn of_reached(one: &Reached) -> Vec<String> {
    let mut facts = Vec::new();
    if one.kind != PieceKind::Function {
        facts.push(one.kind.words().to_owned());
    }
    facts.push(format!("{}:{}", one.place.file, one.place.line));
    if let (Some(before), Some(_)) = (one.before, one.now) {
        facts.push(format!("{} before", word(Some(before))));
    }
    if one.now.is_some() {
        if one.direct {
            facts.push("named by the workspace".to_owned());
        }
        if one.lines > 0 {
            facts.push(plural(u64::from(one.lines), "line", "lines"));
        }
        match u32::from(one.is_unsafe) + one.unsafe_blocks {
            0 => {}
            parts => facts.push(format!("unsafe {parts}")),
        }
        facts.extend(powers("uses", &one.powers));
        let run = one.domains.iter().all(|one| one.as_str() == "run");
        if !run {
            let names: Vec<&str> = one.domains.iter().map(|one| one.as_str()).collect();
            facts.push(format!("in {}", names.join(", ")));
        }
    }
    if one.now == Some(Status::Unknown) {
        facts.extend(one.reason.clone());
    }
    facts
}
