//! PuTTY's key files. Source: "PPK file format", appendix C of PuTTY's manual.

use super::super::base64;
use crate::engine::Proof;
use crate::engine::checksum::Evidence;

/// How every such file begins; a version follows.
pub const BEGINNING: &[u8] = b"PuTTY-User-Key-File-";

/// Reads the headers; a clear key is proven when all its private lines and its MAC are there.
pub fn prove(file: &[u8]) -> Evidence {
    let text = String::from_utf8_lossy(file).replace("\\r", "").replace("\\n", "\n");
    let algorithm = header(&text, "PuTTY-User-Key-File-2").or_else(|| header(&text, "PuTTY-User-Key-File-3"));
    let evidence = match header(&text, "Encryption") {
        Some("none") => Evidence::believed(has_private_lines(&text)),
        Some(cipher) => Evidence::new(Proof::Encrypted).fact("encryption", cipher),
        None => Evidence::new(Proof::Unknown),
    };
    evidence.fact("algorithm", algorithm.unwrap_or_default())
}

/// The value of the line `name: value`.
fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "))
}

fn has_private_lines(text: &str) -> bool {
    let Some(count) = header(text, "Private-Lines").and_then(|count| count.parse::<usize>().ok()) else {
        return false;
    };
    let after = text.lines().skip_while(|line| !line.trim().starts_with("Private-Lines: ")).skip(1);
    let mut lines = after.map(|line| line.trim().trim_end_matches('='));
    let are_base64 = lines.by_ref().take(count).filter(|line| line.bytes().all(base64::is_digit)).count()
        == count
        && count > 0;
    are_base64 && lines.next().is_some_and(|line| line.starts_with("Private-MAC: "))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::sample;
    use super::*;

    fn file(encryption: &str, lines: usize) -> String {
        let body = |count| (0..count).map(|_| format!("{}\n", sample(64))).collect::<String>();
        format!(
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: {encryption}\nComment: someone\nPublic-Lines: 2\n{}\
             Private-Lines: {lines}\n{}Private-MAC: {}\n",
            body(2),
            body(3),
            "a7".repeat(32),
        )
    }

    #[test]
    fn clear_files_are_proven_when_complete() {
        for written in
            [file("none", 3), file("none", 3).replace('\n', "\r\n"), file("none", 3).replace('\n', "\\r\\n")]
        {
            let evidence = prove(written.as_bytes());
            assert_eq!(evidence, Evidence::new(Proof::Proven).fact("algorithm", "ssh-ed25519"), "{written}");
        }
        assert_eq!(prove(file("none", 4).as_bytes()).proof, Proof::Unknown);
        assert_eq!(prove(&file("none", 3).as_bytes()[..120]).proof, Proof::Unknown);
    }

    #[test]
    fn encrypted_files_name_their_cipher() {
        let evidence = prove(file("aes256-cbc", 3).as_bytes());
        assert_eq!(evidence.proof, Proof::Encrypted);
        assert_eq!(evidence.facts[0], ("encryption", "aes256-cbc".to_owned()));
    }
}
