//! What expressions of a build script evaluate to, and the places that hold such values.
//!
//! Values are trees shared by `Rc` and copied when written to, so that a move or a copy costs
//! nothing and aliasing is exact: `&mut x` is a [`Place`], `&x` a snapshot (nothing can change
//! what is borrowed). [`Value::Unknown`] carries what is not known, under a key: the same
//! question has the same answer wherever it is asked on one path.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::items::Function;
use super::scope::Scope;

/// Stands in a text for a part that is not known. A noncharacter; a source that holds it all
/// the same is only taken to know less.
pub(super) const HOLE: char = '\u{10FFFE}';

/// Stands in a text for data that is not calculated: digits and letters of a literal. Nothing
/// can be decided by it; in a file that is written it is as good as any other.
pub(super) const DATA: char = '\u{10FFFF}';

pub(super) type Cell = Rc<RefCell<Value>>;

#[derive(Clone)]
pub(super) enum Value {
    Unit,
    Bool(bool),
    Int(i128),
    Char(char),
    /// `String`, `&str`, `OsString` and friends; byte strings that are UTF-8 too.
    Str(Rc<String>),
    Path(Rc<String>),
    Tuple(Rc<Vec<Value>>),
    /// Arrays, slices, `Vec`, `VecDeque`.
    List(Rc<Vec<Value>>),
    /// Maps and sets (values are units then), sorted.
    Map(Rc<Vec<(Value, Value)>>),
    /// Structs with named fields, and what the models of std need.
    Struct(Rc<Struct>),
    /// Enum variants and tuple structs.
    Variant(Rc<Variant>),
    Iter(Rc<Iter>),
    Closure(Rc<Closure>),
    Func(Rc<Function>),
    /// A function that is not the script's: its full path.
    Native(Rc<str>),
    /// `&mut`, and a struct's way through `RefCell`.
    Ref(Place),
    /// `RefCell`, `Mutex`: clones share.
    Shared(Cell),
    Unknown(Doubt),
}

#[derive(Clone)]
pub(super) struct Struct {
    pub(super) ty: String,
    pub(super) fields: BTreeMap<String, Value>,
}

#[derive(Clone)]
pub(super) struct Variant {
    pub(super) ty: String,
    pub(super) name: String,
    pub(super) fields: Vec<Value>,
}

#[derive(Clone)]
pub(super) enum Iter {
    List(Vec<Value>, usize),
    /// From, and to which (excluded).
    Range(i128, Option<i128>),
    Cycle(Vec<Value>, usize),
    Repeat(Value),
}

pub(super) struct Closure {
    pub(super) params: Vec<syn::Pat>,
    pub(super) body: syn::Expr,
    pub(super) scope: Scope,
    pub(super) module: usize,
    pub(super) self_ty: Option<String>,
}

/// A question that cannot be answered without running something.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    /// Equal keys are the same question.
    pub(super) key: Rc<str>,
    /// What a reader is told.
    pub(super) reason: Rc<str>,
    /// Whether what was asked for works out, if one has to guess.
    pub(super) likely: bool,
}

impl Doubt {
    pub(super) fn new(key: impl Into<String>, reason: impl Into<String>, likely: bool) -> Self {
        Self {
            key: key.into().into(),
            reason: reason.into().into(),
            likely,
        }
    }

    /// The same doubt about a part, or about what was made of it.
    pub(super) fn about(&self, what: &str) -> Self {
        let mut key = format!("{}.{what}", self.key);
        if key.len() > 2000 {
            let mut end = 2000;
            while !key.is_char_boundary(end) {
                end -= 1;
            }
            key.truncate(end);
        }
        Self {
            key: key.into(),
            ..self.clone()
        }
    }
}

/// A variable and the way into it.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) cell: Cell,
    pub(super) way: Vec<Step>,
}

#[derive(Clone)]
pub(super) enum Step {
    Field(String),
    /// Of a list, tuple or variant.
    Index(usize),
    /// The value of a map at its position.
    Entry(usize),
}

impl Place {
    pub(super) fn new(value: Value) -> Self {
        Self {
            cell: Rc::new(RefCell::new(value)),
            way: Vec::new(),
        }
    }

    pub(super) fn step(&self, step: Step) -> Self {
        let mut way = self.way.clone();
        way.push(step);
        Self {
            cell: Rc::clone(&self.cell),
            way,
        }
    }

    /// Follows references that stand in the place.
    pub(super) fn resolve(&self) -> Self {
        let mut place = self.clone();
        for _ in 0..32 {
            match place.raw() {
                Some(Value::Ref(next)) => place = next,
                Some(Value::Shared(cell)) => {
                    place = Self {
                        cell,
                        way: Vec::new(),
                    }
                }
                _ => break,
            }
        }
        place
    }

    fn raw(&self) -> Option<Value> {
        let root = self.cell.try_borrow().ok()?;
        let mut value: &Value = &root;
        for step in &self.way {
            value = part(value, step)?;
        }
        Some(value.clone())
    }

    pub(super) fn get(&self) -> Option<Value> {
        self.resolve().raw()
    }

    /// Changes what stands there; `None` when the place is gone.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Value) -> R) -> Option<R> {
        let place = self.resolve();
        let mut root = place.cell.try_borrow_mut().ok()?;
        let mut value: &mut Value = &mut root;
        for step in &place.way {
            value = part_mut(value, step)?;
        }
        Some(change(value))
    }
}

pub(super) fn part<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match (value, step) {
        (Value::Struct(s), Step::Field(name)) => s.fields.get(name),
        (Value::Tuple(list) | Value::List(list), Step::Index(at)) => list.get(*at),
        (Value::Variant(v), Step::Index(at)) => v.fields.get(*at),
        (Value::Map(map), Step::Entry(at)) => map.get(*at).map(|entry| &entry.1),
        _ => None,
    }
}

fn part_mut<'a>(value: &'a mut Value, step: &Step) -> Option<&'a mut Value> {
    match (value, step) {
        (Value::Struct(s), Step::Field(name)) => Rc::make_mut(s).fields.get_mut(name),
        (Value::Tuple(list) | Value::List(list), Step::Index(at)) => {
            Rc::make_mut(list).get_mut(*at)
        }
        (Value::Variant(v), Step::Index(at)) => Rc::make_mut(v).fields.get_mut(*at),
        (Value::Map(map), Step::Entry(at)) => {
            Rc::make_mut(map).get_mut(*at).map(|entry| &mut entry.1)
        }
        _ => None,
    }
}

impl Value {
    pub(super) fn str(text: impl Into<String>) -> Self {
        Self::Str(Rc::new(text.into()))
    }
    pub(super) fn path(text: impl Into<String>) -> Self {
        Self::Path(Rc::new(text.into()))
    }
    pub(super) fn list(values: Vec<Value>) -> Self {
        Self::List(Rc::new(values))
    }
    pub(super) fn tuple(values: Vec<Value>) -> Self {
        Self::Tuple(Rc::new(values))
    }
    pub(super) fn iter(values: Vec<Value>) -> Self {
        Self::Iter(Rc::new(Iter::List(values, 0)))
    }
    pub(super) fn variant(ty: &str, name: &str, fields: Vec<Value>) -> Self {
        Self::Variant(Rc::new(Variant {
            ty: ty.to_owned(),
            name: name.to_owned(),
            fields,
        }))
    }
    pub(super) fn some(value: Value) -> Self {
        Self::variant("Option", "Some", vec![value])
    }
    pub(super) fn none() -> Self {
        Self::variant("Option", "None", Vec::new())
    }
    pub(super) fn option(value: Option<Value>) -> Self {
        value.map_or_else(Self::none, Self::some)
    }
    pub(super) fn ok(value: Value) -> Self {
        Self::variant("Result", "Ok", vec![value])
    }
    pub(super) fn err(value: Value) -> Self {
        Self::variant("Result", "Err", vec![value])
    }
    pub(super) fn error(kind: &str) -> Self {
        Self::err(Self::variant("Error", kind, Vec::new()))
    }
    pub(super) fn ordering(ordering: Ordering) -> Self {
        let name = match ordering {
            Ordering::Less => "Less",
            Ordering::Equal => "Equal",
            Ordering::Greater => "Greater",
        };
        Self::variant("Ordering", name, Vec::new())
    }
    pub(super) fn structure<const N: usize>(ty: &str, fields: [(&str, Value); N]) -> Self {
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        Self::Struct(Rc::new(Struct {
            ty: ty.to_owned(),
            fields: fields.into(),
        }))
    }

    /// What references lead to.
    pub(super) fn deref(self) -> Self {
        match self {
            Self::Ref(place) => place.get().unwrap_or(Self::Unit),
            Self::Shared(cell) => Place {
                cell,
                way: Vec::new(),
            }
            .get()
            .unwrap_or(Self::Unit),
            value => value,
        }
    }

    /// Text, when it is known to the last character.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Str(text) | Self::Path(text) if !text.contains([HOLE, DATA]) => Some(text),
            _ => None,
        }
    }

    /// A doubt, also one that hides in a text.
    pub(super) fn doubt(&self) -> Option<Doubt> {
        match self {
            Self::Unknown(doubt) => Some(doubt.clone()),
            Self::Str(text) | Self::Path(text) if text.contains([HOLE, DATA]) => {
                let shown = text.replace([HOLE, DATA], "…");
                Some(Doubt::new(
                    format!("text {shown}"),
                    format!("the text `{}` is not fully known", shorten(&shown)),
                    false,
                ))
            }
            Self::Tuple(list) | Self::List(list) => list.iter().find_map(Self::doubt),
            Self::Variant(variant) => variant.fields.iter().find_map(Self::doubt),
            _ => None,
        }
    }

    /// What kind of value it is, in words.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Unit => "nothing".to_owned(),
            Self::Bool(_) => "a truth value".to_owned(),
            Self::Int(_) => "a number".to_owned(),
            Self::Char(_) => "a character".to_owned(),
            Self::Str(_) => "a text".to_owned(),
            Self::Path(_) => "a path".to_owned(),
            Self::Tuple(_) => "a tuple".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a map".to_owned(),
            Self::Struct(s) => format!("`{}`", s.ty),
            Self::Variant(v) => format!("`{}::{}`", v.ty, v.name),
            Self::Iter(_) => "an iterator".to_owned(),
            Self::Closure(_) | Self::Func(_) | Self::Native(_) => "a function".to_owned(),
            Self::Ref(_) | Self::Shared(_) => "a reference".to_owned(),
            Self::Unknown(_) => "something unknown".to_owned(),
        }
    }

    /// The type's name, for the script's own methods.
    pub(super) fn type_name(&self) -> Option<&str> {
        match self {
            Self::Struct(s) => Some(&s.ty),
            Self::Variant(v) => Some(&v.ty),
            _ => None,
        }
    }

    /// Order and equality; `None` when it is not known or makes no sense.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        self.compare_at(other, 0)
    }

    /// A value may lead back to itself through references: only so deep.
    fn compare_at(&self, other: &Self, depth: usize) -> Option<Ordering> {
        if depth > 64 {
            return None;
        }
        let compare_all = |a: &[Self], b: &[Self]| compare_all(a, b, depth + 1);
        match (self, other) {
            (Self::Ref(_) | Self::Shared(_), _) | (_, Self::Ref(_) | Self::Shared(_)) => {
                let (a, b) = (self.clone().deref(), other.clone().deref());
                a.compare_at(&b, depth + 1)
            }
            (Self::Unit, Self::Unit) => Some(Ordering::Equal),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Char(a), Self::Char(b)) => Some(a.cmp(b)),
            (Self::Str(_) | Self::Path(_), Self::Str(_) | Self::Path(_)) => {
                Some(self.text()?.cmp(other.text()?))
            }
            (Self::Tuple(a) | Self::List(a), Self::Tuple(b) | Self::List(b)) => compare_all(a, b),
            (Self::Variant(a), Self::Variant(b)) if a.name == b.name => {
                compare_all(&a.fields, &b.fields)
            }
            (Self::Variant(a), Self::Variant(b)) => Some(rank(&a.name).cmp(&rank(&b.name))),
            (Self::Struct(a), Self::Struct(b)) => {
                let values = |s: &Struct| s.fields.values().cloned().collect::<Vec<_>>();
                if a.ty == "Version" {
                    let numbers = |s: &Struct| {
                        ["major", "minor", "patch"].map(|name| s.fields.get(name).cloned())
                    };
                    return compare_all(
                        &numbers(a).into_iter().flatten().collect::<Vec<_>>(),
                        &numbers(b).into_iter().flatten().collect::<Vec<_>>(),
                    );
                }
                compare_all(&values(a), &values(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                let flat = |map: &[(Value, Value)]| -> Vec<Value> {
                    map.iter()
                        .flat_map(|(k, v)| [k.clone(), v.clone()])
                        .collect()
                };
                compare_all(&flat(a), &flat(b))
            }
            _ => None,
        }
    }
}

/// `None < Some`, `Ok < Err`, `Less < Equal < Greater`; other variants by name.
fn rank(name: &str) -> (u8, &str) {
    match name {
        "None" | "Ok" | "Less" => (0, ""),
        "Some" | "Err" | "Equal" => (1, ""),
        "Greater" => (2, ""),
        name => (0, name),
    }
}

fn compare_all(a: &[Value], b: &[Value], depth: usize) -> Option<Ordering> {
    for (a, b) in a.iter().zip(b) {
        match a.compare_at(b, depth)? {
            Ordering::Equal => {}
            other => return Some(other),
        }
    }
    Some(a.len().cmp(&b.len()))
}

/// A few words of a text for a reason.
pub(super) fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 60 {
        return line;
    }
    let mut short: String = line.chars().take(57).collect();
    short.push('…');
    short
}
