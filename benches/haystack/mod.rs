//! Text to search in: made from a fixed seed, so that figures of two machines or two days compare.
//!
//! Each kind is a mixture seen in repositories. None holds a secret: what is measured is the cost of
//! finding nothing, which is what a scanner does nearly all the time.

use std::path::Path;
use std::{env, fmt, fs};

/// Bytes of one generated haystack.
pub const BYTES: usize = 4 << 20;
/// Bytes read from a real tree, at most.
const TREE_BYTES: usize = 64 << 20;
/// Names a folder whose files are searched beside the generated text.
pub const TREE: &str = "STANCH_BENCH_TREE";

/// A kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Functions, strings, comments.
    Source,
    /// `name = value` and `name: value`, most of them harmless, some of them about keys.
    Config,
    /// Source without white space, in lines of 32 KiB.
    Minified,
    /// Lines of 76 base64 characters.
    Base64,
    /// Lines that begin with a time and end in pairs with digests and identifiers.
    Log,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Source, Self::Config, Self::Minified, Self::Base64, Self::Log];

    /// [`BYTES`] bytes of this kind; the same ones in every run.
    pub fn text(self) -> Vec<u8> {
        let mut random = Random(0x5EED ^ self as u64);
        let mut text = String::with_capacity(BYTES + 64 * 1024);
        while text.len() < BYTES {
            match self {
                Self::Source => source(&mut random, &mut text),
                Self::Config => config(&mut random, &mut text),
                Self::Minified => minified(&mut random, &mut text),
                Self::Base64 => base64(&mut random, &mut text),
                Self::Log => log(&mut random, &mut text),
            }
        }
        text.truncate(BYTES); // all of it is ASCII
        text.into_bytes()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The files of the folder named by [`TREE`], up to [`TREE_BYTES`] bytes of them; none when it is not set.
pub fn tree() -> Vec<Vec<u8>> {
    let Some(root) = env::var_os(TREE) else { return Vec::new() };
    let mut files = Vec::new();
    read(Path::new(&root), &mut files, &mut TREE_BYTES.clone());
    files
}

fn read(folder: &Path, files: &mut Vec<Vec<u8>>, left: &mut usize) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            read(&entry.path(), files, left);
        } else if kind.is_file()
            && let Ok(bytes) = fs::read(entry.path())
            && bytes.len() <= *left
            && !bytes.iter().take(8192).any(|byte| *byte == 0)
        {
            *left -= bytes.len();
            files.push(bytes);
        }
    }
}

const WORDS: &[&str] = &[
    "account", "buffer", "cache", "client", "column", "config", "content", "count", "current", "cursor",
    "default", "delta", "entry", "error", "event", "field", "file", "filter", "format", "handler", "header",
    "id", "index", "input", "item", "iterator", "key", "keyword", "label", "length", "limit", "list", "main",
    "message", "method", "mode", "name", "next", "node", "number", "object", "offset", "option", "output",
    "package", "page", "parent", "parser", "pass", "password", "path", "pattern", "pointer", "process",
    "query", "range", "reader", "record", "request", "response", "result", "root", "scope", "secret",
    "session", "size", "source", "span", "start", "state", "status", "stream", "string", "table", "target",
    "test", "text", "time", "token", "tree", "type", "update", "user", "value", "version", "view", "width",
];
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn source(random: &mut Random, text: &mut String) {
    let (a, b, c) = (random.word(), random.word(), random.word());
    let number = random.below(4096);
    match random.below(10) {
        0 => line(text, format_args!("/// Returns the {a} of the {b}, or none when the {c} is empty.")),
        1 => line(text, format_args!("fn {a}_{b}(&self, {c}: &str, {b}: usize) -> Option<{a}> {{")),
        2 => line(text, format_args!("    let {a} = self.{b}.{c}({number});")),
        3 => line(text, format_args!("    if {a}.{b}() == {c} && {b} != {number} {{ return None; }}")),
        4 => line(text, format_args!("    {a}.{b} = format!(\"{c} {{}} of {a}\", {b});")),
        5 => line(
            text,
            format_args!("    const {a}{b} = {{ {c}: \"{a}-{b}\", {a}: {number}, {b}: this.{c} }};"),
        ),
        6 => line(text, format_args!("        raise ValueError(\"{a} must not be {b}\")  # see {c}")),
        7 => line(text, format_args!("#include \"{a}/{b}_{c}.h\"")),
        8 => line(text, format_args!("}}\n")),
        _ => line(text, format_args!("\t\treturn {a}[{b}], {c}.{a}({b}={number}, {a}=\"{c}\")")),
    }
}

fn config(random: &mut Random, text: &mut String) {
    let (a, b) = (random.word(), random.word());
    let number = random.below(65_536);
    match random.below(12) {
        0 => line(text, format_args!("\n[{a}.{b}]")),
        1 => line(text, format_args!("# The {a} of the {b}; see https://docs.example.com/{b}#{a}")),
        2 => line(text, format_args!("{a}_{b} = {number}")),
        3 => line(text, format_args!("{a}: \"${{{b}_{a}}}\"")),
        4 => line(text, format_args!("  {a}_{b}: /var/lib/{a}/{b}.conf")),
        5 => line(text, format_args!("{a}.{b}.url=https://{a}.example.com:{number}/{b}?limit=10")),
        6 => line(text, format_args!("  - name: {a}-{b}\n    value: \"{number}\"")),
        7 => line(text, format_args!("    image: registry.example.com/{a}@sha256:{}", random.hex(64))),
        8 => line(text, format_args!("  {a}_id: {}", random.uuid())),
        9 => line(text, format_args!("{a}_token=your-{b}-here")),
        10 => line(
            text,
            format_args!("\"{a}{b}\": {{ \"{b}\": true, \"{a}\": null, \"{b}_{a}\": \"{a} {b}\" }},"),
        ),
        _ => line(text, format_args!("{a}_password: <{b}>")),
    }
}

fn minified(random: &mut Random, text: &mut String) {
    let end = text.len() + 32 * 1024;
    while text.len() < end {
        let (a, b, number) = (random.word(), random.word(), random.below(100));
        let (x, y) = (random.letter(), random.letter());
        match random.below(6) {
            0 => append(text, format_args!("function {x}({y},t){{return {y}.{a}?t.{b}:{number}}}")),
            1 => append(text, format_args!("var {x}={{{a}:\"{b}\",{b}:!0,key:{y}.{a}||\"{a}\"}};")),
            2 => append(text, format_args!("{x}.prototype.{a}=function({y}){{this.{b}={y}}},")),
            3 => append(text, format_args!("if(\"{a}\"==={y}.{b})throw Error(\"{a} {b}\");")),
            4 => append(text, format_args!("for(var {x}=0;{x}<{y}.length;{x}++){a}.push({y}[{x}]);")),
            _ => append(text, format_args!("{y}=[{number},{x},\"{a}\",\"#{}\"],", random.hex(6))),
        }
    }
    text.push('\n');
}

fn base64(random: &mut Random, text: &mut String) {
    text.extend((0..76).map(|_| char::from(BASE64[random.below(64)])));
    text.push('\n');
}

fn log(random: &mut Random, text: &mut String) {
    let (a, b) = (random.word(), random.word());
    let (hour, minute, second) = (random.below(24), random.below(60), random.below(60));
    append(text, format_args!("2024-03-01T{hour:02}:{minute:02}:{second:02}.{:03}Z ", random.below(1000)));
    match random.below(5) {
        0 => line(text, format_args!("INFO {a}: {b} done trace_id={} status=200", random.hex(32))),
        1 => line(
            text,
            format_args!("DEBUG {a} user={} token=*** bytes={}", random.uuid(), random.below(65_536)),
        ),
        2 => line(
            text,
            format_args!("WARN {a}.{b} retry={} key={a}:{b}:{}", random.below(9), random.below(999)),
        ),
        3 => line(
            text,
            format_args!("\"GET /{a}/{b}?page={} HTTP/1.1\" 200 {}", random.below(99), random.below(9999)),
        ),
        _ => line(
            text,
            format_args!("{{\"level\":\"info\",\"{a}\":\"{b}\",\"commit\":\"{}\"}}", random.hex(40)),
        ),
    }
}

fn line(text: &mut String, arguments: fmt::Arguments<'_>) {
    append(text, arguments);
    text.push('\n');
}

fn append(text: &mut String, arguments: fmt::Arguments<'_>) {
    fmt::Write::write_fmt(text, arguments).expect("a string takes all that is written");
}

/// SplitMix64: small, and the same on every machine.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A word of the list above.
    pub fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    fn letter(&mut self) -> char {
        char::from(b'a' + self.below(26) as u8)
    }

    /// Hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"0123456789abcdef"[self.below(16)])).collect()
    }

    fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|length| self.hex(length)).join("-")
    }
}
