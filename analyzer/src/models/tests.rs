//! Expansions as text, and what holds for all of them.

use proc_macro2::TokenStream;

use super::{Call, Crate, Kind, of, table};

fn krate(package: &str, version: &str) -> Crate {
    Crate {
        package: package.to_owned(),
        version: version.parse().unwrap(),
        features: Vec::new(),
        rustc: "1.95.0".parse().unwrap(),
        dependencies: vec![("pest_generator".to_owned(), version.parse().unwrap())],
    }
}

/// The one file of the package that calls macros here.
const GRAMMAR: &str = r##"
//! Every kind of expression.
WHITESPACE = _{ " " | "\t" }
COMMENT = _{ "/*" ~ (!"*/" ~ ANY)* ~ "*/" } // and /* this */ one
/* /* nested */ */
number = @{ ("+" | "-")? ~ ASCII_DIGIT+ ~ ("." ~ '0'..'9'{1,3})? }
text = @{ "\"" ~ (!("\"" | "\\") ~ ANY)* ~ "\"" }
raw = ${ PUSH("#"{,2} ~ "'") ~ (!PEEK ~ ANY)* ~ POP ~ PEEK[0..-1]? }
word = !{ ^"let" ~ XID_START{2} ~ '\''..'\u{7A}'{2,} }
either = { number | text }
all = { SOI ~ (number | text | raw | &word ~ word)* ~ EOI }
"##;

/// The expansion of `name` of `package`, as a file; or why there is none.
fn expand(package: &str, version: &str, name: &str, arguments: &str, item: &str) -> String {
    let krate = krate(package, version);
    let (_, _, model) = of(&krate)
        .find(|(it, ..)| *it == name)
        .expect("a model of that name");
    let arguments: TokenStream = arguments.parse().unwrap();
    let item: TokenStream = item.parse().unwrap();
    match model(&Call {
        krate: &krate,
        arguments,
        item,
        environment: &|name| Some(name.to_lowercase()),
        files: &|path| (path == "src/grammar.pest").then(|| GRAMMAR.to_owned()),
    }) {
        Ok(tokens) => {
            let text = tokens.to_string();
            syn::parse2::<syn::File>(tokens)
                .unwrap_or_else(|why| panic!("{why}, in the expansion\n{text}"));
            text
        }
        Err(why) => format!("refused: {}", why.0),
    }
}

#[test]
fn reviewed_versions_are_in_the_range_of_their_row() {
    for row in table::TABLE {
        assert!(!row.reviewed.is_empty(), "{}", row.package);
        for version in row.reviewed {
            let krate = krate(row.package, version);
            let found = table::rows(&krate).count();
            assert_eq!(found, 1, "{} {version}", row.package);
        }
    }
}

#[test]
fn a_version_outside_of_the_range_has_no_model() {
    assert_eq!(of(&krate("serde_derive", "1.0.118")).count(), 0);
    assert_eq!(of(&krate("serde_derive", "2.0.0")).count(), 0);
    assert_eq!(of(&krate("serde_derive_", "1.0.219")).count(), 0);
}

#[test]
fn a_feature_that_changes_the_expansion_has_no_model() {
    let mut krate = krate("serde_derive", "1.0.219");
    assert_eq!(of(&krate).count(), 2);
    krate.features.push("deserialize_in_place".to_owned());
    assert_eq!(of(&krate).count(), 0);
}

#[test]
fn attributes_are_known_as_such() {
    let kinds: Vec<_> = of(&krate("tokio-macros", "2.1.0"))
        .map(|(name, kind, _)| (name, kind))
        .collect();
    assert!(kinds.contains(&("main", Kind::Attribute)), "{kinds:?}");
}

#[test]
fn serde_takes_every_way_to_tag() {
    for tag in [
        "",
        "#[serde(tag = \"t\")]",
        "#[serde(tag = \"t\", content = \"c\")]",
        "#[serde(untagged)]",
    ] {
        let item = format!(
            "{tag} enum E<'a, T> {{ A, B(#[serde(with = \"m\")] u8), C {{ #[serde(default)] a: &'a str, \
             #[serde(flatten)] b: T }}, #[serde(skip)] D, #[serde(other)] F }}"
        );
        for (name, version) in [
            ("Serialize", "1.0.119"),
            ("Deserialize", "1.0.160"),
            ("Serialize", "1.0.228"),
            ("Deserialize", "1.0.228"),
        ] {
            let text = expand("serde_derive", version, name, "", &item);
            assert!(
                text.contains(&format!("fn {}", name.to_lowercase())),
                "{text}"
            );
        }
    }
}

#[test]
fn an_unknown_option_is_refused() {
    let text = expand(
        "serde_derive",
        "1.0.219",
        "Serialize",
        "",
        "#[serde(no_such_option)] struct A;",
    );
    assert_eq!(text, "refused: `#[serde(no_such_option)]` on a type");
}

#[test]
fn thiserror_rewrites_fields_in_messages() {
    let text = expand(
        "thiserror-impl",
        "2.0.12",
        "Error",
        "",
        "enum E { #[error(\"{0} {n:?} {{}} {}\", .0.len(), n = .0)] A(String, #[source] Io) }",
    );
    assert!(
        text.contains("\"{__display_0} {n:?} {{}} {}\" , _0 . len () , n = _0 , __display_0 = _0 . as_display () ,"),
        "{text}"
    );
    assert!(text.contains("Some (source . as_dyn_error ())"), "{text}");
}

#[test]
fn clap_takes_every_kind_of_field_and_variant() {
    let item = "#[command(version, about, rename_all = \"snake_case\", next_help_heading = H)] \
        #[group(required = true)] \
        struct Cli { #[arg(short, long, env, default_value_t = 3)] a: u8, \
        #[arg(long, value_enum, default_values_t = [V::A])] b: Vec<V>, c: Option<Option<u8>>, \
        /// Two paragraphs\n///\n/// of help\n d: Option<Vec<String>>, #[arg(skip = 4)] e: u8, \
        #[command(flatten)] f: Option<F>, #[command(subcommand)] g: Option<S>, h: bool }";
    let text = expand("clap_derive", "4.5.28", "Parser", "", item);
    assert!(text.contains(". version (\"cargo_pkg_version\")"), "{text}");
    assert!(
        text.contains("impl clap :: CommandFactory for Cli"),
        "{text}"
    );
    let item = "enum S { A { #[arg(long)] x: u8 }, B, #[command(subcommand)] C(T), D(F), \
        #[command(external_subcommand)] E(Vec<String>), #[command(flatten)] G(T), \
        #[command(skip)] H }";
    let text = expand("clap_derive", "4.2.0", "Subcommand", "", item);
    assert!(text.contains("__clap_name == \"a\""), "{text}");
    let text = expand(
        "clap_derive",
        "4.6.1",
        "ValueEnum",
        "",
        "enum V { A, #[value(name = \"x\")] B }",
    );
    assert!(text.contains("PossibleValue :: new (\"x\")"), "{text}");
    let text = expand("clap_derive", "4.6.1", "Args", "", "struct A(u8);");
    assert_eq!(text, "refused: fields without names");
}

#[test]
fn strum_writes_the_longest_text_and_reads_all() {
    let item = "#[strum(serialize_all = \"kebab-case\")] enum E { TwoWords, \
        #[strum(serialize = \"b\", serialize = \"bb\")] B(u8), #[strum(disabled)] C, \
        #[strum(default)] D(String) }";
    let text = expand("strum_macros", "0.27.1", "EnumString", "", item);
    assert!(text.contains("\"two-words\" => E :: TwoWords"), "{text}");
    assert!(
        text.contains("\"b\" => E :: B (Default :: default ())"),
        "{text}"
    );
    let text = expand("strum_macros", "0.28.0", "AsRefStr", "", item);
    assert!(text.contains("E :: B (..) => \"bb\""), "{text}");
    for name in [
        "Display",
        "IntoStaticStr",
        "EnumIter",
        "EnumCount",
        "VariantNames",
        "EnumDiscriminants",
    ] {
        let text = expand("strum_macros", "0.26.4", name, "", item);
        assert!(!text.starts_with("refused"), "{name}: {text}");
    }
    assert!(of(&krate("strum_macros", "0.28.0")).all(|(name, ..)| name != "EnumDiscriminants"));
}

#[test]
fn snafu_makes_selectors() {
    let item = "#[snafu(visibility(pub(crate)), context(suffix(Context)))] enum E { \
        #[snafu(display(\"{x}: {source}\"))] AError { x: u8, source: Io }, B { y: String }, \
        #[snafu(context(false))] C { source: Io }, #[snafu(transparent)] D { source: Other } }";
    let text = expand("snafu-derive", "0.8.5", "Snafu", "", item);
    assert!(
        text.contains("pub (crate) struct AContext < __T0 >"),
        "{text}"
    );
    assert!(text.contains("From < Other > for E"), "{text}");
    let text = expand(
        "snafu-derive",
        "0.8.5",
        "Snafu",
        "",
        "enum E { #[snafu(whatever)] A { source: Io } }",
    );
    assert_eq!(text, "refused: `#[snafu(whatever)]` on a variant");
    let item = "#[snafu(crate_root(crate))] #[snafu(whatever)] #[snafu(display(\"{message}\"))] \
        pub struct Whatever { #[snafu(source(from(Box<dyn Error>, Some)))] \
        #[snafu(provide(false))] source: Option<Box<dyn Error>>, message: String, \
        backtrace: Backtrace }";
    let text = expand("snafu-derive", "0.8.5", "Snafu", "", item);
    assert!(
        text.contains("impl crate :: FromString for Whatever"),
        "{text}"
    );
    let text = expand(
        "snafu-derive",
        "0.8.5",
        "Snafu",
        "",
        "struct A { source: Io }",
    );
    assert_eq!(text, "refused: a struct that is not made of whatever");
}

#[test]
fn attributes_keep_the_body() {
    let text = expand(
        "tokio-macros",
        "2.1.0",
        "main",
        "flavor = \"current_thread\"",
        "async fn main() { run().await }",
    );
    assert!(
        text.contains("new_current_thread () . enable_all ()"),
        "{text}"
    );
    assert!(text.contains("async { run () . await }"), "{text}");
    let text = expand(
        "tokio-macros",
        "2.1.0",
        "main",
        "flavour = \"x\"",
        "async fn main() {}",
    );
    assert_eq!(text, "refused: `flavour` of the runtime");
    let text = expand(
        "async-trait",
        "0.1.88",
        "async_trait",
        "",
        "trait T { async fn f(&self, mut x: Vec<u8>) -> u8 { x.pop().unwrap() } async fn g(); fn h(); }",
    );
    assert!(
        text.contains("let mut x = x ; let __ret : u8 = { x . pop () . unwrap () }"),
        "{text}"
    );
    let text = expand(
        "tracing-attributes",
        "0.1.28",
        "instrument",
        "skip(b), fields(x = 1, y), ret, err(level = \"warn\")",
        "async fn f(a: u8, b: B) -> Result<u8, E> { go(a, b) }",
    );
    assert!(
        text.contains("tracing :: Level :: WARN , error = % e"),
        "{text}"
    );
    assert!(
        text.contains("a = a , x = 1 , y = tracing :: field :: Empty"),
        "{text}"
    );
}

#[test]
fn pin_project_projects_structs_and_enums() {
    let item = "pub struct S<T: Clone, U> where U: Copy { #[pin] a: T, pub b: U }";
    let text = expand(
        "pin-project-internal",
        "1.1.10",
        "pin_project",
        "PinnedDrop, !Unpin",
        item,
    );
    assert!(
        text.contains("struct __SProjectionRef < 'pin , T : Clone , U >"),
        "{text}"
    );
    assert!(text.contains("Self { a : a , b : b } => __SProjection { a : :: core :: pin :: Pin :: new_unchecked (a) , b : b }"), "{text}");
    let item = "enum E<T> { A(#[pin] T, u8), B { #[pin] x: T }, C }";
    let text = expand(
        "pin-project-internal",
        "1.1.10",
        "pin_project",
        "project = EProj",
        item,
    );
    assert!(text.contains("enum EProj < 'pin , T >"), "{text}");
    assert!(!text.contains("# [pin]"), "{text}");
    let text = expand(
        "pin-project-internal",
        "1.1.10",
        "pin_project",
        "project_replace",
        item,
    );
    assert_eq!(text, "refused: `project_replace` of pin_project");
    let item = "impl PinnedDrop for S { fn drop(self: Pin<&mut Self>) { go() } }";
    let text = expand("pin-project-internal", "1.1.10", "pinned_drop", "", item);
    assert!(text.contains("unsafe fn drop"), "{text}");
}

#[test]
fn a_grammar_becomes_a_function_for_each_rule() {
    let item = "#[grammar = \"grammar.pest\"] struct P;";
    let text = expand("pest_derive", "2.1.3", "Parser", "", item);
    for part in [
        "pub fn COMMENT",
        "pub fn number",
        "pub fn ANY",
        "pub fn XID_START",
        "skip_until",
        "restore_on_err",
        "stack_push",
        "stack_match_peek_slice (0i32",
        "match_insensitive",
        "lookahead (true",
        "lookahead (false",
        "end_of_input",
        ":: pest :: unicode :: XID_START",
        "CompoundAtomic",
        "NonAtomic",
        "start_of_input",
        "match_range ('\\'' .. 'z')",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("check_stack_limit"), "{text}");
    let text = expand("pest_derive", "2.9.6", "Parser", "", item);
    assert!(text.contains("check_stack_limit"), "{text}");
    assert!(text.contains("fn all_rules"), "{text}");
}

#[test]
fn a_grammar_that_is_not_understood_is_refused() {
    let of = |grammar: &str| {
        let item = format!("#[grammar_inline = {grammar:?}] struct P;");
        expand("pest_derive", "2.7.15", "Parser", "", &item)
    };
    assert_eq!(of("a = { #tag = \"a\" }"), "refused: a grammar with tags");
    assert_eq!(
        of("a = { \"a }"),
        "refused: a grammar with a text that does not end"
    );
    assert_eq!(
        of("a = { PUSH_LITERAL(\"a\") }"),
        "refused: a grammar with `PUSH_LITERAL`"
    );
    let deep = format!("a = {{ {}b{} }}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(of(&deep), "refused: a grammar that is nested too deep");
    assert!(
        of(&format!(
            "a = {{ {} }}",
            vec!["(b+"; 60].join("") + &")+".repeat(60)
        ))
        .len()
            < 99_999
    );
    let elsewhere = "#[grammar = \"../../grammar.pest\"] struct P;";
    assert_eq!(
        expand("pest_derive", "2.7.15", "Parser", "", elsewhere),
        "refused: the grammar `../../grammar.pest` is no file of the package"
    );
}

#[test]
fn paste_puts_names_together() {
    let of = |item: &str| expand("paste", "1.0.15", "paste", "", item).replace(' ', "");
    assert_eq!(of("fn [<get_ Name:snake>]() {}"), "fnget_name(){}");
    assert_eq!(of("struct [<some_name:camel X>];"), "structSomeNameX;");
    assert_eq!(
        of("const [<A 1 \"b-c\" :upper>]: u8 = 1;"),
        "constA1B_C:u8=1;"
    );
    assert_eq!(
        of("fn f() { [<r#a b>]::<'static>(&x[..], [<1 u8>]) }"),
        "fnf(){ab::<'static>(&x[..],1u8)}"
    );
    assert_eq!(
        of("fn f<[<'a b>]>(x: &[<'a b>] u8) {}"),
        "fnf<'ab>(x:&'abu8){}"
    );
    assert_eq!(
        of("#[doc = \"a \" B \"c\"] struct S;"),
        "#[doc=\"aBc\"]structS;"
    );
    assert_eq!(
        of("#[cfg(feature = \"a\" [<b C:lower>])] mod m {}"),
        "#[cfg(feature=\"abc\")]modm{}"
    );
    assert_eq!(of("struct [<S env!(\"VAR\")>];"), "structSvar;");
    assert_eq!(of("struct [<S:title>];"), "refused:themodifier`title`");
}

#[test]
fn rustversion_knows_the_compiler() {
    let of = |name: &str, arguments: &str, item: &str| {
        expand("rustversion", "1.0.22", name, arguments, item).replace(' ', "")
    };
    assert_eq!(of("since", "1.31", "fn f() {}"), "fnf(){}");
    assert_eq!(of("before", "1.95.0", "fn f() {}"), "");
    assert_eq!(of("not", "nightly", "fn f() {}"), "fnf(){}");
    assert_eq!(of("stable", "1.95", "fn f() {}"), "fnf(){}");
    assert_eq!(of("any", "before(1.2), since(2024-01-01)", "fn f() {}"), "");
    assert_eq!(
        of("attr", "since(1.31), const", "pub unsafe fn f() {}"),
        "pubconstunsafefnf(){}"
    );
    assert_eq!(of("attr", "before(1.31), const", "fn f() {}"), "fnf(){}");
    assert_eq!(
        of("attr", "all(stable, since(1.31)), must_use", "fn f() {}"),
        "#[cfg_attr(all(),must_use)]fnf(){}"
    );
}

#[test]
fn displaydoc_makes_messages_of_documentation() {
    let of = |item: &str| expand("displaydoc", "0.2.5", "Display", "", item);
    let text = of(
        "enum E<T> { /// failed at {at:?}\n A { at: T, x: u8 }, #[doc = \" {0} of {{}}\"] B(T), #[displaydoc(\"c\")] C }",
    );
    for part in [
        "write ! (formatter , \"failed at {:?}\" , at)",
        "write ! (formatter , \"{} of {{}}\" , _0)",
        "Self :: C => { write ! (formatter , \"c\") }",
        "where T : :: core :: fmt :: Display",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(
        of("enum E { A }"),
        "refused: a variant without documentation"
    );
    let text = expand("indoc", "2.0.6", "indoc", "", "const A: u8 = 1;");
    assert_eq!(text, "refused: no text");
}

#[test]
fn derive_where_leaves_out_what_is_skipped() {
    let of = |traits: &str, item: &str| {
        expand("derive-where", "1.2.7", "derive_where", traits, item).replace(' ', "")
    };
    let item = "#[derive(Clone)] enum E<'a, T> { A { x: &'a T, #[derive_where(skip(Debug, EqHashOrd))] f: fn() }, \
                B(u8), C }";
    let text = of("Debug, PartialEq, Eq, Hash", item);
    for part in [
        "impl<'a,T>::core::cmp::PartialEqforE<'a,T>",
        "(Self::A{x:__field_0,..},Self::A{x:__other_0,..})=>true&&::core::cmp::PartialEq::eq(__field_0,__other_0)",
        "Self::B{0:__field_0,..}",
        "DebugStruct::field(&mut__builder,\"x\",__field_0)",
        "#[derive(Clone)]enumE",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(
        !text.contains("derive_where") && !text.contains("__field_1"),
        "{text}"
    );
    assert!(of("Clone", item).contains("f:::core::clone::Clone::clone(__field_1)"));
    assert_eq!(
        of("Clone; T", item),
        "refused:`derive_where`withboundsorpaths"
    );
    assert_eq!(of("Ord", item), "refused:`derive_where(Ord)`");
}
