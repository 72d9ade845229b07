//! Whatever bytes a text holds, it is read to its end, and what is told of it makes sense.

use std::fmt::Write;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::blob::{Blob, Provenance};
use crate::engine::{Scanner, Scratch};
use crate::rule::RuleSet;

/// What files are made of: names, what joins them to values, quotes, brackets, escapes, codes of a terminal, frames.
const PIECES: &[&str] = &[
    "password",
    "api_key",
    "secret",
    "token",
    "auth",
    "private_key",
    "db.password",
    "\"password\"",
    "'secret'",
    "name",
    "value",
    "pw",
    "psk",
    "Authorization: Bearer ",
    "aws_secret_access_key",
    "=",
    " = ",
    ": ",
    ":",
    " := ",
    "=>",
    "->",
    " == ",
    "!=",
    "(",
    "((",
    "(\"",
    "\"",
    "'",
    "`",
    "\"\"\"",
    "'''",
    ")",
    "\")",
    ",",
    "; ",
    "\n",
    "\r\n",
    "\r",
    "\n  ",
    "\t",
    "{",
    "}",
    "{{",
    "}}",
    "${",
    "$(",
    "[",
    "]",
    "<",
    ">",
    "</",
    "/>",
    "|",
    " | ",
    "\\",
    "\\n",
    "\\\"",
    "\\\\\"",
    "\\u0022",
    "\\u003c",
    "\\x41",
    "&lt;",
    "&amp;",
    "&#43;",
    "&quot;",
    "%3C",
    "%26",
    "%",
    " + ",
    " . ",
    "\\\n",
    " or \"",
    " ?? ",
    " || ",
    ":-",
    " -p",
    "--password ",
    "-u ",
    "curl ",
    "https://user:",
    "@host.io/db",
    "mysql -p",
    "$2b$10$",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "-----END RSA PRIVATE KEY-----\n",
    "<password>",
    "</password>",
    "<string name=\"",
    "INSERT INTO t (a, password) VALUES (",
    "name,password,role\n",
    "x,y,",
    "| user | password |\n|---|---|\n",
    "#",
    "//",
    "/*",
    "*/",
    "é",
    "日",
    "\0",
    "\x1b[31m",
    "\x1b]8;;",
    "\x1b]",
    "\x1b",
    "\x07",
    "\u{feff}",
    "is ",
    "to ",
    "f\"",
    "@\"",
    "<<EOF\n",
    "EOF\n",
    ">-\n",
    "q{",
    "R\"(",
    "r#\"",
    "Some(",
    "getenv(\"X\", \"",
    "os.environ[\"",
    "default = \"",
    "=?UTF-8?B?",
    "=3D",
    "kind: Secret\ndata:\n  ",
    "export ",
    "set ",
    "SetEnv ",
    "define(\"",
    "\"value\": \"",
    "k7",
    "Tr0ub4dor&3",
    "hunter2",
    "changeme",
];

const PATHS: &[&str] = &[
    "a", "a.txt", "a.py", "a.js", "a.yml", "a.json", ".env", "a.xml", "a.md", "a.go", "a.php", "a.sh",
    "a.html", "a.sql", "a.csv", "a.properties", "a.tf", "a.c", "a.rb", "a.pl", "a.ipynb", "a.log", "a.eml",
    "a.java",
];

/// Pieces, or a value of letters and digits that nobody chose.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES).prop_map(str::to_owned);
    let value = prop_oneof!["[A-Za-z0-9]{3,40}", "[0-9a-f]{32}", "[!-~]{8,24}"];
    prop::collection::vec(prop_oneof![5 => piece, 2 => value], 0..80).prop_map(|pieces| pieces.concat())
}

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(RuleSet::builtin()));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn any_text_is_read_to_its_end(text in texts(), path in prop::sample::select(PATHS)) {
        let inspector = Inspector::new(&SCANNER, InspectOptions::default());
        let provenance = Provenance::File { path: path.into(), shown_from: 0 };
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        inspector.findings(
            &Blob::whole(text.as_bytes(), &provenance), &mut Scratch::default(), &mut found, &mut notes,
        );
        for finding in found {
            prop_assert!(!finding.secret.reveal().trim().is_empty(), "{finding:?}");
            prop_assert!(finding.location.start < finding.location.end, "{finding:?}");
            prop_assert!(finding.location.byte_offset < text.len() as u64, "{finding:?}");
            let mut shown = String::new();
            for piece in finding.frame.lines.iter().flat_map(|line| &line.pieces) {
                if let Piece::Text(plain) = piece {
                    write!(shown, "{plain} ").expect("strings take everything");
                }
            }
            let is_long = finding.secret.reveal().len() >= 12;
            prop_assert!(!is_long || !shown.contains(finding.secret.reveal()), "{shown}");
        }
    }
}
