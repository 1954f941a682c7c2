//! The nodes of the witness graph. Many are instances of one item and look the same: what they
//! show is kept once.

use std::ops::Index;

use camino::Utf8PathBuf;
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};

/// A node of the witness graph: one instance, shown as its item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Node {
    /// Index into `Analysis::items`, when the item belongs to a dependency.
    pub item: Option<usize>,
    /// Display path with type arguments.
    pub label: String,
    /// Where the definition stands; `None` for std and generated glue.
    pub file: Option<Utf8PathBuf>,
    pub line: u32,
}

/// A list of nodes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Nodes {
    different: Vec<Node>,
    /// Which of the above each is.
    all: Vec<u32>,
}

impl Nodes {
    /// `all`: which of the `different` ones each is; some of these may look alike.
    ///
    /// # Panics
    /// When one is none of them.
    #[must_use]
    pub fn new(different: Vec<Node>, all: Vec<u32>) -> Self {
        let mut numbers: Vec<u32> = vec![u32::MAX; different.len()];
        // In the order in which they come, whoever found out that they are alike.
        let mut known: IndexSet<Node> = IndexSet::with_capacity(different.len());
        let mut different: Vec<Option<Node>> = different.into_iter().map(Some).collect();
        let mut number = |one: u32| {
            let one = one as usize;
            if let Some(node) = different[one].take() {
                let (number, _) = known.insert_full(node);
                numbers[one] = u32::try_from(number).unwrap_or(u32::MAX);
            }
            numbers[one]
        };
        let all = all.into_iter().map(&mut number).collect();
        Self {
            different: known.into_iter().collect(),
            all,
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Node> {
        self.different.get(*self.all.get(index)? as usize)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Node> {
        self.all.iter().map(|&one| &self.different[one as usize])
    }

    /// Adds one that looks like no other.
    pub fn push(&mut self, node: Node) {
        self.all
            .push(u32::try_from(self.different.len()).unwrap_or(u32::MAX));
        self.different.push(node);
    }
}

impl Index<usize> for Nodes {
    type Output = Node;

    fn index(&self, index: usize) -> &Node {
        &self.different[self.all[index] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, Nodes};

    #[test]
    fn what_looks_alike_is_kept_once_in_the_order_of_the_nodes() {
        let node = |label: &str| Node {
            item: None,
            label: label.to_owned(),
            file: None,
            line: 0,
        };
        let nodes = Nodes::new(vec![node("a"), node("b"), node("a")], vec![1, 2, 0, 1]);
        let labels: Vec<&str> = nodes.iter().map(|node| node.label.as_str()).collect();
        assert_eq!(labels, ["b", "a", "a", "b"]);
        assert_eq!(nodes.different, [node("b"), node("a")]);
        assert_eq!((nodes.len(), nodes.get(4)), (4, None));
    }
}
