//! Archives and compressed files: what is in them is found, and what is wrong with them is told.

use std::fs;
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use proptest::prelude::*;
use serde_json::Value;
use stanch::blob::Provenance;
use stanch::source::archive::{Format, Input, lend};
use stanch::source::{Source, Stream};

use super::common::{Ended, folder, password, stanch, write};
use super::pack::{
    Packer, Zipped, bzip2, gzip, lz4, lzma, sqlite, tar, tar_header, tar_member, xz, zip, zip_with_directory,
    zstd,
};

fn text(seed: u64) -> Vec<u8> {
    format!("# é\nDB_PASSWORD={}\n", password(seed)).into_bytes()
}

fn scan(folder: &Path) -> Ended {
    stanch(folder).args(["scan", "--format", "jsonl"]).run()
}

/// `path:line` of every finding.
fn places(ended: &Ended) -> Vec<String> {
    let place = |finding: &Value| {
        let path = finding["path"].as_str().expect("a text");
        format!("{path}:{}", finding["start_line"])
    };
    ended.findings().iter().map(place).collect()
}

#[test]
fn members_are_explained_by_the_paths_that_reports_show() {
    let folder = folder();
    write(folder.path(), "a.env.gz", gzip(&text(1)));
    let explain = |place: &str| stanch(folder.path()).args(["scan", "--explain", place]).run();
    let kept = explain("a.env.gz!a.env:2").status(0).stdout;
    assert!(kept.contains("a.env.gz!a.env:2:13  generic-password  ********"), "{kept}");
    assert!(explain("a.env.gz!b.env").status(2).stderr.contains("nothing was scanned there"));
    write(folder.path(), "a.bin", b"\x7f\x01\x02\0\x03\0");
    assert!(explain("a.bin").status(0).stdout.starts_with("it is binary"));
}

/// `path: message` of every problem.
fn problems(ended: &Ended) -> Vec<String> {
    let coverage = ended.stdout.lines().last().expect("coverage is the last line");
    let coverage: Value = serde_json::from_str(coverage).expect("it is JSON");
    let problems = coverage["problems"].as_array().expect("a list");
    let told = |problem: &Value| {
        format!("{}: {}", problem["path"].as_str().unwrap(), problem["message"].as_str().unwrap())
    };
    problems.iter().map(told).collect()
}

/// Ends in a panic, as a defect in the reader of an archive would.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("bytes of the file")
    }
}

#[test]
fn a_defect_is_told_of_the_archive_it_is_in_and_costs_nothing_beside_it() {
    const DEFECT: &str = "opening it failed; this is a defect of stanch, please report it";
    let provenance = Provenance::Stream { name: "all.tar".into() };
    let lent = |reader: &mut dyn Read, bad: &str| {
        let lent = Mutex::new(Vec::new());
        let coverage =
            lend(Format::Tar, Input::Stream(reader), &provenance, &AtomicBool::new(false), &|blob| {
                let path = blob.provenance.display_path();
                assert_ne!(path, bad);
                lent.lock().expect("nobody panics with it").push(path);
                ControlFlow::Continue(())
            });
        let problems: Vec<_> =
            coverage.problems.iter().map(|it| (it.path.clone(), it.message.clone())).collect();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].1, DEFECT);
        (problems[0].0.clone(), lent.into_inner().expect("nobody panics with it"), coverage.scanned.files)
    };
    let whole = tar(&[(b"a.env.gz", &gzip(&text(1))), (b"b.env", &text(2))]);
    let (all, names) = ("all.tar!b.env".to_owned(), "all.tar!(names and comments)".to_owned());
    // In one that is nested.
    let (told, mut found, _) = lent(&mut whole.as_slice(), "all.tar!a.env.gz!a.env");
    found.retain(|path| !path.contains(".gz!"));
    assert_eq!((told.as_str(), found), ("all.tar!a.env.gz", vec![all, names.clone()]));
    // In the outermost: what was lent before it is counted.
    let file = tar_member(b"b.env", b'0', &text(2));
    let (told, found, files) = lent(&mut file.as_slice().chain(Broken), "");
    assert_eq!((told.as_str(), found, files), ("all.tar", vec!["all.tar!b.env".to_owned(), names], 1));
}

#[test]
fn every_compression_is_opened_and_two_files_in_one_too() {
    let folder = folder();
    let packers: [(&str, Packer); 5] =
        [("gz", gzip), ("bz2", bzip2), ("xz", xz), ("zst", zstd), ("lz4", lz4)];
    for (ending, pack) in packers {
        write(folder.path(), format!("app.env.{ending}"), [pack(&text(1)), pack(&text(2))].concat());
        write(folder.path(), format!("all.tar.{ending}"), pack(&tar(&[(b"x/app.env", &text(3))])));
    }
    let ended = scan(folder.path()).status(1);
    let mut expected = Vec::new();
    for (ending, _) in packers {
        expected.push(format!("all.tar.{ending}!x/app.env:2"));
        expected.push(format!("app.env.{ending}!app.env:2"));
        expected.push(format!("app.env.{ending}!app.env:4"));
    }
    expected.sort();
    assert_eq!(places(&ended), expected);
    assert_eq!(problems(&ended), [""; 0]);
}

#[test]
fn what_is_older_than_xz_is_opened_and_told_when_it_is_cut_short() {
    let folder = folder();
    let whole = lzma(&(0..40).flat_map(text).collect::<Vec<_>>());
    write(folder.path(), "app.env.lzma", lzma(&text(1)));
    write(folder.path(), "all.tar.lzma", lzma(&tar(&[(b"x/app.env", &text(3))])));
    write(folder.path(), "cut.lzma", &whole[..whole.len() / 2]);
    // A text that begins alike is none.
    write(folder.path(), "text.env", [b"]\0\0\n", &text(4)[..]].concat());
    let ended = scan(folder.path()).status(1);
    let places: Vec<_> = places(&ended).into_iter().filter(|place| !place.starts_with("cut")).collect();
    assert_eq!(places, ["all.tar.lzma!x/app.env:2", "app.env.lzma!app.env:2", "text.env:3"]);
    assert_eq!(problems(&ended).len(), 1, "{ended:#?}");
}

#[test]
fn a_file_that_is_cut_short_is_told_wherever_it_is_cut() {
    let packers: [Packer; 5] = [gzip, bzip2, xz, zstd, lz4];
    let content: Vec<u8> = (0..40).flat_map(text).collect();
    for pack in packers {
        let folder = folder();
        let whole = pack(&content);
        let cuts = (1..whole.len()).step_by(whole.len() / 40).chain(whole.len() - 8..whole.len());
        for cut in cuts.filter(|cut| *cut > 16) {
            write(folder.path(), format!("{cut}"), &whole[..cut]);
        }
        let count = fs::read_dir(folder.path()).expect("it is there").count();
        let ended = scan(folder.path());
        assert_eq!(problems(&ended).len(), count, "{ended:#?}");
    }
}

#[test]
fn containers_are_opened_in_containers() {
    let folder = folder();
    let jar = zip(&[
        Zipped::deflated(b"BOOT-INF/application.yml", b"\n\nspring:\n  password: "),
        Zipped::stored(b"app.env", &text(4)),
    ]);
    let layer = gzip(&tar(&[(b"srv/app.jar", &jar), (b"root/.env", &text(5))]));
    write(folder.path(), "image.tar", tar(&[(b"blobs/sha256/0a", &layer)]));
    let ended = scan(folder.path()).status(1);
    assert_eq!(
        places(&ended),
        ["image.tar!blobs/sha256/0a!root/.env:2", "image.tar!blobs/sha256/0a!srv/app.jar!app.env:2"]
    );
    let plain = {
        write(folder.path(), "app.env", text(4));
        scan(folder.path()).findings()
    };
    assert_eq!(plain[0]["fingerprint"], plain[2]["fingerprint"], "the fingerprint is of the value alone");
    let piped = stanch(folder.path()).args(["scan", "--format", "jsonl", "-"]).stdin(layer).run().status(1);
    assert_eq!(places(&piped), ["-!root/.env:2", "-!srv/app.jar!app.env:2"]);
}

#[test]
fn nothing_is_opened_when_nothing_is_to_be_opened() {
    let folder = folder();
    write(folder.path(), "a.gz", gzip(&text(6)));
    let args = ["scan", "--no-archives", "--format", "jsonl"];
    let ended = stanch(folder.path()).args(args).run().status(0);
    assert!(ended.stdout.contains("\"scanned\":{\"files\":1,"), "{}", ended.stdout);
    let args = ["scan", "--no-archives", "--format", "jsonl", "-"];
    stanch(folder.path()).args(args).stdin(gzip(&text(6))).run().status(0);
}

#[test]
fn every_entry_of_a_zip_counts() {
    let folder = folder();
    let twice = [Zipped::stored(b"a.env", b"nothing\n"), Zipped::deflated(b"a.env", &text(7))];
    write(folder.path(), "twice.zip", zip(&twice));
    write(folder.path(), "run", [b"#!/bin/sh\nexec unzip\n".to_vec(), zip(&twice)].concat());
    write(folder.path(), "run.pyz", [b"#!/usr/bin/env python3\n".to_vec(), zip(&twice)].concat());
    let locked = [Zipped { flags: 1, ..Zipped::stored(b"a.env", &text(8)) }];
    write(folder.path(), "locked.zip", zip(&locked));
    let ended = scan(folder.path()).status(1);
    assert_eq!(places(&ended), ["run!a.env:2", "run.pyz!a.env:2", "twice.zip!a.env:2"]);
    assert_eq!(problems(&ended), [""; 0], "a password is policy");
    assert!(ended.stdout.contains("\"encrypted\":{\"files\":1,"), "{}", ended.stdout);
}

#[test]
fn a_damaged_member_leaves_the_others_readable() {
    let folder = folder();
    let members = [
        Zipped { checksum: 1, ..Zipped::deflated(b"wrong.env", &text(9)) },
        Zipped { method: 77, ..Zipped::stored(b"odd.env", &text(9)) },
        Zipped { content: vec![7; 9], ..Zipped::deflated(b"noise.env", b"") },
        Zipped::deflated(b"good.env", &text(10)),
        Zipped::stored(b"inner.tar", &[tar_member(b"first.env", b'0', &text(11)), vec![b'x'; 512]].concat()),
    ];
    write(folder.path(), "a.zip", zip(&members));
    let ended = scan(folder.path()).status(1);
    let expected = ["a.zip!good.env:2", "a.zip!inner.tar!first.env:2", "a.zip!wrong.env:2"];
    assert_eq!(places(&ended), expected);
    let expected = [
        "a.zip!inner.tar: damaged: no header of tar where one is due",
        "a.zip!noise.env: damaged: corrupt deflate stream",
        "a.zip!odd.env: compression method 77 is not supported",
        "a.zip!wrong.env: damaged: its checksum is another",
    ];
    assert_eq!(problems(&ended), expected);
}

#[test]
fn what_cannot_be_opened_at_all_is_scanned_as_it_is() {
    let folder = folder();
    write(folder.path(), "a.env", [b"PK\x03\x04 is how a zip begins\n".to_vec(), text(12)].concat());
    let ended = scan(folder.path()).status(1);
    assert_eq!(places(&ended), ["a.env:3"]);
    assert_eq!(problems(&ended), ["a.env: damaged: it is cut short"]);
}

#[test]
fn extensions_of_tar_name_the_file_that_follows() {
    let folder = folder();
    let long = format!("{}/app.env", "d".repeat(150));
    let record = |text: &str| {
        let length = text.len() + 3;
        let length = if length < 98 { length + 1 } else { length + 2 };
        format!("{length} {text}\n")
    };
    let pax = record(&format!("path={long}"));
    let parts = [
        tar_member(b"././@LongLink", b'L', long.as_bytes()),
        tar_member(b"short", b'0', &text(13)),
        tar_member(b"pax", b'x', pax.as_bytes()),
        tar_member(b"short", b'0', &text(14)),
        tar_member(b"link", b'2', b""),
        tar_member(b"folder/", b'5', b""),
        vec![0; 1024],
    ];
    write(folder.path(), "a.tar", parts.concat());
    let ended = scan(folder.path()).status(1);
    assert_eq!(places(&ended), [format!("a.tar!{long}:2"), format!("a.tar!{long}:2")]);
    assert_eq!(problems(&ended), [""; 0]);
}

#[test]
fn names_in_archives_are_made_harmless() {
    let folder = folder();
    let names: [&[u8]; 5] = [b"../../etc/x.env", b"/abs.env", b"a\x1b[31m.env", b"b\nc.env", b"d\xff!e.env"];
    let files: Vec<(&[u8], Vec<u8>)> = names.iter().map(|name| (*name, text(15))).collect();
    let files: Vec<(&[u8], &[u8])> = files.iter().map(|(name, text)| (*name, &**text)).collect();
    write(folder.path(), "a.tar", tar(&files));
    for format in ["human", "json", "jsonl", "sarif"] {
        let ended = stanch(folder.path()).args(["scan", "--format", format]).run().status(1);
        assert!(!ended.stdout.contains(|c: char| c.is_control() && c != '\n'), "{format}");
        assert!(!ended.stdout.contains("b\nc.env"), "{format}");
        assert!(ended.stdout.contains("a.tar!../../etc/x.env"), "{format}");
        assert!(ended.stdout.contains("d%FF!e.env"), "{format}");
    }
}

#[test]
fn sarif_places_a_member_in_the_file_that_it_is_in() {
    let folder = folder();
    write(folder.path(), "my app.tgz", gzip(&tar(&[(b"x.env", &text(16))])));
    let ended = stanch(folder.path()).args(["scan", "--format", "sarif"]).run().status(1);
    let log: Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    let result = &log["runs"][0]["results"][0];
    let physical = &result["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "my%20app.tgz");
    assert_eq!(physical["region"]["startLine"], 1);
    let logical = &result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
    assert_eq!(logical, "my app.tgz!x.env:2:13");
    assert!(result["message"]["text"].as_str().expect("a text").contains("my app.tgz!x.env, line 2"));
}

#[test]
fn containers_nested_without_end_are_left() {
    let folder = folder();
    let mut nested = text(17);
    for _ in 0..1000 {
        nested = gzip(&nested);
    }
    write(folder.path(), "deep.gz", &nested);
    let mut nested = text(18);
    for _ in 0..1000 {
        nested = zip(&[Zipped::stored(b"z", &nested)]);
    }
    write(folder.path(), "deep.zip", &nested);
    let ended = scan(folder.path()).status(3);
    assert_eq!(problems(&ended).len(), 2, "{:?}", problems(&ended));
    assert!(problems(&ended).iter().all(|problem| problem.contains("nested in more than 16 others")));
}

#[test]
fn bombs_are_left_when_they_expand_too_much() {
    let folder = folder();
    let zeros = vec![0; 1 << 20];
    let member = Zipped::deflated(b"zeros", &zeros);
    write(folder.path(), "overlapping.zip", zip_with_directory(&[member], 5000));
    let one = gzip(&zeros);
    let many: Vec<u8> = one.iter().copied().cycle().take(600 * one.len()).collect();
    write(folder.path(), "zeros.gz", gzip(&gzip(&many)));
    let ended = scan(folder.path()).status(3);
    let why = "left because it expands to more than 200 times its size";
    assert_eq!(problems(&ended), [format!("overlapping.zip: {why}"), format!("zeros.gz: {why}")]);
}

#[test]
fn absurd_sizes_are_not_believed() {
    let folder = folder();
    let header = tar_header(b"huge.env", b'0', 0o77_777_777_777);
    write(folder.path(), "huge.tar", [&header[..], &text(19)].concat());
    let ended = scan(folder.path()).status(1);
    assert_eq!(places(&ended), ["huge.tar!huge.env:2"]);
    assert_eq!(problems(&ended), ["huge.tar: damaged: it is cut short"]);
}

#[test]
fn rows_of_databases_are_read_under_the_names_of_their_columns() {
    let folder = folder();
    let (short, long) = (password(20), password(21));
    let filler = "nothing to see here, ".repeat(100);
    let rows = vec![vec!["anna", "\u{e9}"], vec!["ben", &*short], vec![&*filler, &*long]];
    let sql = "CREATE TABLE users (name TEXT, \"db_password\" TEXT)";
    let database = sqlite(&[("users", sql, rows)]);
    write(folder.path(), "app.db", &database);
    write(folder.path(), "backup.tgz", gzip(&tar(&[(b"app.db", &database)])));
    let ended = scan(folder.path()).status(1);
    let expected =
        ["app.db!users:2", "app.db!users:3", "backup.tgz!app.db!users:2", "backup.tgz!app.db!users:3"];
    assert_eq!(places(&ended), expected);
    assert_eq!(problems(&ended), [""; 0]);
}

#[test]
fn a_header_of_tar_whose_checksum_has_no_room_stops_no_scan() {
    let folder = folder();
    let mut header = tar_header(b"a.env", b'0', 0);
    header[148] = 0x80;
    write(folder.path(), "odd.bin", header);
    write(folder.path(), "next.env", text(23));
    let ended = scan(folder.path()).status(1);
    assert_eq!(places(&ended), ["next.env:2"]);
    assert_eq!(problems(&ended), [""; 0]);
}

#[test]
fn a_page_of_a_database_is_read_for_one_row_alone() {
    let folder = folder();
    let filler = "nothing to see here, ".repeat(100);
    let rows = (0..40).map(|number| vec![if number == 0 { &*filler } else { "short" }]).collect();
    let mut database = sqlite(&[("users", "CREATE TABLE users (note TEXT)", rows)]);
    // The rest of the first row stands on pages of its own: now most leaves of the tree are that row's.
    let mut pages: Vec<_> = database.chunks_mut(512).collect();
    let long = 1 + pages.iter().position(|page| page[0] == 13).expect("the table has leaves") as u32;
    let tree = pages.last_mut().expect("the table has a root");
    for leaf in tree[512 - 39 * 5..].chunks_mut(5) {
        leaf[..4].copy_from_slice(&long.to_be_bytes());
    }
    write(folder.path(), "app.db", &database);
    let ended = scan(folder.path());
    assert!(problems(&ended)[0].contains("its pages make a circle"), "{:?}", problems(&ended));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn no_damage_stops_a_scan(kind in 0_usize..9, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let content = text(22);
        let tarred = tar(&[(b"a.env", &content), (b"b.env", &content)]);
        let mut bytes = match kind {
            0 => gzip(&tarred),
            1 => bzip2(&tarred),
            2 => xz(&tarred),
            3 => zstd(&tarred),
            4 => lz4(&tarred),
            5 => zip(&[Zipped::deflated(b"a.env", &content), Zipped::stored(b"b.env", &tarred)]),
            6 => sqlite(&[("t", "CREATE TABLE t (a, b)", vec![vec!["x", "y"], vec!["z", "w"]])]),
            _ => tarred,
        };
        let at = at.index(bytes.len());
        bytes[at] ^= byte;
        if kind == 8 {
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        let provenance = Provenance::Stream { name: "-".into() };
        let stop = AtomicBool::new(false);
        let lent = AtomicU64::new(0);
        if let Some(format) = Format::of(&bytes, b"a.tar") {
            let coverage = lend(format, Input::File(&mut Cursor::new(&bytes)), &provenance, &stop, &|blob| {
                lent.fetch_add(blob.bytes.len() as u64, Ordering::Relaxed);
                ControlFlow::Continue(())
            });
            prop_assert!(coverage.asked.files > 0);
        }
    }
}

#[test]
fn packages_are_opened_and_what_is_not_opened_is_counted() {
    let folder = folder();
    let header =
        |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 100_644);
    let data = [xz(&tar(&[(b"./etc/app.env", &text(23))])), vec![b'\n']].concat();
    let size = data.len() - 1;
    let data = &data[..size + size % 2];
    let (version, packed) = (header("debian-binary", 4), header("data.tar.xz/", size));
    let parts = [b"!<arch>\n", version.as_bytes(), b"2.0\n", packed.as_bytes(), data];
    write(folder.path(), "app.deb", parts.concat());
    write(folder.path(), "a.7z", b"7z\xBC\xAF\x27\x1C\0\x04");
    let ended = scan(folder.path()).status(1);
    assert_eq!(places(&ended), ["app.deb!data.tar.xz!./etc/app.env:2"]);
    assert_eq!(problems(&ended), [""; 0]);
    assert!(ended.stdout.contains("\"unopened\":{\"files\":1,"), "{}", ended.stdout);
}

/// The same bytes so many times, which nobody holds.
struct Again {
    bytes: Vec<u8>,
    at: usize,
    left: u64,
}

impl Again {
    fn new(bytes: Vec<u8>, times: u64) -> Self {
        Self { bytes, at: 0, left: times }
    }
}

impl Read for Again {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let count = (&self.bytes[self.at..]).read(buffer)?;
        self.at += count;
        if self.at == self.bytes.len() {
            (self.at, self.left) = (0, self.left - 1);
        }
        Ok(count)
    }
}

#[test]
fn endless_archives_are_left_early() {
    let zeros = gzip(&vec![0; 1 << 20]);
    // 100 GiB of zeros, and 10 million members.
    let member = tar_header(b"a", b'0', 0).to_vec();
    for (mut reader, why, most_left) in [
        (Again::new(zeros, 100 << 10), "left because it expands to more than 200 times its size", 1000),
        (Again::new(member, 10_000_000), "left after 1000000 members: it holds more", 1_001_000),
    ] {
        let all = reader.left;
        let coverage = Stream::new("-", &mut reader).visit(&|_| ControlFlow::Continue(()));
        let told: Vec<_> = coverage.problems.iter().map(|problem| &*problem.message).collect();
        assert_eq!(told, [why]);
        assert!(all - reader.left < most_left, "{} of {all} were read", all - reader.left);
    }
}

#[test]
fn sources_in_a_source_map_are_read_as_they_were_written() {
    let folder = folder();
    let source = |seed: u64| format!("// é\nconst config = {{\n  password: \"{}\",\n}};\n", password(seed));
    let map = |sources: &[(&str, Option<String>)]| {
        let (names, contents): (Vec<_>, Vec<_>) = sources.iter().cloned().unzip();
        serde_json::json!({ "version": 3, "sources": names, "sourcesContent": contents, "mappings": "AAAA" })
            .to_string()
    };
    let sources =
        [("webpack:///./src/a.ts", Some(source(24))), ("b.ts", None), ("src/c.ts", Some(source(25)))];
    write(folder.path(), "web/app.js.map", map(&sources));
    let sections =
        format!("{{\"version\":3,\"sections\":[{{\"offset\":{{}},\"map\":{}}}]}}", map(&sources[..1]));
    write(folder.path(), "web/all.js.map", sections);
    write(folder.path(), "web/other.map", format!("{{\"db_password\": \"{}\", \"level\": 1", password(26)));
    let ended = scan(folder.path()).status(1);
    let expected = ["web/all.js.map!src/a.ts:3", "web/app.js.map!src/a.ts:3", "web/app.js.map!src/c.ts:3"];
    assert_eq!(places(&ended)[..3], expected);
    assert_eq!(problems(&ended), [""; 0]);
    let finding = &ended.findings()[0];
    assert_eq!(finding["facts"]["exposed"], "shipped to those who use the program");
    write(folder.path(), "only.ts", source(24));
    let args = ["scan", "--format", "jsonl", "only.ts"];
    let plain = stanch(folder.path()).args(args).run().status(1).findings();
    assert_eq!(plain[0]["fingerprint"], finding["fingerprint"]);
    assert_ne!(plain[0]["severity"], finding["severity"]);
}

/// A secret in a file that a later layer deletes, one in the environment, one in the history: all of them ship.
#[test]
fn what_a_later_layer_deletes_and_what_the_configuration_says_is_found() {
    let folder = folder();
    let lower = gzip(&tar(&[(b"app/.env", format!("DB_PASSWORD={}\n", password(1)).as_bytes())]));
    let upper = gzip(&tar(&[(b"app/.wh..env", b""), (b"app/readme.txt", b"nothing\n")]));
    let config = format!(
        "{{\"architecture\":\"amd64\",\"config\":{{\"Env\":[\"PATH=/usr/bin\",\"DB_PASSWORD={}\"]}},\
         \"history\":[{{\"created\":\"2026-01-02T03:04:05Z\",\"created_by\":\"/bin/sh -c #(nop)  ENV API_PASSWORD={}\"}},\
         {{\"created_by\":\"RUN /bin/sh -c curl -u admin:{} https://repo.acme.dev/app # buildkit\"}}],\
         \"rootfs\":{{\"type\":\"layers\"}}}}",
        password(2),
        password(3),
        password(4)
    );
    let oci: [(&[u8], &[u8]); 5] = [
        (b"oci-layout", b"{\"imageLayoutVersion\":\"1.0.0\"}"),
        (b"index.json", b"{\"schemaVersion\":2,\"manifests\":[]}"),
        (b"blobs/sha256/0a", &lower),
        (b"blobs/sha256/0b", &upper),
        (b"blobs/sha256/0c", config.as_bytes()),
    ];
    write(folder.path(), "oci.tar", tar(&oci));
    let docker: [(&[u8], &[u8]); 3] = [
        (b"0a/layer.tar", &tar(&[(b"app/.env", format!("DB_PASSWORD={}\n", password(5)).as_bytes())])),
        (b"0b/layer.tar", &tar(&[(b"app/.wh..env", b"")])),
        (b"0c.json", config.as_bytes()),
    ];
    write(folder.path(), "docker.tar", tar(&docker));
    let ended = stanch(folder.path()).args(["scan", "--format", "jsonl"]).run().status(1);
    let found: Vec<_> = ended
        .findings()
        .iter()
        .map(|finding| (finding["path"].as_str().expect("a text").to_owned(), finding["fingerprint"].clone()))
        .collect();
    let paths: Vec<_> = found.iter().map(|(path, _)| &**path).collect();
    let mut expected = vec!["docker.tar!0a/layer.tar!app/.env"];
    expected.extend(["docker.tar!0c.json"; 3]);
    expected.push("oci.tar!blobs/sha256/0a!app/.env");
    expected.extend(["oci.tar!blobs/sha256/0c"; 3]);
    assert_eq!(paths, expected);
}

/// A line that any rule for passwords knows.
fn label(seed: u64) -> Vec<u8> {
    format!("DB_PASSWORD={}", password(seed)).into_bytes()
}

#[test]
fn what_stands_beside_the_members_is_found() {
    let folder = folder();
    let members = [Zipped::deflated(b"a.txt", b"nothing\n")];
    let mut commented = zip(&members);
    let comment = label(30);
    let length = commented.len() - 2;
    commented[length..].copy_from_slice(&(comment.len() as u16).to_le_bytes());
    write(folder.path(), "comment.zip", [commented, comment].concat());
    write(folder.path(), "longer.zip", [zip(&members), text(31)].concat());
    write(folder.path(), "name.zip", zip(&[Zipped::stored(&label(32), b"nothing\n")]));
    let named = flate2::GzBuilder::new().filename(label(33)).comment(label(34));
    let mut named = named.write(Vec::new(), flate2::Compression::best());
    io::Write::write_all(&mut named, b"nothing\n").expect("a vector takes everything");
    write(folder.path(), "a.gz", named.finish().expect("a vector takes everything"));
    let mut link = tar_header(b"link", b'2', 0);
    let target = label(36);
    link[157..157 + target.len()].copy_from_slice(&target);
    link[148..156].fill(b' ');
    let sum: u64 = link.iter().map(|byte| u64::from(*byte)).sum();
    link[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let comment = [b"comment=", &label(35)[..], b"\n"].concat();
    let record = [format!("{} ", comment.len() + 3).as_bytes(), &comment].concat();
    let parts =
        [tar_member(b"g", b'g', &record), link.to_vec(), tar_member(b"a", b'0', b"nothing\n"), vec![0; 1024]];
    write(folder.path(), "a.tar", parts.concat());
    let ended = scan(folder.path()).status(1);
    let labels = |archive: &str, line: u64| format!("{archive}!(names and comments):{line}");
    assert_eq!(
        places(&ended),
        [
            labels("a.gz", 1),
            labels("a.gz", 2),
            labels("a.tar", 1),
            labels("a.tar", 4),
            labels("comment.zip", 1),
            "longer.zip!(behind its end):2".to_owned(),
            labels("name.zip", 1),
        ]
    );
    assert_eq!(problems(&ended), [""; 0]);
}

#[test]
fn members_that_the_directory_of_a_zip_leaves_out_are_opened() {
    let folder = folder();
    let hidden = |member: Zipped<'_>| {
        let zip = zip(&[member]);
        zip[..memchr::memmem::find(&zip, b"PK\x01\x02").expect("it has a directory")].to_vec()
    };
    let shown = zip(&[Zipped::deflated(b"a.txt", b"nothing\n"), Zipped::stored(b"b.txt", b"nothing\n")]);
    let member = Zipped::deflated(b"hidden.env", &text(40));
    write(folder.path(), "before.zip", [hidden(member.clone()), shown.clone()].concat());
    let prefix = b"#!/bin/sh\nexec unzip # PK\x03\x04\n".to_vec();
    write(folder.path(), "behind.sh", [prefix.clone(), hidden(member.clone()), shown.clone()].concat());
    // Members whose sizes follow them.
    let endless = Zipped { flags: 8, ..member };
    let mut endless = hidden(endless);
    endless[14..26].fill(0);
    write(
        folder.path(),
        "endless.zip",
        [endless, b"PK\x07\x08123456789012".to_vec(), shown.clone()].concat(),
    );
    write(folder.path(), "text.zip", [prefix, text(41), shown.clone()].concat());
    let ended = scan(folder.path()).status(1);
    assert_eq!(
        places(&ended),
        ["before.zip!hidden.env:2", "behind.sh!hidden.env:2", "endless.zip!hidden.env:2", "text.zip:4"]
    );
    assert_eq!(problems(&ended), [""; 0]);
    let broken = hidden(Zipped { checksum: 1, ..Zipped::deflated(b"hidden.env", &text(42)) });
    let folder = super::common::folder();
    write(folder.path(), "a.zip", [broken, shown].concat());
    let ended = scan(folder.path()).status(1);
    assert_eq!(problems(&ended), ["a.zip!hidden.env: damaged: its checksum is another"]);
}
