//! Advisories on analyses made by hand.
