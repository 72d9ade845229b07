//! The arguments as they are typed. What they mean is decided by the verbs.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use stanch::report::Format;
use stanch::report::terminal::Color;
use stanch::rule::Confidence;
use stanch::source::RangeOptions;

use super::baseline::BaselineArgs;
use super::config::ConfigArgs;
use super::hook::HookArgs;
use super::migrate::MigrateArgs;
use super::redact::RedactArgs;
use super::rules::RulesArgs;

/// Finds leaked secrets and says what to do about them.
#[derive(Debug, Parser)]
#[command(name = "stanch", version, max_term_width = 100, after_help = STATUSES)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_parser = named::<Color>)]
    #[arg(display_order = 100)]
    pub color: Color,
}

impl Cli {
    /// Reads a command line, program name first, and keeps the order in which it was typed.
    pub fn read(arguments: impl Iterator<Item = OsString>) -> Result<(Self, ArgMatches), clap::Error> {
        let typed = Self::command().try_get_matches_from(arguments)?;
        Ok((Self::from_arg_matches(&typed)?, typed))
    }
}

const STATUSES: &str = "Exit status: 0 clean and complete; 1 findings; 2 wrong arguments, configuration or rule \
                        files; 3 the scan is incomplete or failed.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan files and folders, or standard input
    Scan(Box<ScanArgs>),
    /// Scan all that a repository ever held, and tell the life of each secret
    Git(Box<GitArgs>),
    /// Stop commits that would add secrets
    Hook(HookArgs),
    /// Join reports in json, jsonl or sarif, of shards or of many scans, into one
    Merge(MergeArgs),
    /// Make, extend, trim or show the file of known findings
    Baseline(BaselineArgs),
    /// Show the configuration and where each value comes from
    Config(ConfigArgs),
    /// Write stanch.toml and a baseline from other tools' files
    Migrate(Box<MigrateArgs>),
    /// Mask the secrets in a stream, in files, or in what a command prints
    Redact(RedactArgs),
    /// List the rules, explain one, or test a file of them
    Rules(RulesArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of one command if it is named
    Man {
        /// The command, such as `scan` or `hook run`
        verb: Vec<String>,
    },
}

impl Command {
    /// The exit status for findings.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Scan(args) => args.run.exit_code,
            Self::Git(args) => args.run.exit_code,
            Self::Merge(args) => args.exit_code,
            _ => 1,
        }
    }
}

#[derive(Args, Debug)]
pub struct ScanArgs {
    /// Files and folders; `-` is standard input [default: the current folder]
    pub paths: Vec<PathBuf>,
    /// Scan what git ignores, too
    #[arg(long)]
    pub no_ignore: bool,
    /// Go on with the files as they grow, and tell each finding as it comes; ends with Ctrl-C, or with
    /// standard input if only that is named
    #[arg(long, requires = "paths", conflicts_with = "explain")]
    pub follow: bool,
    /// Tell what was seen in a file, or near one of its lines, and why it was kept or dropped
    #[arg(long, value_name = "PATH[:LINE]", conflicts_with_all = ["paths", "format", "output"])]
    pub explain: Option<PathBuf>,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Args, Debug)]
pub struct GitArgs {
    /// A repository, or a folder in one
    #[arg(default_value = ".")]
    pub repository: PathBuf,
    /// Only what is staged: what the next commit would add
    #[arg(long, help_heading = "Which part")]
    #[arg(conflicts_with_all = ["branch", "since", "until", "no_unreachable", "incident", "shard", "no_delta", "verify_objects"])]
    pub staged: bool,
    /// Only what a branch, tag or commit leads to; may be given several times [default: all there is]
    #[arg(long, value_name = "REVISION", action = ArgAction::Append, help_heading = "Which part")]
    pub branch: Vec<String>,
    /// Only what the commits of B bring that A does not have, each secret with a verdict
    #[arg(long, value_name = "A..B", value_parser = RangeOptions::parse, help_heading = "Which part")]
    #[arg(group = "part", conflicts_with_all = ["staged", "branch", "since", "until", "shard"])]
    pub range: Option<RangeOptions>,
    /// Only what HEAD brings since it parted from BASE, the branch that a pull request is for
    #[arg(long, value_name = "BASE", help_heading = "Which part")]
    #[arg(group = "part", conflicts_with_all = ["staged", "branch", "since", "until", "shard"])]
    pub pr: Option<String>,
    /// Let a range pass that adds a secret and removes it again; it is told all the same
    #[arg(long, requires = "part", help_heading = "Which part")]
    pub allow_removed: bool,
    /// Of a range, tell also of secrets that were there before in what it changed
    #[arg(long, requires = "part", help_heading = "Which part")]
    pub already_there: bool,
    /// Only secrets that came in at this time or later: 2026-01-31, RFC 3339, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Which part")]
    pub since: Option<i64>,
    /// Only secrets that came in at this time or before
    #[arg(long, value_name = "TIME", value_parser = parse_end, help_heading = "Which part")]
    pub until: Option<i64>,
    /// Leave out objects that nothing leads to any more
    #[arg(long, help_heading = "Which part")]
    pub no_unreachable: bool,
    /// Write the record of one secret, named by its fingerprint or the beginning of it, in Markdown
    #[arg(long, value_name = "FINGERPRINT", value_parser = parse_fingerprint, help_heading = "Reports")]
    #[arg(conflicts_with_all = ["format", "output"])]
    pub incident: Option<String>,
    /// Scan the K-th of N parts, for `stanch merge` to join; reports as json, jsonl or sarif
    #[arg(long, value_name = "K/N", value_parser = parse_shard, help_heading = "How")]
    #[arg(conflicts_with = "incident")]
    pub shard: Option<(u64, u64)>,
    /// Remember what was scanned, and scan only what is new the next time; kept in FILE [default: in the
    /// user's folder for caches]
    #[arg(long, value_name = "FILE", require_equals = true, help_heading = "How")]
    #[arg(conflicts_with_all = ["shard", "verify_objects", "no_delta", "staged", "range", "pr"])]
    pub cache: Option<Option<PathBuf>>,
    /// Scan every object in full, not only what differs from another
    #[arg(long, help_heading = "How")]
    pub no_delta: bool,
    /// Compare the hash of every object with its id
    #[arg(long, help_heading = "How")]
    pub verify_objects: bool,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Args, Debug)]
pub struct MergeArgs {
    /// Reports in json or jsonl, or all in sarif; `-` is standard input
    #[arg(required = true, value_name = "REPORT")]
    pub reports: Vec<PathBuf>,
    /// Where the joined report goes, in json or sarif as they are [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The exit status for findings; 2 and 3 would not be told from wrong arguments and incomplete scans
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub exit_code: u8,
}

/// What all verbs that scan have in common.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// How to report; may be given several times: human, json, jsonl, sarif, github, gitlab, junit, csv,
    /// markdown, gitleaks [default: human]
    #[arg(long, short, value_name = "FORMAT", action = ArgAction::Append, help_heading = "Reports")]
    #[arg(value_parser = named::<Format>)]
    pub format: Vec<Format>,
    /// Where the report of the --format before it goes [default: standard output]
    #[arg(long, short, value_name = "FILE", action = ArgAction::Append, help_heading = "Reports")]
    pub output: Vec<PathBuf>,
    /// Show secrets in clear
    #[arg(long, help_heading = "Reports")]
    pub show_secrets: bool,
    #[command(flatten)]
    pub judge: JudgeArgs,
    /// The exit status for findings; 2 and 3 would not be told from wrong arguments and incomplete scans
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub exit_code: u8,
    /// Print nothing on standard error but errors
    #[arg(long, short)]
    pub quiet: bool,
    /// Show no progress
    #[arg(long)]
    pub no_progress: bool,
}

impl RunArgs {
    /// Whether to show how far a scan is.
    pub fn wants_progress(&self) -> bool {
        !self.quiet && !self.no_progress
    }
}

/// What findings depend on, for all verbs that judge.
#[derive(Args, Debug)]
pub struct JudgeArgs {
    /// Leave out findings that are less sure than this: low, medium or high [default: medium]
    #[arg(long, value_name = "LEVEL", value_parser = named::<Confidence>, help_heading = "Judgement")]
    pub confidence: Option<Confidence>,
    /// Report what comments, configuration and baseline silence
    #[arg(long, help_heading = "Judgement")]
    pub no_suppressions: bool,
    /// Add the rules of a file; may be given several times
    #[arg(long, value_name = "FILE", action = ArgAction::Append, help_heading = "Judgement")]
    pub rules: Vec<PathBuf>,
    /// The configuration, instead of the nearest stanch.toml
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub config: Option<PathBuf>,
    /// Known findings: a baseline of stanch or detect-secrets, or a report of gitleaks
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub baseline: Option<PathBuf>,
    /// Judge expiry at this time instead of now: RFC 3339, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Judgement")]
    pub now: Option<i64>,
    /// Scan archives and compressed files as they are, not what they hold
    #[arg(long)]
    pub no_archives: bool,
    /// How many threads to use; 0 for one per core [default: 0]
    #[arg(long, short, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub jobs: usize,
}

/// Reads what the library gives a name to.
fn named<T: FromStr<Err = String>>(text: &str) -> Result<T, String> {
    text.parse()
}

/// Reads the number of a part, from 1, and how many there are.
fn parse_shard(text: &str) -> Result<(u64, u64), String> {
    let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    let sound = numbers.filter(|(k, n)| (1..=*n).contains(k));
    sound.ok_or_else(|| "a shard is written as 2/4: the second of four".to_owned())
}

/// Reads the beginning of a fingerprint, which is to be long enough to mean one secret.
fn parse_fingerprint(text: &str) -> Result<String, String> {
    if (6..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a fingerprint has 32 hexadecimal digits, of which the first 6 or more are to be given"
            .to_owned())
    }
}

/// Reads a time as seconds since 1970; a day stands for its beginning.
pub fn parse_time(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let day = text.parse::<jiff::civil::Date>().and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC));
    let time = text.parse().or_else(|_| day.map(|day| day.timestamp()));
    time.map(jiff::Timestamp::as_second).map_err(|_| {
        "a time is written as 2026-01-31, 2026-01-31T12:00:00Z, or as seconds since 1970".to_owned()
    })
}

/// The same; a day stands for its end.
fn parse_end(text: &str) -> Result<i64, String> {
    let is_day = text.len() == "2026-01-31".len() && text.parse::<jiff::civil::Date>().is_ok();
    Ok(parse_time(text)? + if is_day { 24 * 60 * 60 - 1 } else { 0 })
}
