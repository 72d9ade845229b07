//! What a path says about a file: its kind, and which environment it belongs to.
//!
//! The engine judges bytes alone. Where the kind of file matters (a bare value after `=` counts in
//! `.env`, not in code) its verdict names the kinds in which it holds, and this module answers which
//! kind a path is. Nothing here reads a file.

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

    /// The kinds that are in both sets.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the set holds `kind`.
    pub const fn contains(self, kind: FileKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }
}
