//! Three-way merge of lines (diff3): stretches that one side left alone are the other's.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// What the two sides are called in markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labels<'a> {
    pub mine: &'a str,
    pub theirs: &'a str,
}

/// A merged text, perhaps with markers in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    pub text: String,
    /// How many stretches have markers.
    pub conflicts: usize,
}

/// Merges by lines.
#[must_use]
pub fn merge_lines(base: &str, mine: &str, theirs: &str, labels: &Labels<'_>) -> Merged {
    let [base, mine, theirs] = [base, mine, theirs].map(|text| {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines
    });
    let (in_mine, in_theirs) = (matches(&base, &mine), matches(&base, &theirs));
    let mut out = Merged::default();
    let (mut b, mut m, mut t) = (0, 0, 0);
    loop {
        // The next line that all three have.
        let stable = (b..base.len()).find_map(|at| Some((at, in_mine[at]?, in_theirs[at]?)));
        let (next_b, next_m, next_t) = stable.unwrap_or((base.len(), mine.len(), theirs.len()));
        stretch(
            &mut out,
            &base[b..next_b],
            &mine[m..next_m],
            &theirs[t..next_t],
            labels,
        );
        let Some((at, ..)) = stable else {
            return out;
        };
        out.text.push_str(base[at]);
        (b, m, t) = (next_b + 1, next_m + 1, next_t + 1);
    }
}

/// For each line of the first the line of the second that it is, in order.
fn matches(from: &[&str], to: &[&str]) -> Vec<Option<usize>> {
    let mut out = vec![None; from.len()];
    for op in capture_diff_slices(Algorithm::Myers, from, to) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            for step in 0..len {
                out[old_index + step] = Some(new_index + step);
            }
        }
    }
    out
}

fn stretch(out: &mut Merged, base: &[&str], mine: &[&str], theirs: &[&str], labels: &Labels<'_>) {
    if mine == base || mine == theirs {
        out.text.extend(theirs.iter().copied());
        return;
    }
    if theirs == base {
        out.text.extend(mine.iter().copied());
        return;
    }
    // What both sides begin and end with is no matter of dispute.
    let same = |a: &&str, b: &&str| a == b;
    let before = mine
        .iter()
        .zip(theirs)
        .take_while(|(a, b)| same(a, b))
        .count();
    let (mine, theirs, head) = (&mine[before..], &theirs[before..], &mine[..before]);
    let (from_end, to_end) = (mine.iter().rev(), theirs.iter().rev());
    let after = from_end.zip(to_end).take_while(|(a, b)| same(a, b)).count();
    let (mine, tail) = mine.split_at(mine.len() - after);
    let theirs = &theirs[..theirs.len() - after];
    out.text.extend(head.iter().copied());
    out.conflicts += 1;
    let mut part = |marker: String, lines: &[&str]| {
        out.text.push_str(&marker);
        out.text.push('\n');
        out.text.extend(lines.iter().copied());
        if lines.last().is_some_and(|line| !line.ends_with('\n')) {
            out.text.push('\n');
        }
    };
    part(format!("<<<<<<< {}", labels.mine), mine);
    part("=======".to_owned(), theirs);
    part(format!(">>>>>>> {}", labels.theirs), &[]);
    out.text.extend(tail.iter().copied());
}
