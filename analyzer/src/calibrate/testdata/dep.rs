//! The dependency of the calibration tests: one function for each case that debug info has.

include!(concat!(env!("OUT_DIR"), "/generated.rs"));

pub fn used() -> u32 {
    helper()
}
fn helper() -> u32 {
    1
}
pub fn unused() -> u32 {
    helper_of_unused()
}
fn helper_of_unused() -> u32 {
    2
}

#[inline(always)]
pub fn inlined(x: u32) -> u32 {
    x.wrapping_mul(3)
}
#[inline(always)]
pub fn inlined_unused(x: u32) -> u32 {
    x.wrapping_mul(5)
}
pub fn calls_inlined_unused(x: u32) -> u32 {
    inlined_unused(x)
}

pub fn generic<T: ToString>(value: T) -> String {
    value.to_string()
}
pub fn generic_unused<T: ToString>(value: T) -> String {
    value.to_string()
}

pub const fn compile_time(x: u32) -> u32 {
    x + 1
}
pub const VALUE: u32 = compile_time(41);

pub trait Shape {
    fn area(&self) -> u32;
    fn provided(&self) -> u32 {
        self.area() + 1
    }
    fn provided_unused(&self) -> u32
    where
        Self: Sized,
    {
        7
    }
}
#[derive(Clone, Debug, PartialEq)]
pub struct Square(pub u32);
impl Shape for Square {
    fn area(&self) -> u32 {
        self.0
    }
}
#[derive(
    Clone,
    Debug,
)]
pub struct Multi(pub u32);
impl Drop for Multi {
    fn drop(&mut self) {
        on_drop()
    }
}
fn on_drop() {}

pub fn with_nested() -> u32 {
    fn nested() -> u32 {
        4
    }
    fn nested_unused() -> u32 {
        5
    }
    let closure = |x: u32| in_closure(x);
    closure(nested())
}
fn in_closure(x: u32) -> u32 {
    x
}

pub async fn asynchronous() -> u32 {
    awaited().await
}
async fn awaited() -> u32 {
    6
}

macro_rules! make {
    ($name:ident) => {
        pub fn $name() -> u32 {
            8
        }
    };
}
make!(from_macro);
make!(from_macro_unused);

#[macro_export]
macro_rules! make_in_caller {
    () => {
        pub fn in_caller() -> u32 {
            9
        }
    };
}

pub fn in_dead_branch() {}
pub fn prunes() {
    if cfg!(any()) {
        in_dead_branch()
    }
}
pub fn r#try() {}
