//! Advice on analyses made by hand.
