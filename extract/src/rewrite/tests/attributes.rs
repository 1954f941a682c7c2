//! What only the root of a crate may have.

use expect_test::expect;

use super::*;

#[test]
fn attributes_of_a_crate() {
    check(
        r#"//! Docs stay.
#![no_std]
#![doc(html_root_url = "https://x")]
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(windows, allow(x), deny(y))]
#![deny(missing_docs)] #![allow(clippy::all)]
#![recursion_limit = "256"]
#![cfg(unix)]

mod a {
    #![warn(x)]
    #[deny(y)]
    #[allow(z)]
    fn f() {}
}
"#,
        expect![[r#"
            //! Docs stay.
            #![cfg_attr(windows, allow(x))]
            #![allow(clippy::all)]
            #![cfg(unix)]

            mod a {
                #[allow(z)]
                fn f() {}
            }
            ??? upstream asks for `feature(doc_cfg)`, which only a crate can
            ??? upstream has `recursion_limit = "256"`; in the package its own limit applies
        "#]],
    );
}

#[test]
fn a_crate_of_the_workspace_loses_lint_levels_only() {
    let mut case = Case::new(
        "#![no_std]\n#![deny(warnings)]\n#![cfg_attr(docsrs, feature(x), warn(y))]\n\
         #[forbid(unsafe_code)]\n#[allow(z)]\npub fn f() {}\n",
    );
    case.module = false;
    case.check(expect![[r#"
        #![no_std]
        #![cfg_attr(docsrs, feature(x))]
        #[allow(z)]
        pub fn f() {}
    "#]]);
}
