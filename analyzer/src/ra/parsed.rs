//! Whether what was parsed is all there.

use std::fmt::Debug;

use ra_ap_base_db::SourceDatabase;
use ra_ap_hir_expand::MacroCallId;
use ra_ap_syntax::Parse;

/// Whether the parser met an error: then something may be missing from the tree.
///
/// `Parse::errors` goes through the whole tree as well, for what is there and looks odd: that took a
/// fiftieth of all time. What the parser itself found is a private field, which nothing but its `Debug`
/// shows; the tree is shown by its length only.
pub(crate) fn stumbled<T: Debug>(parsed: &Parse<T>) -> bool {
    !format!("{parsed:?}").contains("errors: None")
}

/// Whether a macro call was not expanded, or not to what can be parsed.
pub(crate) fn is_incomplete(db: &dyn SourceDatabase, call: MacroCallId) -> bool {
    let made = call.parse_macro_expansion(db);
    made.err.is_some() || stumbled(&made.value.0)
}

#[cfg(test)]
mod tests {
    use ra_ap_span::Edition;
    use ra_ap_syntax::SourceFile;

    use super::*;

    #[test]
    fn only_what_the_parser_met() {
        let parse = |text: &str| SourceFile::parse(text, Edition::CURRENT);
        for text in [
            "fn f(",
            "fn f() { 1 2 }",
            "}",
            "impl A for",
            "\"errors: None",
        ] {
            assert!(stumbled(&parse(text)), "{text}");
        }
        for text in ["", "fn f() {}", "mod m { fn f() { \"}\" } }"] {
            let parsed = parse(text);
            assert!(!stumbled(&parsed), "{text}");
            assert!(parsed.errors().is_empty(), "{text}");
        }
    }
}
