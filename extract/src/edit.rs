//! Changes of a text: the one way in which anything here is changed.
//!
//! A copy is its upstream with edits, most of them deletions; the edits are recorded, so that the
//! same copy can be made again and compared.

use serde::{Deserialize, Serialize};

/// Bytes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub start: u32,
    /// Exclusive.
    pub end: u32,
}

impl Span {
    #[must_use]
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
    #[must_use]
    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }
}

/// Bytes of a text replaced by others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edit {
    /// In the text as it was.
    pub range: Span,
    /// Empty for a deletion.
    pub text: String,
    pub why: Why,
}

/// The mechanical reasons for which a text is changed; there are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Taken out: nothing kept needs it.
    NotNeeded,
    /// `crate::` or `$crate::` leads to the new place.
    CratePath,
    /// `pub(in …)` for the new place, or an item that must be visible there.
    Visibility,
    /// Only allowed, or only meant, at the root of a crate.
    CrateAttribute,
    /// A condition decided by the features that were on.
    Cfg,
    /// `#[macro_export]` replaced by an import of the macro's name.
    MacroScope,
    /// `alloc::` and the like through the module's own `extern crate`.
    ExternCrate,
    /// A value that cargo gave the crate, `env!("CARGO_PKG_VERSION")`, written out.
    Environment,
    /// The name of the dependency in its user's code.
    UseSite,
    /// A `mod` declaration for what was taken.
    Declaration,
    /// An example in documentation that rustdoc would run, as text.
    Example,
    /// What a newer edition writes in another way: `r#async`, `dyn Trait`, `..=`.
    Edition,
}

impl Why {
    /// The word of records and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotNeeded => "not-needed",
            Self::CratePath => "crate-path",
            Self::Visibility => "visibility",
            Self::CrateAttribute => "crate-attribute",
            Self::Cfg => "cfg",
            Self::MacroScope => "macro-scope",
            Self::ExternCrate => "extern-crate",
            Self::Environment => "environment",
            Self::UseSite => "use-site",
            Self::Declaration => "declaration",
            Self::Example => "example",
            Self::Edition => "edition",
        }
    }
}

/// Edits that touch each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("edits overlap at byte {at}")]
pub struct Overlap {
    pub at: u32,
}

/// `text` with `edits`, which are sorted here; a deletion swallows edits within it.
///
/// # Errors
/// When two edits overlap in any other way.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Overlap> {
    let edits = settle(edits)?;
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in &edits {
        out.push_str(text.get(at..edit.range.start as usize).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.range.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Ok(out)
}

/// The edits in order, without those that a deletion swallows; adjoining deletions are one.
///
/// # Errors
/// When two edits overlap in any other way.
pub fn settle(edits: &[Edit]) -> Result<Vec<Edit>, Overlap> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    // Of two that start together the longer one decides; what is put between two tokens stays,
    // whatever becomes of the second.
    let order = |edit: &&Edit| {
        let Span { start, end } = edit.range;
        (start, start != end, std::cmp::Reverse(end))
    };
    sorted.sort_by_key(order);
    let mut out: Vec<Edit> = Vec::with_capacity(sorted.len());
    for edit in sorted {
        let Some(last) = out.last_mut() else {
            out.push(edit.clone());
            continue;
        };
        let deletes = |edit: &Edit| edit.text.is_empty() && !edit.range.is_empty();
        if edit.range.start >= last.range.end {
            let joins = edit.range.start == last.range.end
                && deletes(edit)
                && deletes(last)
                && edit.why == last.why;
            if joins {
                last.range.end = edit.range.end;
            } else {
                out.push(edit.clone());
            }
        } else if deletes(last) && edit.range.end <= last.range.end {
        } else if deletes(last) && deletes(edit) {
            last.range.end = edit.range.end;
        } else {
            return Err(Overlap {
                at: edit.range.start,
            });
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(range: std::ops::Range<u32>, text: &str) -> Edit {
        Edit {
            range: Span::new(range.start, range.end),
            text: text.to_owned(),
            why: Why::NotNeeded,
        }
    }

    #[test]
    fn edits_in_any_order() {
        let edits = [edit(6..7, "X"), edit(0..2, ""), edit(3..3, "+")];
        assert_eq!(apply("abcdefgh", &edits).unwrap(), "c+defXh");
    }

    #[test]
    fn a_deletion_swallows_what_is_within_and_joins_its_neighbours() {
        let edits = [
            edit(1..5, ""),
            edit(2..3, "X"),
            edit(5..6, ""),
            edit(4..7, ""),
        ];
        assert_eq!(apply("abcdefgh", &edits).unwrap(), "ah");
        assert_eq!(settle(&edits).unwrap().len(), 1);
    }

    #[test]
    fn what_is_put_before_a_deletion_stays() {
        let edits = [
            edit(1..5, ""),
            edit(1..1, "+"),
            edit(3..3, "-"),
            edit(5..5, "!"),
        ];
        assert_eq!(apply("abcdefgh", &edits).unwrap(), "a+!fgh");
    }

    #[test]
    fn other_overlaps_are_errors() {
        let edits = [edit(1..4, "X"), edit(3..5, "Y")];
        assert_eq!(apply("abcdefgh", &edits), Err(Overlap { at: 3 }));
    }
}
