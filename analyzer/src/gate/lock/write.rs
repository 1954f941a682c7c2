//! A baseline as text.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::error::{Error, Result};
use crate::model::{Domain, Domains};
use crate::surface::{Surface, kind_name, source_name};

use super::{Lock, LockCrate, VERSION, sum};

const HEAD: &str = "\
# What this workspace reaches in its dependencies, as it was accepted.
# `cargo whittle check` names what is new since; `cargo whittle baseline --update` accepts it.
# After a conflict take either side and run the update.
";

impl Lock {
    /// The file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEAD}version {VERSION}\n");
        for (name, value) in &self.scope {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} {}", escaped(value));
        }
        for one in &self.crates {
            let lines = lines(one);
            let id = &one.id;
            let source = source_name(&id.source);
            let sum = sum(&self.scope, id, &lines);
            let (name, version) = (escaped(&id.name), escaped(&id.version));
            let _ = writeln!(text, "\ncrate {name} {version} {source}");
            let _ = writeln!(text, "items {} {sum}", lines.len());
            for line in lines {
                text.push_str(&line);
                text.push('\n');
            }
        }
        text
    }
}

/// Two items of a crate with the same hash could stand for one another: then there is no
/// baseline, rather than one that hides something.
///
/// # Errors
/// [`Error::Baseline`], with their names.
pub fn distinct(surface: &Surface) -> Result<()> {
    for one in &surface.dependencies {
        let mut seen = BTreeSet::new();
        for item in &one.items {
            if !seen.insert(item.key) {
                return Err(Error::Baseline {
                    file: super::FILE.to_owned(),
                    why: format!(
                        "`{}` of {} {} has the same short hash as another item",
                        item.path, one.id.name, one.id.version
                    ),
                    help: "that does not happen by chance: look at what has this name".to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// The sorted lines of a crate.
pub(super) fn lines(one: &LockCrate) -> Vec<String> {
    let (mut maybe, mut named, mut reach) = (Vec::new(), Vec::new(), Vec::new());
    for (key, item) in &one.items {
        if !item.unknown.is_empty() {
            maybe.push(format!("maybe {key} {}", words(item.unknown)));
        }
        match &item.named {
            Some(name) => named.push((name, item.used)),
            None if !item.used.is_empty() => {
                reach.push(format!("reach {key} {}", words(item.used)));
            }
            None => {}
        }
    }
    named.sort_by_key(|(name, _)| *name);
    let named = named.into_iter().map(|(name, used)| {
        let ordinal = match name.ordinal {
            0 => String::new(),
            ordinal => format!("#{ordinal}"),
        };
        let (kind, path) = (kind_name(name.kind), escaped(&name.path));
        format!("named {}{ordinal} {kind} {path}", words(used))
    });
    maybe.into_iter().chain(named).chain(reach).collect()
}

pub(super) fn words(domains: Domains) -> String {
    let words: Vec<&str> = domains.iter().map(Domain::as_str).collect();
    words.join(",")
}

/// On one line, and read back as it was. Spaces stay: what may hold some stands last.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let harmless =
            crate::report::text::sanitize(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8();
        if c == '\\' || !harmless {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}
