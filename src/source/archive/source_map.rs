//! Source maps, by ECMA-426: what a bundle was made of, line by line as it was written.
//!
//! They ship with a site more often than anybody meant them to. Each source whose text is in the map is a member
//! under its own name. A map without any, and what only looks like one, is lent as the bytes that it is.

use std::io::Read;
use std::sync::Arc;

use serde::Deserialize;

use super::unpack::{Failure, Unpack};
use crate::blob::Provenance;

/// How deep maps may be joined to one by sections; the standard allows one level.
const DEEPEST: usize = 4;

#[derive(Deserialize)]
struct Map {
    #[serde(default)]
    sources: Vec<Option<String>>,
    #[serde(default, rename = "sourcesContent")]
    contents: Vec<Option<String>>,
    #[serde(default)]
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    map: Option<Box<Map>>,
}

/// Whether bytes that begin so, under this name, are a map: JSON alone says nothing.
pub(super) fn is_map(head: &[u8], name: &[u8]) -> bool {
    let first = head.iter().find(|b| !b.is_ascii_whitespace());
    let is_named = name.len() > 4 && name[name.len() - 4..].eq_ignore_ascii_case(b".map");
    matches!(first, Some(b'{' | b')')) && is_named
}

/// Lends the sources in a map.
pub(super) fn read(
    unpack: &mut Unpack<'_>,
    reader: &mut dyn Read,
    at: &Arc<Provenance>,
) -> Result<(), Failure> {
    let held = unpack.budget.hold(reader)?;
    let bytes = held.bytes();
    // A first line that keeps browsers from running it is allowed.
    let json = bytes.strip_prefix(b")]}'").unwrap_or(bytes);
    let found = match serde_json::from_slice::<Map>(json) {
        Ok(map) => lend(unpack, &map, at, 0)?,
        Err(_) => false,
    };
    if found { Ok(()) } else { unpack.lend_as_it_is(at, &mut &*bytes) }
}

/// Lends the sources of a map and of its sections, and says whether there were any.
fn lend(unpack: &mut Unpack<'_>, map: &Map, at: &Arc<Provenance>, depth: usize) -> Result<bool, Failure> {
    let mut found = false;
    for (index, content) in map.contents.iter().enumerate() {
        let Some(content) = content else { continue };
        let source = map.sources.get(index).and_then(Option::as_deref).unwrap_or_default();
        found = true;
        unpack.member(at, path(source, index).as_bytes(), &mut content.as_bytes());
        unpack.goes_on()?;
    }
    for map in map.sections.iter().filter_map(|section| section.map.as_deref()) {
        if depth < DEEPEST {
            found |= lend(unpack, map, at, depth + 1)?;
        }
    }
    Ok(found)
}

/// The path of a source without what bundlers put around it: `webpack://shop/./src/app.ts?1a2b`.
fn path(source: &str, index: usize) -> String {
    let (scheme, rest) = source.split_once("://").unwrap_or(("", source));
    // The name behind webpack's scheme is that of a package, and may be empty.
    let rest = if scheme.is_empty() { rest } else { rest.split_once('/').map_or(rest, |(_, path)| path) };
    let rest = rest.split('?').next().unwrap_or_default();
    let path = rest.trim_start_matches('/').trim_start_matches("./");
    if path.is_empty() { format!("source-{}", index + 1) } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_freed_of_what_bundlers_add() {
        for (source, expected) in [
            ("webpack:///./src/app.ts", "src/app.ts"),
            ("webpack://shop/./src/app.ts?1a2b", "src/app.ts"),
            ("../../src/app.ts", "../../src/app.ts"),
            ("src/app.ts", "src/app.ts"),
            ("https://example.com/js/app.js", "js/app.js"),
            ("", "source-1"),
        ] {
            assert_eq!(path(source, 0), expected, "{source}");
        }
    }

    #[test]
    fn names_tell_maps_and_programs_are_none() {
        assert!(is_map(b"{\"version\":3", b"app.js.map"));
        assert!(is_map(b")]}'\n{\"version\":3", b"app.css.MAP"));
        assert!(!is_map(b"{\"version\":3", b"app.json"));
        assert!(!is_map(b"level 1", b"dungeon.map"));
    }
}
