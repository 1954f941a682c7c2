//! A baseline from text, or why it is none. Every byte counts: what was not written by this tool,
//! or was merged into something else, is refused.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::model::{Domain, Domains};
use crate::surface::{DependencyId, Key};

use super::write::{escaped, lines, words};
use super::{Lock, LockCrate, LockItem, Named, VERSION, kind_of, source_of, sum};

const UPDATE: &str = "write it again with `cargo whittle baseline --update`";
/// Names of the lines before the first crate, in their order; the first one may repeat.
const SCOPE: [&str; 9] = [
    "root",
    "domains",
    "features",
    "target",
    "host",
    "profile",
    "policy",
    "toolchain",
    "tool",
];

impl Lock {
    /// Reads a file; `file` is what it is called in errors.
    ///
    /// # Errors
    /// [`Error::Baseline`] for everything that is not exactly what would be written.
    pub fn read(file: &str, text: &str) -> Result<Self> {
        let mut rest = Lines::new(file, text);
        rest.version()?;
        let scope = scope(&mut rest)?;
        let mut crates: Vec<LockCrate> = Vec::new();
        while let Some((at, line)) = rest.next() {
            let Some(id) = line.strip_prefix("crate ").and_then(dependency) else {
                return Err(rest.broken(at, "a line `crate <name> <version> <source>` is missing"));
            };
            if crates.last().is_some_and(|before| before.id >= id) {
                let (name, version) = (&id.name, &id.version);
                let why = format!("`{name} {version}` is there twice or out of order");
                return Err(rest.broken(at, &why));
            }
            crates.push(one_crate(&mut rest, &scope, id, at)?);
        }
        Ok(Self { scope, crates })
    }
}

/// The lines that say something, with their numbers.
struct Lines<'a> {
    file: &'a str,
    all: Vec<(u32, &'a str)>,
    next: usize,
}

impl<'a> Lines<'a> {
    fn new(file: &'a str, text: &'a str) -> Self {
        // A checkout may have other line endings.
        let all = (1..).zip(text.lines().map(|line| line.trim_end_matches('\r')));
        let says = |line: &str| !line.is_empty() && !line.starts_with('#');
        Self {
            file,
            all: all.filter(|(_, line)| says(line)).collect(),
            next: 0,
        }
    }

    fn next(&mut self) -> Option<(u32, &'a str)> {
        let line = self.peek()?;
        self.next += 1;
        Some(line)
    }

    fn peek(&self) -> Option<(u32, &'a str)> {
        self.all.get(self.next).copied()
    }

    fn error(&self, why: String, help: &str) -> Error {
        Error::Baseline {
            file: self.file.to_owned(),
            why,
            help: help.to_owned(),
        }
    }

    fn broken(&self, line: u32, why: &str) -> Error {
        let markers = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
        let is_marker = |line: &str| markers.iter().any(|marker| line.starts_with(marker));
        if let Some((at, _)) = self.all.iter().find(|(_, line)| is_marker(line)) {
            let help =
                "take either side of the conflict, then run `cargo whittle baseline --update`";
            return self.error(format!("line {at}: a conflict marker"), help);
        }
        self.error(format!("line {line}: {why}"), UPDATE)
    }

    /// The first line: whether the rest can be understood at all.
    fn version(&mut self) -> Result<()> {
        let Some((at, line)) = self.next() else {
            return Err(self.error("it is empty".to_owned(), UPDATE));
        };
        match line.strip_prefix("version ").map(str::parse::<u32>) {
            Some(Ok(VERSION)) => Ok(()),
            Some(Ok(other)) => Err(self.error(
                format!("it is of version {other}, and this cargo-whittle reads version {VERSION}"),
                "use the cargo-whittle that wrote it, or write it again with `cargo whittle baseline --update`",
            )),
            _ => Err(self.broken(at, "a line `version …` is missing")),
        }
    }
}

fn scope(rest: &mut Lines<'_>) -> Result<Vec<(String, String)>> {
    let mut scope: Vec<(String, String)> = Vec::new();
    for name in SCOPE {
        let mut values: Vec<String> = Vec::new();
        while let Some((at, line)) = rest.peek() {
            let Some(value) = line
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(' '))
            else {
                break;
            };
            rest.next();
            let value = plain(value).ok_or_else(|| rest.broken(at, "not understood"))?;
            if values
                .last()
                .is_some_and(|before| name != "root" || *before >= value)
            {
                return Err(rest.broken(at, &format!("`{name}` is there twice or out of order")));
            }
            values.push(value);
        }
        if values.is_empty() {
            let at = rest.peek().map_or(0, |(at, _)| at);
            return Err(rest.broken(at, &format!("a line `{name} …` is missing")));
        }
        scope.extend(values.into_iter().map(|value| (name.to_owned(), value)));
    }
    Ok(scope)
}

fn dependency(text: &str) -> Option<DependencyId> {
    let mut words = text.split(' ');
    let (name, version) = (plain(words.next()?)?, plain(words.next()?)?);
    let source = source_of(words.next()?)?;
    let all = words.next().is_none() && !name.is_empty() && !version.is_empty();
    all.then_some(DependencyId {
        name,
        version,
        source,
    })
}

/// What follows a line `crate`, up to the next one.
fn one_crate(
    rest: &mut Lines<'_>,
    scope: &[(String, String)],
    id: DependencyId,
    at: u32,
) -> Result<LockCrate> {
    let stated = rest.next().and_then(|(_, line)| {
        let (count, sum) = line.strip_prefix("items ")?.split_once(' ')?;
        Some((count.parse::<usize>().ok()?, sum.to_owned()))
    });
    let Some((count, stated)) = stated else {
        return Err(rest.broken(at + 1, "a line `items <number> <sum>` is missing"));
    };
    let mut own = Vec::new();
    let mut items: BTreeMap<Key, LockItem> = BTreeMap::new();
    while let Some((line, text)) = rest.peek() {
        if text.starts_with("crate ") {
            break;
        }
        rest.next();
        if !add(&id.name, text, &mut items) {
            return Err(rest.broken(line, "not understood, or the same item twice"));
        }
        own.push(text.to_owned());
    }
    let name = format!("{} {}", id.name, id.version);
    let read = LockCrate {
        id,
        items,
        line: at,
    };
    if own.len() != count {
        let why = format!(
            "{name} has {} lines, not the {count} that are stated",
            own.len()
        );
        return Err(rest.broken(at, &why));
    }
    if own != lines(&read) {
        return Err(rest.broken(at, &format!("the lines of {name} are not in order")));
    }
    if sum(scope, &read.id, &own) != stated {
        let why = format!("the lines of {name} are not those that its sum was made of");
        return Err(rest.broken(at, &why));
    }
    Ok(read)
}

/// Takes one line in; whether it could be.
fn add(krate: &str, line: &str, items: &mut BTreeMap<Key, LockItem>) -> bool {
    let Some((word, rest)) = line.split_once(' ') else {
        return false;
    };
    match word {
        "maybe" | "reach" => {
            let Some((key, list)) = rest.split_once(' ') else {
                return false;
            };
            let (Ok(key), Some(domains)) = (key.parse::<Key>(), domains(list)) else {
                return false;
            };
            let item = items.entry(key).or_default();
            let place = if word == "maybe" {
                &mut item.unknown
            } else {
                &mut item.used
            };
            place.is_empty() && {
                *place = domains;
                true
            }
        }
        "named" => named(krate, rest, items).is_some(),
        _ => false,
    }
}

/// `run#2 function a::b`
fn named(krate: &str, rest: &str, items: &mut BTreeMap<Key, LockItem>) -> Option<()> {
    let mut parts = rest.splitn(3, ' ');
    let (list, kind, path) = (parts.next()?, parts.next()?, parts.next()?);
    let (list, ordinal) = match list.split_once('#') {
        Some((list, ordinal)) => (list, ordinal.parse().ok().filter(|&ordinal| ordinal > 0)?),
        None => (list, 0),
    };
    let (used, kind, path) = (domains(list)?, kind_of(kind)?, plain(path)?);
    let item = items
        .entry(Key::new(krate, kind, &path, ordinal))
        .or_default();
    if !item.used.is_empty() {
        return None;
    }
    item.used = used;
    item.named = Some(Named {
        path,
        kind,
        ordinal,
    });
    Some(())
}

/// Only as they are written: none is empty, each once, in order.
fn domains(list: &str) -> Option<Domains> {
    let mut domains = Domains::NONE;
    for word in list.split(',') {
        domains |= Domains::of(Domain::ALL.into_iter().find(|one| one.as_str() == word)?);
    }
    (words(domains) == list).then_some(domains)
}

/// What was escaped, if it was escaped by us.
fn plain(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split('\\');
    plain.push_str(parts.next()?);
    for part in parts {
        let (digits, rest) = part.strip_prefix("u{")?.split_once('}')?;
        plain.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        plain.push_str(rest);
    }
    (escaped(&plain) == text).then_some(plain)
}
