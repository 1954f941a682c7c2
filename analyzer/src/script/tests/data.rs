//! Scripts that read data and write templates, start probes and ask for zones.

use super::*;

#[test]
fn json_and_templates() {
    check_with(
        r#"
        use serde_json::Value;
        use std::error::Error;
        fn main() -> Result<(), Box<dyn Error>> {
            let out = std::env::var_os("OUT_DIR").unwrap();
            let mut json: Value = serde_json::from_reader(std::fs::File::open(&"a.json")?)?;
            for (_key, ref mut item) in json.get_mut("all").unwrap().as_object_mut().unwrap().iter_mut() {
                macro_rules! sort {
                    ($name:expr) => {{
                        if let Some(ref mut list) = item.get_mut($name) {
                            list.as_array_mut().unwrap().sort_by(longest)
                        }
                    }};
                }
                sort!("names");
            }
            for entry in ignore::Walk::new("./gone/").filter(|e| match e { Ok(_) => true, _ => false }) {
                panic!("{:?}", entry?);
            }
            let mut tera = tera::Tera::default();
            let text = tera.render_str(
                &std::fs::read_to_string("a.tera")?,
                &tera::Context::from_value(json)?,
            )?;
            Ok(std::fs::write(std::path::Path::new(&out).join("a.rs"), text)?)
        }
        fn longest(a: &Value, b: &Value) -> std::cmp::Ordering {
            b.as_str().unwrap().len().cmp(&a.as_str().unwrap().len())
        }
        "#,
        &[
            (
                "a.json",
                r#"{"all": {"B": {"names": ["x", "yyy"]}, "A": {"on": true}}}"#,
            ),
            (
                "a.tera",
                "{% for k, v in all -%}{{k}}:{% for n in v.names | default(value=[]) %}{{n}},{% endfor %};{% endfor %}",
            ),
        ],
        expect![[r#"
            file a.rs: A:;B:yyy,x,;
        "#]],
    );
}

#[test]
fn json_of_a_type_that_is_not_known_is_not_read() {
    check_with(
        r#"
        #[derive(serde::Deserialize)]
        struct Config { name: String }
        fn main() {
            let config: Config = serde_json::from_str("{\"name\": \"a\"}").unwrap();
            println!("cargo:rustc-cfg={}", config.name);
        }
        "#,
        &[],
        expect![[r#"
            unknown file None: `serde_json::from_str` is not understood (line 5)
            anything: `serde_json::from_str` is not understood (line 5)
        "#]],
    );
}

#[test]
fn a_probe_in_another_folder_is_not_followed() {
    let script = |folder: &str| {
        format!(
            "fn main() {{ let ok = std::process::Command::new(\"rustc\").arg(\"probe.rs\"){folder}.status(); \
             if ok.map_or(false, |it| it.success()) {{ println!(\"cargo:rustc-cfg=new\"); }} }}"
        )
    };
    let files = [("probe.rs", "#![feature(never_type)]")];
    check_with(&script(""), &files, expect![[""]]);
    check_with(
        &script(".current_dir(\"sub\")"),
        &files,
        expect![[r#"
        maybe new true: whether the compiler accepts `probe.rs` (line 1)
    "#]],
    );
    check_with(
        &script(".env(NAME, \"1\").envs(all())"),
        &files,
        expect![[r#"
            maybe new true: whether `#![feature(never_type)]` compiles (line 1)
            unknown file None: `all` is not understood (line 1)
            anything: `all` is not understood (line 1)
        "#]],
    );
}

#[test]
fn zones_by_name() {
    check_with(
        r#"
        use parse_zoneinfo::line::{Line, LineParser};
        use parse_zoneinfo::structure::{Child, Structure};
        use parse_zoneinfo::table::TableBuilder;
        use parse_zoneinfo::transitions::{FixedTimespan, TableTransitions};
        use std::io::Write;
        fn main() {
            let (parser, mut table) = (LineParser::new(), TableBuilder::new());
            for line in std::fs::read_to_string("tz").unwrap().lines() {
                match parser.parse_str(&line).unwrap() {
                    Line::Zone(zone) => table.add_zone_line(zone).unwrap(),
                    Line::Continuation(it) => table.add_continuation_line(it).unwrap(),
                    Line::Rule(it) => table.add_rule_line(it).unwrap(),
                    Line::Link(it) => table.add_link_line(it).unwrap(),
                    Line::Space => {}
                }
            }
            let table = table.build();
            let out = std::path::Path::new(&std::env::var("OUT_DIR").unwrap()).join("a.rs");
            let mut out = std::fs::File::create(&out).unwrap();
            for zone in table.zonesets.keys().chain(table.links.keys()).collect::<std::collections::BTreeSet<_>>() {
                let set = table.timespans(&zone).unwrap();
                write!(out, "{zone}: {} \"{}\"", set.first.utc_offset, set.first.name).unwrap();
                for (start, FixedTimespan { dst_offset, .. }) in set.rest {
                    writeln!(out, " ({start}, {dst_offset})").unwrap();
                }
            }
            for entry in table.structure() {
                for child in entry.children {
                    match child {
                        Child::Submodule(name) => writeln!(out, "{}/{name}/", entry.name).unwrap(),
                        Child::TimeZone(name) => writeln!(out, "{}/{name}", entry.name).unwrap(),
                    }
                }
            }
            if table.timespans("UTC").unwrap().first.utc_offset == 0 {
                println!("cargo:rustc-cfg=decided");
            }
            println!("cargo:rustc-cfg=z{}", table.timespans("UTC").unwrap().first.name);
            std::fs::write(format!("{}/b.rs", std::env::var("OUT_DIR").unwrap()),
                format!("fn f{}() {{}}", table.timespans("UTC").unwrap().first.name)).unwrap();
        }
        "#,
        &[(
            "tz",
            "# Zones\nRule A 1970 only - May 1 0:00 1:00 S\nZone\tAmerica/Kentucky/Louisville 1 - LMT 1970 # c\n\t\t\t2 A E%sT\nZone UTC 0 - UTC\n\nLink UTC Etc/UTC\n",
        )],
        expect![[r#"
            maybe decided false: the text `…` is not fully known (line 36)
            file a.rs: America/Kentucky/Louisville: 0 "0" (0, 0)
            Etc/UTC: 0 "0" (0, 0)
            UTC: 0 "0" (0, 0)
            America/Kentucky/
            America/Kentucky/Louisville
            Etc/UTC

            unknown file Some("b.rs"): a part of its text is not known
            anything: it sets a cfg that is not known, `z…`
        "#]],
    );
}
