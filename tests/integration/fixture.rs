//! Fixtures as a user would have them: files in a folder of their own, outside git and away from the
//! word `fixtures`, which could tell a scanner that nothing there matters.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A file of a fixture: its path within the fixture, and its bytes.
pub struct Page {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// A finding of the JSON report, as far as these tests look at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub path: String,
    pub start: usize,
    pub line: u64,
    pub rule: String,
    pub secret: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}: {}", self.path, self.line, self.rule, self.secret)
    }
}

/// Every file under `fixtures/NAME`, sorted by path.
pub fn pages(name: &str) -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let mut pages = Vec::new();
    for entry in ignore::WalkBuilder::new(&root).standard_filters(false).build() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            let path = entry.path().strip_prefix(&root).unwrap().to_owned();
            pages.push(Page { path, bytes: std::fs::read(entry.path()).unwrap() });
        }
    }
    assert!(!pages.is_empty(), "no file under {}", root.display());
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    pages
}

/// What `stanch scan` finds in the pages, sorted; it must have read every one of them.
pub fn scan(pages: &[Page], confidence: &str) -> Vec<Found> {
    let folder = TempDir::new().unwrap();
    for page in pages {
        let path = folder.path().join(&page.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &page.bytes).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_stanch"))
        .args(["scan", "--no-ignore", "--format", "json", "--show-secrets", "--confidence", confidence, "."])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON on standard output ({error}), but {stderr}"));
    let mut found: Vec<_> = report["findings"].as_array().unwrap().iter().map(found).collect();
    assert_eq!(output.status.code(), Some(i32::from(!found.is_empty())), "{stderr}");
    assert_eq!(report["coverage"]["scanned"]["files"], pages.len(), "{}", report["coverage"]);
    found.sort();
    found
}

fn found(finding: &Value) -> Found {
    let text = |field: &str| finding[field].as_str().unwrap().to_owned();
    Found {
        path: text("path"),
        start: finding["byte_offset"].as_u64().unwrap() as usize,
        line: finding["start_line"].as_u64().unwrap(),
        rule: text("rule"),
        secret: text("secret"),
    }
}

/// Findings one a line, for messages.
pub fn lines(found: &[Found]) -> String {
    found.iter().map(|found| format!("\n  {found}")).collect()
}
