//! Which way a path through the script goes where the answer is not known.
//!
//! The script is run again for every path: first with each question answered as is likely,
//! then with one answer after the other turned round, breadth first. That needs no copy of
//! the interpreter's state, and the first path is the guess.

use std::collections::{BTreeMap, VecDeque};

use super::value::Doubt;

/// One question on a path.
#[derive(Clone)]
pub(super) struct Choice {
    pub(super) reason: String,
    pub(super) answer: bool,
}

#[derive(Default)]
pub(super) struct Oracle {
    prefix: Vec<bool>,
    pub(super) choices: Vec<Choice>,
    known: BTreeMap<String, bool>,
}

impl Oracle {
    pub(super) fn new(prefix: Vec<bool>) -> Self {
        Self {
            prefix,
            ..Self::default()
        }
    }

    /// The answer on this path.
    pub(super) fn decide(&mut self, doubt: &Doubt, likely: bool, line: usize) -> bool {
        if let Some(&answer) = self.known.get(&*doubt.key) {
            return answer;
        }
        let answer = self
            .prefix
            .get(self.choices.len())
            .copied()
            .unwrap_or(likely);
        self.choices.push(Choice {
            reason: format!("{} (line {line})", doubt.reason),
            answer,
        });
        self.known.insert(doubt.key.to_string(), answer);
        answer
    }

    /// Answers that follow from the path being one that builds.
    pub(super) fn suppose(&mut self, doubt: &Doubt, answer: bool) -> bool {
        *self.known.entry(doubt.key.to_string()).or_insert(answer) == answer
    }
}

/// Paths still to go.
pub(super) struct Paths {
    queue: VecDeque<Vec<bool>>,
    left: usize,
}

impl Paths {
    pub(super) fn new(most: usize) -> Self {
        Self {
            queue: VecDeque::from([Vec::new()]),
            left: most,
        }
    }

    pub(super) fn next(&mut self) -> Option<Vec<bool>> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.queue.pop_front()
    }

    /// Queues the neighbours of a path that was walked with `prefix`.
    pub(super) fn fork(&mut self, prefix: usize, choices: &[Choice]) {
        for turned in prefix..choices.len() {
            if self.queue.len() > 4096 {
                return;
            }
            let mut answers: Vec<bool> = choices[..turned].iter().map(|c| c.answer).collect();
            answers.push(!choices[turned].answer);
            self.queue.push_back(answers);
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.queue.is_empty()
    }
}
