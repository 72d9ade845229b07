//! Files without a secret stay without a finding.

use crate::common::stanch;
use crate::fixture::{lines, pages, scan};

/// What guides show where a reader's own key belongs.
const PLACEHOLDERS: &[&str] = &[
    "Authorization: Bearer YOUR_API_KEY",
    "export API_KEY=\"your-api-key-here\"",
    "process.env.API_KEY",
    "\"key_id\": \"key_1234567890\"",
    "set API_KEY=your-api-key-here",
    "$env:API_KEY=\"your-api-key-here\"",
    "Bearer ${apiKey}",
    "f'Bearer {api_key}'",
    "os.environ.get('API_KEY')",
];

#[test]
fn guides_are_clean_even_at_low_confidence() {
    let found = scan(&pages("clean/guides"), "low");
    assert!(found.is_empty(), "placeholders were reported:{}", lines(&found));
}

#[test]
fn harmless_files_are_clean_at_the_default_confidence() {
    let found = scan(&pages("clean"), "medium");
    assert!(found.is_empty(), "what is no secret was reported:{}", lines(&found));
}

/// What is invented for tests here is allowed by name, so a real secret would be told.
#[test]
fn the_repository_itself_is_clean() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let ended = stanch(root)
        .args(["scan", "--no-ignore", "src", "rules", "tests", "fixtures", "benches", "docs", "README.md"])
        .run();
    ended.status(0);
}

/// Several guides show each of them: one could lose it unnoticed.
#[test]
fn guides_show_the_usual_placeholders() {
    let guides = pages("clean/guides");
    for placeholder in PLACEHOLDERS {
        let showing = guides.iter().filter(|page| {
            String::from_utf8_lossy(&page.bytes).replace("&quot;", "\"").contains(placeholder)
        });
        assert!(showing.count() >= 2, "hardly any guide shows `{placeholder}`");
    }
}
