//! Local variables: a linked list of names, so that a closure keeps the part it sees.

use std::cell::RefCell;
use std::rc::Rc;

use super::value::{Cell, Value};

#[derive(Clone, Default)]
pub(super) struct Scope(Option<Rc<Node>>);

struct Node {
    name: String,
    cell: Cell,
    next: Scope,
}

impl Scope {
    pub(super) fn bind(&mut self, name: &str, value: Value) {
        self.0 = Some(Rc::new(Node {
            name: name.to_owned(),
            cell: Rc::new(RefCell::new(value)),
            next: std::mem::take(self),
        }));
    }

    pub(super) fn find(&self, name: &str) -> Option<Cell> {
        let mut node = self.0.as_ref();
        while let Some(here) = node {
            if here.name == name {
                return Some(Rc::clone(&here.cell));
            }
            node = here.next.0.as_ref();
        }
        None
    }
}

/// A long list is taken down without recursion.
impl Drop for Node {
    fn drop(&mut self) {
        let mut next = self.next.0.take();
        while let Some(node) = next {
            match Rc::try_unwrap(node) {
                Ok(mut alone) => next = alone.next.0.take(),
                Err(_) => break,
            }
        }
    }
}
