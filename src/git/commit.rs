//! What commits and annotated tags say: read from their bytes, nothing looked up.

use super::{Kind, ObjectFormat, ObjectId};

/// A commit.
#[derive(Clone, Debug)]
pub struct Commit<'a> {
    /// The root of its files.
    pub tree: ObjectId,
    /// The commits it follows; none for a root, several for a merge.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change, and when.
    pub author: Signature<'a>,
    /// Who made the commit, and when.
    pub committer: Signature<'a>,
    /// What stands after the headers.
    pub message: &'a [u8],
}

/// An annotated tag.
#[derive(Clone, Debug)]
pub struct Tag<'a> {
    /// What it names.
    pub target: ObjectId,
    /// What stands after the headers.
    pub message: &'a [u8],
}

/// Who did something, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signature<'a> {
    /// As written, before any mailmap.
    pub name: &'a [u8],
    /// As written, without the brackets.
    pub email: &'a [u8],
    /// Seconds since 1970; 0 when it is not readable.
    pub seconds: i64,
}

impl<'a> Commit<'a> {
    /// Reads a commit; `None` unless it names a tree.
    pub fn parse(format: ObjectFormat, bytes: &'a [u8]) -> Option<Self> {
        let (headers, message) = split(bytes);
        let mut tree = None;
        let mut commit = Self {
            tree: ObjectId::of(format, Kind::Tree, b""),
            parents: Vec::new(),
            author: Signature::default(),
            committer: Signature::default(),
            message,
        };
        for line in headers.split(|byte| *byte == b'\n') {
            match word(line) {
                (b"tree", rest) if tree.is_none() => tree = Some(id(rest)?),
                (b"parent", rest) => commit.parents.push(id(rest)?),
                (b"author", rest) => commit.author = Signature::parse(rest),
                (b"committer", rest) => {
                    commit.committer = Signature::parse(rest);
                    // What follows is signatures and the like, which may quote headers.
                    break;
                }
                _ => {}
            }
        }
        tree.map(|tree| Self { tree, ..commit })
    }
}

impl<'a> Tag<'a> {
    /// Reads a tag; `None` unless it names an object.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (headers, message) = split(bytes);
        let first = headers.split(|byte| *byte == b'\n').next()?;
        let (b"object", rest) = word(first) else { return None };
        Some(Self { target: id(rest)?, message })
    }
}

impl<'a> Signature<'a> {
    /// Reads `Name <email> seconds zone`; what is not there stays empty.
    pub fn parse(line: &'a [u8]) -> Self {
        let Some(open) = line.iter().position(|byte| *byte == b'<') else {
            return Self { name: line.trim_ascii(), ..Self::default() };
        };
        let close = line.iter().rposition(|byte| *byte == b'>').filter(|close| *close > open);
        let end = close.unwrap_or(line.len());
        let after = line.get(end + 1..).unwrap_or(b"").trim_ascii();
        let seconds = after.split(|byte| *byte == b' ').next().unwrap_or(b"");
        Self {
            name: line[..open].trim_ascii(),
            email: line[open + 1..end].trim_ascii(),
            seconds: std::str::from_utf8(seconds).ok().and_then(|text| text.parse().ok()).unwrap_or(0),
        }
    }
}

/// What the headers of a commit or a tag say in words, a line for each: names and addresses, the tags that a merge
/// quotes, and what other programs put there. Ids, times and signatures are left out.
pub fn header_text(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let (mut is_left_out, mut is_signature) = (true, false);
    for line in split(bytes).0.split(|byte| *byte == b'\n') {
        let said = match line.strip_prefix(b" ") {
            Some(_) if is_left_out => continue,
            Some(more) => more,
            None => {
                is_left_out = matches!(
                    word(line).0,
                    b"tree" | b"parent" | b"object" | b"type" | b"encoding" | b"gpgsig" | b"gpgsig-sha256"
                );
                is_signature = false;
                line
            }
        };
        // A quoted tag may be signed.
        is_signature |= said.starts_with(b"-----BEGIN ") && said.ends_with(b" SIGNATURE-----");
        let is_id = matches!(word(said).0, b"object" | b"mergetag" | b"type");
        if !is_left_out && !is_signature && !is_id {
            let is_person = matches!(word(said).0, b"author" | b"committer" | b"tagger");
            let end = said.iter().rposition(|byte| *byte == b'>').filter(|_| is_person);
            text.extend_from_slice(end.map_or(said, |end| &said[..=end]));
            text.push(b'\n');
        }
        is_signature &= !(said.starts_with(b"-----END ") && said.ends_with(b" SIGNATURE-----"));
    }
    text
}

/// Headers, and the message after the first empty line.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memmem::find(bytes, b"\n\n") {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, b""),
    }
}

/// The first word of a line, and what follows it.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', line) {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, b""),
    }
}

fn id(hex: &[u8]) -> Option<ObjectId> {
    std::str::from_utf8(hex.trim_ascii()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    #[test]
    fn headers_are_read_and_quoted_ones_are_not() {
        let text = format!(
            "tree {ID}\nparent {ID}\nparent {ID}\nauthor A B <a@b> 17 +0200\ncommitter C <c@d> 18 +0000\n\
             gpgsig x\n parent {ID}\nparent {ID}\n\nfirst\n\nrest\n"
        );
        let commit = Commit::parse(ObjectFormat::Sha1, text.as_bytes()).expect("it is one");
        assert_eq!((commit.parents.len(), commit.message), (2, &b"first\n\nrest\n"[..]));
        assert_eq!(commit.author, Signature { name: b"A B", email: b"a@b", seconds: 17 });
        assert_eq!(commit.committer.seconds, 18);
        assert!(Commit::parse(ObjectFormat::Sha1, b"parent 12\n\nx").is_none());
        let tag = format!("object {ID}\ntype commit\ntag v1\n\nsaid\n");
        assert_eq!(Tag::parse(tag.as_bytes()).expect("it is one").message, b"said\n");
    }

    #[test]
    fn headers_are_told_in_words() {
        let text = format!(
            "tree {ID}\nparent {ID}\nauthor A B <a@b> 17 +0200\ncommitter C 18 +0000\nencoding latin1\n\
             mergetag object {ID}\n type commit\n tag v1\n tagger D <d@e> 3 +0000\n \n of course\n \
             -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\n \n after\ngpgsig x\n y\nextra z\n\nsaid\n"
        );
        let words =
            "author A B <a@b>\ncommitter C 18 +0000\ntag v1\ntagger D <d@e>\n\nof course\n\nafter\nextra z\n";
        assert_eq!(String::from_utf8_lossy(&header_text(text.as_bytes())), words);
    }

    #[test]
    fn odd_signatures_are_read_as_far_as_they_go() {
        let parse = |text: &'static str| Signature::parse(text.as_bytes());
        assert_eq!(parse("<> -5 +0000"), Signature { name: b"", email: b"", seconds: -5 });
        assert_eq!(parse("a <b> c> 7"), Signature { name: b"a", email: b"b> c", seconds: 7 });
        assert_eq!(parse("a <b"), Signature { name: b"a", email: b"b", seconds: 0 });
        assert_eq!(parse("name"), Signature { name: b"name", email: b"", seconds: 0 });
    }
}
