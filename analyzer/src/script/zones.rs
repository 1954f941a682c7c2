//! Values of `parse_zoneinfo`: the zones of a time zone database, by name.
//!
//! Scripts make a variant, a constant and an arm for each zone, and fill in the times at which
//! its clocks change. The names are read; the times are numbers and names in constants, which
//! nothing can be reached through: one time stands for all, and [`DATA`] for what it says.

use std::rc::Rc;

use super::interp::{Flow, Interp};
use super::value::{DATA, Place, Struct, Value};

const TABLE: &str = "parse_zoneinfo::Table";

fn table() -> Value {
    let empty = || Value::Map(Rc::new(Vec::new()));
    Value::structure(TABLE, [("zonesets", empty()), ("links", empty())])
}

/// A function of the crate; `None` when it is not known.
pub(super) fn function(path: &[&str]) -> Option<Value> {
    match path {
        ["parse_zoneinfo", "line", "LineParser", "new"] => {
            Some(Value::structure("parse_zoneinfo::LineParser", []))
        }
        ["parse_zoneinfo", "table", "TableBuilder", "new"] => Some(table()),
        _ => None,
    }
}

pub(super) fn is_of(structure: &Struct) -> bool {
    structure.ty.starts_with("parse_zoneinfo::")
}

/// One line of the database.
fn line(text: &str) -> Value {
    let text = text.split('#').next().unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    let of = |kind: &str, fields: Vec<Value>| Value::ok(Value::variant("Line", kind, fields));
    let named = |name: &str| vec![Value::structure("ZoneLine", [("name", Value::str(name))])];
    match words.as_slice() {
        [] => of("Space", Vec::new()),
        ["Zone", name, _, _, _, ..] => of("Zone", named(name)),
        _ if text.starts_with(char::is_whitespace) && words.len() >= 3 => {
            of("Continuation", vec![Value::Unit])
        }
        ["Rule", _, _, _, _, _, _, _, _, _] => of("Rule", vec![Value::Unit]),
        ["Link", _, name] => of("Link", named(name)),
        _ => Value::error("InvalidLineType"),
    }
}

fn timespan() -> Value {
    let data = || Value::str(DATA.to_string());
    Value::structure(
        "FixedTimespan",
        [
            ("utc_offset", data()),
            ("dst_offset", data()),
            ("name", data()),
        ],
    )
}

impl Interp<'_> {
    pub(super) fn zone_method(
        &mut self,
        place: &Place,
        of: &Struct,
        name: &str,
        args: &[Value],
    ) -> Flow {
        let first = args.first().cloned().map(Value::deref);
        Ok(match (name, &first) {
            ("parse_str", Some(text)) => match text.text() {
                Some(text) => line(text),
                None => return self.opaque("a line of time zones"),
            },
            ("add_zone_line" | "add_link_line", Some(Value::Struct(line))) => {
                let field = if name == "add_zone_line" {
                    "zonesets"
                } else {
                    "links"
                };
                let key = line.fields.get("name").cloned().unwrap_or(Value::Unit);
                self.allocate(64)?;
                place.change(|here| {
                    if let Value::Struct(table) = here
                        && let Some(map) = Rc::make_mut(table).fields.get_mut(field)
                    {
                        super::maps::put(map, key, Value::Int(0));
                    }
                });
                Value::ok(Value::Unit)
            }
            ("add_continuation_line" | "add_rule_line", Some(_)) => Value::ok(Value::Unit),
            ("build", None) => Value::Struct(Rc::new(of.clone())),
            ("timespans", Some(zone)) => {
                let is_known = zone_names(of).any(|name| name == zone.text());
                let set = Value::structure(
                    "FixedTimespanSet",
                    [
                        ("first", timespan()),
                        (
                            "rest",
                            Value::list(vec![Value::tuple(vec![
                                Value::str(DATA.to_string()),
                                timespan(),
                            ])]),
                        ),
                    ],
                );
                Value::option(is_known.then_some(set))
            }
            ("structure", None) => structure(of),
            _ => return self.give_up(format!("`{name}` of `{}`", of.ty)),
        })
    }
}

fn zone_names(table: &Struct) -> impl Iterator<Item = Option<&str>> {
    ["zonesets", "links"]
        .into_iter()
        .filter_map(|field| match table.fields.get(field) {
            Some(Value::Map(map)) => Some(map.iter().map(|(name, _)| name.text())),
            _ => None,
        })
        .flatten()
}

/// Folders of names with what is in them, as `Area/Place` and `Area/Country/Place` make them;
/// zones stand behind folders of the same kind of name, and both are sorted.
fn structure(table: &Struct) -> Value {
    use std::collections::{BTreeMap, BTreeSet};
    let mut folders: BTreeMap<&str, BTreeSet<(bool, &str)>> = BTreeMap::new();
    for name in zone_names(table).flatten() {
        let Some((folder, zone)) = name.rsplit_once('/') else {
            continue;
        };
        folders.entry(folder).or_default().insert((true, zone));
        if let Some((above, folder)) = folder.split_once('/') {
            folders.entry(above).or_default().insert((false, folder));
        }
    }
    let entries = folders.into_iter().map(|(name, children)| {
        let children = children.into_iter().map(|(is_zone, name)| {
            let kind = if is_zone { "TimeZone" } else { "Submodule" };
            Value::variant("Child", kind, vec![Value::str(name)])
        });
        Value::structure(
            "TableStructureEntry",
            [
                ("name", Value::str(name)),
                ("children", Value::list(children.collect())),
            ],
        )
    });
    Value::list(entries.collect())
}
