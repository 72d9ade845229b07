//! Is this a good rule? Lints and examples.
