//! When a document was made, what it is called, and what its packages are called.

use std::fmt::Write;

/// Seconds since 1970, of the document. Given, not read from a clock here, so that the same
/// input makes the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(pub u64);

impl Stamp {
    /// `2026-11-23T01:02:03Z`, as RFC 3339 has it.
    #[must_use]
    pub fn date_time(self) -> String {
        let (days, rest) = (self.0 / 86_400, self.0 % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Year, month and day of a day since 1970, by the rule that years begin in March so that the
/// leap day ends them (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

/// A package URL: `pkg:cargo/name@1.0.0%2Bbuild`.
pub(crate) fn purl(name: &str, version: &str) -> String {
    format!("pkg:cargo/{}@{}", escaped(name), escaped(version))
}

/// Everything but what RFC 3986 leaves unreserved as `%XX`.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A name for a document made of its content: a UUID of version 8 (RFC 9562), over two runs of
/// FNV-1a. It tells documents apart and proves nothing.
pub(crate) fn uuid(content: &str) -> String {
    let run = |seed: u64| {
        content.bytes().fold(seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    };
    let (high, low) = (run(0xcbf2_9ce4_8422_2325), run(0x8422_2325_cbf2_9ce4));
    let high = high & !0xf000 | 0x8000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    let digits = format!("{high:016x}{low:016x}");
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|part| &digits[part])
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_795_395_723, "2026-11-23T01:02:03Z"),
        ] {
            assert_eq!(Stamp(seconds).date_time(), text);
        }
    }

    #[test]
    fn purls_are_escaped() {
        assert_eq!(
            purl("a-b_c", "1.0.0-rc.1+x"),
            "pkg:cargo/a-b_c@1.0.0-rc.1%2Bx"
        );
        assert_eq!(purl("a\x1b/é", "1"), "pkg:cargo/a%1B%2F%C3%A9@1");
    }

    #[test]
    fn documents_are_told_apart() {
        assert_ne!(uuid("a"), uuid("b"));
        let id = uuid("a");
        assert_eq!((id.len(), &id[14..15]), (36, "8"));
        assert!("89ab".contains(&id[19..20]), "{id}");
    }
}
