//! What an item consists of, as a hash: its tokens, without comments and layout.
//!
//! Taken from the syntax tree and not from the file, so that it is the text the analysis saw,
//! and that what a macro made has one as well.

use ra_ap_syntax::SyntaxNode;
use sha2::{Digest as _, Sha256};

use super::green::{self, Met};
use crate::model::Fingerprint;

/// Over the tokens in order, each preceded by its length. Doc comments are comments; `#[doc]`
/// is an attribute, and attributes count.
pub(crate) fn of_node(node: &SyntaxNode) -> Fingerprint {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::with_capacity(4096);
    green::each(node, |met| {
        if let Met::Token { kind, text, .. } = met
            && !kind.is_trivia()
        {
            // A token is shorter than 4 GiB: files are.
            bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
            if bytes.len() >= 4096 {
                hasher.update(&bytes);
                bytes.clear();
            }
        }
    });
    hasher.update(&bytes);
    let digest: [u8; 32] = hasher.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    Fingerprint(short)
}

#[cfg(test)]
mod tests {
    use ra_ap_span::Edition;
    use ra_ap_syntax::SourceFile;

    use super::of_node;
    use crate::model::Fingerprint;

    fn of(text: &str) -> Fingerprint {
        of_node(&SourceFile::parse(text, Edition::CURRENT).syntax_node())
    }

    #[test]
    fn layout_and_comments_make_no_difference() {
        let plain = of("fn a() { b(1) }");
        assert_eq!(plain, of("/// Doc.\nfn a() {\n    // why\n    b(1)\n}\n"));
        assert_ne!(plain, of("fn a() { b(2) }"));
        assert_ne!(plain, of("#[inline] fn a() { b(1) }"));
        assert_ne!(of("fn a() { \"x y\" }"), of("fn a() { \"x  y\" }"));
        assert_ne!(of("a! { ab c }"), of("a! { a bc }"));
    }
}
