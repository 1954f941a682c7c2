//! Operators, casts and indexing.

use syn::{BinOp, Expr};

use super::interp::{Flow, Interp};
use super::value::{Iter, Place, Step, Value, shorten};

impl Interp<'_> {
    pub(super) fn binary(&mut self, binary: &syn::ExprBinary, hint: Option<&syn::Type>) -> Flow {
        match binary.op {
            BinOp::And(_) | BinOp::Or(_) => {
                let is_and = matches!(binary.op, BinOp::And(_));
                let left = self.eval(&binary.left, hint)?;
                if self.truth(left)? != is_and {
                    return Ok(Value::Bool(!is_and));
                }
                let right = self.eval(&binary.right, hint)?.deref();
                match right {
                    Value::Bool(_) | Value::Unknown(_) => Ok(right),
                    _ => self.give_up("a condition"),
                }
            }
            BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_) => self.assign_op(binary),
            _ => {
                let left = self.eval(&binary.left, None)?.deref();
                let right = self.eval(&binary.right, None)?.deref();
                self.operate(&binary.op, left, right)
            }
        }
    }

    fn assign_op(&mut self, binary: &syn::ExprBinary) -> Flow {
        let right = self.eval(&binary.right, None)?.deref();
        let place = self.place(&binary.left)?;
        // Text grows where it stands: a copy for each piece would be quadratic.
        if matches!(binary.op, BinOp::AddAssign(_))
            && let Value::Str(more) = &right
        {
            self.allocate(more.len())?;
            let grown = place.change(|here| match here {
                Value::Str(text) => {
                    std::rc::Rc::make_mut(text).push_str(more);
                    true
                }
                _ => false,
            });
            if grown == Some(true) {
                return Ok(Value::Unit);
            }
        }
        let Some(left) = place.get() else {
            return self.give_up("an assignment");
        };
        let value = self.operate(&binary.op, left, right)?;
        place.change(|here| *here = value);
        Ok(Value::Unit)
    }

    fn operate(&mut self, op: &BinOp, left: Value, right: Value) -> Flow {
        match op {
            BinOp::Eq(_) => return self.equals(&left, &right).map(Value::Bool),
            BinOp::Ne(_) => return self.equals(&left, &right).map(|v| Value::Bool(!v)),
            BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => {
                return self.less(op, &left, &right);
            }
            _ => {}
        }
        match (&left, &right) {
            (Value::Int(a), Value::Int(b)) => match arithmetic(op, *a, *b) {
                Some(value) => Ok(Value::Int(value)),
                None => self.give_up("an arithmetic operation"),
            },
            (Value::Bool(a), Value::Bool(b)) => match op {
                BinOp::BitAnd(_) | BinOp::BitAndAssign(_) => Ok(Value::Bool(a & b)),
                BinOp::BitOr(_) | BinOp::BitOrAssign(_) => Ok(Value::Bool(a | b)),
                BinOp::BitXor(_) | BinOp::BitXorAssign(_) => Ok(Value::Bool(a ^ b)),
                _ => self.give_up("an operation on truth values"),
            },
            (Value::Str(a), Value::Str(b)) if matches!(op, BinOp::Add(_) | BinOp::AddAssign(_)) => {
                self.allocate(a.len() + b.len())?;
                Ok(Value::str(format!("{a}{b}")))
            }
            (Value::Str(a), Value::Unknown(_)) if matches!(op, BinOp::Add(_)) => {
                Ok(Value::str(format!("{a}{}", super::value::HOLE)))
            }
            _ => match left.doubt().or_else(|| right.doubt()) {
                Some(doubt) => Ok(Value::Unknown(doubt.about("operation"))),
                None => self.give_up("an operation"),
            },
        }
    }

    fn less(&mut self, op: &BinOp, left: &Value, right: &Value) -> Flow {
        if let Some(order) = left.compare(right) {
            return Ok(Value::Bool(match op {
                BinOp::Lt(_) => order.is_lt(),
                BinOp::Le(_) => order.is_le(),
                BinOp::Gt(_) => order.is_gt(),
                _ => order.is_ge(),
            }));
        }
        let Some(doubt) = left.doubt().or_else(|| right.doubt()) else {
            return self.give_up("a comparison");
        };
        let shown = |value: &Value| shorten(&super::format::plain(value, true));
        let key = doubt.about(&format!("below {} {}", shown(left), shown(right)));
        // What asks for a version asks for an old one.
        let is_less = matches!(op, BinOp::Lt(_) | BinOp::Le(_));
        let answer = self.decide(&key, false);
        Ok(Value::Bool(answer == is_less))
    }

    pub(super) fn cast(&mut self, value: Value, ty: &str) -> Flow {
        let bits = match ty {
            "u8" | "i8" => 8,
            "u16" | "i16" => 16,
            "u32" | "i32" => 32,
            "u64" | "i64" | "usize" | "isize" => 64,
            "u128" | "i128" => 127,
            "char" => 0,
            _ => return Ok(value),
        };
        let int = match value {
            Value::Int(value) => value,
            Value::Bool(value) => i128::from(value),
            Value::Char(c) => i128::from(u32::from(c)),
            Value::Unknown(doubt) => return Ok(Value::Unknown(doubt.about(ty))),
            _ => return self.give_up("a cast"),
        };
        if bits == 0 {
            let c = u32::try_from(int).ok().and_then(char::from_u32);
            return c.map_or_else(|| self.give_up("a cast"), |c| Ok(Value::Char(c)));
        }
        let size = 1i128 << bits.min(126);
        let wrapped = int.rem_euclid(size);
        let is_signed = ty.starts_with('i');
        Ok(Value::Int(if is_signed && wrapped >= size / 2 {
            wrapped - size
        } else {
            wrapped
        }))
    }

    /// The place of `base[at]`; a slice is a copy.
    pub(super) fn index(&mut self, index: &syn::ExprIndex) -> Flow<Place> {
        let base = self.place(&index.expr)?.resolve();
        let at = self.eval_index(&index.index)?;
        let Some(value) = base.get() else {
            return self.give_up("an index");
        };
        match (&value, &at) {
            (Value::List(list), Value::Int(at)) => match usize::try_from(*at) {
                Ok(at) if at < list.len() => Ok(base.step(Step::Index(at))),
                _ => Err(super::interp::Exit::Fails),
            },
            (Value::List(list), Value::Iter(range)) => {
                let slice = bounds(range, list.len()).and_then(|(from, to)| list.get(from..to));
                match slice {
                    Some(slice) => Ok(Place::new(Value::list(slice.to_vec()))),
                    None => Err(super::interp::Exit::Fails),
                }
            }
            (Value::Str(text), Value::Iter(range)) if value.text().is_some() => {
                let slice = bounds(range, text.len()).and_then(|(from, to)| text.get(from..to));
                match slice {
                    Some(slice) => Ok(Place::new(Value::str(slice))),
                    None => Err(super::interp::Exit::Fails),
                }
            }
            (Value::Str(text), Value::Int(at)) if value.text().is_some() => {
                let byte = usize::try_from(*at)
                    .ok()
                    .and_then(|at| text.as_bytes().get(at));
                match byte {
                    Some(&byte) => Ok(Place::new(Value::Int(byte.into()))),
                    None => Err(super::interp::Exit::Fails),
                }
            }
            (Value::Map(map), key) => {
                match map
                    .iter()
                    .position(|(k, _)| k.compare(key).is_some_and(std::cmp::Ordering::is_eq))
                {
                    Some(at) => Ok(base.step(Step::Entry(at))),
                    None => self.give_up("a map's key"),
                }
            }
            _ => match value.doubt().or_else(|| at.doubt()) {
                Some(doubt) => Ok(Place::new(Value::Unknown(doubt.about("element")))),
                None => self.give_up("an index"),
            },
        }
    }

    fn eval_index(&mut self, expr: &Expr) -> Flow {
        Ok(self.eval(expr, None)?.deref())
    }
}

fn bounds(range: &Iter, len: usize) -> Option<(usize, usize)> {
    let Iter::Range(from, to) = range else {
        return None;
    };
    let to = match to {
        Some(to) => usize::try_from(*to).ok()?,
        None => len,
    };
    Some((usize::try_from(*from).ok()?, to))
}

fn arithmetic(op: &BinOp, a: i128, b: i128) -> Option<i128> {
    let shift = || u32::try_from(b).ok();
    let value = match op {
        BinOp::Add(_) | BinOp::AddAssign(_) => a.checked_add(b),
        BinOp::Sub(_) | BinOp::SubAssign(_) => a.checked_sub(b),
        BinOp::Mul(_) | BinOp::MulAssign(_) => a.checked_mul(b),
        BinOp::Div(_) | BinOp::DivAssign(_) => a.checked_div(b),
        BinOp::Rem(_) | BinOp::RemAssign(_) => a.checked_rem(b),
        BinOp::BitAnd(_) | BinOp::BitAndAssign(_) => Some(a & b),
        BinOp::BitOr(_) | BinOp::BitOrAssign(_) => Some(a | b),
        BinOp::BitXor(_) | BinOp::BitXorAssign(_) => Some(a ^ b),
        BinOp::Shl(_) | BinOp::ShlAssign(_) => a.checked_mul(1i128.checked_shl(shift()?)?),
        BinOp::Shr(_) | BinOp::ShrAssign(_) => a.checked_shr(shift()?),
        _ => None,
    }?;
    // Integers have no types here: what would wrap or overflow in one of them is not known.
    (value.unsigned_abs() <= u128::from(u64::MAX)).then_some(value)
}
