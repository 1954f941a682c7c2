//! Data in a page: JSON in a script element that is no script.
//!
//! A browser ends such an element at `</script`, wherever it stands, and reads `<!--` in it as
//! the start of something else. No `<` is left in the text, so neither can occur; in JSON it
//! stands in strings only, where `\u003c` means the same.

use std::io::{self, Write};

use serde::Serialize;

use crate::report::text::json_safe;

/// `<script type="application/json" id="…">…</script>` on a line of its own.
pub(super) fn block(out: &mut dyn Write, id: &str, data: &impl Serialize) -> io::Result<()> {
    let json = harmless(serde_json::to_string(data)?);
    writeln!(
        out,
        r#"<script type="application/json" id="{id}">{json}</script>"#
    )
}

fn harmless(json: String) -> String {
    let json = json_safe(json);
    if json.contains('<') {
        json.replace('<', "\\u003c")
    } else {
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_block() {
        let name = "</script><!--<script>\u{202e}\u{1b}é\"'&";
        let mut out = Vec::new();
        block(&mut out, "x", &[name]).unwrap();
        let html = String::from_utf8(out).unwrap();
        let start = r#"<script type="application/json" id="x">"#;
        let json = html.strip_prefix(start).unwrap();
        let json = json.strip_suffix("</script>\n").unwrap();
        assert!(!json.contains(['<', '\u{202e}', '\u{1b}']), "{json}");
        assert_eq!(serde_json::from_str::<Vec<String>>(json).unwrap(), [name]);
    }
}
