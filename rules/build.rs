//! Embeds `rules/*.toml` as static tables.
fn main() {}
