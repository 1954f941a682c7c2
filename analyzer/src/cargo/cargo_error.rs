//! What a failing cargo said, as one of the tool's own errors.
//!
//! Takes cargo's standard error, gives the [`Error`] whose remedy fits. Cargo has no machine
//! form for these, so the phrases that have been stable over its releases are looked for;
//! whatever is not recognized stays [`Error::Metadata`] with cargo's own words.

use camino::Utf8Path;

use crate::error::Error;

/// Phrases of cargo about a selection it cannot follow.
const SELECTION: [&str; 13] = [
    "did not match any packages",
    "no library targets found",
    "target named `",
    "target matches pattern",
    "does not contain this feature",
    "does not contain these features",
    "none of the selected packages contains",
    "could not find specification for target",
    "error loading target specification",
    "` is not defined",
    "cannot specify features for packages outside of workspace",
    "not found in workspace",
    "the specification `",
];

/// Phrases about sources or an index that only the network could give.
const NETWORK: [&str; 4] = [
    "--offline was specified",
    "offline mode",
    "`--offline`",
    "--frozen was specified",
];

/// Judges what cargo printed. `looked_at` is the manifest or folder it was pointed at, `lock`
/// the workspace's lock file when it is known by then.
pub(super) fn classify(stderr: &[u8], looked_at: &Utf8Path, lock: Option<&Utf8Path>) -> Error {
    let text = String::from_utf8_lossy(stderr);
    if text.contains("toolchain '") && text.contains("is not installed") {
        return Error::NoToolchain(quoted_toolchain(&text));
    }
    let head = headline(&text);
    if is_missing_manifest(&head) {
        return Error::NoManifest(looked_at.to_owned());
    }
    if text.contains("because --locked was passed") || text.contains("because --frozen was passed")
    {
        return Error::StaleLockFile(lock.unwrap_or(looked_at).to_owned());
    }
    if NETWORK.iter().any(|phrase| text.contains(phrase)) {
        return Error::NotFetched(head);
    }
    if let Some(line) = text
        .lines()
        .find(|line| SELECTION.iter().any(|phrase| line.contains(phrase)))
    {
        let line = line.trim().trim_start_matches("error: ");
        return Error::Selection(
            line.trim_start_matches("error loading target specification: ")
                .to_owned(),
        );
    }
    Error::Metadata(with_cause(&head, &text))
}

/// The first line cargo marks as an error, else the first line at all.
pub(super) fn headline(text: &str) -> String {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("error: "))
        .or_else(|| text.lines().find(|line| !line.trim().is_empty()))
        .unwrap_or("cargo failed and said nothing");
    line.trim()
        .trim_end_matches(" Cycle:")
        .trim_end_matches([':', '.'])
        .to_owned()
}

/// The headline with the innermost cause, or with the place in a manifest it stands at.
fn with_cause(head: &str, text: &str) -> String {
    let cause = text
        .lines()
        .skip_while(|line| !line.starts_with("Caused by:"))
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .last()
        .map(str::trim);
    let place = text
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("--> "));
    match cause.or(place) {
        Some(cause) if !cause.is_empty() && cause != head => format!("{head}: {cause}"),
        _ => head.to_owned(),
    }
}

fn is_missing_manifest(head: &str) -> bool {
    head.contains("could not find `Cargo.toml` in")
        || (head.starts_with("manifest path `")
            && (head.contains("does not exist") || head.contains("is a directory")))
        || head.starts_with("the manifest-path must be a path to a Cargo.toml file")
}

fn quoted_toolchain(text: &str) -> String {
    let after = text
        .split_once("toolchain '")
        .map_or("", |(_, after)| after);
    after.split('\'').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stderr: &str) -> String {
        let error = classify(
            stderr.as_bytes(),
            "/ws/Cargo.toml".into(),
            Some("/ws/Cargo.lock".into()),
        );
        format!("{error:?}")
    }

    #[test]
    fn recognizes_what_cargo_says() {
        assert_eq!(
            check("error: could not find `Cargo.toml` in `/` or any parent directory\n"),
            r#"NoManifest("/ws/Cargo.toml")"#
        );
        assert_eq!(
            check(
                "error: toolchain '1.70.0-x86_64-unknown-linux-gnu' is not installed\nhelp: run `rustup`"
            ),
            r#"NoToolchain("1.70.0-x86_64-unknown-linux-gnu")"#
        );
        assert_eq!(
            check(
                "error: cannot update the lock file /ws/Cargo.lock because --locked was passed to prevent this\nhelp: use --offline instead."
            ),
            r#"StaleLockFile("/ws/Cargo.lock")"#
        );
        assert_eq!(
            check(
                "error: failed to download `a v1.0.0`\n\nCaused by:\n  attempting to make an HTTP request, but --offline was specified\n"
            ),
            r#"NotFetched("failed to download `a v1.0.0`")"#
        );
        assert_eq!(
            check("error: no bin target named `zz` in default-run packages\n"),
            r#"Selection("no bin target named `zz` in default-run packages")"#
        );
        assert_eq!(
            check(
                "error: failed to parse manifest at `/ws/Cargo.toml`\n\nCaused by:\n  no targets specified in the manifest\n  either src/lib.rs, src/main.rs, a [lib] section, or [[bin]] section must be present\n"
            ),
            r#"Metadata("failed to parse manifest at `/ws/Cargo.toml`: either src/lib.rs, src/main.rs, a [lib] section, or [[bin]] section must be present")"#
        );
    }

    #[test]
    fn silence_is_an_error_too() {
        assert_eq!(check(""), r#"Metadata("cargo failed and said nothing")"#);
    }
}
