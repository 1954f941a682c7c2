//! As much of JSON Schema as the schemas of OpenVEX, CycloneDX and SARIF use, for the tests.
//!
//! A keyword or pattern that is not known here fails, so that nothing is passed over; a schema
//! crate would bring more crates than the tool itself has.

use std::fs;

use serde_json::Value;

use crate::fetched;

/// Keywords that say nothing about what is valid.
const SAID: [&str; 14] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "examples",
    "default",
    "deprecated",
    "meta:enum",
    "definitions",
    "$defs",
    "contentMediaType",
    "then",
    "format",
];

/// Every way in which `value` is not what the schema allows.
pub(crate) fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check {
        root: schema,
        errors: Vec::new(),
    };
    check.value(schema, value, "");
    check.errors
}

struct Check<'a> {
    root: &'a Value,
    errors: Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        let keywords = match schema {
            Value::Bool(true) => return,
            Value::Object(keywords) => keywords,
            other => return self.fail(at, &format!("{other} allows nothing")),
        };
        for (keyword, rule) in keywords {
            self.keyword(schema, keyword, rule, value, at);
        }
        if let (Some("date-time"), Some(text)) = (
            keywords.get("format").and_then(Value::as_str),
            value.as_str(),
        ) {
            let shape: String = text
                .chars()
                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                .collect();
            self.expect(shape == "0000-00-00T00:00:00Z", at, "is no date-time");
        }
        if let (Some(kind @ ("iri" | "uri" | "iri-reference" | "uri-reference")), Some(text)) = (
            keywords.get("format").and_then(Value::as_str),
            value.as_str(),
        ) {
            let plain = !text.contains(|c: char| {
                c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c)
            });
            // A path is a reference, too.
            let whole = text.contains(':') || kind == "uri-reference";
            self.expect(plain && whole, at, "is no IRI");
        }
    }

    fn keyword(&mut self, schema: &Value, keyword: &str, rule: &Value, value: &Value, at: &str) {
        match keyword {
            "$ref" => self.reference(rule.as_str().unwrap(), value, at),
            "type" => self.expect(has_type(rule, value), at, &format!("is not of type {rule}")),
            "enum" => self.expect(
                rule.as_array().unwrap().contains(value),
                at,
                "is none of the enum",
            ),
            "const" => self.expect(rule == value, at, "is not the constant"),
            "required" => {
                for key in rule.as_array().unwrap() {
                    let key = key.as_str().unwrap();
                    self.expect(
                        !value.is_object() || value.get(key).is_some(),
                        at,
                        &format!("has no `{key}`"),
                    );
                }
            }
            "properties" => {
                for (key, rule) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        self.value(rule, value, &format!("{at}/{key}"));
                    }
                }
            }
            "additionalProperties" => {
                let properties = value.as_object().into_iter().flatten();
                for (key, value) in properties {
                    if schema["properties"].get(key).is_some() {
                        continue;
                    }
                    if rule == &Value::Bool(false) {
                        self.fail(at, &format!("may not have `{key}`"));
                    } else {
                        self.value(rule, value, &format!("{at}/{key}"));
                    }
                }
            }
            "items" if rule.is_array() => {
                let rules = rule.as_array().unwrap();
                let values = value.as_array().into_iter().flatten().enumerate();
                for (index, value) in values {
                    let at = format!("{at}/{index}");
                    match rules.get(index) {
                        Some(rule) => self.value(rule, value, &at),
                        None if schema["additionalItems"] == false => {
                            self.fail(&at, "is one too many");
                        }
                        None => {}
                    }
                }
            }
            "additionalItems" => assert!(rule.is_boolean(), "{at}: a schema for additional items"),
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(rule, value, &format!("{at}/{index}"));
                }
            }
            "uniqueItems" => {
                let items: Vec<&Value> = value.as_array().into_iter().flatten().collect();
                let doubles = items
                    .iter()
                    .enumerate()
                    .any(|(index, one)| items[..index].contains(one));
                self.expect(!doubles, at, "has an item twice");
            }
            "maxItems" => {
                let few = value
                    .as_array()
                    .is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap());
                self.expect(few, at, "has too many items");
            }
            "minItems" => {
                let enough = value
                    .as_array()
                    .is_none_or(|all| all.len() as u64 >= rule.as_u64().unwrap());
                self.expect(enough, at, "has too few items");
            }
            "minLength" => {
                let enough = value
                    .as_str()
                    .is_none_or(|text| text.len() as u64 >= rule.as_u64().unwrap());
                self.expect(enough, at, "is too short");
            }
            "maxLength" => {
                let short = value
                    .as_str()
                    .is_none_or(|text| text.len() as u64 <= rule.as_u64().unwrap());
                self.expect(short, at, "is too long");
            }
            "minimum" => {
                let enough = value
                    .as_f64()
                    .is_none_or(|number| number >= rule.as_f64().unwrap());
                self.expect(enough, at, "is too small");
            }
            "maximum" => {
                let few = value
                    .as_f64()
                    .is_none_or(|number| number <= rule.as_f64().unwrap());
                self.expect(few, at, "is too big");
            }
            "pattern" => self.pattern(rule.as_str().unwrap(), value, at),
            "allOf" => {
                for rule in rule.as_array().unwrap() {
                    self.value(rule, value, at);
                }
            }
            "anyOf" => self.expect(self.fitting(rule, value) > 0, at, "fits none of `anyOf`"),
            "oneOf" => self.expect(
                self.fitting(rule, value) == 1,
                at,
                "does not fit one of `oneOf`",
            ),
            "if" => {
                if self.fits(rule, value) {
                    self.value(&schema["then"], value, at);
                }
            }
            said if SAID.contains(&said) => {}
            other => panic!("{at}: keyword `{other}` is not known here"),
        }
    }

    fn reference(&mut self, name: &str, value: &Value, at: &str) {
        let pointer = name.strip_prefix('#');
        let rule = pointer.and_then(|pointer| self.root.pointer(pointer));
        // The root is all that is at hand; the tool writes no signature and no licence.
        let rule = rule.unwrap_or_else(|| panic!("{at}: `{name}` is not known here"));
        self.value(rule, value, at);
    }

    fn pattern(&mut self, pattern: &str, value: &Value, at: &str) {
        let Some(text) = value.as_str() else { return };
        let fits = match pattern {
            "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" => {
                let parts: Vec<&str> = text.trim_start_matches("urn:uuid:").split('-').collect();
                let hex =
                    |part: &&str| part.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
                parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(hex)
            }
            "^([a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})$" => {
                [32, 40, 64, 96, 128].contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            }
            // A link into another document: the tool writes none.
            link if link.starts_with("^urn:cdx:") => {
                assert!(!text.starts_with("urn:cdx:"), "{at}: {text}");
                false
            }
            other => panic!("{at}: pattern `{other}` is not known here"),
        };
        self.expect(fits, at, "does not fit the pattern");
    }

    fn fitting(&self, rules: &Value, value: &Value) -> usize {
        let rules = rules.as_array().unwrap().iter();
        rules.filter(|rule| self.fits(rule, value)).count()
    }

    fn fits(&self, rule: &Value, value: &Value) -> bool {
        let mut inner = Check {
            root: self.root,
            errors: Vec::new(),
        };
        inner.value(rule, value, "");
        inner.errors.is_empty()
    }

    fn expect(&mut self, holds: bool, at: &str, what: &str) {
        if !holds {
            self.fail(at, what);
        }
    }

    fn fail(&mut self, at: &str, what: &str) {
        self.errors.push(format!("{at} {what}"));
    }
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("type `{other}` is not known here"),
    };
    rule.as_array()
        .map_or_else(|| is(rule), |names| names.iter().any(is))
}

/// The schema of SARIF 2.1.0, where it was fetched.
pub(crate) fn sarif() -> Option<Value> {
    let file = fetched::folder("serde-sarif")?.join("src/schema.json");
    Some(serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap())
}

#[test]
fn what_is_wrong_is_found() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["a"],
        "additionalProperties": false,
        "properties": {
            "a": { "$ref": "#/$defs/word" },
            "b": { "type": "array", "items": { "type": "integer" }, "minItems": 1 },
            "t": { "type": "string", "format": "date-time" },
        },
        "allOf": [{ "if": { "properties": { "a": { "const": "x" } } }, "then": { "required": ["b"] } }],
        "$defs": { "word": { "enum": ["x", "y"] } },
    });
    let count = |value: Value| errors(&schema, &value).len();
    assert_eq!(count(serde_json::json!({ "a": "y" })), 0);
    assert_eq!(
        count(serde_json::json!({ "a": "x", "b": [1], "t": "2026-01-01T00:00:00Z" })),
        0
    );
    assert_eq!(count(serde_json::json!({ "a": "x" })), 1);
    assert_eq!(count(serde_json::json!({ "a": "z" })), 1);
    assert_eq!(
        count(serde_json::json!({ "a": "y", "b": ["1"], "c": 0, "t": "today" })),
        3
    );
    assert_eq!(count(serde_json::json!({ "a": "y", "b": [] })), 1);
    assert_eq!(count(serde_json::json!([])), 1);
}
