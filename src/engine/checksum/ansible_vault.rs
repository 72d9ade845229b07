//! Ansible vaults: encrypted text, meant to be committed. Source: Ansible's documentation of the format.

use super::Evidence;
use crate::engine::Proof;

/// `Encrypted` for what begins `$ANSIBLE_VAULT;<version>;<cipher>[;<label>]`; the label is read out.
pub fn prove(token: &[u8]) -> Evidence {
    let line = token.split(|byte| matches!(byte, b'\n' | b'\r' | b'\\' | b'"')).next().unwrap_or_default();
    match String::from_utf8_lossy(line).trim().split(';').collect::<Vec<_>>()[..] {
        ["$ANSIBLE_VAULT", _, cipher] => Evidence::new(Proof::Encrypted).fact("cipher", cipher),
        ["$ANSIBLE_VAULT", _, cipher, label] => {
            Evidence::new(Proof::Encrypted).fact("cipher", cipher).fact("label", label)
        }
        _ => Evidence::new(Proof::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vaults_are_encrypted() {
        let evidence = prove(b"$ANSIBLE_VAULT;1.2;AES256;prod\r\n3132\n");
        assert_eq!(evidence, Evidence::new(Proof::Encrypted).fact("cipher", "AES256").fact("label", "prod"));
        assert_eq!(prove(b"$ANSIBLE_VAULT;1.1;AES256").proof, Proof::Encrypted);
        assert_eq!(prove(b"$ANSIBLE_VAULT").proof, Proof::Malformed);
    }
}
