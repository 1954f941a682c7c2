//! What of the tree's own code ran while it was analysed, what did not, and what was kept from
//! it.
//!
//! Filled by `cargo/` and the proc-macro server, read by the renderers. [`Allowed`] is the one
//! spelling of a crate that the user permits to run: on the command line, in the user's
//! configuration, and in what the tool proposes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::report::text::plural;

/// A crate whose code may run although the policy is `never`: exactly these sources.
///
/// Written `name@version#checksum`; the checksum is the one in the lock file, so that an update
/// has to be permitted again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Allowed {
    pub name: String,
    pub version: String,
    /// SHA-256 of the package, 64 digits.
    pub checksum: String,
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}#{}", self.name, self.version, self.checksum)
    }
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not `name@version#checksum` (`cargo whittle allow` prints them for a tree)"
            )
        };
        let (name, rest) = text.split_once('@').ok_or_else(wrong)?;
        let (version, checksum) = rest.split_once('#').ok_or_else(wrong)?;
        let is_sum = checksum.len() == 64 && checksum.bytes().all(|b| b.is_ascii_hexdigit());
        if name.is_empty() || version.is_empty() || !is_sum {
            return Err(wrong());
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            checksum: checksum.to_ascii_lowercase(),
        })
    }
}

impl TryFrom<String> for Allowed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Allowed> for String {
    fn from(allowed: Allowed) -> Self {
        allowed.to_string()
    }
}

/// What ran of the tree's code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Execution {
    /// Under `never`: crates whose build script or proc macro ran because the user allowed it,
    /// as `name@version`.
    pub allowed: Vec<String>,
    /// Under `never`: those that did not run.
    pub not_run: Vec<NotRun>,
    /// What code in the sandbox was denied, as far as it said so itself.
    pub denied: Vec<Denied>,
}

/// A crate whose build script or proc macro the policy kept from running.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotRun {
    #[serde(rename = "crate")]
    pub krate: String,
    pub version: String,
    pub build_script: bool,
    pub proc_macro: bool,
    pub why: String,
    /// All that has to be allowed for it to run, as `name@version#checksum`: itself, and every
    /// crate whose code would run in it. Empty when it cannot be allowed.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub allow: Vec<Allowed>,
}

/// Something that code in the sandbox was denied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Denied {
    /// `build script`, `proc macro` or `compile step`: who said it.
    pub by: Cow<'static, str>,
    /// The package, where it is known.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    /// Its own words.
    pub said: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, krate, said } = self;
        match krate {
            Some(krate) => write!(f, "denied to the {by} of {krate}: {said}"),
            None => write!(f, "denied to the {by}: {said}"),
        }
    }
}

/// Denials that one line names.
const SHOWN: usize = 3;

impl Execution {
    /// What the reader of a report should know, a line each: the label and the text.
    #[must_use]
    pub fn summary(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if !self.allowed.is_empty() {
            let allowed = self.allowed.join(", ");
            lines.push(("ran", format!("because it is allowed: {allowed}")));
        }
        if let Some(line) = self.denials() {
            lines.push(("denied", line));
        }
        lines
    }

    fn denials(&self) -> Option<String> {
        let count = self.denied.len();
        if count == 0 {
            return None;
        }
        let mut parts: Vec<String> = self
            .denied
            .iter()
            .take(SHOWN)
            .map(|one| match &one.krate {
                Some(krate) => format!("{} of {krate}: {}", one.by, one.said),
                None => format!("{}: {}", one.by, one.said),
            })
            .collect();
        if let Some(more @ 1..) = count.checked_sub(SHOWN) {
            parts.push(format!("{more} more in the JSON report"));
        }
        let times = plural(count as u64, "thing", "things");
        Some(format!("{times} by the sandbox ({})", parts.join("; ")))
    }

    /// The same as notes beside an output that has no place for it.
    pub fn notes(&self) -> impl Iterator<Item = String> + '_ {
        let allowed = (!self.allowed.is_empty())
            .then(|| format!("ran because it is allowed: {}", self.allowed.join(", ")));
        allowed
            .into_iter()
            .chain(self.denied.iter().map(ToString::to_string))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        let sum = "0123456789abcdef".repeat(4);
        let text = format!("a-b@1.0.0+x#{sum}");
        let allowed: Allowed = text.parse().expect("an entry");
        assert_eq!(
            (allowed.name.as_str(), allowed.version.as_str()),
            ("a-b", "1.0.0+x")
        );
        assert_eq!(allowed.to_string(), text);
        assert_eq!(
            text.to_uppercase().parse::<Allowed>().map(|it| it.checksum),
            Ok(sum.clone())
        );
        for wrong in [
            "",
            "a",
            "a@1",
            "a@1#",
            "a@1#12",
            &format!("@1#{sum}"),
            &format!("a@#{sum}"),
        ] {
            assert!(wrong.parse::<Allowed>().is_err(), "{wrong}");
        }
    }
}
