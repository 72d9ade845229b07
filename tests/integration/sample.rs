//! Invented findings, made of a text that holds an invented secret.

use stanch::blob::Provenance;
use stanch::engine::Proof;
use stanch::finding::{
    BaselineState, Finding, Fingerprint, Frame, FrameLine, Key, Location, Match, Partner, Piece, Reuse,
    Suppression, SuppressionKind,
};
use stanch::report::{self, Format, Look, Run, Summary, Totals};
use stanch::rule::{Category, Checksum, Confidence, Detection, RuleSpec, Severity};
use stanch::secret::Secret;
use stanch::source::{Coverage, Skip, Tally};
use stanch::span::Position;

/// So many characters of base62 that depend on the seed alone.
pub fn base62(seed: u64, length: usize) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut state = seed;
    let character = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(ALPHABET[(state >> 33) as usize % ALPHABET.len()])
    };
    (0..length).map(character).collect()
}

/// A rule of an invented provider.
pub fn rule(id: &'static str, description: &'static str, category: Category, severity: Severity) -> RuleSpec {
    RuleSpec {
        id: id.into(),
        description: description.into(),
        category,
        severity,
        confidence: Confidence::High,
        detection: Detection::Token { anchors: (&[]).into(), pattern: "".into() },
        entropy: 0.0,
        checksum: None,
        path: (&[]).into(),
        allowlist: (&[]).into(),
        pairs_with: (&[]).into(),
        partner_only: false,
        revoke: "".into(),
        references: (&[]).into(),
        aliases: (&[]).into(),
    }
}

/// The rules of the invented findings.
pub struct Rules {
    pub token: RuleSpec,
    pub key_id: RuleSpec,
    pub password: RuleSpec,
    pub private_key: RuleSpec,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            token: RuleSpec {
                checksum: Some(Checksum::Crc32Base62),
                revoke: "https://console.example.com/tokens".into(),
                references: vec!["https://docs.example.com/tokens#format".into()].into(),
                aliases: vec!["examplecloud-token".into()].into(),
                ..rule(
                    "examplecloud-api-token",
                    "Example Cloud API token: reads and writes every project of the account.",
                    Category::AccessToken,
                    Severity::Critical,
                )
            },
            key_id: RuleSpec {
                confidence: Confidence::Medium,
                revoke: "Example Cloud > Account > Keys".into(),
                ..rule(
                    "examplecloud-key-id",
                    "Example Cloud key id: names a key; of use beside its secret.",
                    Category::Id,
                    Severity::Info,
                )
            },
            password: RuleSpec {
                confidence: Confidence::Medium,
                ..rule(
                    "generic-password",
                    "Password in a configuration file: opens whatever it protects.",
                    Category::Password,
                    Severity::Medium,
                )
            },
            private_key: RuleSpec {
                checksum: Some(Checksum::PrivateKey),
                ..rule(
                    "private-key",
                    "Private key, not encrypted: signs and decrypts as its owner.",
                    Category::PrivateKey,
                    Severity::High,
                )
            },
        }
    }
}

/// A finding of `secret` in `text`, whose first line has the number `first_line`.
pub fn finding<'r>(
    rule: &'r RuleSpec,
    secret: Secret,
    path: &str,
    first_line: u64,
    text: &str,
) -> Finding<'r> {
    let at = text.find(secret.reveal()).expect("the text holds the secret");
    let end = at + secret.reveal().len();
    let start = Position { line: first_line, column: 1 }.advance(&text.as_bytes()[..at]);
    let location = Location {
        path: path.to_owned(),
        start,
        end: start.advance(&text.as_bytes()[at..end]),
        byte_offset: at as u64,
    };
    Finding {
        fingerprint: Fingerprint::of(&secret, &Key::default()),
        rule,
        credential: None,
        beside: Vec::new(),
        severity: rule.severity,
        confidence: rule.confidence,
        proof: if rule.checksum.is_some() { Proof::Proven } else { Proof::Unknown },
        expires: None,
        facts: Vec::new(),
        decoded: Vec::new(),
        location,
        frame: frame(text, first_line, at, end),
        line_hash: Some("0123456789abcdef:1".to_owned()),
        logged_at: None,
        matched: Match { start, text: secret.clone() },
        secret,
        provenance: Provenance::File { path: path.into(), shown_from: 0 },
        state: BaselineState::New,
        suppression: None,
        paired_with: Vec::new(),
        reused_in: Vec::new(),
        life: None,
    }
}

/// The lines of a text with the bytes from `start` to `end` kept apart as the secret.
fn frame(text: &str, first_line: u64, start: usize, end: usize) -> Frame {
    let mut lines = Vec::new();
    let mut offset = 0;
    for (number, line) in (first_line..).zip(text.lines()) {
        let within = |at: usize| at.clamp(offset, offset + line.len()) - offset;
        let (from, to) = (within(start), within(end));
        let pieces = if from < to {
            let secret = Secret::token(&line.as_bytes()[from..to]);
            vec![
                Piece::Text(line[..from].to_owned()),
                Piece::Found(secret),
                Piece::Text(line[to..].to_owned()),
            ]
        } else {
            vec![Piece::Text(line.to_owned())]
        };
        lines.push(FrameLine { number, pieces });
        offset += line.len() + 1;
    }
    Frame { lines }
}

/// Keeps a secret of another finding apart in a frame that holds it at the end of a line.
fn with_other(mut frame: Frame, other: &Secret) -> Frame {
    for line in &mut frame.lines {
        if let Some(Piece::Text(text)) = line.pieces.last_mut()
            && let Some(before) = text.strip_suffix(other.reveal())
        {
            *text = before.to_owned();
            line.pieces.push(Piece::Other(other.clone()));
        }
    }
    frame
}

/// An invented token of Example Cloud.
pub fn token(seed: u64) -> Secret {
    Secret::token(format!("exc_live_{}", base62(seed, 30)).as_bytes())
}

/// An invented private key of so many lines; it is no key at all.
pub fn private_key(lines: u64) -> Secret {
    let armour = |word: &str| format!("-----{word} {} KEY-----", "PRIVATE");
    let body: Vec<_> = (0..lines).map(|seed| base62(seed + 100, 64)).collect();
    Secret::token(format!("{}\n{}\n{}", armour("BEGIN"), body.join("\n"), armour("END")).as_bytes())
}

/// A token in a configuration file.
pub fn plain(rules: &Rules) -> Finding<'_> {
    let token = token(1);
    let text = format!(
        "endpoint: https://api.example.com\ntoken: \"{}\"  # for the nightly job\nregion: eu-west-1",
        token.reveal()
    );
    Finding {
        expires: Some(1_900_000_000),
        facts: vec![("account", "4711".to_owned()), ("region", "eu-west-1".to_owned())],
        ..finding(&rules.token, token, "deploy/config.yml", 7, &text)
    }
}

/// A private key over many lines, of which the frame leaves some out.
pub fn multi_line(rules: &Rules) -> Finding<'_> {
    let key = private_key(12);
    let text = format!("# deploys the site\n{}\n", key.reveal());
    let mut finding = finding(&rules.private_key, key, "deploy/id_example", 1, &text);
    finding.frame.lines.retain(|line| !(5..15).contains(&line.number));
    finding
}

/// A name and a line that try to deceive whoever reads the report.
pub fn hostile(rules: &Rules) -> Finding<'_> {
    let token = token(2);
    let text = format!(
        "\x1b[2J\x1b]0;title\x07\tkey = {}\u{202e} // [\u{200b}link](x)\u{2028}\u{9b}31m, 値",
        token.reveal()
    );
    Finding {
        facts: vec![("region", "eu\u{202e}\x1b[2J".to_owned())],
        ..finding(
            &rules.token,
            token,
            "docs/\u{202e}gpj.exe\n\"a b\"\x1b[31m\u{2028}[x](y)%E9#?.md",
            3,
            &text,
        )
    }
}

/// A token that a comment silences.
pub fn suppressed(rules: &Rules) -> Finding<'_> {
    let token = token(3);
    let text = format!("let sample = \"{}\"; // stanch:allow", token.reveal());
    Finding {
        suppression: Some(Suppression {
            kind: SuppressionKind::Inline,
            reason: Some("sample of the \"old\" format\nrevoked".to_owned()),
        }),
        ..finding(&rules.token, token, "tests/tokens.rs", 12, &text)
    }
}

/// Two halves of a key, each naming the other.
pub fn pair(rules: &Rules) -> [Finding<'_>; 2] {
    let (id, secret) = (Secret::token(b"exid-0123456789"), token(4));
    let text = format!("EXC_KEY_ID={}\nEXC_SECRET={}", id.reveal(), secret.reveal());
    let partner = |rule: &RuleSpec, line| Partner { rule: rule.id.to_string(), line };
    let mut first = finding(&rules.key_id, id.clone(), "env.sh", 1, &text);
    first.frame = with_other(first.frame, &secret);
    first.paired_with = vec![partner(&rules.token, 2), partner(&rules.token, 2)];
    let mut second = finding(&rules.token, secret, "env.sh", 1, &text);
    second.frame = with_other(second.frame, &id);
    second.paired_with = vec![partner(&rules.key_id, 1)];
    [first, second]
}

/// A password that another environment uses, too.
pub fn reuse(rules: &Rules) -> Finding<'_> {
    let password = Secret::password(base62(5, 14).as_bytes());
    let text = format!("DB_HOST=db.internal\nDB_PASSWORD={}\nDB_NAME=app", password.reveal());
    Finding {
        reused_in: vec![
            Reuse { environment: "production", path: ".env.production".to_owned() },
            Reuse { environment: "development", path: ".env.development".to_owned() },
        ],
        ..finding(&rules.password, password, ".env.staging", 21, &text)
    }
}

/// One of each.
pub fn all(rules: &Rules) -> Vec<Finding<'_>> {
    let mut findings = vec![plain(rules), multi_line(rules), hostile(rules), suppressed(rules)];
    findings.extend(pair(rules));
    findings.push(reuse(rules));
    findings
}

/// A coverage in which nothing went wrong.
pub fn complete() -> Coverage {
    let mut coverage = Coverage::default();
    coverage.scanned(Tally { files: 1284, bytes: 9_437_000, ..Tally::default() });
    coverage.skipped(Skip::SymbolicLink, Tally { files: 2, ..Tally::default() });
    coverage
}

/// A coverage with a gap.
pub fn incomplete() -> Coverage {
    let mut coverage = complete();
    coverage.problem(Tally::file(0), "private/", "permission denied");
    coverage.problem(Tally::file(512), "app/[id](x)/\u{202e}page.tsx", "changed while it was read");
    coverage
}

/// The report of these findings.
pub fn report(
    format: Format,
    look: Look,
    run: &Run,
    findings: &[Finding<'_>],
    coverage: &Coverage,
) -> String {
    let mut out = Vec::new();
    let mut reporter = report::open(format, Box::new(&mut out), look, run);
    reporter.begin().expect("a vector takes everything");
    for finding in findings {
        reporter.finding(finding).expect("a vector takes everything");
    }
    let summary = Summary { coverage, totals: Totals::of(findings) };
    reporter.finish(&summary).expect("a vector takes everything");
    drop(reporter);
    String::from_utf8(out).expect("reports are UTF-8")
}
