//! Methods of `Option`, `Result`, orderings and other enums.

use std::cmp::Ordering;
use std::rc::Rc;

use super::interp::{Exit, Flow, Interp};
use super::json::is_json;
use super::value::{Doubt, Place, Step, Value, Variant};

impl Interp<'_> {
    pub(super) fn option_method(
        &mut self,
        place: &Place,
        variant: &Variant,
        name: &str,
        args: Vec<Value>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        if is_json(variant) {
            return self.json_method(place, variant, name, &args);
        }
        if variant.ty == "Ordering" {
            return self.ordering_method(variant, name, &args);
        }
        let (is_there, is_option) = match (variant.name.as_str(), variant.ty.as_str()) {
            ("Some", _) => (true, true),
            ("Ok", _) => (true, false),
            ("None", _) => (false, true),
            ("Err" | "Failure", _) => (false, false),
            _ => return self.other_variant(place, variant, name, args),
        };
        let content = variant.fields.first().cloned().unwrap_or(Value::Unit);
        let whole = Value::Variant(Rc::new(variant.clone()));
        let arg = args.first().cloned().unwrap_or(Value::Unit);
        let same = |value: Value| {
            if is_option {
                Value::some(value)
            } else {
                Value::ok(value)
            }
        };
        Ok(match (name, is_there) {
            ("unwrap" | "expect" | "unwrap_unchecked", true) => content,
            ("unwrap" | "expect" | "unwrap_unchecked", false) => return Err(Exit::Fails),
            ("unwrap_err" | "expect_err", false) => content,
            ("unwrap_err" | "expect_err", true) => return Err(Exit::Fails),
            ("is_some" | "is_ok", there) => Value::Bool(there),
            ("is_none" | "is_err", there) => Value::Bool(!there),
            ("is_some_and" | "is_ok_and", true) => self.apply(&arg, vec![content])?,
            ("is_some_and" | "is_ok_and", false) => Value::Bool(false),
            ("is_none_or", true) => self.apply(&arg, vec![content])?,
            ("is_none_or", false) => Value::Bool(true),
            ("ok", true) => Value::some(content),
            ("ok", false) => match &content {
                Value::Variant(error) if error.ty == "VarError" => {
                    Value::variant("OptionalText", "None", Vec::new())
                }
                _ => Value::none(),
            },
            ("err", true) => Value::none(),
            ("err", false) => Value::some(content),
            ("unwrap_or" | "unwrap_or_else" | "unwrap_or_default", true) => content,
            ("unwrap_or", false) => arg,
            ("unwrap_or_else", false) if is_option => self.apply(&arg, Vec::new())?,
            ("unwrap_or_else", false) => self.apply(&arg, vec![content])?,
            ("unwrap_or_default", false) if variant.ty == "OptionalText" => Value::str(""),
            ("unwrap_or_default", false) => match (&content, hint) {
                (Value::Variant(error), _) if error.ty == "VarError" => Value::str(""),
                (_, Some(hint)) => {
                    return self.native(
                        &["Default".into(), "default".into()],
                        Vec::new(),
                        Some(hint),
                    );
                }
                _ => Value::Unknown(Doubt::new(
                    format!("default {}", self.line),
                    "a default value",
                    false,
                )),
            },
            ("map", true) => same(self.apply(&arg, vec![content])?),
            ("map", false) => whole,
            ("map_err" | "or_else" | "or" | "with_context" | "context", true) => whole,
            ("with_context" | "context", false) => Value::err(Value::str("error")),
            ("map_err", false) => Value::err(self.apply(&arg, vec![content])?),
            ("or", false) => arg,
            ("or_else", false) if is_option => self.apply(&arg, Vec::new())?,
            ("or_else", false) => self.apply(&arg, vec![content])?,
            ("and_then", true) => self.apply(&arg, vec![content])?,
            ("and_then" | "and", false) => whole,
            ("and", true) => arg,
            ("map_or" | "map_or_else", true) => match args.get(1) {
                Some(function) => self.apply(function, vec![content])?,
                None => return self.give_up(format!("`{name}`")),
            },
            ("map_or", false) => arg,
            ("map_or_else", false) if is_option => self.apply(&arg, Vec::new())?,
            ("map_or_else", false) => self.apply(&arg, vec![content])?,
            ("filter", true) => {
                let keep = self.apply(&arg, vec![content])?;
                if self.truth(keep)? {
                    whole
                } else {
                    Value::none()
                }
            }
            ("filter", false) => whole,
            ("ok_or" | "ok_or_else", true) => Value::ok(content),
            ("ok_or", false) => Value::err(arg),
            ("ok_or_else", false) => Value::err(self.apply(&arg, Vec::new())?),
            ("flatten", true) => content,
            ("flatten", false) => whole,
            ("zip", true) => match arg.deref() {
                Value::Variant(other) if other.name == "Some" => {
                    Value::some(Value::tuple(vec![content, other.fields[0].clone()]))
                }
                _ => Value::none(),
            },
            ("inspect" | "inspect_err", _) => whole,
            ("as_ref" | "as_deref" | "clone" | "cloned" | "copied" | "by_ref" | "to_owned", _) => {
                whole
            }
            ("as_mut" | "as_deref_mut" | "iter_mut", true) => {
                same(Value::Ref(place.step(Step::Index(0))))
            }
            ("as_mut" | "as_deref_mut", false) => whole,
            ("take", _) => place
                .change(|here| std::mem::replace(here, Value::none()))
                .unwrap_or(whole),
            ("replace" | "insert", _) => {
                place.change(|here| *here = Value::some(arg));
                whole
            }
            ("get_or_insert_with" | "get_or_insert", _) => {
                if !is_there {
                    let value = if name == "get_or_insert" {
                        arg
                    } else {
                        self.apply(&arg, Vec::new())?
                    };
                    place.change(|here| *here = Value::some(value));
                }
                Value::Ref(place.step(Step::Index(0)))
            }
            ("into_iter" | "iter", true) => Value::iter(vec![content]),
            ("into_iter" | "iter", false) => Value::iter(Vec::new()),
            ("kind" | "to_string" | "raw_os_error", _) => {
                Value::Unknown(Doubt::new("error", "an error's details", false))
            }
            // It came of something unknown, and is no option but perhaps an iterator.
            _ if matches!(variant.ty.as_str(), "Success" | "Failure") => {
                let doubt = content.doubt().unwrap_or_else(|| {
                    Doubt::new(format!("{name} {}", self.line), "what this gives", true)
                });
                return self.unknown_call(&doubt.about(name), &args);
            }
            _ => return self.give_up(format!("`{name}` of an option or result")),
        })
    }

    fn ordering_method(&mut self, variant: &Variant, name: &str, args: &[Value]) -> Flow {
        let ordering = match variant.name.as_str() {
            "Less" => Ordering::Less,
            "Equal" => Ordering::Equal,
            _ => Ordering::Greater,
        };
        Ok(match name {
            "reverse" => Value::ordering(ordering.reverse()),
            "is_eq" => Value::Bool(ordering.is_eq()),
            "is_lt" => Value::Bool(ordering.is_lt()),
            "is_gt" => Value::Bool(ordering.is_gt()),
            "is_le" => Value::Bool(ordering.is_le()),
            "is_ge" => Value::Bool(ordering.is_ge()),
            "then" if ordering.is_ne() => Value::ordering(ordering),
            "then" => args.first().cloned().unwrap_or(Value::Unit),
            "then_with" if ordering.is_ne() => Value::ordering(ordering),
            "then_with" => {
                let function = args.first().cloned().unwrap_or(Value::Unit);
                return self.apply(&function, Vec::new());
            }
            _ => return self.give_up(format!("`{name}` of an ordering")),
        })
    }

    /// Errors of the models, and variants of the script's own that derive something.
    fn other_variant(
        &mut self,
        place: &Place,
        variant: &Variant,
        name: &str,
        args: Vec<Value>,
    ) -> Flow {
        let whole = Value::Variant(Rc::new(variant.clone()));
        match name {
            "clone" | "cloned" | "to_owned" | "into" | "as_ref" | "borrow" | "by_ref" => Ok(whole),
            "as_mut" | "borrow_mut" => Ok(Value::Ref(place.clone())),
            "kind" => Ok(whole),
            "to_string" | "description" => self.display(&whole, "Display").map(Value::str),
            "raw_os_error" => Ok(Value::none()),
            _ => self.give_up(format!(
                "method `{name}` of `{}` with {} arguments",
                variant.ty,
                args.len()
            )),
        }
    }
}
