//! Holds the crate to the layers that ARCHITECTURE.md lists, and the engine to its promises.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the library in layers: each may use those of the lines above its own.
const LAYERS: &[&[&str]] = &[
    &["lock", "secret", "span"],
    &["path", "plain"],
    &["blob"],
    &["git", "rule"],
    &["engine", "source"],
    &["finding"],
    &["check"],
    &["remedy"],
    &["report"],
    &["redact", "scan"],
    &["config"],
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file below `folder` with its text, without the tests at its end.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
            files.push((path, code));
        }
    }
    files
}

/// The module of the library that a file belongs to; none for `lib.rs` and the binary.
fn module(path: &Path) -> Option<String> {
    let below = path.strip_prefix(root().join("src")).expect("it is a source");
    let first = below.iter().next()?.to_str()?.trim_end_matches(".rs").to_owned();
    (!["lib", "main", "cli"].contains(&&*first)).then_some(first)
}

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("`{module}` stands in no layer"))
}

/// The modules named by `crate::…` in code, also outside of `use`.
fn used(code: &str) -> Vec<String> {
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let word =
        |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let mut modules = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + found.len()..];
        // Nobody writes `use crate::{…}` here: one line for one module is what can be read off.
        assert!(!rest.starts_with('{'), "write one `use crate::…` for each module");
        modules.push(word(rest));
    }
    modules.retain(|module| module.starts_with(|c: char| c.is_ascii_lowercase()));
    modules
}

#[test]
fn every_module_uses_only_those_above_it() {
    let mut wrong = Vec::new();
    for (path, code) in sources(&root().join("src")) {
        let Some(own) = module(&path) else { continue };
        for other in used(&code).into_iter().filter(|other| *other != own) {
            if layer(&other) >= layer(&own) {
                wrong.push(format!("{} uses {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_library_declares_its_modules_in_the_order_of_the_layers() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("it is there");
    let lines = lib.lines().map(|line| line.strip_prefix("pub ").unwrap_or(line));
    let declared: Vec<_> = lines.filter_map(|line| line.strip_prefix("mod ")).collect();
    let layers: Vec<_> = declared.iter().map(|module| layer(module.trim_end_matches(';'))).collect();
    assert!(layers.is_sorted(), "{declared:?}");
    assert_eq!(declared.len(), LAYERS.iter().map(|layer| layer.len()).sum::<usize>());
}

#[test]
fn the_layers_are_those_of_the_document() {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("it is there");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: Vec<Vec<String>> = rows
        .take(LAYERS.len())
        .map(|row| {
            let cell = row.split('|').next().unwrap_or_default();
            cell.split(',').map(|name| name.trim().trim_matches('`').to_owned()).collect()
        })
        .collect();
    assert_eq!(listed, LAYERS);
}

/// By its name, with folders before it or not, or with a folder that a table names with a slash behind it.
#[test]
fn the_document_names_every_file() {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("it is there");
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let files = quoted(&document);
    let folders: Vec<_> = document.lines().filter(|line| line.starts_with('|')).flat_map(quoted).collect();
    let is_named = |path: &str| {
        let name = path.trim_end_matches("/mod");
        let ends_in = |path: &str, word: &str| path == word || path.ends_with(&format!("/{word}"));
        let is_in = |folder: &str| path.match_indices('/').any(|(at, _)| ends_in(&path[..at], folder));
        files.iter().any(|word| ends_in(name, word.trim_end_matches(".rs").trim_end_matches('/')))
            || folders.iter().filter_map(|word| word.strip_suffix('/')).any(is_in)
    };
    let mut unnamed = Vec::new();
    for (path, _) in sources(&root().join("src")) {
        let below = path.strip_prefix(root().join("src")).expect("it is a source").with_extension("");
        let below = below.to_str().expect("names of sources are text").replace('\\', "/");
        let is_exempt = below.ends_with("_test") || ["lib", "main"].contains(&&*below);
        if !is_exempt && !is_named(&below) {
            unnamed.push(below);
        }
    }
    assert!(unnamed.is_empty(), "{unnamed:#?}");
}

#[test]
fn the_engine_does_no_io_and_nothing_opens_a_connection() {
    let mut wrong = Vec::new();
    for (path, code) in sources(&root().join("src")) {
        let own = module(&path);
        let mut forbidden = vec!["std::net", "TcpStream", "UdpSocket"];
        if own.as_deref() == Some("engine") {
            forbidden.extend(["std::fs", "std::io", "std::env", "std::process", "crate::git"]);
        }
        if own.is_some() {
            forbidden.extend(["println!", "eprintln!", "print!(", "eprint!(", "dbg!", "anyhow", "clap::"]);
        }
        let code: Vec<_> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let found = forbidden.into_iter().filter(|word| code.contains(word));
        wrong.extend(found.map(|word| format!("{}: {word}", path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
