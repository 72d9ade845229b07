//! `stanch merge`: reports of shards, or of many scans, as one.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use stanch::path;
use stanch::report::{Parsed, SarifLog, merge, merge_sarif};

use super::args::MergeArgs;
use super::status::Status;
use super::{print, tell, tell_write_error};

/// A report that was read.
enum Read {
    Own(Parsed),
    Sarif(SarifLog),
}

/// Joins, writes, and ends with the status that one scan would have had.
pub fn run(args: &MergeArgs) -> Result<Status, String> {
    let (mut reports, mut logs) = (Vec::new(), Vec::new());
    let mut known = BTreeSet::new();
    for file in &args.reports {
        let shown = || path::shown(file.as_os_str().as_encoded_bytes());
        if !known.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
            tell(&format!("note: {} was given twice and counts once", shown()));
            continue;
        }
        match read(file) {
            Ok(Read::Own(report)) if report.is_shard() && reports.contains(&report) => {
                tell(&format!("note: {} is the report of a shard that was given already", shown()));
            }
            Ok(Read::Own(report)) => reports.push(report),
            Ok(Read::Sarif(log)) => logs.push(log),
            Err(message) => {
                // A part that is missing makes the whole worthless, so nothing is written.
                tell(&format!("{}: {message}", shown()));
                return Ok(Status::Incomplete);
            }
        }
    }
    let (text, counted, is_complete, problems) = match (merge(reports), merge_sarif(logs)) {
        (Some(report), None) => (report.to_json(), report.counted(), report.is_complete(), report.problems()),
        (None, Some(log)) => (log.to_json(), log.counted(), log.is_complete(), log.problems()),
        _ => return Err("reports in sarif are joined with others in sarif alone".to_owned()),
    };
    for problem in problems {
        tell(&format!("not scanned: {problem}"));
    }
    let status = match &args.output {
        None => print(|out| out.write_all(text.as_bytes())),
        Some(file) => match fs::write(file, text) {
            Ok(()) => Status::Clean,
            Err(error) => {
                tell_write_error(&file.display().to_string(), &error);
                Status::Incomplete
            }
        },
    };
    Ok(Status::of_scan(counted > 0, status == Status::Clean && is_complete))
}

fn read(file: &Path) -> Result<Read, String> {
    let mut text = String::new();
    let read = match file.as_os_str() == "-" {
        true => io::stdin().lock().read_to_string(&mut text).map(|_| ()),
        false => fs::read_to_string(file).map(|read| text = read),
    };
    read.map_err(|error| error.to_string())?;
    match SarifLog::read(&text) {
        Some(log) => Ok(Read::Sarif(log)),
        None => Parsed::read(&text).map(Read::Own).map_err(|error| error.to_string()),
    }
}
