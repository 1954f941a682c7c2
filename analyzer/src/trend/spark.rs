//! A row of values as a row of characters.

/// What stands at one place of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    Value(u64),
    /// The commit has no figures.
    Gap,
    /// The commit has figures, but not this one: the crate was not in the tree.
    Nothing,
    /// What is left and right of it is not to be compared.
    Break,
}

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const PLAIN: [char; 8] = ['_', '.', '-', '~', '=', '+', '*', '#'];

/// Each stretch between breaks has a scale of its own, from its least to its greatest value.
pub(super) fn line(cells: &[Cell], ascii: bool) -> String {
    let stretches = cells.split(|cell| *cell == Cell::Break);
    let drawn: Vec<String> = stretches.map(|cells| stretch(cells, ascii)).collect();
    drawn.join(if ascii { "|" } else { "│" })
}

fn stretch(cells: &[Cell], ascii: bool) -> String {
    let values = || {
        cells.iter().filter_map(|cell| match cell {
            Cell::Value(value) => Some(*value),
            _ => None,
        })
    };
    let (least, most) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
    let levels = if ascii { PLAIN } else { BLOCKS };
    let draw = |cell: &Cell| match cell {
        // A row that does not change runs in the middle.
        Cell::Value(_) if least == most => levels[3],
        Cell::Value(value) => {
            let step = u128::from(value - least) * 7 / u128::from(most - least);
            levels[usize::try_from(step).unwrap_or(0)]
        }
        Cell::Gap if ascii => '?',
        Cell::Gap => '·',
        Cell::Nothing | Cell::Break => ' ',
    };
    cells.iter().map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::{Cell::*, line};

    #[test]
    fn rows() {
        let cells = [
            Value(10),
            Value(20),
            Gap,
            Value(80),
            Nothing,
            Break,
            Value(7),
            Value(7),
            Break,
            Value(u64::MAX),
            Value(0),
        ];
        assert_eq!(line(&cells, false), "▁▂·█ │▄▄│█▁");
        assert_eq!(line(&cells, true), "_.?# |~~|#_");
        assert_eq!(line(&[], false), "");
        assert_eq!(line(&[Gap], true), "?");
    }
}
