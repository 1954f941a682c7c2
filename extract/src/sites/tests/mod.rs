//! In, out: one small text a rule. `§dep` marks a site; the mark is taken out first.

mod declare;

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;
use crate::edit::apply;
use crate::request::TargetRoot;

struct Case {
    host: Host,
    facts: Facts,
    texts: Vec<String>,
    placement: Placement,
    macros: BTreeSet<String>,
}

impl Case {
    fn new(kind: TargetKind, file: &str, text: &str) -> Self {
        Self {
            host: Host {
                folder: "/app".into(),
                edition: 2021,
                ..Host::default()
            },
            facts: Facts::default(),
            texts: Vec::new(),
            placement: Placement::new("dep"),
            macros: BTreeSet::new(),
        }
        .root(kind, file, text)
    }

    fn root(mut self, kind: TargetKind, file: &str, text: &str) -> Self {
        let index = crate::lexed::offset(self.facts.files.len());
        self.host.roots.push(TargetRoot {
            file: index,
            kind,
            name: String::new(),
        });
        self.file(file, &[index], text)
    }

    fn file(mut self, file: &str, roots: &[FileIndex], text: &str) -> Self {
        let index = crate::lexed::offset(self.facts.files.len());
        let mut plain = String::new();
        for (part, text) in text.split('§').enumerate() {
            if part > 0 {
                let name = text
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(text.len());
                let start = crate::lexed::offset(plain.len());
                let range = Span::new(start, start + crate::lexed::offset(name));
                let how = if plain.ends_with("crate ") {
                    Naming::ExternCrate
                } else if plain.ends_with('"') || plain.ends_with("\"::") {
                    Naming::AttributeText
                } else {
                    Naming::Path
                };
                self.facts.sites.push(Site {
                    file: index,
                    range,
                    how,
                    package: 0,
                    roots: roots.to_vec(),
                });
            }
            plain.push_str(text);
        }
        self.facts.files.push(format!("/app/{file}").into());
        self.texts.push(plain);
        self
    }

    fn macros(mut self, names: &[&str]) -> Self {
        self.macros
            .extend(names.iter().map(|&name| name.to_owned()));
        self
    }

    fn check(&self, out: Expect) {
        let rewritten = rewrite(Sites {
            host: &self.host,
            facts: &self.facts,
            texts: &self.texts,
            placement: &self.placement,
            macros: &self.macros,
        });
        let mut text = String::new();
        for (index, file) in self.facts.files.iter().enumerate() {
            if self.texts.len() > 1 {
                let _ = writeln!(text, "--- {file}");
            }
            let edits = rewritten.files.get(&crate::lexed::offset(index));
            text += &apply(&self.texts[index], edits.map_or(&[], Vec::as_slice)).unwrap();
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

fn bin(text: &str, out: Expect) {
    Case::new(TargetKind::Bin, "src/main.rs", text).check(out);
}

#[test]
fn paths_and_imports() {
    bin(
        "use §dep::a;\nuse §dep;\nuse {§dep as d, std::fmt};\nuse ::{§dep::b, other::c};\nuse §dep as _;\nuse ::§dep::{self, x};\npub use §dep::{e};\n\nfn main() { ::§dep::f(§dep::g::<§dep::T>()); println!(\"dep::x {}\", §dep::A); }\n",
        expect![[r#"
            mod whittled;

            use crate::whittled::dep::a;
            use {crate::whittled::dep as d, std::fmt};
            use {crate::whittled::dep::b, other::c};
            use crate::whittled::dep::{self, x};
            pub use crate::whittled::dep::{e};

            fn main() { crate::whittled::dep::f(crate::whittled::dep::g::<crate::whittled::dep::T>()); println!("dep::x {}", crate::whittled::dep::A); }
        "#]],
    );
}

#[test]
fn imports_of_the_crate_go_with_what_needed_them() {
    bin(
        "use §dep as d;\nuse x;\nfn main() { §d::f() }\n",
        expect![[r#"
        mod whittled;

        use x;
        fn main() { crate::whittled::dep::f() }
    "#]],
    );
    bin(
        "use §dep;\nmod a { fn f() { super::dep::f() } }\n",
        expect![[r#"
        mod whittled;

        use crate::whittled::dep;
        mod a { fn f() { super::dep::f() } }
    "#]],
    );
}

#[test]
fn macro_rules_of_the_package() {
    bin(
        "macro_rules! m { () => { §dep::f() } }\n",
        expect![[r#"
        mod whittled;

        macro_rules! m { () => { $crate::whittled::dep::f() } }
    "#]],
    );
    Case::new(TargetKind::Lib, "src/lib.rs", "#[macro_export]\nmacro_rules! m { () => { §dep::f() } }\n")
        .check(expect![[r#"
            mod whittled;

            #[macro_export]
            macro_rules! m { () => { dep::f() } }
            !!! exported-macro: /app/src/lib.rs:2: `dep` in `m!` is named in a macro that the package exports, where its users could not reach the copy
        "#]]);
}

#[test]
fn names_alone_cannot_be_read() {
    bin(
        "fn main() { m!(§dep); }\n",
        expect![[r#"
        mod whittled;

        fn main() { m!(dep); }
        !!! unreadable-site: /app/src/main.rs:1: `dep` names the dependency in a way that cannot be rewritten
    "#]],
    );
}

#[test]
fn extern_crates() {
    bin(
        "extern crate §dep;\nextern crate other;\n#[macro_use] extern crate §dep as _;\n",
        expect![[r#"
        mod whittled;

        extern crate other;
    "#]],
    );
    bin(
        "#[macro_use]\npub extern crate §dep as d;\nmod a { use crate::d::x; }\n",
        expect![[r#"
        mod whittled;

        pub(crate) use crate::whittled::dep as d;
        mod a { use crate::d::x; }
    "#]],
    );
}

#[test]
fn no_second_blank_line_stays() {
    bin(
        "//! Head\n\n#[macro_use]\nextern crate §dep;\n\nmod a;\n",
        expect![[r#"
        //! Head

        mod whittled;

        mod a;
    "#]],
    );
    bin(
        "extern crate §dep;\n\nmod a;\n",
        expect![[r#"
        mod whittled;

        mod a;
    "#]],
    );
    bin(
        "use x;\nextern crate §dep;\n\nmod a;\n",
        expect![[r#"
        mod whittled;

        use x;

        mod a;
    "#]],
    );
}

#[test]
fn macros_of_an_extern_crate() {
    Case::new(TargetKind::Bin, "src/main.rs", "#[macro_use(m, n)]\nextern crate §dep;\nmod a;\nmacro_rules! mine { () => { m!() } }\nfn main() { m! {}; o!(); §dep::m!(n!(mine!())) }\n")
        .file("src/a.rs", &[0], "use §dep::n;\nfn f() { m!(); n!(); m() }\n")
        .macros(&["m", "n", "o", "mine"])
        .check(expect![[r#"
            --- /app/src/main.rs
            mod whittled;

            mod a;
            macro_rules! mine { () => { $crate::whittled::dep::m!() } }
            fn main() { crate::whittled::dep::m! {}; o!(); crate::whittled::dep::m!(crate::whittled::dep::n!(mine!())) }
            --- /app/src/a.rs
            use crate::whittled::dep::n;
            fn f() { crate::whittled::dep::m!(); n!(); m() }
        "#]]);
}

#[test]
fn strings_of_attributes() {
    bin(
        "#[serde(with = \"§dep::hex\", default = \"::§dep::f\")]\nstruct S;\n",
        expect![[r#"
            mod whittled;

            #[serde(with = "crate::whittled::dep::hex", default = "crate::whittled::dep::f")]
            struct S;
        "#]],
    );
}

#[test]
fn what_a_library_shows() {
    Case::new(TargetKind::Lib, "src/lib.rs", "pub use §dep::T;\npub extern crate §dep;\nmod a { pub use §dep::U; }\n")
        .check(expect![[r#"
            mod whittled;

            pub use dep::T;
            pub extern crate dep;
            mod a { pub use crate::whittled::dep::U; }
            !!! reexported: /app/src/lib.rs:2: `extern crate dep` is re-exported by the package's library
            !!! reexported: /app/src/lib.rs:1: `use dep::T;` is re-exported by the package's library
        "#]]);
}

#[test]
fn a_macro_is_seen_in_its_crate_at_most() {
    Case::new(
        TargetKind::Bin,
        "src/main.rs",
        "pub use §dep::m;\npub use §dep::f;\nmod a { pub use §dep; }\n",
    )
    .macros(&["m"])
    .check(expect![[r#"
            mod whittled;

            pub(crate) use crate::whittled::dep::m;
            pub use crate::whittled::dep::f;
            mod a { pub(crate) use crate::whittled::dep; }
        "#]]);
}

#[test]
fn examples_in_documentation() {
    let text = "//! ```\n//! use §dep::a;\n//! ```\n//! use §dep::b;\n//! ```text\n//! use §dep::c;\n\
        //! ```\nfn f() { §dep::a() }\n";
    Case::new(TargetKind::Lib, "src/lib.rs", text).check(expect![[r#"
        //! ```
        //! use dep::a;
        //! ```
        //! use dep::b;
        //! ```text
        //! use dep::c;
        //! ```

        mod whittled;

        fn f() { crate::whittled::dep::a() }
        !!! doc-example: /app/src/lib.rs:2: `dep` is named by an example in the documentation, which is compiled as a user's program
        ??? /app/src/lib.rs:4: the documentation still names `dep`
        ??? /app/src/lib.rs:6: the documentation still names `dep`
    "#]]);
    Case::new(
        TargetKind::Bin,
        "src/main.rs",
        "//! ```\n//! use §dep::a;\n//! ```\n",
    )
    .check(expect![[r#"
        //! ```
        //! use dep::a;
        //! ```

        mod whittled;
        ??? /app/src/main.rs:2: the documentation still names `dep`
    "#]]);
}

#[test]
fn any_text() {
    let text = "#[macro_use] extern crate §dep as d; pub use ::{§dep::a, x}; use §dep as _; m!(§dep); \
        macro_rules! n { () => { §dep::f() } } #[x(y = \"§dep::z\")] fn f() { ::§dep::g(m!()) }";
    let pieces = [
        "", "{", "}", "(", "\"", "::", "use ", "pub ", ";", "#![a]", "\u{f6}",
    ];
    let mut seed: usize = 1;
    let mut next = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below.max(1)
    };
    for _ in 0..2000 {
        let mut at = next(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let mut end = (at + next(6)).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let mutated = format!(
            "{}{}{}",
            &text[..at],
            pieces[next(pieces.len())],
            &text[end..]
        );
        let case = Case::new(TargetKind::Lib, "src/lib.rs", &mutated).macros(&["m"]);
        let out = rewrite(Sites {
            host: &case.host,
            facts: &case.facts,
            texts: &case.texts,
            placement: &case.placement,
            macros: &case.macros,
        });
        for (file, edits) in &out.files {
            let text = apply(&case.texts[*file as usize], edits).unwrap();
            Lexed::new(&text).unwrap_or_else(|why| panic!("{why}: {mutated} became {text}"));
        }
    }
}

#[test]
fn paths_without_what_the_root_can_do_without() {
    let text = "use §dep::a;\nfn f() { §dep::b(m!(§dep::c)) }\nmod m { fn g() { §dep::d() } }\n\
                macro_rules! r { () => { §dep::e() } }\n";
    let mut case = Case::new(TargetKind::Bin, "src/main.rs", text);
    case.placement.bare_at_root = true;
    case.check(expect![[r#"
        mod whittled;

        use crate::whittled::dep::a;
        fn f() { whittled::dep::b(m!(whittled::dep::c)) }
        mod m { fn g() { crate::whittled::dep::d() } }
        macro_rules! r { () => { $crate::whittled::dep::e() } }
    "#]]);
}
