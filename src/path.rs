//! What a path says about a file: its kind, and which environment it belongs to.
//!
//! The engine judges bytes alone. Where the kind of file matters (a bare value after `=` counts in
//! `.env`, not in code) its verdict names the kinds in which it holds, and this module answers which
//! kind a path is. It also decides how paths are written in reports. Nothing here reads a file.

mod environment;
mod kind;
mod shipped;

pub use environment::environment;
pub use shipped::is_shipped;

/// The kind of a file, told from its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum FileKind {
    /// `.env`, `.properties`, `.ini`, `.conf`, `.npmrc`, Dockerfiles: `name=value`, values bare.
    Config,
    /// YAML: values bare after a colon.
    Yaml,
    /// JSON, and notebooks.
    Json,
    /// TOML and HCL: values quoted.
    Toml,
    /// XML, HTML and other markup.
    Markup,
    /// Shell and batch scripts: values bare after `=`.
    Shell,
    /// Program source: a bare word is an identifier.
    Code,
    /// Markdown, reStructuredText, plain text.
    Prose,
    /// Translations and other catalogues of texts shown to people.
    Translation,
    /// Lock files, checksums, minified bundles, source maps, certificates: digests by design.
    Generated,
    /// Logs and other streams.
    Log,
    /// Nothing is known: standard input, no extension.
    Unknown,
}

/// A set of file kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileKinds(u16);

impl FileKinds {
    /// Every kind.
    pub const ALL: Self = Self(u16::MAX);

    /// The set of just these kinds.
    pub const fn of(kinds: &[FileKind]) -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < kinds.len() {
            bits |= 1 << kinds[index] as u16;
            index += 1;
        }
        Self(bits)
    }

    /// All kinds that are not in this set.
    pub const fn complement(self) -> Self {
        Self(!self.0)
    }

    /// The same set, with `kind` in it or not.
    pub const fn with(self, kind: FileKind, is_in: bool) -> Self {
        let bit = 1 << kind as u16;
        Self(if is_in { self.0 | bit } else { self.0 & !bit })
    }

    /// The set as a number, to be kept.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set of this number.
    pub const fn of_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Whether the set holds `kind`.
    pub const fn contains(self, kind: FileKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }
}

/// A path as reports show it, from its bytes: `/` separates, and what is not UTF-8 is percent-encoded.
///
/// A `%` stays as it is unless what follows would then read as such an encoding (two upper-case hex
/// digits of 80 or more, or `25`): it becomes `%25`, so that no two paths look the same. The folder
/// that paths are relative to is itself shown as `.`.
pub fn shown(path: &[u8]) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let mut shown = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) = rest.find('%') {
            shown.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            if reads_as_encoding(rest.as_bytes()) {
                shown.push_str("25");
            }
        }
        shown.push_str(rest);
        for byte in chunk.invalid() {
            shown.push_str(&format!("%{byte:02X}"));
        }
    }
    if cfg!(windows) { shown.replace('\\', "/") } else { shown }
}

/// Whether the bytes after a `%` make it look like one that [`shown`] wrote.
fn reads_as_encoding(after: &[u8]) -> bool {
    matches!(after, [b'8' | b'9' | b'A'..=b'F', b'0'..=b'9' | b'A'..=b'F', ..] | [b'2', b'5', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_as_they_are_and_stray_bytes_encoded() {
        assert_eq!(shown("config/prod/é 100%.env".as_bytes()), "config/prod/é 100%.env");
        assert_eq!(shown(b"caf\xe9/%d%20"), "caf%E9/%d%20");
        assert_eq!(shown(b""), ".");
    }

    #[test]
    fn no_two_paths_are_shown_alike() {
        assert_eq!(shown(b"a\xff"), "a%FF");
        assert_eq!(shown(b"a%FF"), "a%25FF");
        assert_eq!(shown(b"a%25FF"), "a%2525FF");
    }
}
