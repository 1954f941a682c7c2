//! What speaks against owning a dependency's functions, and how it is said.

use std::fmt;

use whittle_extract::refuse::{KEEP, Reason, Refusal};

use super::settings::Settings;

/// A reason not to own what is reached of a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The workspace says so.
    Wanted {
        reason: String,
    },
    ProcMacro,
    /// The manifest's `links`.
    Links {
        library: String,
    },
    /// In the list of crates in which a mistake is a vulnerability.
    Critical {
        kind: &'static str,
    },
    /// Nothing leaves the tree: others use it too.
    StaysFor {
        users: Vec<String>,
    },
    /// It only passes on what other crates have.
    PassesOn {
        from: Vec<String>,
    },
    /// What is used of it is not known.
    NotUnderstood,
    /// More than the workspace's limit; `what` is `functions`, `lines` or `unsafe`.
    TooMuch {
        what: &'static str,
        is: u64,
        max: u64,
        key: &'static str,
    },
    /// More of it than the workspace's limit, per thousand.
    TooLargeAShare {
        is: u64,
        max: u64,
    },
    /// Upstream publishes more than the workspace wants to follow; each limit that is passed, with
    /// the figure.
    FastMoving {
        until: String,
        releases: Option<(u64, u64)>,
        breaking: Option<(u64, u64)>,
    },
    /// `extract` refuses it; and how often for the same reason beside.
    Refused {
        refusal: Refusal,
        more: usize,
    },
    /// The licence does not allow the copy.
    License {
        why: String,
    },
    /// The workspace's own API shows its types.
    Exposed {
        by: Vec<String>,
    },
}

impl Obstacle {
    /// What is more than the workspace's limits: functions, lines, unsafe.
    pub(super) fn too_much(settings: &Settings, is: [u64; 3]) -> [Option<Self>; 3] {
        let limits = [
            ("functions", settings.max_functions, "max-functions"),
            ("lines", settings.max_lines, "max-lines"),
            ("unsafe", settings.max_unsafe, "max-unsafe"),
        ];
        let mut is = is.into_iter();
        limits.map(|(what, max, key)| {
            let is = is.next().filter(|is| *is > max)?;
            Some(Self::TooMuch { what, is, max, key })
        })
    }

    /// The key of the limit that is passed.
    pub(super) fn limit(&self) -> Option<&'static str> {
        match self {
            Self::TooMuch { key, .. } => Some(key),
            _ => None,
        }
    }

    /// Whether `other`, which a plan gives, only repeats this.
    pub(super) fn is_repeated_by(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::ProcMacro, Self::Refused { refusal, .. }) => {
                refusal.reason == Reason::ProcMacroCrate
            }
            (Self::Links { .. }, Self::Refused { refusal, .. }) => {
                refusal.reason == Reason::NativeLibrary
            }
            (Self::PassesOn { .. }, Self::PassesOn { .. }) => true,
            _ => false,
        }
    }

    /// Its name in machine-readable output.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Wanted { .. } => "wanted",
            Self::ProcMacro => "proc-macro",
            Self::Links { .. } => "links",
            Self::Critical { .. } => "critical",
            Self::StaysFor { .. } => "stays",
            Self::PassesOn { .. } => "passes-on",
            Self::NotUnderstood => "not-understood",
            Self::TooMuch { what, .. } => match *what {
                "unsafe" => "too-unsafe",
                _ => "too-big",
            },
            Self::TooLargeAShare { .. } => "too-big",
            Self::FastMoving { .. } => "fast-moving",
            Self::Refused { refusal, .. } => refusal.code(),
            Self::License { .. } => "license",
            Self::Exposed { .. } => "exposed",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wanted { reason } => write!(f, "the workspace wants to keep it: {reason}"),
            Self::ProcMacro => f.write_str(
                "a proc macro runs in the compiler and cannot be owned \
                                            function by function",
            ),
            Self::Links { library } => {
                write!(f, "it links the native library `{library}`")
            }
            Self::Critical { kind } => write!(
                f,
                "{kind}: mistakes in it are vulnerabilities, and a copy would miss the fixes"
            ),
            Self::StaysFor { users } => {
                let users = some(users);
                write!(f, "nothing would leave the tree: also used by {users}")
            }
            Self::FastMoving {
                until,
                releases,
                breaking,
            } => fast_moving(f, until, *releases, *breaking),
            Self::Refused { refusal, more } => refused(f, refusal, *more),
            Self::License { why } => write!(f, "its code may not be copied: {why}"),
            Self::Exposed { by } => {
                write!(
                    f,
                    "its types are in the API of this workspace: {}",
                    some(by)
                )
            }
            Self::PassesOn { from } => write!(
                f,
                "no function of its own is used; it passes on what is in {}, which would stay",
                some(from)
            ),
            Self::NotUnderstood => f.write_str("what is used of it is not known"),
            Self::TooMuch { what, is, max, key } => match *what {
                "unsafe" => write!(
                    f,
                    "{is} unsafe functions, blocks and impls would be yours, more than {key} = {max}"
                ),
                what => write!(f, "{is} {what} would be yours, more than {key} = {max}"),
            },
            Self::TooLargeAShare { is, max } => write!(
                f,
                "{} of its functions are reached, more than max-percent = {}",
                share(*is),
                number(*max)
            ),
        }
    }
}

/// `` `COUNT` is state that would exist twice (src/lib.rs:3 and 2 more); use `--as crate`: … ``
fn refused(f: &mut fmt::Formatter<'_>, refusal: &Refusal, more: usize) -> fmt::Result {
    write!(f, "{} {}", refusal.what, refusal.reason.sentence())?;
    match (&refusal.at, more) {
        (None, 0) => {}
        (None, more) => write!(f, " (and {more} more)")?,
        (Some(at), 0) => write!(f, " ({}:{})", at.file, at.line)?,
        (Some(at), more) => write!(f, " ({}:{} and {more} more)", at.file, at.line)?,
    }
    match refusal.remedy() {
        // That is what is advised.
        KEEP => Ok(()),
        remedy => write!(f, "; {remedy}"),
    }
}

fn fast_moving(
    f: &mut fmt::Formatter<'_>,
    until: &str,
    releases: Option<(u64, u64)>,
    breaking: Option<(u64, u64)>,
) -> fmt::Result {
    f.write_str("upstream moves fast: ")?;
    match (releases, breaking) {
        (Some((is, max)), _) => write!(
            f,
            "{is} releases in the year to {until}, more than max-releases = {max}"
        )?,
        (None, Some((is, max))) => write!(
            f,
            "{is} incompatible releases in the year to {until}, more than max-breaking = {max}"
        )?,
        (None, None) => {}
    }
    if let (Some(_), Some((is, max))) = (releases, breaking) {
        write!(
            f,
            ", and {is} of them incompatible, more than max-breaking = {max}"
        )?;
    }
    Ok(())
}

/// `a, b, c and 4 more`
pub(super) fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `12.5 %`
pub(super) fn share(per_mille: u64) -> String {
    format!("{} %", number(per_mille))
}

fn number(per_mille: u64) -> String {
    match per_mille % 10 {
        0 => (per_mille / 10).to_string(),
        rest => format!("{}.{rest}", per_mille / 10),
    }
}
