//! May code under one licence be copied into a package under another, and what must come along?
//!
//! Takes the licence expressions of both packages, and the texts that the origin's package holds;
//! gives a [`Grant`]: the licence chosen among those offered, the texts to be laid beside the copy,
//! and whose copyright it is. What is not in the reviewed [`table`] is refused, and so is a copy
//! whose licence's text is not at hand: nearly every licence asks for it. Software that reads
//! licences is no lawyer: where the table could be read in two ways it is the stricter one.

mod choose;
mod copyright;
mod expression;
mod fit;
mod table;
mod text;

use std::collections::BTreeSet;

pub(crate) use copyright::cleaned;
pub use copyright::{copyright_lines, declared_in};
pub use table::Class;
pub use text::{Role, role_of};

use choose::{Choice, Host, choose, fold, leaf};
use expression::{Node, parse, printed};

/// A file of a package that speaks of its licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Within the package; what the user supplied, by its own name.
    pub path: String,
    pub text: String,
    /// Given by the user (`--license-file`), not found in the package.
    pub supplied: bool,
}

/// What the origin says of its licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer<'a> {
    /// `license` of its manifest.
    pub expression: Option<&'a str>,
    /// `license-file` of its manifest.
    pub license_file: Option<&'a str>,
    /// `authors` of its manifest.
    pub authors: &'a [String],
    /// All files with a [`role_of`] of their name, and what the user supplied.
    pub texts: &'a [Text],
}

/// The copy is allowed, under these terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// As the origin's manifest has it, in today's spelling; what the user's text says when the
    /// manifest says nothing.
    pub expression: String,
    /// What was chosen of it: `MIT`, `MIT AND Unicode-3.0`.
    pub chosen: String,
    /// The strictest class among the chosen licences.
    pub class: Class,
    /// Indices into [`Offer::texts`]: the texts of the chosen licences, then notices.
    pub files: Vec<usize>,
    /// Sorted as they were found, each once, without comment marks.
    pub copyright: Vec<String>,
    /// What the user should know or do.
    pub notes: Vec<String>,
}

/// Why the copy is not allowed. Each says what would help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("its manifest names no licence")]
    None,
    #[error("its manifest names a file, `{0}`, in place of a licence")]
    FileOnly(String),
    #[error("its licence `{expression}` cannot be read: {why}")]
    Unreadable { expression: String, why: String },
    #[error("the licence of this package, `{expression}`, cannot be read: {why}")]
    HostUnreadable { expression: String, why: String },
    #[error("`{0}` is no licence of which is known here what it allows")]
    Unknown(String),
    #[error("`{license}` does not allow a copy in a package under `{host}`{why}")]
    Incompatible {
        license: String,
        host: String,
        /// Empty, or `: …`.
        why: String,
    },
    #[error("`{0}` does not allow a copy in a package that names no licence")]
    Private(String),
    #[error("`{0}` must come with its text, and the package does not hold it")]
    NoText(String),
    #[error("the text in `{0}` is of no licence known here")]
    SuppliedUnknown(String),
    #[error("the text in `{path}` is of {found}, not of the package's `{expression}`")]
    SuppliedOther {
        path: String,
        found: String,
        expression: String,
    },
}

impl Refused {
    /// One line that says what to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::None | Self::FileOnly(_) | Self::NoText(_) => {
                "ask its authors, and when the text of the licence is known, name it with \
                 `--license-file PATH`"
            }
            Self::SuppliedUnknown(_) | Self::SuppliedOther { .. } => {
                "`--license-file` takes the whole text of the licence that the crate is under"
            }
            Self::HostUnreadable { .. } => {
                "write an SPDX expression in `license` of this package's manifest"
            }
            Self::Unreadable { .. } | Self::Unknown(_) => {
                "keep the dependency; docs/OWNING.md lists the licences that are known"
            }
            Self::Incompatible { .. } | Self::Private(_) => "keep the dependency",
        }
    }
}

/// Whether the code may be copied into a package under `host` (`None`: a package that names no
/// licence, which is not published), and under which terms.
///
/// # Errors
/// When not.
pub fn judge(offer: &Offer<'_>, host: Option<&str>) -> Result<Grant, Refused> {
    let supplied = offer.texts.iter().find(|text| text.supplied);
    let expression = match (offer.expression, supplied) {
        (Some(expression), _) => expression.to_owned(),
        (None, Some(text)) => sole(text)?.to_owned(),
        (None, None) => {
            return Err(offer
                .license_file
                .map_or(Refused::None, |file| Refused::FileOnly(file.to_owned())));
        }
    };
    let offered = parse(&expression).map_err(|why| Refused::Unreadable {
        expression: expression.clone(),
        why,
    })?;
    let host = host.map(Host::new).transpose()?;
    let choice = choose(&offered, host.as_ref(), offer)?;
    let mut grant = Grant {
        expression: printed(&offered),
        chosen: choice.ids.iter().cloned().collect::<Vec<_>>().join(" AND "),
        class: choice.class,
        files: files(&choice, offer.texts),
        copyright: Vec::new(),
        notes: notes(&choice, host.as_ref()),
    };
    if let Some(text) = supplied {
        check_supplied(text, &offered)?;
        let name = &text.path;
        grant.notes.push(if offer.expression.is_some() {
            format!("the text of the licence is the one you supplied, `{name}`")
        } else {
            format!("the licence is what the text you supplied, `{name}`, says")
        });
    }
    copyright(&mut grant, offer);
    Ok(grant)
}

/// Whether a single licence, as a file declares it, allows a copy under `host`: for files that
/// say something else than their package does. Only the licence is judged, not its text.
///
/// # Errors
/// When not.
pub fn judge_file(declared: &str, host: Option<&str>) -> Result<String, Refused> {
    let offered = parse(declared).map_err(|why| Refused::Unreadable {
        expression: declared.to_owned(),
        why,
    })?;
    let host = host.map(Host::new).transpose()?;
    let judged = |id: &str| leaf(id, host.as_ref());
    let choice = fold(&offered, host.as_ref(), &judged)?;
    Ok(choice.ids.into_iter().collect::<Vec<_>>().join(" AND "))
}

/// An expression in today's spelling; `None` when it is none of SPDX's.
#[must_use]
pub fn normalized(expression: &str) -> Option<String> {
    parse(expression).ok().map(|nodes| printed(&nodes))
}

/// The one licence that a text is of.
fn sole(text: &Text) -> Result<&'static str, Refused> {
    match text::recognize(&text.text)[..] {
        [one] => Ok(one.id),
        [] => Err(Refused::SuppliedUnknown(text.path.clone())),
        // Which of them applies, and whether all do, is not for the text to say.
        _ => Err(Refused::None),
    }
}

/// A text that the user supplied is of a licence that the package is under.
fn check_supplied(text: &Text, offered: &[Node]) -> Result<(), Refused> {
    let found = text::recognize(&text.text);
    if found.is_empty() {
        return Err(Refused::SuppliedUnknown(text.path.clone()));
    }
    let of_offer = |id: &str| {
        let same = |node: &Node| matches!(node, Node::License(one) if table::same_text(one, id));
        offered.iter().any(same)
    };
    if found.iter().any(|known| of_offer(known.id)) {
        return Ok(());
    }
    let names: Vec<&str> = found.iter().map(|known| known.id).collect();
    Err(Refused::SuppliedOther {
        path: text.path.clone(),
        found: names.join(", "),
        expression: printed(offered),
    })
}

/// Texts of what was chosen, one a licence (the package's before the user's, the one that holds
/// nothing else first), then all notices.
fn files(choice: &Choice, texts: &[Text]) -> Vec<usize> {
    let mut out = Vec::new();
    for known in choice.ids.iter().filter_map(|id| table::get(id)) {
        let fits = |(_, text): &(usize, &Text)| text::is_of(&text.text, known);
        let key = |(index, text): &(usize, &Text)| {
            (text.supplied, text::recognize(&text.text).len(), *index)
        };
        let best = texts.iter().enumerate().filter(fits).min_by_key(key);
        out.extend(best.map(|(index, _)| index));
    }
    for (index, text) in texts.iter().enumerate() {
        if role_of(&text.path) == Some(Role::Notice) {
            out.push(index);
        }
    }
    let mut seen = BTreeSet::new();
    out.retain(|&index| seen.insert(index));
    out
}

fn notes(choice: &Choice, host: Option<&Host>) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(host) = host else {
        return notes;
    };
    let added: Vec<&str> = choice
        .ids
        .iter()
        .filter(|id| !host.names(id))
        .filter(|id| table::get(id).is_some_and(|known| known.class > Class::Notice))
        .map(String::as_str)
        .collect();
    if !added.is_empty() {
        let added = added.join(" AND ");
        notes.push(format!(
            "the copied files stay under {added}: a package that is published says so in its \
             manifest, `license = \"({}) AND {added}\"`",
            host.expression
        ));
    }
    if choice.class == Class::Files {
        notes.push(
            "whoever gets a program with these files must be able to get their source".into(),
        );
    }
    notes
}

/// From the texts of what was chosen, else from the other texts, else the authors.
fn copyright(grant: &mut Grant, offer: &Offer<'_>) {
    let mut seen = BTreeSet::new();
    let mut add = |lines: Vec<String>, to: &mut Vec<String>| {
        to.extend(lines.into_iter().filter(|line| seen.insert(line.clone())));
    };
    for text in grant
        .files
        .iter()
        .filter_map(|&index| offer.texts.get(index))
    {
        add(copyright_lines(&text.text), &mut grant.copyright);
    }
    if !grant.copyright.is_empty() {
        return;
    }
    for text in offer.texts {
        add(copyright_lines(&text.text), &mut grant.copyright);
    }
    if !grant.copyright.is_empty() {
        return;
    }
    let authors: Vec<String> = offer.authors.iter().map(|one| cleaned(one)).collect();
    add(authors, &mut grant.copyright);
    grant.notes.push(if grant.copyright.is_empty() {
        "neither a text nor the manifest says whose copyright it is".to_owned()
    } else {
        "no text says whose copyright it is: the authors are named in its place".to_owned()
    });
}

#[cfg(test)]
mod tests;
