//! Every built-in rule is a good one: it passes the lints, finds its own examples through all rules and
//! leaves its counterexamples alone; and the table in `rules/README.md` says what the rules say.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::{Captures, Regex};
use stanch::check::template::fill_for;
use stanch::check::{self, Origin};
use stanch::engine::{Input, Scanner, Scratch};
use stanch::rule::file::{self, Mistake, RuleFile};
use stanch::rule::{Detection, RuleSet, RuleSpec};

/// Above it the README is written by hand.
const MARKER: &str = "<!-- Below this line the table is made by `STANCH_BLESS=1 cargo test`. -->\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

fn files() -> Vec<RuleFile> {
    let folder = fs::read_dir(folder()).unwrap().map(|item| item.unwrap().path());
    let mut paths: Vec<_> = folder.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = format!("rules/{}", path.file_name().unwrap().display());
        file::read(&name, &fs::read(&path).unwrap()).unwrap()
    };
    paths.into_iter().map(read).collect()
}

fn assert_none(mistakes: Vec<Mistake>) {
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} mistakes:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn the_embedded_rules_are_those_of_the_files() {
    let written: Vec<_> = files().into_iter().flat_map(|file| file.rules).collect();
    let embedded = RuleSet::builtin();
    assert!(!written.is_empty());
    assert_eq!(written.len(), embedded.iter().count());
    for (written, embedded_rule) in written.iter().zip(embedded.iter()) {
        assert_eq!(format!("{:?}", written.spec), format!("{embedded_rule:?}"));
        let examples: Vec<_> = written.examples.iter().map(|example| &*example.text).collect();
        assert_eq!(examples, embedded.examples(&embedded_rule.id));
    }
}

#[test]
fn every_rule_passes_the_lints() {
    assert_none(files().iter().flat_map(|file| check::lint(file, Origin::BuiltIn)).collect());
}

#[test]
fn every_example_is_found_as_marked_and_no_counterexample_is() {
    let scanner = Scanner::new(RuleSet::builtin());
    assert_none(files().iter().flat_map(|file| check::run(file, &scanner)).collect());
}

/// The most memory that a compiled pattern may take, in bytes.
const LARGEST: usize = 512 << 10;

#[test]
fn no_pattern_is_large() {
    let too_large = |rule: &&RuleSpec| match &rule.detection {
        Detection::Token { pattern, .. } => is_larger(pattern, LARGEST),
        Detection::Context { value, .. } => !value.is_empty() && is_larger(value, LARGEST),
        Detection::Regex(_) | Detection::Beside(_) => false,
    };
    let rules = RuleSet::builtin();
    let large: Vec<_> = rules.iter().filter(too_large).map(|rule| &rule.id).collect();
    assert!(large.is_empty(), "their patterns take more than {LARGEST} bytes: {large:?}");
    assert!(is_larger("(?:[0-9a-f]{100}-){150}", LARGEST), "a pattern that is large is told");
}

/// Whether a pattern takes more memory than that. High upper bounds count nothing: the engine leaves them to the
/// stretch of text that it looks at.
fn is_larger(pattern: &str, most: usize) -> bool {
    let bounds = Regex::new(r"\{([0-9]+),([0-9]{3,})\}").unwrap();
    let relaxed = bounds.replace_all(pattern, |bound: &Captures<'_>| {
        let high = bound[2].parse::<u32>().unwrap() >= 200;
        if high { format!("{{{},}}", &bound[1]) } else { bound[0].to_owned() }
    });
    regex::bytes::RegexBuilder::new(&relaxed).unicode(false).size_limit(most).build().is_err()
}

/// How many times the mean of all a rule may take on a text that is full of what it looks for.
const SLOWEST: u32 = 100;

#[test]
fn no_rule_is_slow() {
    let rules = RuleSet::builtin();
    let times: Vec<_> = rules.iter().map(|rule| (time_of(rule, &provoking(rule)), rule)).collect();
    // Most rules only search for their literals, in so short a time that their median is noise.
    let all: Duration = times.iter().map(|(time, _)| time).sum();
    let bound = all * SLOWEST / u32::try_from(times.len()).unwrap();
    // On a machine that is busy with other things some are measured too long; they are asked again.
    let is_slow = |rule: &RuleSpec| (0..5).all(|_| time_of(rule, &provoking(rule)) > bound);
    let slow: Vec<_> = times
        .iter()
        .filter(|(time, rule)| *time > bound && is_slow(rule))
        .map(|(_, rule)| &rule.id)
        .collect();
    assert!(slow.is_empty(), "they take more than {SLOWEST} times the mean: {slow:?}");

    let (_, any) = times[0];
    let backtracking = RuleSpec { id: "acme-slow".into(), detection: slow_detection(), ..(*any).clone() };
    assert!(is_slow(&backtracking), "a rule that is slow is told");
}

/// A pattern that reads all that is near for each of its literals.
fn slow_detection() -> Detection {
    let toml = br#"
        [[rule]]
        id = "acme-slow"
        description = "Acme key: slow to tell."
        category = "api-key"
        severity = "high"
        literals = ["acme"]
        pattern = '[a-z\s]{0,200}acme[a-z\s]{0,200}[0-9]'
        examples = ['acme1']
    "#;
    file::read("slow.toml", toml).unwrap().rules.remove(0).spec.detection
}

/// 64 KiB of what the rule looks for and does not want: its literals and words, and its examples without their ends.
fn provoking(rule: &RuleSpec) -> Vec<u8> {
    const LENGTH: usize = 64 << 10;
    let mut pieces: Vec<String> = match &rule.detection {
        Detection::Token { anchors, .. } => {
            anchors.iter().map(|anchor| format!("{} ", anchor.literal)).collect()
        }
        Detection::Context { keywords, .. } => keywords.iter().map(|word| format!("{word} = ")).collect(),
        Detection::Regex(_) | Detection::Beside(_) => vec![" ".into()],
    };
    for (example, seed) in RuleSet::builtin().examples(&rule.id).iter().zip(0..) {
        let filled = fill_for(example, seed, rule.checksum).unwrap();
        let secret = filled.secret.unwrap();
        let cut = secret.start + secret.len() * 3 / 4;
        pieces.push(String::from_utf8_lossy(&filled.text.as_bytes()[..cut]).into_owned() + "\n");
    }
    let text = pieces.concat();
    text.bytes().cycle().take(LENGTH).collect()
}

/// How much work the rule alone makes of a text, as time of this thread.
fn time_of(rule: &RuleSpec, text: &[u8]) -> Duration {
    let scanner = Scanner::new(RuleSet::of(vec![rule.clone()]));
    let mut scratch = Scratch::default();
    let mut scan = |text: &[u8]| scanner.scan(Input::whole(text, false), &mut scratch, &mut |_, _| {});
    // What is made ready once is no part of it.
    scan(&text[..text.len().min(4096)]);
    let start = worked();
    scan(text);
    worked() - start
}

/// How long this thread has worked; what others did meanwhile counts nothing.
#[cfg(unix)]
fn worked() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock writes nothing but the time that it is handed.
    let told = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(told, 0);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// The time that has gone by since the first call, where threads have no clock of their own.
#[cfg(not(unix))]
fn worked() -> Duration {
    static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(std::time::Instant::now).elapsed()
}

#[test]
fn the_table_of_rules_is_fresh() {
    let path = folder().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (head, table) = readme.split_once(MARKER).expect("the README holds the marker");
    let fresh = table_of(RuleSet::builtin().iter());
    if std::env::var_os("STANCH_BLESS").is_some() {
        fs::write(&path, format!("{head}{MARKER}{fresh}")).unwrap();
    } else {
        assert!(
            table == fresh,
            "rules/README.md is stale; run `STANCH_BLESS=1 cargo test the_table_of_rules`"
        );
    }
}

fn table_of<'a>(rules: impl Iterator<Item = &'a RuleSpec>) -> String {
    let mut rules: Vec<_> = rules.collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let mut table =
        format!("\n{} rules.\n\n| rule | finds | severity | checksum |\n|---|---|---|---|\n", rules.len());
    for rule in rules {
        let checksum = rule.checksum.map_or("", |checksum| checksum.name());
        let description = rule.description.replace('|', "\\|");
        writeln!(table, "| `{}` | {description} | {} | {checksum} |", rule.id, rule.severity).unwrap();
    }
    table
}
