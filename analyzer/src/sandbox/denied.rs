//! What code in the sandbox was denied, as far as it says so itself.
//!
//! The kernel does not tell the tool what it denied. Programs that were denied something usually
//! say so, in the words of their system; one that hides it is not found out this way.

/// Words of programs that were denied something.
const DENIALS: [&str; 5] = [
    "os error 13",
    "os error 1)",
    "os error 30",
    "ermission denied",
    "peration not permitted",
];

/// The lines that speak of a denial.
pub(crate) fn denied_lines(text: &str) -> impl Iterator<Item = &str> {
    let denied = |line: &&str| DENIALS.iter().any(|words| line.contains(words));
    text.lines().map(str::trim).filter(denied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_denial() {
        let text = "reading: Permission denied (os error 13)\nall is well\n  Operation not permitted (os error 1)\n(os error 11)\n";
        let lines: Vec<&str> = denied_lines(text).collect();
        assert_eq!(
            lines,
            [
                "reading: Permission denied (os error 13)",
                "Operation not permitted (os error 1)"
            ]
        );
    }
}
