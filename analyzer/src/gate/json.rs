//! The findings as one JSON document; see `docs/check.schema.json`.

use std::io::{self, Write};

use crate::report::text::json_safe;

use super::{CheckReport, Render};

pub struct Json;

impl Render for Json {
    fn render(&self, report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", json_safe(serde_json::to_string_pretty(report)?))
    }
}
