//! Examples in documentation.

use expect_test::expect;

use super::*;

#[test]
fn examples_become_text() {
    let case = Case::new(
        "//! ```\n//! dep::f();\n//! ```\n\n/// ```rust,no_run\n/// let fence = 1;\n/// ```\n///\n/// ```toml\n/// x = 1\n/// ```\n/**\n * ~~~\n * dep::f();\n * ~~~\n */\npub fn f() {}\n",
    );
    case.check(expect![[r#"
        //! ```text
        //! dep::f();
        //! ```

        /// ```text
        /// let fence = 1;
        /// ```
        ///
        /// ```toml
        /// x = 1
        /// ```
        /**
         * ~~~text
         * dep::f();
         * ~~~
         */
        pub fn f() {}
    "#]]);
}

#[test]
fn examples_in_strings_become_text() {
    let case = Case::new(
        "#![doc = r#\"\n```rust\ndep::f();\n```\n\n```sh\nx\n```\n\"#]\n#[doc = \" ```\"]\n#[doc = \" dep::f();\"]\n#[doc = \" ```\"]\npub fn f() {}\n",
    );
    case.check(expect![[r##"
        #![doc = r#"
        ```text
        dep::f();
        ```

        ```sh
        x
        ```
        "#]
        #[doc = " ```text"]
        #[doc = " dep::f();"]
        #[doc = " ```"]
        pub fn f() {}
    "##]]);
}
