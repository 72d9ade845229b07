//! What beside a secret switches the check of certificates off, so that it is sent to whoever answers.
//!
//! A switch says nothing where only the own machine is asked, where it is one of a command that neither holds the
//! secret nor names the variable that does, and where it is no check of certificates that it switches off.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::Regex;

use super::reach::Reach;
use super::regex;
use super::target::{addresses, logical_line};
use crate::span::Span;

/// The first switch beside a secret that is one for it.
pub(super) fn switch(bytes: &[u8], secret: Span, beside: Span) -> Option<Span> {
    if !HINTS.is_match(beside.of(bytes)) {
        return None;
    }
    let groups =
        SWITCHES.captures_iter(beside.of(bytes)).filter_map(|found| found.iter().skip(1).flatten().next());
    let mut switches =
        groups.map(|group| Span::new(beside.start + group.start(), beside.start + group.end()));
    switches.find(|switch| {
        let line = logical_line(bytes, beside, *switch);
        !is_of_other_check(bytes, beside, *switch)
            && (!COMMANDS.is_match(line.of(bytes)) || carries(bytes, line, secret, beside))
            && !asks_own_machine(bytes, secret, beside, line)
    })
}

/// Whether it is no certificate that goes unchecked: what is called with the switch decodes tokens.
fn is_of_other_check(bytes: &[u8], beside: Span, switch: Span) -> bool {
    let mut depth = 0_usize;
    let open = bytes[beside.start..switch.start].iter().rposition(|byte| {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 0 => return true,
            b'(' => depth -= 1,
            _ => {}
        }
        false
    });
    let Some(open) = open else { return false };
    let before = bytes[beside.start..beside.start + open].trim_ascii_end();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.:>-$".contains(byte);
    let called = &before[before.iter().rposition(|byte| !is_name(byte)).map_or(0, |at| at + 1)..];
    let called = called.to_ascii_lowercase();
    [b"jwt".as_slice(), b"jws", b"jose", b"decode"]
        .iter()
        .any(|it| memchr::memmem::find(&called, it).is_some())
}

/// Whether the command on `line` holds the secret or puts in a variable that the line of the secret names before it.
fn carries(bytes: &[u8], line: Span, secret: Span, beside: Span) -> bool {
    let own = logical_line(bytes, beside, secret);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let command = line.of(bytes);
    let put_in = |at: usize| {
        let name = &command[at + 1..];
        let name = name.strip_prefix(b"{").or_else(|| name.strip_prefix(b"env:")).unwrap_or(name);
        &name[..name.iter().position(|byte| !is_name(byte)).unwrap_or(name.len())]
    };
    let mut named =
        bytes[own.start..secret.start].split(|byte| !is_name(byte)).filter(|name| !name.is_empty());
    (line.start..line.end).contains(&secret.start)
        || named.any(|name| memchr::memchr3_iter(b'$', b'{', b'%', command).any(|at| put_in(at) == name))
}

/// Whether all that is asked is the own machine: all addresses on the line of the switch, or else all beside.
fn asks_own_machine(bytes: &[u8], secret: Span, beside: Span, line: Span) -> bool {
    let is_web = |scheme: &[u8]| {
        [b"http".as_slice(), b"https", b"ws", b"wss"].iter().any(|it| it.eq_ignore_ascii_case(scheme))
    };
    let asked: Vec<_> =
        addresses(bytes, secret, beside).filter(|(_, address)| is_web(address.scheme)).collect();
    let is_on_line = |colon: usize| (line.start..line.end).contains(&colon);
    let any_on_line = asked.iter().any(|(colon, _)| is_on_line(*colon));
    let mut meant = asked.iter().filter(|(colon, _)| !any_on_line || is_on_line(*colon)).peekable();
    meant.peek().is_some() && meant.all(|(_, address)| address.reach() == Reach::Nobody)
}

/// Programs whose switches hold for one call of them.
static COMMANDS: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i-u)\b(?:curl|wget)\s"));

/// One of these is part of everything that [`SWITCHES`] matches. To make that ready takes longer than to scan
/// most files, and nearly always none of these is there.
static HINTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const PARTS: &[&str] = &[
        "verif", "ssl", "tls", "cert", "check", "valid", "insecure", "unauthorized", "trust", "signed",
        "ignore", "curl",
    ];
    let mut search = AhoCorasick::builder();
    search.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::NoncontiguousNFA));
    search.build(PARTS).expect("the parts are few and short")
});

/// What switches the check of certificates off; one group of it takes part and is the switch itself.
static SWITCHES: LazyLock<Regex> = LazyLock::new(|| {
    let operator = r#"["'\]]{0,3}[\ \t]{0,4}(?:=>|:=|[=:,(\ \t])[\ \t]{0,4}["':]{0,2}"#;
    let checks = r"\bverify | \bstrict[_-]?ssl | \breject_?unauthorized | NODE_TLS_REJECT_UNAUTHORIZED
        | \bPYTHONHTTPSVERIFY | SSL_VERIFY(?:PEER|HOST) | verification_mode
        | verify[_-]?(?:ssl|tls|https|certs?|certificates?|peer(?:[_-]?name)?|host(?:name)?)
        | (?:ssl|tls|https|cert(?:ificate)?)[_.-]?(?:verify|verification|check|validation)(?:[_-]?(?:peer|host|mode))?
        | validate[_-]?certs? | check[_-]?(?:hostname|certificates?)";
    let leaves = r"\binsecure(?:[_-]?(?:skip[_-]?(?:tls[_-]?)?verify|tls|ssl))?
        | (?:ssl|tls)[_-]?(?:insecure|(?:no|skip)[_-]?verify)
        | skip[_-]?(?:(?:tls|ssl|cert(?:ificate)?)[_-]?)?(?:verify|verification|validation|check)
        | disable[_-]?(?:ssl|tls|cert(?:ificate)?)[_-]?(?:verify|verification|validation|check)
        | trust[_-]?server[_-]?certificate | trust[_-]?all(?:[_-]?cert(?:ificate)?s)?
        | accept[_-]?invalid[_-]?(?:certs|certificates|hostnames)
        | allow[_-]?(?:unverified|invalid|untrusted|self[_-]?signed)(?:[_-]?(?:ssl|tls|certs?|certificates?|hostnames))?
        | ignore[_-]?(?:ssl|tls|https|cert(?:ificate)?)(?:[_-]?errors?)?";
    // Up to what ends a command of a shell.
    let word = r#"'[^'\n]*' | "[^"\n]*" | \([^)\n]*\) | \\\r?\n | >& | [^\n|;&'"()]"#;
    regex(&format!(
        r"(?ix-u)
        ( (?:{checks}){operator}(?:false|no|off|none|0l?|!1|n|verify_none|cert_none)\b )
        | ( (?:{leaves}){operator}(?:true|yes|on|1|!0|y)\b )
        | \b( CERT_NONE | (?:SSL_)?VERIFY_NONE | _create_unverified_context | NoopHostnameVerifier
            | DangerousAcceptAnyServerCertificateValidator | ALLOW_ALL_HOSTNAME_VERIFIER | TrustAllStrategy )\b
        | \s( --insecure | --no-check-certificate | --no-verify-ssl | --no-ssl-verify | --insecure-skip-tls-verify
            | --(?:tls-skip|skip-tls|skip-ssl)-verify | --verify[=\ ](?:no|false) | -SkipCertificateCheck )\b
        | \bcurl\b(?:{word})*?\s(?-i:( -[0-9aBfgGiIjJklLMnNOpqRsSvVZ\#]{{0,8}}k[A-Za-z]{{0,6}} ))(?:\s|$)",
    ))
});
