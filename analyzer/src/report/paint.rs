//! Color, or none.
//!
//! Whether to color is decided once (`cli/`: `--color`, `NO_COLOR`, a terminal or not) and
//! carried as a value, so that renderers are the same functions with and without it.

use anstyle::{AnsiColor, Style};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paint {
    pub on: bool,
}

pub const STRONG: Style = Style::new().bold();
pub const FAINT: Style = Style::new().dimmed();
pub const BAD: Style = AnsiColor::Red.on_default();
pub const POOR: Style = AnsiColor::Yellow.on_default();
pub const GOOD: Style = AnsiColor::Green.on_default();

impl Paint {
    /// The text in a style. Pad before painting: escape sequences have no width.
    #[must_use]
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.on && !text.trim().is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
