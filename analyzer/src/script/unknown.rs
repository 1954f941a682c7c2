//! Methods of values that are not known: what can still be said of what they give.

use super::interp::{Exit, Flow, Interp};
use super::value::{Doubt, Value};

impl Interp<'_> {
    /// What is made of something unknown is unknown; what could not go on without an answer
    /// supposes it.
    pub(super) fn unknown_method(&mut self, doubt: &Doubt, name: &str, args: Vec<Value>) -> Flow {
        let there = doubt.about("is there");
        let content = || Value::Unknown(doubt.about("content"));
        match name {
            "unwrap" | "expect" => {
                // The other answer is a panic: no build.
                if self.oracle.suppose(&there, true) {
                    Ok(content())
                } else {
                    Err(Exit::Fails)
                }
            }
            "unwrap_err" | "expect_err" => {
                if self.oracle.suppose(&there, false) {
                    Ok(content())
                } else {
                    Err(Exit::Fails)
                }
            }
            "is_ok" | "is_some" => Ok(Value::Bool(self.decide(&there, doubt.likely))),
            "is_err" | "is_none" => Ok(Value::Bool(!self.decide(&there, doubt.likely))),
            "ok" | "err" | "as_ref" | "as_mut" | "as_deref" | "cloned" | "copied" | "by_ref"
            | "as_str" | "clone" | "into_iter" | "iter" | "iter_mut" | "to_owned" | "to_string"
            | "as_bytes" | "display" | "as_slice" | "into"
                if name != "err" =>
            {
                Ok(Value::Unknown(doubt.clone()))
            }
            "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" => {
                if self.decide(&there, doubt.likely) {
                    return Ok(content());
                }
                match (name, args.first()) {
                    ("unwrap_or", Some(value)) => Ok(value.clone()),
                    ("unwrap_or_else", Some(function)) => {
                        let arity = match function.clone().deref() {
                            Value::Closure(closure) => closure.params.len(),
                            _ => 0,
                        };
                        self.apply(function, vec![content(); arity])
                    }
                    _ => Ok(Value::Unknown(doubt.about("default"))),
                }
            }
            "map" | "and_then" | "map_err" | "or_else" | "map_or" | "map_or_else" | "filter" => {
                self.unknown_combinator(doubt, name, args)
            }
            "success" => Ok(Value::Unknown(doubt.about("success"))),
            "emit" | "compile" | "try_compile" => {
                self.opaque(&format!("`{name}` of {}", doubt.reason))
            }
            _ => {
                let shown: Vec<String> =
                    args.iter().map(|a| super::format::plain(a, true)).collect();
                let key = doubt.about(&format!("{name}({})", shown.join(",")));
                self.unknown_call(
                    &Doubt {
                        likely: doubt.likely,
                        ..key.clone()
                    },
                    &args,
                )?;
                let predicate = matches!(
                    name,
                    "contains"
                        | "starts_with"
                        | "ends_with"
                        | "is_empty"
                        | "exists"
                        | "is_file"
                        | "is_dir"
                        | "eq"
                        | "any"
                );
                Ok(Value::Unknown(Doubt {
                    likely: doubt.likely && !predicate,
                    ..key
                }))
            }
        }
    }

    /// Of something that may be an `Option`, a `Result` or an iterator.
    fn unknown_combinator(&mut self, doubt: &Doubt, name: &str, args: Vec<Value>) -> Flow {
        let there = self.decide(&doubt.about("is there"), doubt.likely);
        let content = Value::Unknown(doubt.about("content"));
        let missing = || {
            Value::variant(
                "Failure",
                "Failure",
                vec![Value::Unknown(doubt.about("failure"))],
            )
        };
        let some = |value: Value| Value::variant("Success", "Some", vec![value]);
        let Some(first) = args.first() else {
            return self.give_up(format!("`{name}`"));
        };
        Ok(match (name, there) {
            ("map", true) => some(self.apply(first, vec![content])?),
            ("and_then", true) => self.apply(first, vec![content])?,
            ("map_or", true) => match args.get(1) {
                Some(function) => self.apply(function, vec![content])?,
                None => return self.give_up("`map_or`"),
            },
            ("map_or", false) => first.clone(),
            ("map_or_else", true) => match args.get(1) {
                Some(function) => self.apply(function, vec![content])?,
                None => return self.give_up("`map_or_else`"),
            },
            ("filter", true) => {
                let keep = self.apply(first, vec![content.clone()])?;
                if self.truth(keep)? {
                    some(content)
                } else {
                    missing()
                }
            }
            (_, true) => some(content),
            ("or_else" | "map_or_else", false) => {
                let arity = match first.clone().deref() {
                    Value::Closure(closure) => closure.params.len(),
                    _ => 0,
                };
                self.apply(first, vec![content; arity])?
            }
            (_, false) => missing(),
        })
    }
}
