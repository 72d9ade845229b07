//! Secrets that are encoded, escaped or put together are found where they stand and told as they are used.

use stanch::engine::decode::Encoding;
use stanch::engine::{Input, Scanner, Scratch, Verdict};
use stanch::rule::RuleSet;

use crate::sample::base62;

/// The rule, the place, the encodings and the value of what is kept of `text`.
fn found(text: &str) -> Vec<(String, String, Vec<Encoding>, String)> {
    let scanner = Scanner::new(RuleSet::builtin());
    let mut kept = Vec::new();
    scanner.scan(Input::whole(text.as_bytes(), false), &mut Scratch::default(), &mut |candidate, verdict| {
        if !matches!(verdict, Verdict::Drop(_)) {
            kept.push(candidate);
        }
    });
    let show = |candidate: &stanch::engine::Candidate<'_>| {
        let written = &text[candidate.secret.start..candidate.secret.end];
        let (encodings, value) = candidate
            .decoding
            .as_ref()
            .map_or((Vec::new(), written), |decoding| (decoding.encodings.clone(), decoding.secret.reveal()));
        (candidate.rule.id.to_string(), written.to_owned(), encodings, value.to_owned())
    };
    stanch::finding::resolve(kept).iter().map(show).collect()
}

fn base64(text: &str) -> String {
    data_encoding::BASE64.encode(text.as_bytes())
}

#[test]
fn every_encoding_is_taken_off() {
    use Encoding::{Base64, Base64url, Concatenation, Entity, Escape, Hex, Percent, QuotedPrintable};
    let secret = base62(7, 26);
    let (head, tail) = secret.split_at(11);
    let inner = format!("service: x\nacme_token: {secret}\n");
    // Three of these in a row give a digit that only one alphabet has.
    let json = format!(r#"{{"why???": 3, "token": "{secret}"}}"#);
    for (encodings, text) in [
        (vec![Base64], format!("config.yaml: {}\n", base64(&inner))),
        (vec![Base64], format!("BLOB={}\nNEXT=1\n", base64(&inner))),
        (vec![Base64url], format!("\"{}\"", data_encoding::BASE64URL_NOPAD.encode(json.as_bytes()))),
        (vec![Hex], format!("x'{}'", data_encoding::HEXLOWER.encode(inner.as_bytes()))),
        (vec![Base64, Base64], format!("data: {}\n", base64(&format!("inner: {}\n", base64(&inner))))),
        (vec![Base64], format!("apiVersion: v1\nkind: Secret\ndata:\n  token: {}\n", base64(&secret))),
        (vec![Percent], format!("https://acme.dev/?token={head}%2B{tail}&x=1")),
        (vec![Escape], format!(r#""token": "{head}\u002b{tail}""#)),
        (vec![Escape], format!(r#"token = "{head}\x2b{tail}""#)),
        (vec![Entity], format!(r#"<add key="token" value="{head}&#43;{tail}" />"#)),
        (vec![QuotedPrintable], format!("token=3D{head}=\n=2B{tail}\n")),
        (vec![Concatenation], format!("token = \"{head}+\" +\n        \"{tail}\";")),
        (vec![Concatenation], format!("const char *token = \"{head}\" \"{tail}\";")),
        (vec![Concatenation], format!("token = (\"{head}\"\n         \"{tail}\")")),
        (vec![Concatenation], format!("token = '{head}' \\\n        '{tail}'\n")),
    ] {
        let kept = found(&text);
        let [(_, written, as_written, value)] = &kept[..] else { panic!("{text}\n{kept:?}") };
        assert_eq!(as_written, &encodings, "{text}");
        let joined = format!("{head}+{tail}");
        assert!([&secret, &joined].contains(&value), "{text}: {value}");
        assert!(
            text.contains(written.as_str()) && !written.contains('\n') || written.contains(tail),
            "{text}"
        );
    }
}

#[test]
fn signs_that_are_escaped_end_no_value() {
    let secret = base62(8, 22);
    let (head, tail) = secret.split_at(5);
    for (sign, text) in [
        ('<', format!("<password>{head}&lt;{tail}</password>\n")),
        ('"', format!("<add password=\"{head}&quot;{tail}\" />\n")),
        ('"', format!(r#"{{"password":"{head}\u0022{tail}"}}"#)),
        ('<', format!("GET /?a=1&password={head}%3C{tail}&b=1\n")),
        ('&', format!("GET /?a=1&password={head}%26{tail}&b=1\n")),
    ] {
        let kept = found(&text);
        let [(_, _, _, value)] = &kept[..] else { panic!("{text}\n{kept:?}") };
        assert_eq!(*value, format!("{head}{sign}{tail}"), "{text}");
    }
    assert_eq!(found("<password>&lt;your password&gt;</password>\n"), []);
    // In brackets, behind more than is copied beside what was decoded.
    let kept = found(&format!("{}password=(\"{head}&lt;{tail}\")\n", "let x = 1;\n".repeat(100)));
    assert!(matches!(&kept[..], [(_, _, _, value)] if *value == format!("{head}<{tail}")), "{kept:?}");
}

#[test]
fn lines_of_base64_hide_nothing_where_one_ends() {
    let secret = base62(7, 26);
    for (width, line_end, indent) in [(76, "\n", ""), (64, "\r\n", ""), (76, "\n", "    ")] {
        for padding in 0..width {
            let text =
                format!("# {}\nacme_token = \"{secret}\"\n# {}\n", "x".repeat(padding), "y ".repeat(60));
            let digits = base64(&text);
            let lines: Vec<_> = (0..digits.len())
                .step_by(width)
                .map(|at| format!("{indent}{}", &digits[at..(at + width).min(digits.len())]))
                .collect();
            let kept = found(&format!("-----\n{}\n", lines.join(line_end)));
            let values: Vec<_> =
                kept.iter().map(|(_, _, encodings, value)| (&encodings[..], &**value)).collect();
            assert_eq!(values, [(&[Encoding::Base64][..], &*secret)], "{width} {padding}");
        }
    }
}

#[test]
fn commands_of_powershell_are_read() {
    let secret = base62(8, 26);
    let wide: Vec<u8> = format!("$password = '{secret}'").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let kept = found(&format!("powershell -EncodedCommand {}\n", data_encoding::BASE64.encode(&wide)));
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!((&kept[0].2[..], &kept[0].3), (&[Encoding::Base64][..], &secret));
}

#[test]
fn attributes_of_markup_and_properties_are_read() {
    let secret = base62(9, 26);
    let quoted = format!("<a data-x=\"{{&quot;db_password&quot;:&quot;{secret}&quot;,&quot;a&quot;:1}}\">");
    assert_eq!(found(&quoted)[0].3, secret);
    let kept = found(&format!("db.password=\\u0041{secret}\n"));
    assert_eq!((&kept[0].2[..], &kept[0].3), (&[Encoding::Escape][..], &format!("A{secret}")));
}

#[test]
fn what_is_in_clear_is_told_as_such() {
    let secret = base62(9, 24);
    let kept = found(&format!("token = \"{secret}\"\n"));
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0].2, &kept[0].3), (&Vec::new(), &secret));
}

#[test]
fn a_placeholder_stays_one_however_it_is_written() {
    for value in [base64("changeme-please"), "%3Cyour-token-here%3E".to_owned(), base64("your-password-here")]
    {
        assert_eq!(found(&format!("kind: Secret\ndata:\n  password: {value}\n")), [], "{value}");
    }
}

#[test]
fn encodings_inside_encodings_end() {
    let mut text = format!("token: {}\n", base62(3, 24));
    for _ in 0..12 {
        text = format!("next: {}\n", base64(&text));
    }
    assert_eq!(found(&text), [], "nobody looks twelve levels down");
    let long = base64(&format!("token: {}\n", base62(3, 24)).repeat(2_000));
    assert!(found(&format!("x: {long}\n")).is_empty(), "it is longer than what is decoded");
}
