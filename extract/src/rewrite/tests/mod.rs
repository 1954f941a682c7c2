//! In, out: one small text a rule.

mod attributes;
mod edition;
mod environment;
mod examples;
mod hazards;
mod macros;
mod paths;
mod whole;

use std::fmt::Write as _;

use expect_test::Expect;

use super::*;
use crate::edit::apply;
use crate::request::{Module, Place};

/// A dependency called `dep`, and its one user.
struct Case {
    upstream: Upstream,
    host: Host,
    facts: Facts,
    texts: Vec<String>,
    slice: Vec<SlicedFile>,
    placement: Placement,
    allow: BTreeSet<Allow>,
    module: bool,
    said: Vec<SlicedFile>,
}

impl Case {
    fn new(root: &str) -> Self {
        Self {
            upstream: Upstream {
                name: "dep".into(),
                crate_name: "dep".into(),
                edition: 2021,
                ..Upstream::default()
            },
            host: Host {
                edition: 2021,
                ..Host::default()
            },
            facts: Facts::default(),
            texts: Vec::new(),
            slice: Vec::new(),
            placement: Placement::new("dep"),
            allow: BTreeSet::new(),
            module: true,
            said: Vec::new(),
        }
        .file("lib.rs", &[], root)
    }

    /// Another file of the dependency.
    fn file(mut self, name: &str, path: &[&str], text: &str) -> Self {
        let file = self.facts.own;
        let declared = path.last().map(|last| {
            let item = format!("mod {last};");
            let mut found = self.texts.iter().enumerate();
            let (file, at) = found
                .find_map(|(file, text)| Some((file, text.find(&item)?)))
                .unwrap();
            Place {
                file: u32::try_from(file).unwrap(),
                offset: u32::try_from(at + 4).unwrap(),
            }
        });
        self.facts.files.push(format!("/up/src/{name}").into());
        self.facts.modules.push(Module {
            file,
            path: path.iter().map(|&name| name.to_owned()).collect(),
            declared,
        });
        self.facts.own += 1;
        self.texts.push(text.to_owned());
        self.slice.push(SlicedFile {
            file,
            edits: Vec::new(),
        });
        self
    }

    /// Cuts a text out of the root.
    fn cut(mut self, text: &str) -> Self {
        let start = self.texts[0].find(text).unwrap();
        self.slice[0].edits.push(Edit {
            range: Span::new(
                u32::try_from(start).unwrap(),
                u32::try_from(start + text.len()).unwrap(),
            ),
            text: String::new(),
            why: Why::NotNeeded,
        });
        self
    }

    fn edition(mut self, upstream: u16) -> Self {
        self.upstream.edition = upstream;
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.upstream.env.insert(name.into(), value.into());
        self
    }

    fn run(&self) -> Rewritten {
        let of = Rewrite {
            upstream: &self.upstream,
            host: &self.host,
            facts: &self.facts,
            texts: &self.texts,
            placement: &self.placement,
            allow: &self.allow,
            module: self.module,
            said: &self.said,
        };
        rewrite(of, &self.slice)
    }

    fn check(&self, out: Expect) {
        let rewritten = self.run();
        let mut text = String::new();
        for file in &rewritten.files {
            // No edit does more than its reason says.
            for edit in &file.edits {
                let upstream = &self.texts[file.file as usize];
                assert_eq!(crate::verify::mechanical::check(upstream, edit), Ok(()));
            }
            if rewritten.files.len() > 1 {
                let _ = writeln!(
                    text,
                    "--- {}",
                    self.facts.files[file.file as usize].file_name().unwrap()
                );
            }
            text += &apply(&self.texts[file.file as usize], &file.edits).unwrap();
            text += if text.ends_with('\n') { "" } else { "\n" };
        }
        for refusal in &rewritten.refusals {
            let _ = writeln!(text, "!!! {}: {refusal}", refusal.code());
        }
        for note in &rewritten.notes {
            let _ = writeln!(text, "??? {note}");
        }
        out.assert_eq(&text);
    }
}

fn check(root: &str, out: Expect) {
    Case::new(root).check(out);
}
