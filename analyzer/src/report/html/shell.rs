//! The page without its data: head, style, skeleton, script.
//!
//! Style and script are written by hand in the files beside this one and put together here.
//! The policy in the head names them by hash: no other script or style is executed, whatever a
//! name in the data may hold, and nothing is requested from anywhere.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use crate::report::Report;
use crate::report::text::markup;

const STYLE: &str = include_str!("style.css");
const SKELETON: &str = include_str!("page.html");
/// In the order in which they need each other.
const SCRIPT: &str = concat!(
    "\"use strict\";\n",
    include_str!("base.js"),
    include_str!("data.js"),
    include_str!("table.js"),
    include_str!("treemap.js"),
    include_str!("chart.js"),
    include_str!("overview.js"),
    include_str!("source.js"),
    include_str!("witness.js"),
    include_str!("crate.js"),
    include_str!("start.js"),
);

/// Everything before the data.
pub(super) fn open(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let title = match report.header.roots.as_slice() {
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => "no roots".to_owned(),
    };
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; \
         form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    writeln!(
        out,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="cargo-whittle {tool}">
<link rel="icon" href="data:,">
<title>cargo whittle: {title}</title>
<style>{STYLE}</style>
</head>
<body>
{SKELETON}"#,
        tool = markup(&report.tool),
        title = markup(&title),
    )
}

/// Everything behind it.
pub(super) fn close(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>")
}

/// As a policy names a text: `sha256-` and the hash in base 64.
fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text)))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for digit in 0..4 {
            if digit > chunk.len() {
                text.push('=');
            } else {
                let value = (bits >> (18 - 6 * digit)) & 63;
                text.push(char::from(DIGITS[value as usize]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_all_lengths() {
        let all = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let all = all.map(|text| base64(text.as_bytes()));
        assert_eq!(
            all,
            [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"
            ]
        );
    }

    /// They stand in elements whose text is not escaped.
    #[test]
    fn style_and_script_do_not_end_themselves() {
        for text in [STYLE, SCRIPT] {
            assert!(text.is_ascii());
            assert!(!text.contains("</") && !text.contains("<!--") && !text.contains('\r'));
        }
        assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("eval"));
        assert!(![STYLE, SKELETON, SCRIPT].concat().contains("http"));
    }
}
