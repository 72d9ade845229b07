//! `stanch merge`: reports of shards, or of many scans, as one.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use stanch::path;
use stanch::report::{Parsed, merge};

use super::args::MergeArgs;
use super::status::Status;
use super::{tell, tell_write_error};

/// Joins, writes, and ends with the status that one scan would have had.
pub fn run(args: &MergeArgs) -> ExitCode {
    let mut reports = Vec::new();
    for file in &args.reports {
        match read(file) {
            Ok(report) => reports.push(report),
            Err(message) => {
                // A part that is missing makes the whole worthless, so nothing is written.
                tell(&format!("{}: {message}", path::shown(file.as_os_str().as_encoded_bytes())));
                return Status::Incomplete.code(args.exit_code);
            }
        }
    }
    let merged = merge(reports).expect("at least one report is asked for");
    let text = merged.to_json();
    let (name, written) = match &args.output {
        Some(file) => (file.display().to_string(), fs::write(file, text)),
        None => {
            let mut out = io::stdout().lock();
            ("standard output".to_owned(), out.write_all(text.as_bytes()).and_then(|()| out.flush()))
        }
    };
    if let Err(error) = &written {
        tell_write_error(&name, error);
    }
    Status::of_scan(merged.counted() > 0, written.is_ok() && merged.is_complete()).code(args.exit_code)
}

fn read(file: &Path) -> Result<Parsed, String> {
    let mut text = String::new();
    let read = match file.as_os_str() == "-" {
        true => io::stdin().lock().read_to_string(&mut text).map(|_| ()),
        false => fs::read_to_string(file).map(|read| text = read),
    };
    read.map_err(|error| error.to_string())?;
    Parsed::read(&text).map_err(|error| error.to_string())
}
