//! Values of `serde_json` and of template engines in a script.
//!
//! A JSON value is a variant of the type `serde_json::Value` as the real one is, so that
//! patterns work; its methods give options where the real ones do. Read is strict JSON whose
//! target type is surely `Value`: what a type of the script's would take of it is not known.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::interp::{Flow, Interp};
use super::tera::{self, Budget, Trouble};
use super::value::{Doubt, Place, Step, Value, Variant};
use super::zones;

/// Plain data, as JSON and templates have it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Int(i128),
    Text(Rc<str>),
    List(Rc<Vec<Data>>),
    Map(Rc<BTreeMap<Rc<str>, Data>>),
    /// A number with a fraction, or nothing that is known.
    Opaque,
}

impl Data {
    /// How much looking at all of it may take; of what it holds, the number only.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) => 1 + text.len() / 16,
            Self::List(list) => 1 + list.len(),
            Self::Map(map) => 1 + map.len(),
            _ => 1,
        }
    }

    /// `None` when it is not known.
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Opaque, _) | (_, Self::Opaque) => None,
            (Self::List(_) | Self::Map(_), Self::List(_) | Self::Map(_)) => None,
            // Compared as numbers with a fraction, and never with something else.
            (Self::Int(a), Self::Int(b)) => {
                let exact = a.unsigned_abs().max(b.unsigned_abs()) < 1 << 53;
                exact.then_some(a == b)
            }
            (Self::Int(_), _) | (_, Self::Int(_)) => None,
            (a, b) => Some(a == b),
        }
    }
}

/// The type's name of JSON values: none that a script could give a type of its own.
const TYPE: &str = "serde_json::Value";
/// How deep values are converted.
const MAX_DEPTH: usize = 128;

/// A call that gives JSON of whatever type is wanted, behind `?` or `unwrap`.
pub(super) fn reads_json(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Call(call) => match &*call.func {
            syn::Expr::Path(path) => path
                .path
                .segments
                .first()
                .is_some_and(|krate| krate.ident == "serde_json" || krate.ident == "json5"),
            _ => false,
        },
        syn::Expr::Paren(inner) => reads_json(&inner.expr),
        _ => false,
    }
}

impl Interp<'_> {
    /// Calls into `serde_json`, `json5`, `tera` and `ignore`; `None` when not known.
    pub(super) fn data_helper(
        &mut self,
        path: &[String],
        args: &[Value],
        hint: Option<&syn::Type>,
    ) -> Flow<Option<Value>> {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let first = args.first().cloned().unwrap_or(Value::Unit).deref();
        Ok(Some(match parts.as_slice() {
            ["serde_json", "from_str" | "from_slice" | "from_reader"] | ["json5", "from_str"] => {
                return self.read_json(&first, hint);
            }
            ["parse_zoneinfo", ..] => return Ok(zones::function(&parts)),
            ["tera", "Tera", "default"] => Value::structure("Tera", []),
            ["tera", "Context", "new" | "default"] => template_context(Vec::new()),
            ["tera", "Context", "from_value" | "from_serialize"] => match json_content(&first) {
                Some(Value::Map(entries)) => Value::ok(template_context(entries.to_vec())),
                _ => return Ok(None),
            },
            ["tera", "Tera", "one_off"] => {
                let escapes = args.get(2).cloned().map(Value::deref);
                let (Some(context), Some(Value::Bool(false))) = (args.get(1), escapes) else {
                    return Ok(None);
                };
                return self.render(&first, context).map(Some);
            }
            // Without a folder to walk there is one error and nothing else.
            ["ignore", "Walk", "new"] => match first.text() {
                Some(folder) if self.tree.is_own(folder) => {
                    let folder = Value::path(folder);
                    match self.exists(&folder, "exists")? {
                        Value::Bool(false) => Value::iter(vec![Value::error("NotFound")]),
                        _ => return Ok(None),
                    }
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    fn read_json(&mut self, from: &Value, hint: Option<&syn::Type>) -> Flow<Option<Value>> {
        let Some(syn::Type::Path(ty)) = hint else {
            return Ok(None);
        };
        let names = ty.path.segments.iter().map(|part| part.ident.to_string());
        let names: Vec<String> = names.collect();
        // With the order of the text, entries would stand otherwise than sorted.
        if self.expand(&names) != ["serde_json", "Value"] || self.input.keeps_json_order {
            return Ok(None);
        }
        let text = match from {
            Value::Struct(reader) if reader.ty == "Reader" => reader.fields.get("text").cloned(),
            from => Some(from.clone()),
        };
        let text = text.as_ref().and_then(Value::text).map(str::to_owned);
        let Some(text) = text else { return Ok(None) };
        self.spend(text.len() / 8)?;
        self.allocate(text.len().saturating_mul(40))?;
        match serde_json::from_str(&text) {
            Ok(value) => Ok(Some(Value::ok(from_json(&value)))),
            Err(_) => Ok(None),
        }
    }

    pub(super) fn json_method(
        &mut self,
        place: &Place,
        variant: &Variant,
        name: &str,
        args: &[Value],
    ) -> Flow {
        let inner = variant.fields.first().cloned();
        let is = |wanted: &str| variant.name == wanted;
        let here = |wanted: &str| Value::option(inner.clone().filter(|_| is(wanted)));
        let place_of = |wanted: &str| {
            let inside = Value::Ref(place.step(Step::Index(0)));
            Value::option(is(wanted).then_some(inside))
        };
        let key = args.first().cloned().map(Value::deref);
        Ok(match name {
            "as_str" => here("String"),
            "as_bool" => here("Bool"),
            "as_array" => here("Array"),
            "as_object" => here("Object"),
            "as_array_mut" => place_of("Array"),
            "as_object_mut" => place_of("Object"),
            "as_i64" | "as_u64" => match &inner {
                Some(Value::Int(int)) if is("Number") => {
                    let fits = if name == "as_i64" {
                        i64::try_from(*int).is_ok()
                    } else {
                        u64::try_from(*int).is_ok()
                    };
                    Value::option(fits.then_some(Value::Int(*int)))
                }
                _ if is("Number") => return self.give_up("a number in JSON"),
                _ => Value::none(),
            },
            "is_string" => Value::Bool(is("String")),
            "is_array" => Value::Bool(is("Array")),
            "is_object" => Value::Bool(is("Object")),
            "is_null" => Value::Bool(is("Null")),
            "is_boolean" => Value::Bool(is("Bool")),
            "is_number" => Value::Bool(is("Number")),
            "clone" | "to_owned" | "as_ref" => Value::Variant(Rc::new(variant.clone())),
            "get" | "get_mut" => match (inner, key) {
                (Some(Value::Map(entries)), Some(Value::Str(key))) => {
                    let at = entries
                        .iter()
                        .position(|(k, _)| k.text() == Some(key.as_str()));
                    Value::option(at.map(|at| {
                        let step = place.step(Step::Index(0)).step(Step::Entry(at));
                        json_part(name, &entries[at].1, step)
                    }))
                }
                (Some(Value::List(list)), Some(Value::Int(at))) => {
                    let at = usize::try_from(at).ok().filter(|at| *at < list.len());
                    Value::option(at.map(|at| {
                        let step = place.step(Step::Index(0)).step(Step::Index(at));
                        json_part(name, &list[at], step)
                    }))
                }
                _ => Value::none(),
            },
            _ => return self.give_up(format!("method `{name}` of a JSON value")),
        })
    }

    /// Methods of `tera::Tera` and `tera::Context`.
    pub(super) fn tera_method(
        &mut self,
        place: &Place,
        ty: &str,
        name: &str,
        args: &[Value],
    ) -> Flow {
        let first = args.first().cloned().unwrap_or(Value::Unit).deref();
        match (ty, name, args.get(1)) {
            ("Tera", "render_str", Some(context)) => self.render(&first, context),
            ("TeraContext", "insert", Some(value)) if first.text().is_some() => {
                let value = value.clone().deref();
                place.change(|here| {
                    if let Value::Struct(context) = here
                        && let Some(data) = Rc::make_mut(context).fields.get_mut("data")
                    {
                        super::maps::put(data, first, value);
                    }
                });
                Ok(Value::Unit)
            }
            _ => self.give_up(format!("method `{name}` of `{ty}`")),
        }
    }

    fn render(&mut self, template: &Value, context: &Value) -> Flow {
        let context = match context.clone().deref() {
            Value::Struct(context) if context.ty == "TeraContext" => {
                context.fields.get("data").cloned()
            }
            _ => None,
        };
        let (Some(template), Some(Value::Map(entries))) = (template.text(), context) else {
            return self.opaque("a template");
        };
        let (template, mut data) = (template.to_owned(), BTreeMap::new());
        for (name, value) in entries.iter() {
            let value = self.data(value, 0)?;
            if let Some(name) = name.text() {
                data.insert(name.into(), value);
            }
        }
        let mut budget = self.left();
        let (steps, bytes) = (budget.steps, budget.bytes);
        let rendered = tera::render(&template, &data, &mut budget);
        self.spend(steps - budget.steps)?;
        self.allocate(bytes - budget.bytes)?;
        match rendered {
            Ok(text) => Ok(Value::ok(Value::str(text))),
            Err(Trouble::Fails(why)) => self.give_up(format!("a template that fails: {why}")),
            Err(Trouble::Refused(why)) => self.give_up(why),
        }
    }

    fn left(&self) -> Budget {
        let (steps, bytes) = self.remaining();
        Budget { steps, bytes }
    }

    fn data(&mut self, value: &Value, depth: usize) -> Flow<Data> {
        self.spend(1)?;
        self.allocate(64)?;
        if depth > MAX_DEPTH {
            return self.give_up("values that are nested too deep");
        }
        Ok(match value.clone().deref() {
            Value::Bool(value) => Data::Bool(value),
            Value::Int(int) => Data::Int(int),
            text @ (Value::Str(_) | Value::Path(_)) => match text.text() {
                Some(text) => Data::Text(text.into()),
                None => Data::Opaque,
            },
            Value::List(list) => {
                let all: Flow<Vec<Data>> =
                    list.iter().map(|one| self.data(one, depth + 1)).collect();
                Data::List(Rc::new(all?))
            }
            Value::Map(map) => {
                let mut all = BTreeMap::new();
                for (key, value) in map.iter() {
                    let Some(key) = key.text() else {
                        return Ok(Data::Opaque);
                    };
                    all.insert(key.into(), self.data(value, depth + 1)?);
                }
                Data::Map(Rc::new(all))
            }
            Value::Variant(json) if json.ty == TYPE => match json.fields.first() {
                Some(inner) => self.data(inner, depth + 1)?,
                None => Data::Null,
            },
            _ => Data::Opaque,
        })
    }
}

pub(super) fn is_json(variant: &Variant) -> bool {
    variant.ty == TYPE
}

fn json_part(name: &str, value: &Value, place: Place) -> Value {
    if name == "get_mut" {
        Value::Ref(place)
    } else {
        value.clone()
    }
}

/// What a JSON value, or a script's own map, holds.
fn json_content(value: &Value) -> Option<Value> {
    match value {
        Value::Variant(json) if json.ty == TYPE => json.fields.first().cloned(),
        Value::Map(_) => Some(value.clone()),
        _ => None,
    }
}

fn template_context(entries: Vec<(Value, Value)>) -> Value {
    Value::structure("TeraContext", [("data", Value::Map(Rc::new(entries)))])
}

fn from_json(value: &serde_json::Value) -> Value {
    let (name, inner) = match value {
        serde_json::Value::Null => return Value::variant(TYPE, "Null", Vec::new()),
        serde_json::Value::Bool(value) => ("Bool", Value::Bool(*value)),
        serde_json::Value::Number(number) => {
            let int = number.as_i64().map(i128::from);
            let int = int.or_else(|| number.as_u64().map(i128::from));
            let float = || Doubt::new(format!("number {number}"), "a number in JSON", false);
            (
                "Number",
                int.map_or_else(|| Value::Unknown(float()), Value::Int),
            )
        }
        serde_json::Value::String(text) => ("String", Value::str(text.as_str())),
        serde_json::Value::Array(all) => {
            ("Array", Value::list(all.iter().map(from_json).collect()))
        }
        serde_json::Value::Object(map) => {
            let mut entries: Vec<(Value, Value)> = map
                .iter()
                .map(|(key, value)| (Value::str(key.as_str()), from_json(value)))
                .collect();
            entries.sort_by(|(a, _), (b, _)| a.text().cmp(&b.text()));
            ("Object", Value::Map(Rc::new(entries)))
        }
    };
    Value::variant(TYPE, name, vec![inner])
}
