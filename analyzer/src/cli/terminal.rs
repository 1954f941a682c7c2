//! What is known about the terminal, found out once.

use std::io::{self, IsTerminal};

/// How to talk to whoever reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Color stdout unless `--color` says otherwise.
    pub color_out: bool,
    /// The same for stderr.
    pub color_err: bool,
    /// Stderr is a terminal on which a line can be rewritten.
    pub progress: bool,
    /// The output goes to GitHub's runner, which acts on some lines of it.
    pub github: bool,
    /// Its characters are not those of Unicode.
    pub ascii: bool,
}

impl Terminal {
    /// Looks at the standard streams and at the variables that cargo and other programs heed:
    /// `CARGO_TERM_COLOR`, `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM`.
    #[must_use]
    pub fn detect() -> Self {
        let never = anstream::ColorChoice::Never;
        let choice = std::env::var("CARGO_TERM_COLOR").ok();
        let color = |auto: bool| match choice.as_deref() {
            Some("always") => true,
            Some("never") => false,
            _ => auto,
        };
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            color_out: color(anstream::AutoStream::choice(&io::stdout()) != never),
            color_err: color(anstream::AutoStream::choice(&io::stderr()) != never),
            progress: io::stderr().is_terminal() && !dumb,
            github: std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            ascii: is_ascii(
                ["LC_ALL", "LC_CTYPE", "LANG"].map(|name| std::env::var(name).unwrap_or_default()),
            ),
        }
    }
}

/// Whether the first of the locale's variables that is set names another encoding than UTF-8.
/// When none is set nothing is known, and most of what reads is not a terminal but a log.
fn is_ascii(variables: [String; 3]) -> bool {
    let set = variables.into_iter().find(|value| !value.is_empty());
    set.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        !locale.contains("utf-8") && !locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::is_ascii;

    #[test]
    fn locales() {
        let ascii =
            |all: &str, ctype: &str, lang: &str| is_ascii([all, ctype, lang].map(str::to_owned));
        assert!(!ascii("", "", ""));
        assert!(!ascii("", "", "de_DE.UTF-8") && !ascii("", "C.utf8", "C"));
        assert!(ascii("", "", "C") && ascii("POSIX", "", "de_DE.UTF-8"));
    }
}
