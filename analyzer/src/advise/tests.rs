//! Advice on analyses made by hand; and its schema, with that of what is tried.

use expect_test::expect;

use super::*;
use crate::report::paint::Paint;
use crate::sample::small;

fn text(asked: Option<&str>) -> String {
    let advice = advise(&small(), asked, &Settings::default()).unwrap();
    let mut out = Vec::new();
    table::table(&advice, asked.is_some(), Paint::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_line_for_each_direct_dependency() {
    expect![[r#"
        app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev

        unused   idle 0.3.0     Remove it: no function, type, trait, const or macro of it is used in run,
                                build and macro, for x86_64-unknown-linux-gnu with features default. Tests,
                                benches and examples were not looked at: `--all-targets` does. What leaves
                                the tree: 1 crate, 1,000 lines and 1 function.

        extract  kinds 0.1.2    Own what is used of it: none of 1 function is reached. What has to be copied
                                is not known: its text was not looked at. What leaves the tree: 1 crate,
                                1,000 lines and 1 function. How fast upstream moves is not known: its
                                sources were not fetched by cargo, but replaced or vendored. `cargo whittle
                                extract kinds` shows the plan.

        keep     codegen 1.0.9  Keep it: a proc macro runs in the compiler and cannot be owned function by
                                function. 100 % of its functions are reached, more than max-percent = 20.

        keep     finder 1.11.0  Keep it: 60 % of its functions are reached, more than max-percent = 20.

        all figures and the functions: `cargo whittle advise CRATE`
    "#]].assert_eq(&text(None));
}

#[test]
fn everything_about_one() {
    expect![[r#"
        app@0.1.0 bin app: features default, x86_64-unknown-linux-gnu, profile dev

        finder 1.11.0  keep
          advice    Keep it: 60 % of its functions are reached, more than max-percent = 20.
          reached   3 of 5 functions are reached (60 %), 30 lines in them, no unsafe
          named     finder::Finder, finder::Finder::new
          leaves    What leaves the tree: 3 crates, 3,000 lines, 10 functions and 1 build script (finder).
          moves     not known: its sources were not fetched by cargo, but replaced or vendored
          keep      60 % of its functions are reached, more than max-percent = 20
          licence   MIT
          own       not known: its text was not looked at
    "#]].assert_eq(&text(Some("finder")));
}

#[test]
fn markdown_has_a_table_and_a_section_each() {
    let advice = advise(&small(), Some("idle"), &Settings::default()).unwrap();
    let mut out = Vec::new();
    markdown::markdown(&advice, &mut out).unwrap();
    expect![[r#"
        ## What to do with the dependencies

        app&#64;0.1.0 bin app: features default, x86\_64-unknown-linux-gnu, profile dev

        | crate | verdict | advice |
        | :-- | :-- | :-- |
        | **idle 0.3.0** | unused | Remove it: no function, type, trait, const or macro of it is used in run, build and macro, for x86\_64-unknown-linux-gnu with features default. Tests, benches and examples were not looked at: \`--all-targets\` does. What leaves the tree: 1 crate, 1,000 lines and 1 function. |

        ### idle 0.3.0: unused

        - **reached**: none of 1 function is reached
        - **leaves**: What leaves the tree: 1 crate, 1,000 lines and 1 function.
        - **moves**: not known: its sources were not fetched by cargo, but replaced or vendored
    "#]].assert_eq(&String::from_utf8(out).unwrap());
}

#[test]
fn what_can_be_done_comes_first() {
    let advice = advise(&small(), None, &Settings::default()).unwrap();
    let verdicts: Vec<&str> = advice
        .dependencies
        .iter()
        .map(|it| it.verdict.as_str())
        .collect();
    assert_eq!(verdicts, ["unused", "extract", "keep", "keep"]);
}

#[test]
fn names_that_are_not_there_get_the_nearest() {
    let error = advise(&small(), Some("fnider"), &Settings::default()).unwrap_err();
    assert!(error.remedy().contains("finder"), "{}", error.remedy());
    assert!(advise(&small(), Some("app"), &Settings::default()).is_err());
}

#[test]
fn the_report_says_the_same_in_one_word() {
    let analysis = small();
    let report = crate::report::data::build(&analysis);
    let advice = advise(&analysis, None, &Settings::default()).unwrap();
    for one in advice.dependencies {
        let in_report = report.crates.iter().find(|it| it.name == one.name).unwrap();
        assert_eq!(in_report.verdict, Some(one.verdict), "{}", one.name);
    }
}

#[test]
fn the_committed_schemas_are_current() {
    let text = |schema| serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let advice = schemars::schema_for!(Advice);
    expect_test::expect_file!["../../../docs/advice.schema.json"].assert_eq(&text(advice));
    let tried = schemars::schema_for!(crate::tryout::data::Tried);
    expect_test::expect_file!["../../../docs/try.schema.json"].assert_eq(&text(tried));
}
