//! Methods of numbers and characters.

use super::interp::{Flow, Interp};
use super::value::Value;

impl Interp<'_> {
    pub(super) fn int_method(&mut self, int: i128, name: &str, args: &[Value]) -> Flow {
        let other = match args.first().cloned().map(Value::deref) {
            Some(Value::Int(other)) => Some(other),
            _ => None,
        };
        Ok(match (name, other) {
            ("abs", _) => Value::Int(int.abs()),
            ("pow", Some(by @ 0..=128)) => {
                let power = int.checked_pow(u32::try_from(by).unwrap_or(0));
                match power.filter(|p| p.unsigned_abs() <= u128::from(u64::MAX)) {
                    Some(power) => Value::Int(power),
                    None => return self.give_up("a power"),
                }
            }
            ("saturating_sub", Some(by)) => Value::Int((int - by).max(0)),
            ("wrapping_add" | "saturating_add", Some(by)) => Value::Int(int.saturating_add(by)),
            ("is_power_of_two", _) => Value::Bool(int > 0 && int & (int - 1) == 0),
            ("clamp", Some(low)) => match args.get(1) {
                Some(Value::Int(high)) => Value::Int(int.clamp(low, (*high).max(low))),
                _ => return self.give_up("`clamp`"),
            },
            ("to_le_bytes" | "to_be_bytes", _) => return self.give_up("a number's bytes"),
            ("try_into", _) => Value::ok(Value::Int(int)),
            (
                "is_ascii_digit"
                | "is_ascii_alphabetic"
                | "is_ascii_alphanumeric"
                | "is_ascii_uppercase"
                | "is_ascii_lowercase"
                | "is_ascii_whitespace"
                | "is_ascii",
                _,
            ) => {
                let c = u8::try_from(int).map_or('\u{fffd}', char::from);
                return self.char_method(c, name);
            }
            _ => return self.give_up(format!("`{name}` of a number")),
        })
    }

    pub(super) fn char_method(&mut self, c: char, name: &str) -> Flow {
        Ok(match name {
            "is_ascii_digit" => Value::Bool(c.is_ascii_digit()),
            "is_numeric" => Value::Bool(c.is_numeric()),
            "is_alphabetic" => Value::Bool(c.is_alphabetic()),
            "is_alphanumeric" => Value::Bool(c.is_alphanumeric()),
            "is_ascii_alphabetic" => Value::Bool(c.is_ascii_alphabetic()),
            "is_ascii_alphanumeric" => Value::Bool(c.is_ascii_alphanumeric()),
            "is_whitespace" | "is_ascii_whitespace" => Value::Bool(c.is_whitespace()),
            "is_uppercase" | "is_ascii_uppercase" => Value::Bool(c.is_uppercase()),
            "is_lowercase" | "is_ascii_lowercase" => Value::Bool(c.is_lowercase()),
            "is_ascii" => Value::Bool(c.is_ascii()),
            "is_ascii_punctuation" => Value::Bool(c.is_ascii_punctuation()),
            "is_control" => Value::Bool(c.is_control()),
            "to_ascii_uppercase" => Value::Char(c.to_ascii_uppercase()),
            "to_ascii_lowercase" => Value::Char(c.to_ascii_lowercase()),
            "to_uppercase" => Value::iter(c.to_uppercase().map(Value::Char).collect()),
            "to_lowercase" => Value::iter(c.to_lowercase().map(Value::Char).collect()),
            "len_utf8" => Value::Int(c.len_utf8() as i128),
            "to_digit" => Value::option(c.to_digit(10).map(|d| Value::Int(d.into()))),
            _ => return self.give_up(format!("`{name}` of a character")),
        })
    }
}
