//! The standard library's text from the source view of the installed `rust-docs`.
//!
//! Takes rustdoc's `src` folder, gives a library tree (`core/src`, `stdarch/crates/…`). A page
//! holds the file's text exactly, with highlighting tags, a line-number anchor at the head of
//! each line and five escaped characters; taking these out again is one pass over the page.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::std_arch::foreign_modules;
use crate::error::{Error, Result};

/// Writes every page below `docs` as a source file below `out`, but for modules of other processors
/// than `arch`; gives the number of files.
pub(super) fn recover_tree(docs: &Utf8Path, out: &Utf8Path, arch: &str) -> Result<usize> {
    let mut pages = Vec::new();
    collect_pages(docs, &mut pages)?;
    let foreign = foreign_folders(docs, arch);
    pages.retain(|page| !foreign.iter().any(|folder| page.starts_with(folder)));
    pages
        .par_iter()
        .map(|page| recover_page(docs, out, page))
        .sum()
}

fn foreign_folders(docs: &Utf8Path, arch: &str) -> Vec<Utf8PathBuf> {
    let folder = docs.join("core/stdarch/crates/core_arch/src");
    let root = fs::read_to_string(folder.join("mod.rs.html")).unwrap_or_default();
    let text = recover_text(&root).unwrap_or_default();
    let names = foreign_modules(&text, arch);
    names.into_iter().map(|name| folder.join(name)).collect()
}

fn recover_page(docs: &Utf8Path, out: &Utf8Path, page: &Utf8Path) -> Result<usize> {
    let Some(place) = page.strip_prefix(docs).ok().and_then(library_place) else {
        return Ok(0);
    };
    let html = fs::read_to_string(page).map_err(|e| io("read", page, &e))?;
    let Some(text) = recover_text(&html) else {
        return Ok(0);
    };
    let file = out.join(place);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|e| io("create", folder, &e))?;
    }
    fs::write(&file, text).map_err(|e| io("write", &file, &e))?;
    Ok(1)
}

fn collect_pages(folder: &Utf8Path, pages: &mut Vec<Utf8PathBuf>) -> Result<()> {
    for entry in folder.read_dir_utf8().map_err(|e| io("read", folder, &e))? {
        let entry = entry.map_err(|e| io("read", folder, &e))?;
        let path = entry.into_path();
        if path.is_dir() {
            collect_pages(&path, pages)?;
        } else if path.as_str().ends_with(".rs.html") {
            pages.push(path);
        }
    }
    Ok(())
}

fn io(action: &'static str, path: &Utf8Path, error: &std::io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        why: error.to_string(),
    }
}

/// Where a page's file stands in a library tree.
///
/// rustdoc drops the `..` of files that a crate takes from elsewhere, so that
/// `#[path = "../../stdarch/crates/core_arch/src/mod.rs"]` in core is at
/// `core/stdarch/crates/…`: such a path goes on with `src` or `crates`, which no module does.
fn library_place(page: &Utf8Path) -> Option<Utf8PathBuf> {
    let file = page.as_str().strip_suffix(".html")?.replace('\\', "/");
    let (krate, inner) = file.split_once('/')?;
    let mut folders = inner.split('/').skip(1);
    let is_foreign = matches!(folders.next(), Some("src" | "crates"));
    Some(if is_foreign {
        inner.into()
    } else {
        Utf8Path::new(krate).join("src").join(inner)
    })
}

/// The file's text; `None` when the page is not a source view.
pub(super) fn recover_text(html: &str) -> Option<String> {
    const OPEN: &str = "<pre class=\"rust\"><code>";
    const CLOSE: &str = "</code></pre>";
    let start = html.find(OPEN)? + OPEN.len();
    let mut rest = &html[start..html.rfind(CLOSE).filter(|&end| end >= start)?];
    let mut text = String::with_capacity(rest.len() / 2);
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('<') {
            after_tag(rest)?
        } else {
            after_entity(rest, &mut text)?
        };
    }
    text.push_str(rest);
    Some(text)
}

/// Skips a tag, and the number in it when it is a line's anchor.
fn after_tag(rest: &str) -> Option<&str> {
    let (tag, after) = rest.split_once('>')?;
    if tag.starts_with("<a ") && tag.ends_with("data-nosnippet") {
        return after.split_once("</a>").map(|(_, after)| after);
    }
    Some(after)
}

fn after_entity<'a>(rest: &'a str, text: &mut String) -> Option<&'a str> {
    let (entity, after) = rest.split_once(';')?;
    text.push(match &entity[1..] {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    });
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(code: &str) -> String {
        format!("<html><body><pre class=\"rust\"><code>{code}</code></pre></body></html>")
    }

    #[test]
    fn tags_anchors_and_entities_go() {
        let html = page(concat!(
            "<a href=#1 id=1 data-nosnippet>1</a><span class=\"kw\">fn </span>f&lt;T&gt;() {\n",
            "<a href=#2 id=2 data-nosnippet>2</a>\n",
            "<a href=#3 id=3 data-nosnippet>3</a>    <a href=\"../core/x.html#1\">g</a>(&amp;a, &#39;b&#39;, &#x27;c&#x27;, &quot;&amp;lt;&quot;)\n",
            "<a href=#4 id=4 data-nosnippet>4</a>}\n",
        ));
        let text = recover_text(&html).unwrap();
        assert_eq!(text, "fn f<T>() {\n\n    g(&a, 'b', 'c', \"&lt;\")\n}\n");
    }

    #[test]
    fn spans_over_lines_and_text_beyond_ascii() {
        let html = page(
            "<a href=#1 id=1 data-nosnippet>1</a><span class=\"doccomment\">/// größer → 1\n<a href=#2 id=2 data-nosnippet>2</a>/// </span>x\n",
        );
        assert_eq!(recover_text(&html).unwrap(), "/// größer → 1\n/// x\n");
    }

    #[test]
    fn an_empty_file_and_a_page_of_another_kind() {
        assert_eq!(recover_text(&page("")).unwrap(), "");
        assert_eq!(recover_text("<html><pre>text</pre></html>"), None);
        assert_eq!(recover_text(&page("&nonsense;")), None);
    }

    #[test]
    fn files_taken_from_elsewhere_go_back_there() {
        let place = |page: &str| library_place(page.into()).unwrap().into_string();
        assert_eq!(place("core/option.rs.html"), "core/src/option.rs");
        assert_eq!(place("std/backtrace.rs.html"), "std/src/backtrace.rs");
        assert_eq!(
            place("std/sys/pal/unix/mod.rs.html"),
            "std/src/sys/pal/unix/mod.rs"
        );
        assert_eq!(
            place("std/backtrace/src/lib.rs.html"),
            "backtrace/src/lib.rs"
        );
        assert_eq!(
            place("core/stdarch/crates/core_arch/src/mod.rs.html"),
            "stdarch/crates/core_arch/src/mod.rs"
        );
    }
}
