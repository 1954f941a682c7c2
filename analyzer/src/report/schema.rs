//! The schema of the JSON report, from the types themselves. Only tests need it: they compare
//! it with the committed `docs/report.schema.json` (`UPDATE_EXPECT=1 cargo test` renews it).

use super::data::Report;

/// JSON Schema of [`Report`], as text.
pub(crate) fn report_schema() -> String {
    let schema = schemars::schema_for!(Report);
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    text
}

#[test]
fn the_committed_schema_is_current() {
    expect_test::expect_file!["../../../docs/report.schema.json"].assert_eq(&report_schema());
}
