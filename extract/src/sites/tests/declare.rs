//! Where `mod whittled;` goes.

use super::*;

#[test]
fn what_only_unit_tests_may_use_is_for_them() {
    let dev = |kind, file, text: &str| {
        let mut case = Case::new(kind, file, text);
        case.host.dev_only = true;
        case
    };
    let text = "#[cfg(test)]\nmod tests { use §dep::f; }\n";
    dev(TargetKind::Lib, "src/lib.rs", text).check(expect![[r#"
        #[cfg(test)]
        mod whittled;

        #[cfg(test)]
        mod tests { use crate::whittled::dep::f; }
    "#]]);
    dev(TargetKind::Test, "tests/t.rs", "use §dep::f;\n").check(expect![[r##"
        #[path = "../src/whittled/mod.rs"]
        mod whittled;

        use crate::whittled::dep::f;
    "##]]);
    // Another copy is there already: for all, or for tests.
    dev(
        TargetKind::Bin,
        "src/main.rs",
        "mod whittled;\nuse §dep::f;\n",
    )
    .check(expect![[r#"
        mod whittled;
        use crate::whittled::dep::f;
    "#]]);
    let for_tests = "#![allow(x)]\n\n#[cfg(test)]\nmod whittled;\n\nuse §dep::f;\n";
    dev(TargetKind::Bin, "src/main.rs", for_tests).check(expect![[r#"
        #![allow(x)]

        #[cfg(test)]
        mod whittled;

        use crate::whittled::dep::f;
    "#]]);
    bin(
        for_tests,
        expect![[r#"
        #![allow(x)]

        mod whittled;

        use crate::whittled::dep::f;
    "#]],
    );
}

#[test]
fn declared_where_items_begin() {
    for text in [
        "",
        "fn main() {}\n",
        "// Copyright\n\n// Why.\n#[x]\nfn main() {}\n",
        "// Copyright\nfn main() {}\n",
        "#!/usr/bin/env x\n//! Docs\n#![allow(x)] // why\nuse x;\n",
        "//! Docs\r\n\r\nuse x;\r\n",
        "#![a] #![b] fn main() {}",
        "//! Docs",
        "mod whittled;\nuse x;\n",
        "\u{feff}use x;\n",
    ] {
        let case = Case::new(TargetKind::Bin, "src/main.rs", text);
        let out = rewrite(Sites {
            host: &case.host,
            facts: &case.facts,
            texts: &case.texts,
            placement: &case.placement,
            macros: &case.macros,
        });
        let edits = out.files.get(&0).cloned().unwrap_or_default();
        let all = apply(text, &edits).unwrap();
        assert!(out.refusals.is_empty());
        let lexed = Lexed::new(&all).unwrap_or_else(|why| panic!("{why}: {all:?}"));
        let outline = Outline::new(&lexed);
        assert_eq!(
            outline
                .mods
                .iter()
                .filter(|item| item.name == "whittled")
                .count(),
            1,
            "{all}"
        );
        syn::parse_file(&all).unwrap();
    }
    bin(
        "//! Docs\n\n#![allow(x)]\nuse x;\n",
        expect![[r#"
        //! Docs

        #![allow(x)]

        mod whittled;

        use x;
    "#]],
    );
    bin(
        "// Head\n\n// Mine\nuse x;\n",
        expect![[r#"
        // Head

        mod whittled;

        // Mine
        use x;
    "#]],
    );
    bin(
        "// Head\nextern crate §dep;\nuse x;\n",
        expect![[r#"
        // Head
        mod whittled;

        use x;
    "#]],
    );
    bin(
        "mod whittled {}\n",
        expect![[r#"
        mod whittled {}
        !!! name-taken: /app/src/main.rs:1: `whittled` is a name that the package already uses for something else
    "#]],
    );
}

#[test]
fn roots_in_other_folders() {
    Case::new(TargetKind::Lib, "src/lib.rs", "fn a() { §dep::a() }\n")
        .root(
            TargetKind::Test,
            "tests/it/main.rs",
            "fn b() { §dep::b() }\n",
        )
        .root(TargetKind::Bin, "src/bin/x.rs", "fn main() {}\n")
        .root(TargetKind::BuildScript, "build.rs", "fn main() {}\n")
        .check(expect![[r#"
            --- /app/src/lib.rs
            mod whittled;

            fn a() { crate::whittled::dep::a() }
            --- /app/tests/it/main.rs
            #[path = "../../src/whittled/mod.rs"]
            mod whittled;

            fn b() { crate::whittled::dep::b() }
            --- /app/src/bin/x.rs
            #[path = "../whittled/mod.rs"]
            mod whittled;

            fn main() {}
            --- /app/build.rs
            #[path = "src/whittled/mod.rs"]
            mod whittled;

            fn main() {}
        "#]]);
}
