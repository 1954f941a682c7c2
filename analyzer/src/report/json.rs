//! The report as one JSON document; see `docs/report.schema.json`.

use std::io::{self, Write};

use super::Render;
use super::data::Report;
use super::text::json_safe;

pub struct Json;

impl Render for Json {
    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", json_safe(serde_json::to_string_pretty(report)?))
    }
}
